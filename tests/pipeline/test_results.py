from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from labelers.text.sections import SectionKind
from pipeline.carrying import CarriedRows
from pipeline.cleaning import Cleaned
from pipeline.inference import LabelledBatch
from pipeline.reading import ReportBatch
from pipeline.results import ShardTables, mention_lists, merge_carried, shard_rows, shard_tables
from pipeline.texts import SECTION_CODES, Sentences, TextBatch
from schemas.status import Reason
from schemas.tables import check_schema, rejects_schema, report_labels_schema, sentences_schema
from tests.pipeline.rows import NEG, NOT, POS, RANKS, TWO, UNC, shard_of, sure

FINDINGS, HISTORY, IMPRESSION = SectionKind.FINDINGS, SectionKind.HISTORY, SectionKind.IMPRESSION
Spoken = tuple[int, int, int, SectionKind, int]

# Distinct sentences: what they say of bleed and infarct.
SAYS = [(POS, NOT), (NEG, UNC), (NOT, NOT)]
PROBABILITIES = np.array([[sure(bleed, 0.9), sure(infarct, 0.6)] for bleed, infarct in SAYS], np.float32)


def report_batch(reasons: Sequence[Reason | None], **columns: Any) -> ReportBatch:
    n = len(reasons)
    values: dict[str, Any] = {
        "report_ids": [f"r{row}" for row in range(n)],
        "study_ids": [f"s{row}" for row in range(n)],
        "patient_ids": [None] * n,
        "modalities": [None] * n,
        "exam_names": [None] * n,
        "texts": ["0123456789" * 5] * n,
        "text_hashes": [f"t{row}" for row in range(n)],
        "input_hashes": [f"h{row}" for row in range(n)],
    }
    return ReportBatch(shard=shard_of(n), reasons=list(reasons), **{**values, **columns})


def labelled(
    reasons: Sequence[Reason | None],
    spoken: Sequence[Spoken],
    *,
    failed: Sequence[int] = (),
    truncated: Sequence[int] = (),
    cleaned: Sequence[tuple[Cleaned, ...]] | None = None,
    carried: CarriedRows | None = None,
    **columns: Any,
) -> LabelledBatch:
    """`spoken` is report, start, end, section, and the distinct sentence or -1 where it is not read."""
    report, start, end, section, distinct = zip(*spoken, strict=True)
    sentences = Sentences(
        report=np.array(report, np.int32),
        start=np.array(start, np.int32),
        end=np.array(end, np.int32),
        section=np.array([SECTION_CODES[kind] for kind in section], np.int8),
        distinct_index=np.array(distinct, np.int32),
        distinct=["bleed", "no bleed", "normal"],
    )
    to_label = np.array([reason is None for reason in reasons], np.bool_)
    if carried is not None:
        to_label[carried.rows] = False
    text = TextBatch(
        reports=report_batch(reasons, **columns),
        carried=carried,
        to_label=to_label,
        cleaned=list(cleaned or [()] * len(reasons)),
        sentences=sentences,
        seconds={},
    )
    marks = np.arange(len(SAYS))
    return LabelledBatch(text, PROBABILITIES, np.isin(marks, failed), np.isin(marks, truncated), 3, 0.0)


def tables_of(batch: LabelledBatch, *, with_text: bool = False) -> ShardTables:
    rows, sentences = shard_rows(batch, ranks=RANKS)
    if batch.text.carried is not None:
        rows, sentences = merge_carried(rows, sentences, batch.text.carried)
    return shard_tables(batch.text.reports, rows, sentences, label_set=TWO, with_text=with_text)


THREE_ROWS: list[Reason | None] = [None, Reason.NOT_HEAD, None]
THREE_SPOKEN: list[Spoken] = [
    (0, 0, 5, HISTORY, -1),
    (0, 6, 9, IMPRESSION, 1),
    (0, 10, 20, FINDINGS, 0),
    (2, 3, 8, FINDINGS, 2),
]


def test_the_tables_have_the_schemas_that_are_promised() -> None:
    for with_text in (False, True):
        tables = tables_of(labelled(THREE_ROWS, THREE_SPOKEN), with_text=with_text)

        check_schema(tables.reports.schema, report_labels_schema(TWO), where="reports")
        check_schema(tables.sentences.schema, sentences_schema(with_text=with_text), where="sentences")
        check_schema(tables.rejects.schema, rejects_schema(), where="rejects")
        for table in (tables.reports, tables.sentences, tables.rejects):
            table.validate(full=True)


def test_every_row_stands_in_input_order_with_its_status() -> None:
    reports = tables_of(labelled(THREE_ROWS, THREE_SPOKEN)).reports

    assert reports["report_id"].to_pylist() == ["r0", "r1", "r2"]
    assert reports["status"].to_pylist() == ["labelled", "excluded", "labelled"]
    assert reports["status_reason"].to_pylist() == [None, "not_head", None]
    assert reports["n_sentences"].to_pylist() == [3, 0, 1]
    assert reports["text_hash"].to_pylist() == ["t0", "t1", "t2"]


def test_sentence_labels_become_report_labels_and_rows_without_labels_have_null() -> None:
    reports = tables_of(labelled(THREE_ROWS, THREE_SPOKEN)).reports

    assert reports["bleed"].to_pylist() == ["positive", None, "not_mentioned"]
    assert reports["infarct"].to_pylist() == ["uncertain", None, "not_mentioned"]
    [bleed, nothing, _] = reports["bleed_probabilities"].to_pylist()
    np.testing.assert_allclose(bleed, sure(POS, 0.9), rtol=1e-6)
    assert nothing is None


def test_the_sections_that_were_read_are_named_in_order_of_appearance() -> None:
    assert tables_of(labelled(THREE_ROWS, THREE_SPOKEN)).reports["sections"].to_pylist() == [
        ["impression", "findings"],
        None,
        ["findings"],
    ]


def test_a_report_with_a_sentence_that_was_cut_is_truncated_but_not_by_a_sentence_of_another() -> None:
    reports = tables_of(labelled(THREE_ROWS, THREE_SPOKEN, truncated=[2])).reports

    assert reports["truncated"].to_pylist() == [False, False, True]


def test_what_was_cleaned_away_is_named() -> None:
    cleaned = [(Cleaned.RTF, Cleaned.CONTROL), (Cleaned.HTML,), ()]

    reports = tables_of(labelled(THREE_ROWS, THREE_SPOKEN, cleaned=cleaned)).reports

    assert reports["cleaned"].to_pylist() == [["rtf", "control"], ["html"], None]


def test_sentences_are_numbered_within_their_report_and_keep_their_spans() -> None:
    sentences = tables_of(labelled(THREE_ROWS, THREE_SPOKEN)).sentences

    assert sentences.select(["report_id", "sentence", "start", "end", "section", "read"]).to_pylist() == [
        {"report_id": "r0", "sentence": 0, "start": 0, "end": 5, "section": "history", "read": False},
        {"report_id": "r0", "sentence": 1, "start": 6, "end": 9, "section": "impression", "read": True},
        {"report_id": "r0", "sentence": 2, "start": 10, "end": 20, "section": "findings", "read": True},
        {"report_id": "r2", "sentence": 0, "start": 3, "end": 8, "section": "findings", "read": True},
    ]


def test_a_sentence_mentions_the_labels_of_which_it_says_something() -> None:
    mentions = tables_of(labelled(THREE_ROWS, THREE_SPOKEN)).sentences["mentions"].to_pylist()

    found = [[(m["label"], m["certainty"], round(m["probability"], 3)) for m in one] for one in mentions]
    assert found == [
        [],
        [("bleed", "negative", 0.9), ("infarct", "uncertain", 0.6)],
        [("bleed", "positive", 0.9)],
        [],
    ]


def test_the_text_of_a_sentence_is_its_span_of_the_raw_text() -> None:
    texts = ["abcdefghijklmnopqrstuvwxyz", None, "ÄÖÜäöüßABC"]

    sentences = tables_of(labelled(THREE_ROWS, THREE_SPOKEN, texts=texts), with_text=True).sentences

    assert sentences["text"].to_pylist() == ["abcde", "ghi", "klmnopqrst", "äöüßA"]


def test_every_row_that_is_not_labelled_is_in_the_rejects_with_its_place_in_the_file() -> None:
    reasons = [None, Reason.SAME_REPORT, Reason.NO_REPORT_ID]

    rejects = tables_of(labelled(reasons, [(0, 0, 5, FINDINGS, 0)], report_ids=["r0", "r1", None])).rejects

    place = {"file": "a.parquet", "row_group": 2}
    assert rejects.to_pylist() == [
        {**place, "row": 101, "report_id": "r1", "status": "duplicate", "reason": "same_report"},
        {**place, "row": 102, "report_id": None, "status": "rejected", "reason": "no_report_id"},
    ]


def test_a_sentence_on_which_the_labeler_fails_costs_the_reports_that_hold_it_alone() -> None:
    spoken: list[Spoken] = [
        (0, 0, 5, FINDINGS, 0),
        (0, 6, 9, FINDINGS, 1),
        (1, 0, 5, FINDINGS, 1),
        (2, 0, 5, FINDINGS, 2),
    ]

    tables = tables_of(labelled([None, None, None], spoken, failed=[0]))

    assert tables.reports["status_reason"].to_pylist() == ["labeler_failed", None, None]
    assert tables.reports["bleed"].to_pylist() == [None, "negative", "not_mentioned"]
    assert tables.sentences["report_id"].to_pylist() == ["r1", "r2"]
    assert tables.rejects["row"].to_pylist() == [100]


def test_a_shard_without_anything_to_label_has_its_rows_all_the_same() -> None:
    nothing = labelled([Reason.NOT_HEAD, Reason.NO_REPORT_TEXT], [(0, 0, 1, HISTORY, -1)])

    tables = tables_of(nothing)

    assert (len(tables.reports), len(tables.sentences), len(tables.rejects)) == (2, 0, 2)
    check_schema(tables.sentences.schema, sentences_schema(with_text=False), where="sentences")


def test_rows_of_an_earlier_run_are_put_where_they_belong() -> None:
    carried = CarriedRows(
        rows=np.array([1, 2]),
        reasons=[None, Reason.NOT_HEAD],
        sections=[["findings"], None],
        cleaned=[["html"], None],
        n_sentences=np.array([2, 0], np.int32),
        truncated=np.array([True, False]),
        codes=np.array([[UNC, NEG], [-1, -1]], np.int8),
        probabilities=np.array([[sure(UNC), sure(NEG)], [[np.nan] * 4] * 2], np.float32),
        sentence_report=np.array([1, 1], np.int32),
        start=np.array([30, 40], np.int32),
        end=np.array([35, 45], np.int32),
        section=np.array([SECTION_CODES[FINDINGS]] * 2, np.int8),
        read=np.array([True, True]),
        mentions=mention_lists(
            np.array([0, 0, 1], np.int32),
            np.array([0], np.int8),
            np.array([UNC], np.int8),
            np.array([0.7], np.float32),
        ),
    )
    spoken: list[Spoken] = [(0, 0, 5, FINDINGS, 0), (3, 0, 5, FINDINGS, 1)]

    tables = tables_of(labelled([None, None, Reason.NOT_HEAD, None], spoken, carried=carried))

    assert tables.reports["bleed"].to_pylist() == ["positive", "uncertain", None, "negative"]
    assert tables.reports["status"].to_pylist() == ["labelled", "labelled", "excluded", "labelled"]
    assert tables.reports["n_sentences"].to_pylist() == [1, 2, 0, 1]
    assert tables.reports["truncated"].to_pylist() == [False, True, False, False]
    assert tables.reports["cleaned"].to_pylist() == [None, ["html"], None, None]
    assert tables.sentences["report_id"].to_pylist() == ["r0", "r1", "r1", "r3"]
    assert tables.sentences["sentence"].to_pylist() == [0, 0, 1, 0]
    assert tables.sentences["start"].to_pylist() == [0, 30, 40, 0]
    said = [[mention["certainty"] for mention in one] for one in tables.sentences["mentions"].to_pylist()]
    assert said == [["positive"], [], ["uncertain"], ["negative", "uncertain"]]


def test_the_tables_of_a_shard_join_those_of_another() -> None:
    one = tables_of(labelled(THREE_ROWS, THREE_SPOKEN))
    other = tables_of(labelled([Reason.NOT_HEAD], [(0, 0, 1, HISTORY, -1)]))

    assert len(pa.concat_tables([one.reports, other.reports])) == 4
    assert len(pa.concat_tables([one.sentences, other.sentences])) == 4
