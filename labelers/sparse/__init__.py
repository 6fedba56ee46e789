"""Labelers over counted words: no network, nothing to run on a GPU, and nothing pickled."""
