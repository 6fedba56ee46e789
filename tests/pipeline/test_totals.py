from pipeline.totals import add_up, total
from schemas.conf import Frozen


class Counts(Frozen):
    rows: int
    labels: dict[str, dict[str, int]]


def test_numbers_add_up_under_equal_keys_however_deep() -> None:
    assert add_up([{"b": {"x": 1}}, {"a": {"x": 2}, "b": {"x": 3, "y": 4}}]) == {
        "a": {"x": 2},
        "b": {"x": 4, "y": 4},
    }


def test_a_total_has_each_field_summed() -> None:
    parts = [
        Counts(rows=1, labels={"cyst": {"positive": 1}}),
        Counts(rows=2, labels={"cyst": {"positive": 5}}),
    ]

    assert total(parts, Counts) == Counts(rows=3, labels={"cyst": {"positive": 6}})
