from jobs.comparison_tables import comparison_tables
from labelers.comparison.papers import load_paper
from tests.labelers.comparison.records import comparison, run


def test_ours_and_the_papers_figures_stand_one_below_the_other() -> None:
    micro, macro, training = comparison_tables(comparison(), load_paper("schrempf_2020"))

    assert micro.lines() == [
        "Micro F1 (in the paper: Table 2)",
        "labeler         seeds           all      negative      positive       p",
        "word2vec            2  0.750 ±0.071  0.900 ±0.000  0.750 ±0.071  <0.001",
        "  in the paper      5  0.808 ±0.005  0.900 ±0.007  0.812 ±0.008",
        "own                 1         0.900         0.900         0.900    best",
    ]
    assert macro.lines() == [
        "Macro F1 (in the paper: Table 3)",
        "labeler         seeds           all      negative      positive        labels      p",
        "word2vec            2  0.450 ±0.071  0.800 ±0.000  0.450 ±0.071  0.500 ±0.000  0.040",
        "  in the paper      5  0.455 ±0.011  0.581 ±0.034  0.619 ±0.029             -",
        "own                 1         0.600         0.800         0.600         0.500   best",
    ]
    assert training.lines() == [
        "Training (in the paper: Table 4)",
        "labeler         sentences  parameters  seconds  epochs  on                   finished",
        "word2vec                -     166,524    12 ±3  3 to 5  -                    -",
        "  in the paper        838     166,524    46 ±8       -  GeForce GTX 1080 Ti  -",
        "own                     -           -        -       -  abacus               2026-01-01",
    ]


def test_without_a_paper_only_ours_are_shown() -> None:
    micro, *_ = comparison_tables(comparison(), None)

    assert micro.title == "Micro F1"
    assert [row[0] for row in micro.rows] == ["word2vec", "own"]


def test_one_labeler_alone_has_no_p() -> None:
    alone = comparison(runs=[run("own", 0, micro=0.5, macro=0.5)], tests=[])

    assert comparison_tables(alone, None)[0].rows == (("own", "1", "0.500", "0.900", "0.500", "-"),)


def test_a_table_is_set_as_markdown() -> None:
    micro, *_ = comparison_tables(comparison(), None)

    assert micro.markdown() == [
        "**Micro F1**",
        "",
        "| labeler | seeds | all | negative | positive | p |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        "| word2vec | 2 | 0.750 ±0.071 | 0.900 ±0.000 | 0.750 ±0.071 | <0.001 |",
        "| own | 1 | 0.900 | 0.900 | 0.900 | best |",
    ]
