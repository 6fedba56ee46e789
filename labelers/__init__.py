"""Labelers: text in, certainty per label out; their text features, training and metrics. Never imports Beam."""
