"""A WordPiece vocabulary of one's own, and texts cut into chunks of pieces."""

from __future__ import annotations

from collections.abc import Sequence

from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece
from tokenizers.trainers import WordPieceTrainer

from labelers.batching import Tokens
from labelers.pretraining.recipe import WordPieces

PAD, UNKNOWN, CLS, SEP, MASK = "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"
SPECIAL = (PAD, UNKNOWN, CLS, SEP, MASK)
CONTINUED = "##"


def train_pieces(texts: Sequence[str], spec: WordPieces) -> Tokenizer:
    """BERT's tokenizer over a vocabulary trained on the texts; the same texts give the same one.

    The trainer numbers the inside pieces of one letter in the order in which a hash table gives its words, and
    settles ties by number: so they are given to it beforehand, in the order of the alphabet.
    """
    tokenizer = _bert_tokenizer(WordPiece(unk_token=UNKNOWN), spec)
    trainer = WordPieceTrainer(
        vocab_size=spec.size,
        min_frequency=spec.min_count,
        special_tokens=[*SPECIAL, *_inside_letters(texts, tokenizer)],
        continuing_subword_prefix=CONTINUED,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer, length=len(texts))
    trained = _bert_tokenizer(WordPiece(tokenizer.get_vocab(), unk_token=UNKNOWN), spec)
    trained.add_special_tokens(list(SPECIAL))
    ends = ((name, SPECIAL.index(name)) for name in (SEP, CLS))
    trained.post_processor = processors.BertProcessing(*ends)
    return trained


def _bert_tokenizer(model: WordPiece, spec: WordPieces) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer(
        lowercase=spec.lower_case, strip_accents=spec.strip_accents
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix=CONTINUED)
    return tokenizer


def _inside_letters(texts: Sequence[str], tokenizer: Tokenizer) -> list[str]:
    """Every letter that stands inside a word, as the piece that it is there."""
    inside: set[str] = set()
    for text in texts:
        normal = tokenizer.normalizer.normalize_str(text)
        words = tokenizer.pre_tokenizer.pre_tokenize_str(normal)
        inside.update(letter for word, _ in words for letter in word[1:])
    return [CONTINUED + letter for letter in sorted(inside)]


def cut_chunks(
    texts: Sequence[str], tokenizer: Tokenizer, *, max_tokens: int, special: frozenset[int]
) -> list[Tokens]:
    """Each text's pieces in chunks of at most `max_tokens`, special tokens round each; none of those alone."""
    cutter = Tokenizer.from_str(tokenizer.to_str())
    cutter.no_padding()
    cutter.enable_truncation(max_tokens)
    chunks: list[Tokens] = []
    for found in cutter.encode_batch(list(texts)):
        for chunk in (found, *found.overflowing):
            if not special.issuperset(chunk.ids):
                chunks.append(tuple(chunk.ids))
    return chunks
