"""Report-level labelers trained and tested over many splits, as Wood (repeats) and Chapman's CMC (folds) do."""
