"""A recipe: everything that makes a labeler, read off one YAML file in `conf/labelers/`.

A system of a paper is a composition: how text becomes tokens, then `embedding -> encoder -> pooling -> head`, a
loss and how it is trained. Each part is chosen by its `kind`; its builder stands in `labelers.parts`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

import yaml
from pydantic import Field, field_serializer, model_validator

from labelers.text.sections import SectionKind
from labelers.text.words import WordOptions
from schemas.conf import Frozen, conf_path, parse_conf, read_yaml
from schemas.errors import UsageError
from schemas.label_set import DEFAULT_LABEL_SET, Identifier, LabelSet, load_label_set
from schemas.precision import Precision

if TYPE_CHECKING:
    from labelers.rules.recipe import RulesRecipe
    from labelers.sparse.recipe import AnyRecipe

Share = Annotated[float, Field(ge=0, lt=1)]


class Unit(StrEnum):
    """What a labeler reads at once."""

    SENTENCE = "sentence"
    REPORT = "report"


class Paper(Frozen):
    """Where the system is described."""

    cite: str
    section: str


class TokenKind(StrEnum):
    """What a text is cut into: words of a vocabulary of our own, or the pieces that a pre-trained encoder reads."""

    WORDS = "words"
    SUBWORDS = "subwords"


class TextOptions(Frozen):
    """How a text becomes tokens; `max_tokens` is the paper's n_tok.

    A labeler of reports is given the sentences of these `sections` where a report has one of them, else all that
    are read; with none named, the report as it stands, headings and history included (`labelers.text.choice`).
    For words only: `words`, and `number_token`, by which every number is the same word, so that no measurement is
    rare; `stop_words` are left out. Subwords are made by the encoder's own tokenizer; its special tokens count
    towards `max_tokens`.
    """

    tokens: TokenKind = TokenKind.WORDS
    words: WordOptions = WordOptions()
    number_token: bool = False
    stop_words: frozenset[str] = frozenset()
    sections: tuple[SectionKind, ...] = ()
    max_tokens: int = Field(ge=1)

    @model_validator(mode="after")
    def _no_word_options_for_subwords(self) -> Self:
        choices = (self.number_token, self.stop_words, self.words != WordOptions())
        if self.tokens is TokenKind.SUBWORDS and any(choices):
            raise ValueError("words, number_token and stop_words are for tokens: words")
        return self

    @field_serializer("stop_words")
    def _in_order(self, words: frozenset[str]) -> list[str]:
        return sorted(words)


def check_sections(unit: Unit, text: TextOptions) -> None:
    """Raises ValueError where a labeler of sentences is to choose sections."""
    if text.sections and unit is not Unit.REPORT:
        raise ValueError("text.sections are for unit report")


class Word2VecEmbedding(Frozen):
    """gensim word2vec, pre-trained on a text archive (section 3.1); `max_words` bounds the size of the bundle."""

    kind: Literal["word2vec"]
    size: int = Field(ge=1)
    epochs: int = Field(ge=1)
    window: int = Field(default=5, ge=1)
    min_count: int = Field(default=2, ge=1)
    skip_gram: bool = False
    max_words: int = Field(ge=1)
    trainable: bool = True


class RandomEmbedding(Frozen):
    """Vectors that start at random: the paper's ablation (Tables 5 and 6), and quick tests."""

    kind: Literal["random"]
    size: int = Field(ge=1)
    min_count: int = Field(default=1, ge=1)
    max_words: int = Field(ge=1)
    trainable: bool = True


class NoEmbedding(Frozen):
    """Token indices as they are, for an encoder that embeds them itself."""

    kind: Literal["none"]


class NoEncoder(Frozen):
    """The embedded words as they are."""

    kind: Literal["none"]


class BiGruEncoder(Frozen):
    """Bidirectional GRU; `hidden` is the paper's h, half of it per direction (section 3.3)."""

    kind: Literal["bigru"]
    hidden: int = Field(ge=2, multiple_of=2)


class CnnEncoder(Frozen):
    """Convolutions of several widths side by side, the maximum across widths for each map (section 3.3, CAML)."""

    kind: Literal["cnn"]
    maps: int = Field(ge=1)
    widths: tuple[Annotated[int, Field(ge=1)], ...] = Field(min_length=1)


class CnnLstmEncoder(Frozen):
    """Convolution, max-pooling over `pool` places, an LSTM of `hidden` units (Jnawali 2019, section III.C)."""

    kind: Literal["cnn_lstm"]
    filters: int = Field(ge=1)
    width: int = Field(ge=1)
    pool: int = Field(ge=1)
    hidden: int = Field(ge=1)


class TransformerEncoder(Frozen):
    """A BERT-like encoder; `checkpoint` is `minilm`, a local folder or a hub name (see `labelers.pretrained`).

    `dropout` is what training leaves out inside the encoder; without it, what the checkpoint says.
    """

    kind: Literal["transformer"]
    checkpoint: str = Field(min_length=1)
    dropout: float | None = Field(default=None, ge=0, lt=1)


class MeanPooling(Frozen):
    """The average over tokens (section 3.1)."""

    kind: Literal["mean"]


class LastStates(Frozen):
    """Where each direction of a bidirectional encoder ends: forward at the last token, backward at the first."""

    kind: Literal["last_states"]


class LastState(Frozen):
    """Where an encoder that reads forward ends: its state at the last token."""

    kind: Literal["last_state"]


class ClsPooling(Frozen):
    """The first token through BERT's pooler: a dense layer and tanh (section 3.3, BERT)."""

    kind: Literal["cls"]


class SingleAttention(Frozen):
    """One attention vector for all labels (section 3.3); without `projection`, W_0 and b_0 are left out: u = r."""

    kind: Literal["single_attention"]
    projection: bool = True


class PerLabelAttention(Frozen):
    """One attention vector for each label (section 3.2); without `projection`, u = r."""

    kind: Literal["per_label_attention"]
    projection: bool = True


class DescriptionAttention(Frozen):
    """Attention between the text's words and those of each label's description (Chapman 2020, section 4).

    The encoder reads the descriptions too, each cut at `max_tokens`.
    """

    kind: Literal["description_attention"]
    max_tokens: int = Field(ge=3)


class DenseHead(Frozen):
    """Dense layers from one representation to all n_L x n_C scores; `hidden` are the widths between."""

    kind: Literal["dense"]
    hidden: tuple[int, ...] = ()


class PerLabelHead(Frozen):
    """n_L parallel layers from h to n_C, one for each label's own representation (section 3.2)."""

    kind: Literal["per_label_linear"]


class PerLabelDenseHead(Frozen):
    """Dense layers of each label's own, from its representation to n_C; `hidden` are the widths between."""

    kind: Literal["per_label_dense"]
    hidden: tuple[int, ...] = Field(min_length=1)


Embedding = Annotated[Word2VecEmbedding | RandomEmbedding | NoEmbedding, Field(discriminator="kind")]
Encoder = Annotated[
    NoEncoder | BiGruEncoder | CnnEncoder | CnnLstmEncoder | TransformerEncoder, Field(discriminator="kind")
]
Pooling = Annotated[
    MeanPooling
    | LastStates
    | LastState
    | ClsPooling
    | SingleAttention
    | PerLabelAttention
    | DescriptionAttention,
    Field(discriminator="kind"),
]
Head = Annotated[DenseHead | PerLabelHead | PerLabelDenseHead, Field(discriminator="kind")]


class Dropout(Frozen):
    """Regularisation without parameters, in training only; a text's tokens (and its labels) share one mask.

    `rare_words` is a: a word seen n times in training is read as unknown with probability a / (a + n), which is
    what trains the vector of unknown words.
    """

    embedded: Share = 0.0
    encoded: Share = 0.0
    pooled: Share = 0.0
    rare_words: float = Field(default=0.0, ge=0)


class Windows(Frozen):
    """Document batching (Chapman 2020, section 4): windows of `size` tokens, `overlap` of them from the one before.

    A label's scores are those of the window that speaks most for it. Special tokens count towards `size`.
    """

    size: int = Field(ge=4)
    overlap: int = Field(ge=0)

    @model_validator(mode="after")
    def _goes_on(self) -> Self:
        if self.overlap >= self.size - 2:
            raise ValueError("overlap must leave room for new tokens: less than size - 2")
        return self


class Network(Frozen):
    """The parts, in the order in which a text passes them."""

    embedding: Embedding
    encoder: Encoder
    pooling: Pooling
    head: Head
    dropout: Dropout = Dropout()
    windows: Windows | None = None

    @model_validator(mode="after")
    def _transformers_embed_themselves(self) -> Self:
        is_transformer = isinstance(self.encoder, TransformerEncoder)
        if is_transformer != isinstance(self.embedding, NoEmbedding):
            raise ValueError("a transformer encoder goes with embedding none, all others with an embedding")
        if is_transformer and (self.dropout.embedded or self.dropout.rare_words):
            raise ValueError(
                "a transformer has dropout of its own: leave dropout.embedded and rare_words out"
            )
        if self.pooling.kind == "last_states" and self.encoder.kind != "bigru":
            raise ValueError("pooling last_states reads a bigru encoder")
        if self.pooling.kind == "last_state" and self.encoder.kind != "cnn_lstm":
            raise ValueError("pooling last_state reads a cnn_lstm encoder")
        if not is_transformer and (self.windows or self.pooling.kind == "description_attention"):
            raise ValueError("windows and pooling description_attention are for a transformer encoder")
        return self


class Loss(Frozen):
    """Cross-entropy weighted across labels, not classes (section 3.3); beta 0 gives every label the same weight.

    With `unweighted_answers` the weights steer what is learnt, and are taken out of the probabilities afterwards.
    """

    kind: Literal["weighted_cross_entropy"]
    beta: float = Field(ge=0)
    unweighted_answers: bool = False


class BalancedBinaryLoss(Frozen):
    """Of labels present or absent: a text's present ones weigh as much as its absent ones (Chapman 2020)."""

    kind: Literal["balanced_binary"]


class HeldOut(Frozen):
    """What decides when to stop: a share of the groups named in a column; files without the column train wholly."""

    group_column: str
    share: float = Field(gt=0, lt=1)


class Schedule(StrEnum):
    """How the learning rate goes over the epochs."""

    CONSTANT = "constant"
    LINEAR = "linear"


class BestEpoch(StrEnum):
    """What is the best epoch, which is kept: by the held-out texts' micro F1 or by their loss."""

    MICRO_F1 = "micro_f1"
    LOSS = "loss"


class Teaching(Frozen):
    """What a pupil learns where training names teachers (`labelers.teaching`).

    Of the labelled texts the truth counts `truth`, the teachers the rest. Of each labelled text the teachers also
    label `copies` in which each word is `replaced` by one of its `neighbours` or `dropped` with these
    probabilities, and as many `sentences` of the plain texts: of those that share a word with a label's names the
    ones in which they see most.
    """

    truth: float = Field(default=0.5, ge=0, le=1)
    copies: int = Field(default=0, ge=0)
    replaced: Share = 0.15
    dropped: Share = 0.05
    neighbours: int = Field(default=10, ge=1)
    sentences: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _leaves_words(self) -> Self:
        if self.replaced + self.dropped >= 1:
            raise ValueError("replaced and dropped together must be less than 1")
        return self


class Training(Frozen):
    """How the labeler is trained; whatever the paper does not do is a deviation that the recipe's notes state.

    `synthetic_only`: of the labelled texts only the held-out ones are used (the paper's ablation, Tables 5 and 6).
    `synonyms`: with how many texts each synonym of a label is learnt besides, put in the place of another of its
    form (`labelers.synonyms`); half of them are never learnt in this way.
    `warm_up` is the share of all steps over which the learning rate rises from 0; `weight_decay` is AdamW's.
    """

    synthesis: str | None
    synthetic_only: bool = False
    synonyms: int = Field(default=0, ge=0)
    held_out: HeldOut
    batch_size: int = Field(ge=1)
    learning_rate: float = Field(gt=0)
    schedule: Schedule = Schedule.CONSTANT
    warm_up: Share = 0.0
    weight_decay: float = Field(default=0.0, ge=0)
    precision: Precision = Precision.FLOAT32
    max_epochs: int = Field(ge=1)
    patience: int = Field(ge=1)
    best_epoch: BestEpoch = BestEpoch.MICRO_F1
    gradient_norm: float | None = Field(default=None, gt=0)
    teaching: Teaching | None = None
    seed: int = 0
    threads: int = Field(default=2, ge=1)

    @model_validator(mode="after")
    def _has_texts(self) -> Self:
        if self.synthetic_only and self.synthesis is None:
            raise ValueError("synthetic_only without a synthesis leaves nothing to train on")
        return self


class Recipe(Frozen):
    """A labeler before training; `labels` are those of the label set that it is for, all where none are named."""

    name: Identifier
    paper: Paper
    summary: str
    notes: str = ""
    unit: Unit = Unit.SENTENCE
    label_set: str = DEFAULT_LABEL_SET
    labels: tuple[Identifier, ...] = ()
    text: TextOptions
    network: Network
    loss: Annotated[Loss | BalancedBinaryLoss, Field(discriminator="kind")]
    training: Training

    @model_validator(mode="after")
    def _tokens_are_those_the_encoder_reads(self) -> Self:
        if (self.text.tokens is TokenKind.SUBWORDS) != isinstance(self.network.encoder, TransformerEncoder):
            raise ValueError("a transformer encoder reads text.tokens subwords, all others read words")
        return self

    @model_validator(mode="after")
    def _only_reports_have_sections(self) -> Self:
        check_sections(self.unit, self.text)
        return self

    @property
    def checkpoint(self) -> str | None:
        """The pre-trained encoder that training starts from, where there is one."""
        encoder = self.network.encoder
        return encoder.checkpoint if isinstance(encoder, TransformerEncoder) else None

    def with_overrides(
        self,
        *,
        seed: int | None = None,
        max_epochs: int | None = None,
        encoder: str | None = None,
        learning_rate: float | None = None,
        threads: int | None = None,
    ) -> Recipe:
        """The recipe with what a command line changes.

        Raises:
            UsageError: `encoder` is given, and the recipe has no transformer to take it.
        """
        given = {
            "seed": seed,
            "max_epochs": max_epochs,
            "learning_rate": learning_rate,
            "threads": threads,
        }
        changes = {name: value for name, value in given.items() if value is not None}
        changed = self.model_copy(update={"training": self.training.model_copy(update=changes)})
        return changed if encoder is None else changed._with_checkpoint(encoder)

    def _with_checkpoint(self, checkpoint: str) -> Recipe:
        if not isinstance(self.network.encoder, TransformerEncoder):
            raise UsageError(f"labeler '{self.name}' reads words: it has no transformer encoder to choose")
        encoder = self.network.encoder.model_copy(update={"checkpoint": checkpoint})
        return self.model_copy(
            update={"network": self.network.model_copy(update={"encoder": encoder})},
        )

    def to_yaml(self) -> str:
        """All settings, defaults included."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def load_labels(
    recipe: AnyRecipe | RulesRecipe, *, load: Callable[[str], LabelSet] = load_label_set
) -> LabelSet:
    """The labels that a recipe is for; `load` may remember label sets.

    Raises:
        UsageError: there is no such label set, or it lacks one of the recipe's labels.
    """
    label_set = load(recipe.label_set)
    return label_set.only(recipe.labels) if isinstance(recipe, Recipe) and recipe.labels else label_set


def choose_labels(recipe: AnyRecipe, labels: tuple[str, ...]) -> AnyRecipe:
    """The recipe for these labels of its label set; as it is where none are named.

    Raises:
        UsageError: there is no such label, or the recipe is not a network's.
    """
    if not labels:
        return recipe
    if not isinstance(recipe, Recipe):
        raise UsageError(f"labeler '{recipe.name}' is for all labels of its label set: leave --label out")
    chosen = recipe.model_copy(update={"labels": labels})
    load_labels(chosen)
    return chosen


def load_recipe(name_or_path: str | Path) -> AnyRecipe:
    """The recipe of a shipped name or of a YAML file; one without `kind` is a network's.

    Raises:
        UsageError: there is no such recipe, the file does not fit, or the labeler is not trained.
    """
    from labelers.sparse.recipe import recipe_class  # noqa: PLC0415 (it builds on the classes above)

    path = conf_path("labelers", name_or_path, kind="labeler")
    content = read_yaml(path)
    if isinstance(content, dict) and content.get("kind") == "rules":
        raise UsageError(f"labeler '{path.stem}' reads by rules: it is not trained, name it as it is")
    return parse_conf(content, recipe_class(content), where=str(path))
