from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from schemas.conf import CONF_DIR, Frozen, conf_names, conf_path, load_conf, parse_conf, read_yaml
from schemas.errors import UsageError


class Wheel(Frozen):
    spokes: int


class Cart(Frozen):
    colour: str
    wheel: Wheel = Wheel(spokes=8)


class Train(Frozen):
    carts: tuple[Cart, ...]


class Either(Frozen):
    unit: Wheel | Cart


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "cart.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_read_into_its_model(tmp_path: Path) -> None:
    assert load_conf(write(tmp_path, "colour: red\nwheel: {spokes: 6}"), Cart) == Cart(
        colour="red", wheel=Wheel(spokes=6)
    )


def test_an_unknown_key_is_an_error_with_a_guess_and_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "colour: red\ncolor: blue")

    with pytest.raises(UsageError) as raised:
        load_conf(path, Cart)

    assert str(raised.value) == (
        f"{path}: unknown key 'color'. Did you mean 'colour'? There are: colour, wheel."
    )


def test_an_unknown_key_inside_another_is_an_error_with_a_guess_and_its_place() -> None:
    with pytest.raises(UsageError) as raised:
        parse_conf({"colour": "red", "wheel": {"spokes": 6, "spoke": 5}}, Cart, where="here")

    assert str(raised.value) == (
        "here: wheel.spoke: unknown key 'spoke'. Did you mean 'spokes'? There are: spokes."
    )


def test_an_unknown_key_inside_a_list_is_an_error_with_a_guess() -> None:
    with pytest.raises(UsageError, match=r"carts\.1\.color: unknown key 'color'\. Did you mean 'colour'\?"):
        parse_conf({"carts": [{"colour": "red"}, {"colour": "red", "color": 1}]}, Train, where="here")


def test_an_unknown_key_where_several_models_fit_is_an_error_that_names_it() -> None:
    with pytest.raises(UsageError, match=r"^here: unit\.Wheel\.axle: Extra inputs are not permitted$"):
        parse_conf({"unit": {"spokes": 1, "axle": 2}}, Either, where="here")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("wheel: {spokes: 6}", "colour: Field required"),
        ("colour: red\nwheel: {spokes: many}", r"wheel\.spokes: Input should be a valid integer"),
        ("", "the file: Input should be a valid dictionary"),
        ("- red", "the file: Input should be a valid dictionary"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_key(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        load_conf(write(tmp_path, text), Cart)


def test_an_error_is_one_line_even_where_several_keys_are_wrong() -> None:
    with pytest.raises(UsageError) as raised:
        parse_conf({"color": 1, "weel": 2}, Cart, where="here")

    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_yaml_is_an_error_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "colour: red\nwheel: [1, 2\n")

    with pytest.raises(UsageError, match=r"cart\.yaml is not valid YAML at line 3"):
        read_yaml(path)


def test_a_file_that_is_not_text_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "cart.yaml"
    path.write_bytes(b"colour: \xff\xfe")

    with pytest.raises(UsageError, match="cannot be read: UnicodeDecodeError"):
        read_yaml(path)


def test_a_shipped_name_is_the_file_in_conf() -> None:
    assert conf_path("aggregation", "strongest", kind="rule") == CONF_DIR / "aggregation" / "strongest.yaml"


def test_a_path_is_the_users_own_file(tmp_path: Path) -> None:
    path = write(tmp_path, "colour: red")

    assert conf_path("aggregation", path, kind="rule") == path


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"rule file .*none\.yaml does not exist"):
        conf_path("aggregation", tmp_path / "none.yaml", kind="rule")


def test_an_unknown_name_is_an_error_that_lists_what_is_shipped() -> None:
    with pytest.raises(UsageError, match=r"unknown rule 'strongst'\. Did you mean 'strongest'\? There are: "):
        conf_path("aggregation", "strongst", kind="rule")


def test_names_are_sorted_and_have_no_ending() -> None:
    assert conf_names("jobs") == ["nightly", "relabel"]


def test_what_is_configured_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Cart(colour="red").colour = "blue"  # type: ignore[misc]
