from __future__ import annotations

import os
import resource
import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.storage import remove_temporary_files, replacing, write_table, write_text
from schemas.errors import OutputError

TABLE = pa.table({"report_id": ["r1", "r2"]})


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def fill_the_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the next temporary file be the device on which every write says that the disk is full."""
    identity = uuid.uuid4()
    (folder / f".tmp-{identity.hex}").symlink_to("/dev/full")
    monkeypatch.setattr(uuid, "uuid4", lambda: identity)


def test_a_file_appears_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write_text(tmp_path / "deep" / "a.json", "Ödem")

    assert (tmp_path / "deep" / "a.json").read_bytes() == b"\xc3\x96dem"
    assert files(tmp_path) == ["deep/a.json"]


def test_until_the_block_ends_the_old_file_is_there(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "old")

    with replacing(tmp_path / "a") as temporary:
        temporary.write_text("new")
        assert (tmp_path / "a").read_text() == "old"

    assert (tmp_path / "a").read_text() == "new"


def test_an_error_while_writing_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "old")

    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "a", "no character: \ud800")

    assert files(tmp_path) == ["a"]
    assert (tmp_path / "a").read_text() == "old"


def test_a_table_is_written_with_its_metadata(tmp_path: Path) -> None:
    write_table(tmp_path / "a.parquet", TABLE, metadata={"ctlabel.run_id": "r"})

    assert pq.read_table(tmp_path / "a.parquet").to_pydict() == TABLE.to_pydict()
    assert pq.read_schema(tmp_path / "a.parquet").metadata[b"ctlabel.run_id"] == b"r"


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    write_table(tmp_path / "a.parquet", TABLE, metadata={"b": "1", "a": "2"})
    write_table(tmp_path / "b.parquet", TABLE, metadata={"b": "1", "a": "2"})

    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_an_error_that_says_so_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_the_disk(tmp_path, monkeypatch)
    with pytest.raises(OutputError, match=f"^no space left on the disk of {tmp_path}; free some"):
        write_text(tmp_path / "a.json", "x")
    assert files(tmp_path) == []

    fill_the_disk(tmp_path, monkeypatch)
    with pytest.raises(OutputError, match=f"^no space left on the disk of {tmp_path}; free some"):
        write_table(tmp_path / "a.parquet", TABLE, metadata={})
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_breaks_half_way_leaves_no_file(tmp_path: Path) -> None:
    numbers = pa.table({"n": pa.array(range(100_000))})
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(OutputError, match=r"a\.parquet cannot be written: File too large"):
            write_table(tmp_path / "a.parquet", numbers, metadata={})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))

    assert list(tmp_path.iterdir()) == []


def test_a_path_below_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(OutputError, match=r"b\.json cannot be written: (Not a directory|File exists)"):
        write_text(tmp_path / "file" / "b.json", "x")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_without_permission_is_an_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="cannot be written: Permission denied"):
            write_text(tmp_path / "a.json", "x")
    finally:
        tmp_path.chmod(0o700)


def test_leftovers_of_a_killed_process_are_cleared_and_all_else_is_kept(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    for name in (".tmp-1", "reports/.tmp-2", "reports/a.parquet", ".hidden"):
        (tmp_path / name).touch()

    remove_temporary_files(tmp_path)

    assert files(tmp_path) == [".hidden", "reports/a.parquet"]
