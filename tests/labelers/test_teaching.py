from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from labelers.bundle import load_bundle
from labelers.data import LabelledTexts
from labelers.recipe import Recipe, Teaching
from labelers.teaching import LikeWords, change_text, changed_copies, sentences_of, teach
from labelers.training import TrainingInputs, train_labeler
from labelers.vocabulary import Vocabulary
from labelers.words import WordReader
from schemas.errors import UsageError
from schemas.label_set import load_label_set
from tests.labelers.networks import DEFAULT, small_labeler, small_recipe, write_checkpoint_folder
from tests.labelers.test_training import inputs, label_file, recipe_for  # noqa: F401 (fixtures)

TEXTS = ("There is no bleed.", "There may be an old infarct.")
READER = WordReader(small_recipe(DEFAULT).text)


def like_words() -> LikeWords:
    vectors = torch.tensor([[1.0, 0.0], [1.0, 0.1], [1.0, 0.2], [0.9, 0.3], [0.0, 1.0], [0.1, 1.0]])
    return LikeWords.of(Vocabulary(["bleed", "haemorrhage", "no", "without"]), vectors, count=1)


def labelled() -> LabelledTexts:
    n_labels = len(small_labeler(DEFAULT).label_set.ids)
    return LabelledTexts(TEXTS, np.full((len(TEXTS), n_labels), 3), (None, None))


def test_a_word_gives_way_to_the_nearest_by_its_vector() -> None:
    like, rng = like_words(), np.random.default_rng(0)

    assert [like.like(word, rng) for word in ("bleed", "without")] == ["haemorrhage", "no"]


def test_no_word_is_like_an_unknown_one() -> None:
    assert like_words().like("lacune", np.random.default_rng(0)) is None


def test_what_stands_between_words_stays() -> None:
    spec = Teaching(replaced=0.99, dropped=0.0)

    changed = change_text("No bleed, 3 mm!", READER, like_words(), spec=spec, rng=np.random.default_rng(1))

    assert changed == "without haemorrhage, 3 mm!"


def test_words_are_left_out_as_often_as_asked_for() -> None:
    spec = Teaching(replaced=0.0, dropped=0.5)
    text = "bleed " * 400

    changed = change_text(text, WordReader(READER.options.model_copy(update={"max_tokens": 400})),
                          like_words(), spec=spec, rng=np.random.default_rng(0))  # fmt: skip

    assert 150 < len(changed.split()) < 250


def test_copies_are_the_same_each_time_and_none_is_an_original() -> None:
    spec = Teaching(copies=5, replaced=0.3, dropped=0.2)
    texts = ("no bleed", "without haemorrhage")

    first, second = (changed_copies(texts, READER, like_words(), spec=spec, seed=3) for _ in range(2))

    assert first == second
    assert first
    assert not set(first) & set(texts)
    assert len(set(first)) == len(first)


def test_sentences_are_those_that_a_labeler_is_given_each_once() -> None:
    document = "History: known glioma.\n\nFindings: There is no haemorrhage. A fracture is seen."

    found = sentences_of([document, document], load_label_set())

    assert found == ["There is no haemorrhage.", "A fracture is seen."]


def test_sentences_without_any_word_of_a_label_are_left_out() -> None:
    assert sentences_of(["The liver is normal. There is atrophy."], load_label_set()) == ["There is atrophy."]


def test_of_labelled_texts_truth_and_teachers_have_their_shares() -> None:
    teacher = small_labeler(DEFAULT)

    taught = teach(labelled(), [], [], [teacher], spec=Teaching(truth=0.5))

    expected = teacher.probabilities(TEXTS) / 2
    expected[:, :, 3] += 0.5
    assert taught.texts == TEXTS
    np.testing.assert_allclose(taught.shares, expected, atol=2e-3)
    assert (taught.targets == 3).all()


def test_of_sentences_those_that_say_most_are_learnt() -> None:
    teacher = small_labeler(DEFAULT)
    sentences = ["there is an infarct", "in the brain", "no bleed", "old fracture ?"]
    said = 1 - teacher.probabilities(sentences)[:, :, 0].min(axis=1)

    taught = teach(labelled(), [], sentences, [teacher], spec=Teaching(sentences=2))

    most = [sentences[i] for i in sorted(np.argsort(-said)[:2])]
    assert taught.texts == (*TEXTS, *most)


def test_several_teachers_are_averaged() -> None:
    one, two = small_labeler("word2vec"), small_labeler(DEFAULT)

    taught = teach(labelled(), ["in the brain"], [], [one, two], spec=Teaching())

    mean = (one.probabilities(["in the brain"]) + two.probabilities(["in the brain"])) / 2
    np.testing.assert_allclose(taught.shares[-1], mean[0], atol=2e-3)


def test_a_teacher_of_other_labels_is_refused() -> None:
    few = LabelledTexts(TEXTS, np.zeros((2, 1), np.int64), (None, None))

    with pytest.raises(UsageError, match="other labels"):
        teach(few, [], [], [small_labeler(DEFAULT)], spec=Teaching())


def test_training_learns_from_a_teacher_and_tells_which(
    tmp_path: Path,
    label_file: Path,  # noqa: F811
    inputs: TrainingInputs,  # noqa: F811
) -> None:
    train_labeler(recipe_for(label_file, max_epochs=2), inputs, out=tmp_path / "teacher")
    teacher = load_bundle(tmp_path / "teacher")
    recipe = recipe_for(label_file, max_epochs=2, teaching={"copies": 1, "sentences": 5, "neighbours": 2})
    taught = TrainingInputs(labelled=inputs.labelled, texts=inputs.texts, teachers=(tmp_path / "teacher",))

    record = train_labeler(recipe, taught, out=tmp_path / "pupil")

    assert record["data"]["teachers"] == [{"file": "teacher", "hash": teacher.fingerprint}]
    assert load_bundle(tmp_path / "pupil").fingerprint != teacher.fingerprint


def test_a_pupil_of_subwords_has_no_changed_copies(
    tmp_path: Path,
    inputs: TrainingInputs,  # noqa: F811
    label_file: Path,  # noqa: F811
) -> None:
    train_labeler(recipe_for(label_file, max_epochs=1), inputs, out=tmp_path / "teacher")
    raw = small_recipe("alarm_softmax", teaching={"copies": 1}).model_dump(mode="json")
    encoder = write_checkpoint_folder(tmp_path / "encoder")
    recipe = Recipe.model_validate({**raw, "label_set": str(label_file)}).with_overrides(encoder=str(encoder))
    taught = TrainingInputs(labelled=inputs.labelled, teachers=(tmp_path / "teacher",))

    with pytest.raises(UsageError, match=r"teaching\.copies"):
        train_labeler(recipe, taught, out=tmp_path / "pupil")
