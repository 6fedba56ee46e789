"""Which labelers there are, and where their bundles lie. Imports neither torch nor gensim."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from labelers.recipe import load_recipe
from labelers.sparse.recipe import AnyRecipe
from schemas.conf import conf_names
from schemas.errors import BundleError, unknown_name

DEFAULT_ALIAS = "default"
DEFAULT_LABELER = "bigru_per_label_attention"
BUNDLES_DIR = Path(__file__).parent / "bundles"


@dataclass(frozen=True, slots=True)
class LabelerEntry:
    """A labeler that can be named on the command line; `bundle` is where it lies trained, if it does."""

    name: str
    recipe: AnyRecipe
    bundle: Path | None
    is_default: bool


def list_labelers() -> list[LabelerEntry]:
    """All shipped recipes, by name."""
    shipped = set(list_bundles())
    return [
        LabelerEntry(
            name=name,
            recipe=load_recipe(name),
            bundle=BUNDLES_DIR / name if name in shipped else None,
            is_default=name == DEFAULT_LABELER,
        )
        for name in conf_names("labelers")
    ]


def list_bundles() -> list[str]:
    """Names of the shipped bundles."""
    return sorted(path.parent.name for path in BUNDLES_DIR.glob("*/labeler.yaml"))


def resolve_bundle(name_or_path: str | Path) -> Path:
    """The folder of a shipped bundle's name, of `default`, or of a path.

    Raises:
        BundleError: the path is no folder, or the labeler is known but ships untrained.
        UsageError: there is nothing of this name.
    """
    name = DEFAULT_LABELER if name_or_path == DEFAULT_ALIAS else str(name_or_path)
    if name in list_bundles():
        return BUNDLES_DIR / name
    path = Path(name_or_path)
    if path.is_dir():
        return path
    if len(path.parts) > 1 or path.is_absolute():
        raise BundleError(f"bundle {path} is not a folder")
    if name in conf_names("labelers"):
        raise BundleError(
            f"labeler '{name}' has no bundle yet: make one with 'ctlabel train {name} --out FOLDER'"
        )
    raise unknown_name(kind="labeler", name=name, known=[DEFAULT_ALIAS, *list_bundles()])
