from jobs.layout import percent, plural, table


def test_columns_line_up_and_numbers_stand_flush_right() -> None:
    assert table([["name", "n"], ["a", "10"]], numeric={1}) == ["name   n", "a     10"]


def test_no_line_ends_in_blanks() -> None:
    assert table([["a", ""], ["bb", "c"]]) == ["a", "bb  c"]


def test_a_share_of_nothing_is_a_dash() -> None:
    assert percent(1, 8) == "12.5"
    assert percent(0, 0) == "-"


def test_one_thing_is_singular() -> None:
    assert plural(1, "row") == "1 row"
    assert plural(12345, "row") == "12,345 rows"
