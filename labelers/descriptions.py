"""What a network that reads its labels' descriptions is given of them."""

from __future__ import annotations

from labelers.batching import Tokens
from labelers.readers import Reader
from labelers.recipe import DescriptionAttention, Network
from schemas.label_set import LabelSet


def label_descriptions(spec: Network, label_set: LabelSet, reader: Reader) -> tuple[Tokens, ...]:
    """Each label's name and description as tokens, cut before the closing special token; none if not asked for."""
    if not isinstance(spec.pooling, DescriptionAttention):
        return ()
    longest = spec.pooling.max_tokens
    encoded = (reader.encode(f"{label.name}: {label.description}") for label in label_set.labels)
    return tuple(
        tokens if len(tokens) <= longest else (*tokens[: longest - 1], tokens[-1]) for tokens in encoded
    )
