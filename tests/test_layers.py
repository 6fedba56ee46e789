"""The layers of the project: an import may only point left, and what must be quick imports nothing heavy."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("schemas", "labelers", "pipeline", "jobs")
NEVER = {
    "schemas": {"torch", "apache_beam", "polars", "nltk", "gensim", "sklearn", "transformers", "click"},
    "labelers": {"apache_beam", "polars", "click"},
    "pipeline": {"click"},
    "jobs": set(),
}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_point_only_left(layer: str) -> None:
    right = set(LAYERS[LAYERS.index(layer) + 1 :])
    wrong = {
        (str(path.relative_to(ROOT)), name)
        for path in (ROOT / layer).rglob("*.py")
        for name in imported(path)
        if name in right | NEVER[layer] | {"tests"}
    }
    assert wrong == set()


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_has_modules(layer: str) -> None:
    assert list((ROOT / layer).glob("*.py"))


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--help"], {"torch", "apache_beam", "nltk", "gensim", "polars", "pyarrow", "numpy"}),
        (["--version"], {"torch", "apache_beam", "nltk", "gensim", "polars", "pyarrow", "numpy"}),
        (["list"], {"torch", "apache_beam", "nltk", "gensim", "polars", "pyarrow", "numpy"}),
        (["label", "--help"], {"torch", "apache_beam", "nltk", "gensim", "polars"}),
        (["validate", "nowhere"], {"torch", "apache_beam", "nltk", "gensim"}),
        (["inspect", "nowhere"], {"torch", "apache_beam", "nltk", "gensim"}),
    ],
    ids=["help", "version", "list", "label help", "validate", "inspect"],
)
def test_a_quick_command_imports_nothing_heavy(arguments: list[str], heavy: set[str]) -> None:
    program = f"""
import sys
from jobs.cli import main
try:
    main({arguments!r})
except SystemExit:
    pass
print("IMPORTED", *sorted({heavy!r} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].split() == ["IMPORTED"]
