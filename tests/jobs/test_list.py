import json

import pytest
from click.testing import CliRunner

from jobs.cli import main
from labelers.registry import DEFAULT_LABELER


def listed(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["list", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_labeler_is_listed_with_paper_unit_and_classes() -> None:
    records = {record["name"]: record for record in json.loads(listed("labelers", "--json"))}
    default = records[DEFAULT_LABELER]
    assert default["default"]
    assert default["paper"].startswith("Schrempf et al. 2020")
    assert default["unit"] == "sentence"
    assert default["classes"] == ["not_mentioned", "negative", "uncertain", "positive"]


def test_the_label_set_is_listed_with_its_labels_by_kind() -> None:
    records = {record["name"]: record for record in json.loads(listed("label-sets", "--json"))}
    assert set(records) >= {"head_ct_31", "openi_chest", "cmc_2007"}
    assert records["head_ct_31"]["kinds"] == {"finding": 13, "impression": 14, "crossover": 4}


def test_job_presets_are_listed_with_an_example() -> None:
    records = {record["name"]: record for record in json.loads(listed("jobs", "--json"))}
    assert records["nightly"]["example"] == "ctlabel label EXPORT --config nightly --runs RUNS"
    assert "ctlabel label" not in records["nightly"]["description"]


def test_without_an_argument_everything_is_listed() -> None:
    assert set(json.loads(listed("--json"))) == {"labelers", "label-sets", "jobs"}
    text = listed()
    for name in (
        "LABELERS",
        "bigru_per_label_attention (default)",
        "LABEL SETS",
        "head_ct_31",
        "JOBS",
        "nightly",
    ):
        assert name in text


@pytest.mark.parametrize("what", ["labelers", "label-sets", "jobs"])
def test_one_kind_is_listed_alone(what: str) -> None:
    headings = [line for line in listed(what).splitlines() if line.isupper()]
    assert headings == [what.upper().replace("-", " ")]
