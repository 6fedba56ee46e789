from __future__ import annotations

import pytest

from schemas.certainty import CERTAINTY_CLASSES, Certainty
from schemas.status import Reason, ReportStatus


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_status_and_a_description(reason: Reason) -> None:
    assert reason.status in ReportStatus
    assert reason.describe
    assert "\n" not in reason.describe


def test_no_reason_leads_to_labelled_and_every_other_status_has_one() -> None:
    assert {reason.status for reason in Reason} == set(ReportStatus) - {ReportStatus.LABELLED}


def test_no_two_reasons_are_described_alike() -> None:
    assert len({reason.describe for reason in Reason}) == len(Reason)


def test_the_same_report_again_is_a_duplicate_and_an_id_with_another_text_is_rejected() -> None:
    assert Reason.SAME_REPORT.status is ReportStatus.DUPLICATE
    assert Reason.ID_REUSED.status is ReportStatus.REJECTED


def test_certainty_goes_from_weak_to_strong_and_its_value_is_the_class_index() -> None:
    assert CERTAINTY_CLASSES == ("not_mentioned", "negative", "uncertain", "positive")
    assert [CERTAINTY_CLASSES[certainty] for certainty in Certainty] == [c.label for c in Certainty]
    assert max(Certainty.NEGATIVE, Certainty.UNCERTAIN) is Certainty.UNCERTAIN
