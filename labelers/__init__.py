"""Labelers: text in, certainty per label out; features, training, metrics. Never imports Beam."""
