"""What became of each input row, and why."""

from __future__ import annotations

from enum import StrEnum


class ReportStatus(StrEnum):
    """Every input row ends in exactly one of these; their counts add up to the rows read."""

    LABELLED = "labelled"
    EXCLUDED = "excluded"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"


class Reason(StrEnum):
    """Why a row was not labelled; `describe` says it in words and `status` names the status it belongs to."""

    NOT_HEAD = "not_head"
    NOT_CT_OR_MR = "not_ct_or_mr"
    NO_REPORT_TEXT = "no_report_text"
    HISTORY_ONLY = "history_only"
    NO_REPORT_ID = "no_report_id"
    UNDECODABLE_ID = "undecodable_id"
    UNDECODABLE_TEXT = "undecodable_text"
    TOO_LONG = "too_long"
    ID_REUSED = "id_reused"
    LABELER_FAILED = "labeler_failed"
    SAME_REPORT = "same_report"

    @property
    def status(self) -> ReportStatus:
        """The status of a row with this reason."""
        return _STATUS[self]

    @property
    def describe(self) -> str:
        """One plain sentence for tables and help."""
        return _DESCRIPTION[self]


_STATUS: dict[Reason, ReportStatus] = {
    Reason.NOT_HEAD: ReportStatus.EXCLUDED,
    Reason.NOT_CT_OR_MR: ReportStatus.EXCLUDED,
    Reason.NO_REPORT_TEXT: ReportStatus.EXCLUDED,
    Reason.HISTORY_ONLY: ReportStatus.EXCLUDED,
    Reason.NO_REPORT_ID: ReportStatus.REJECTED,
    Reason.UNDECODABLE_ID: ReportStatus.REJECTED,
    Reason.UNDECODABLE_TEXT: ReportStatus.REJECTED,
    Reason.TOO_LONG: ReportStatus.REJECTED,
    Reason.ID_REUSED: ReportStatus.REJECTED,
    Reason.LABELER_FAILED: ReportStatus.REJECTED,
    Reason.SAME_REPORT: ReportStatus.DUPLICATE,
}

_DESCRIPTION: dict[Reason, str] = {
    Reason.NOT_HEAD: "the examination is not of the head",
    Reason.NOT_CT_OR_MR: "the examination is neither CT nor MR",
    Reason.NO_REPORT_TEXT: "the text is null, empty or blank",
    Reason.HISTORY_ONLY: "no sentence is left after history, technique, comparison, advice, other body parts",
    Reason.NO_REPORT_ID: "the report id is null or blank",
    Reason.UNDECODABLE_ID: "an id is not UTF-8",
    Reason.UNDECODABLE_TEXT: "the text is not UTF-8",
    Reason.TOO_LONG: "the text is longer than max_report_chars",
    Reason.ID_REUSED: "an earlier row has the same report id and another text",
    Reason.LABELER_FAILED: "the labeler failed on this report alone",
    Reason.SAME_REPORT: "an earlier row has the same report id and the same text",
}


class Split(StrEnum):
    """Which part of a training run a patient belongs to."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"
