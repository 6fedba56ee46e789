from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelers.annotated import find_sentences, main, read_annotations, sentence_hash
from labelers.data import read_labelled
from schemas.certainty import Certainty
from schemas.conf import CONF_DIR
from schemas.errors import InputError
from schemas.label_set import load_label_set

LABELS = load_label_set()
SHIPPED = sorted((CONF_DIR / "annotated").glob("*.txt"))
TEXTS = Path(__file__).parents[3] / "shared" / "data" / "text" / "radiology_text.parquet"
TEXT = "No bleed is seen.\nThere is an old\nlacune."
FIRST, SECOND = sentence_hash(TEXT[:17]), sentence_hash(TEXT[18:])
CONTENT = f"""# two sentences of one case
case-1 0 17 {FIRST} => -haemorrhage
case-1 18 41 {SECOND} =>
"""


@pytest.fixture
def annotations(tmp_path: Path) -> Path:
    path = tmp_path / "annotations.txt"
    path.write_text(CONTENT, encoding="utf-8")
    return path


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.parquet"
    pq.write_table(pa.table({"doc_id": ["case-0", "case-1"], "text": ["Nothing.", TEXT]}), path)
    return path


def test_a_line_is_a_place_and_the_labels_there(annotations: Path) -> None:
    first, second = read_annotations(annotations, LABELS)

    assert (first.document, first.start, first.end) == ("case-1", 0, 17)
    assert first.labels == {"haemorrhage": Certainty.NEGATIVE}
    assert second.labels == {}


def test_sentences_are_written_with_their_text_as_a_labeler_is_given_it(
    annotations: Path, texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "sentences.parquet"

    main([str(annotations), "--texts", str(texts), "--out", str(out)])

    found = read_labelled(out, LABELS)
    assert found.texts == ("No bleed is seen.", "There is an old lacune.")
    assert found.targets[0, LABELS.ids.index("haemorrhage")] == LABELS.classes.index("negative")
    assert found.targets[1].max() == 0
    assert capsys.readouterr().out.startswith("2 sentences\n")


@pytest.mark.parametrize(("old", "new"), [("0 17", "0 16"), ("case-1 0", "case-9 0")])
def test_a_text_that_was_not_annotated_is_refused_and_not_shown(
    annotations: Path, texts: Path, old: str, new: str
) -> None:
    annotations.write_text(CONTENT.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(InputError) as error:
        find_sentences(read_annotations(annotations, LABELS), texts)

    assert f"{annotations}, line 2: {texts} has " in str(error.value)
    assert "bleed" not in str(error.value)


@pytest.mark.parametrize(
    "line", ["case-1 0 17 => -haemorrhage", "case-1 0 17 0a1b2c3d", "case-1 0 x 0a1b2c3d =>"]
)
def test_a_line_of_another_form_is_refused(annotations: Path, line: str) -> None:
    annotations.write_text(line + "\n", encoding="utf-8")

    with pytest.raises(InputError, match="line 1: expected 'DOCUMENT START END HASH"):
        read_annotations(annotations, LABELS)


def test_a_file_without_annotations_is_refused(annotations: Path) -> None:
    annotations.write_text("# none yet\n", encoding="utf-8")

    with pytest.raises(InputError, match="there are no annotations"):
        read_annotations(annotations, LABELS)


def test_the_shipped_annotations_can_be_read_and_stand_for_different_places() -> None:
    annotations = [one for file in SHIPPED for one in read_annotations(file, LABELS)]

    places = {(one.document, one.start) for one in annotations}
    assert len(places) == len(annotations) == 4_752
    assert all(one.start < one.end for one in annotations)
    assert {label for one in annotations for label in one.labels} == set(LABELS.ids)


@pytest.mark.skipif(not TEXTS.exists(), reason="the public texts are not on this machine")
@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_the_shipped_annotations_fit_the_public_texts(file: Path) -> None:
    assert all(find_sentences(read_annotations(file, LABELS), TEXTS))
