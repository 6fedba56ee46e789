"""Configuration as data: label sets, labeler recipes, headings, eligibility rules, job presets (YAML)."""
