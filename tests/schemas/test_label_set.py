from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from schemas.certainty import CERTAINTY_CLASSES
from schemas.errors import UsageError
from schemas.label_set import LabelKind, LabelSet, load_label_set

TWO_LABELS = {
    "id": "two",
    "version": 1,
    "labels": [
        {
            "id": "fracture",
            "name": "fracture",
            "kind": "impression",
            "variants": ["fracture"],
            "description": "Broken.",
        },
        {
            "id": "oedema",
            "name": "oedema",
            "kind": "finding",
            "variants": ["oedema"],
            "description": "Swollen.",
        },
    ],
}


def write(tmp_path: Path, **changes: object) -> Path:
    path = tmp_path / "two.yaml"
    path.write_text(yaml.safe_dump({**TWO_LABELS, **changes}), encoding="utf-8")
    return path


def test_a_file_of_the_users_own_is_a_label_set_in_the_order_of_its_labels(tmp_path: Path) -> None:
    label_set = load_label_set(write(tmp_path))

    assert label_set.ids == ("fracture", "oedema")
    assert label_set.classes == CERTAINTY_CLASSES
    assert label_set.labels[1].kind is LabelKind.FINDING


def test_an_unknown_key_is_an_error_that_guesses_what_was_meant(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean 'description'"):
        load_label_set(write(tmp_path, descripton="two of them"))


def test_an_unknown_key_of_a_label_is_an_error_that_names_it(tmp_path: Path) -> None:
    labels = [{**TWO_LABELS["labels"][0], "synonym": ["break"]}]  # type: ignore[index]

    with pytest.raises(UsageError, match=r"labels\.0\.synonym"):
        load_label_set(write(tmp_path, labels=labels))


def test_an_unknown_name_lists_the_label_sets_there_are() -> None:
    with pytest.raises(UsageError, match="Did you mean 'head_ct_31'"):
        load_label_set("head_ct_13")


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        load_label_set(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("labels", [TWO_LABELS["labels"][0]] * 2),  # type: ignore[index]
        ("classes", ["no", "yes", "no"]),
        ("classes", ["yes"]),
        ("labels", []),
        ("version", 0),
        ("id", "Two Labels"),
    ],
)
def test_a_label_set_that_makes_no_sense_is_refused(tmp_path: Path, key: str, value: object) -> None:
    with pytest.raises(UsageError, match=key[:5]):
        load_label_set(write(tmp_path, **{key: value}))


def test_the_hash_is_the_same_for_the_same_content_in_another_order_of_keys(tmp_path: Path) -> None:
    turned = dict(reversed(TWO_LABELS.items()))

    assert load_label_set(write(tmp_path)).hash == LabelSet.model_validate(turned).hash


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"classes": ["no", "yes"]},
        {"labels": list(reversed(TWO_LABELS["labels"]))},  # type: ignore[call-overload]
        {"labels": [{**TWO_LABELS["labels"][0], "synonyms": ["break"]}]},  # type: ignore[index]
    ],
)
def test_the_hash_changes_with_the_content(tmp_path: Path, changes: dict[str, object]) -> None:
    assert load_label_set(write(tmp_path)).hash != load_label_set(write(tmp_path, **changes)).hash


def test_a_label_set_cannot_be_changed_after_loading(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_label_set(write(tmp_path)).version = 3  # type: ignore[misc]


def test_some_labels_alone_are_a_label_set_of_their_own() -> None:
    whole = load_label_set()

    part = whole.only(["midline_shift", "haemorrhage"])

    assert part.ids == tuple(label for label in whole.ids if label in {"haemorrhage", "midline_shift"})
    assert part.classes == whole.classes
    assert part.id == "_".join([whole.id, *part.ids])
    assert part.hash != whole.hash
    with pytest.raises(UsageError, match="Did you mean 'haemorrhage'"):
        whole.only(["hemorrhage"])
