from __future__ import annotations

import shutil
from pathlib import Path

from click.testing import CliRunner

from jobs.cli import main
from labelers.bundle import load_bundle, read_bundle_record
from labelers.card import CARD_FILE
from labelers.registry import resolve_bundle


def test_the_card_is_printed() -> None:
    result = CliRunner().invoke(main, ["card"])

    assert result.exit_code == 0
    assert result.output.startswith("# bigru_per_label_attention")


def test_the_card_is_written_into_the_bundle_which_still_loads(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(resolve_bundle("default"), bundle)

    result = CliRunner().invoke(main, ["card", str(bundle), "--write"])

    assert result.exit_code == 0
    assert (bundle / CARD_FILE).read_text(encoding="utf-8").startswith("# bigru")
    assert load_bundle(bundle).fingerprint == load_bundle("default").fingerprint


def test_a_committee_has_a_card_of_its_members_beside_its_file(tmp_path: Path) -> None:
    file = tmp_path / "both.yaml"
    file.write_text("{kind: committee, name: both, members: [default, rules]}", encoding="utf-8")

    printed = CliRunner().invoke(main, ["card", str(file)])
    written = CliRunner().invoke(main, ["card", str(file), "--write"])

    assert (printed.exit_code, written.exit_code) == (0, 0)
    assert printed.output.startswith("# both\n")
    assert read_bundle_record("default").fingerprint in printed.output
    assert "## Known failures" in printed.output
    assert (tmp_path / f"both.{CARD_FILE}").read_text(encoding="utf-8") == printed.output
