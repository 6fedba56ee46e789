import io

from jobs.progress import LineProgress, progress


def test_a_log_gets_a_plain_line_now_and_then() -> None:
    now = iter([0.0, 1.0, 31.0, 40.0, 62.0])
    out = io.StringIO()
    tell = LineProgress(1000, out, every=30, clock=lambda: next(now))

    for done in (10, 300, 90, 220):
        tell(done)

    assert out.getvalue() == (
        "ctlabel: 310 of 1,000 reports, 10/s, 1:09 left\nctlabel: 620 of 1,000 reports, 10/s, 0:38 left\n"
    )


def test_machines_are_told_nothing() -> None:
    out = io.StringIO()

    with progress(5, quiet=True, stream=out) as advance:
        advance(5)

    assert out.getvalue() == ""


def test_a_terminal_gets_a_bar() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    with progress(5, quiet=False, stream=out) as advance:
        advance(5)

    assert "100%" in out.getvalue()
