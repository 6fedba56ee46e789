"""Several labelers, trained and measured one way, side by side."""
