from __future__ import annotations

from pathlib import Path

import pytest

from schemas.errors import InvariantError
from schemas.run import Fingerprints, InputFile, is_finished, read_manifest, read_stats

FINGERPRINTS = Fingerprints(
    labeler="a",
    label_set="b",
    text="c",
    eligibility="d",
    aggregation="e",
    max_report_chars=10,
    tables=1,
)


def test_the_rows_of_a_file_are_those_of_its_row_groups() -> None:
    assert InputFile(path="a", bytes=1, digest="d", row_groups=(3, 0, 2)).rows == 5


@pytest.mark.parametrize("name", Fingerprints.model_fields)
def test_whatever_decides_labels_changes_the_combined_fingerprint(name: str) -> None:
    value = 99 if isinstance(getattr(FINGERPRINTS, name), int) else "other"

    assert FINGERPRINTS.model_copy(update={name: value}).combined != FINGERPRINTS.combined


def test_a_folder_without_records_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvariantError, match=r"run\.json cannot be read: FileNotFoundError"):
        read_manifest(tmp_path)
    with pytest.raises(InvariantError, match=r"stats\.json cannot be read: FileNotFoundError"):
        read_stats(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "{}", '{"run_id": 1}'])
def test_a_record_that_is_not_ours_is_an_error_that_shows_none_of_it(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content, encoding="utf-8")

    with pytest.raises(InvariantError, match=r"run\.json is not a record of this version of ctlabel$"):
        read_manifest(tmp_path)


def test_only_the_mark_of_success_makes_a_run_finished(tmp_path: Path) -> None:
    assert not is_finished(tmp_path)

    (tmp_path / "_SUCCESS").touch()

    assert is_finished(tmp_path)
