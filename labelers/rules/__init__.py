"""A labeler that reads by rules which users can read, too: terms, structures, contexts and certainty cues."""
