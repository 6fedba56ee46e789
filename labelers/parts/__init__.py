"""The parts a network is put together from: embeddings, encoders, poolings, heads, losses.

Symbols as in Schrempf 2020: B texts, T tokens, h hidden size, n_L labels, n_C certainty classes.
"""
