"""Text of reports: sections, sentences, words."""
