"""Which labelers there are, and where their bundles lie. Imports neither torch nor gensim."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from labelers.recipe import load_recipe
from labelers.rules.recipe import RULES_KIND, RulesRecipe, load_rules_recipe
from labelers.sparse.recipe import AnyRecipe
from schemas.conf import CONF_DIR, conf_names, conf_path, read_yaml
from schemas.errors import BundleError, unknown_name

DEFAULT_ALIAS = "default"
DEFAULT_LABELER = "bigru_per_label_attention"
BUNDLES_DIR = Path(__file__).parent / "bundles"
COMMITTEE_KIND = "committee"
WITHOUT_BUNDLE = frozenset({RULES_KIND, COMMITTEE_KIND})


@dataclass(frozen=True, slots=True)
class LabelerEntry:
    """A labeler that can be named on the command line; `bundle` is where it lies trained, if it does."""

    name: str
    recipe: AnyRecipe | RulesRecipe
    bundle: Path | None
    is_default: bool

    @property
    def needs_training(self) -> bool:
        """Whether it is made by `ctlabel train`; one that reads by rules is ready as it is."""
        return not isinstance(self.recipe, RulesRecipe)


def list_labelers() -> list[LabelerEntry]:
    """All shipped recipes, by name."""
    shipped = set(list_bundles())
    return [
        LabelerEntry(
            name=name,
            recipe=_listed_recipe(name),
            bundle=BUNDLES_DIR / name if name in shipped else None,
            is_default=name == DEFAULT_LABELER,
        )
        for name in conf_names("labelers")
    ]


def _listed_recipe(name: str) -> AnyRecipe | RulesRecipe:
    path = conf_path("labelers", name, kind="labeler")
    return load_rules_recipe(path) if recipe_kind(path) == RULES_KIND else load_recipe(name)


def list_bundles() -> list[str]:
    """Names of the shipped bundles."""
    return sorted(path.parent.name for path in BUNDLES_DIR.glob("*/labeler.yaml"))


def locate_labeler(name_or_path: str | Path) -> Path:
    """The recipe file of a labeler that has no bundle of its own (rules, a committee), or else a bundle's folder.

    Raises:
        BundleError: the path is no folder, or the labeler is known but ships untrained.
        UsageError: there is nothing of this name.
    """
    return _recipe_file(name_or_path) or resolve_bundle(name_or_path)


def _recipe_file(name_or_path: str | Path) -> Path | None:
    shipped = CONF_DIR / "labelers" / f"{name_or_path}.yaml"
    path = shipped if shipped.is_file() else Path(name_or_path)
    is_recipe = path.suffix in {".yaml", ".yml"} and path.is_file() and recipe_kind(path) in WITHOUT_BUNDLE
    return path if is_recipe else None


def is_committee(place: Path) -> bool:
    """Whether what `locate_labeler` has found is the file of a committee."""
    return place.is_file() and recipe_kind(place) == COMMITTEE_KIND


def recipe_kind(path: Path) -> str | None:
    """What the file says that it is; nothing for a labeler that is trained.

    Raises:
        UsageError: the file cannot be read or is not YAML.
    """
    content = read_yaml(path)
    kind = content.get("kind") if isinstance(content, dict) else None
    return kind if isinstance(kind, str) else None


def resolve_bundle(name_or_path: str | Path) -> Path:
    """The folder of a shipped bundle's name, of `default`, or of a path.

    Raises:
        BundleError: the path is no folder, or the labeler is known but ships untrained.
        UsageError: there is nothing of this name.
    """
    name = DEFAULT_LABELER if name_or_path == DEFAULT_ALIAS else str(name_or_path)
    if name in list_bundles():
        return BUNDLES_DIR / name
    if file := _recipe_file(name_or_path):
        what = "reads by rules" if recipe_kind(file) == RULES_KIND else "is a committee"
        raise BundleError(f"labeler '{name}' {what}: it has no bundle, and nothing is stored with it")
    path = Path(name_or_path)
    if path.is_dir():
        return path
    if len(path.parts) > 1 or path.is_absolute():
        raise BundleError(f"bundle {path} is not a folder")
    if name in conf_names("labelers"):
        raise BundleError(
            f"labeler '{name}' has no bundle yet: make one with 'ctlabel train {name} --out FOLDER'"
        )
    raise unknown_name(
        kind="labeler", name=name, known=[DEFAULT_ALIAS, *list_bundles(), *list_rule_labelers()]
    )


def shipped_rules(name: str) -> Path | None:
    """The recipe file of a shipped labeler that reads by rules, None where there is none of this name."""
    path = _recipe_file(name) if name in conf_names("labelers") else None
    return path if path is not None and recipe_kind(path) == RULES_KIND else None


def list_rule_labelers() -> list[str]:
    """Names of the shipped labelers that read by rules."""
    return [name for name in conf_names("labelers") if shipped_rules(name)]
