"""Finding and reading the YAML under `conf/`, with errors that name the file and the key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from schemas.errors import UsageError, unknown_name


class Frozen(BaseModel):
    """Base of everything configured: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


ModelT = TypeVar("ModelT", bound=BaseModel)

YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is ten times as fast
CONF_DIR = Path(str(files("conf").joinpath("__init__.py"))).parent


def plain_conf(model: BaseModel) -> Any:
    """As JSON-able data, sets in order: what a fingerprint is made of."""
    return json.loads(json.dumps(model.model_dump(mode="python"), default=sorted))


def conf_names(folder: str) -> list[str]:
    """Names of the YAML files in `conf/FOLDER`, sorted, without their ending."""
    return sorted(path.stem for path in (CONF_DIR / folder).glob("*.yaml"))


def conf_path(folder: str, name_or_path: str | Path, *, kind: str) -> Path:
    """The file meant by a shipped name or by a path of the user's own.

    Raises:
        UsageError: neither a shipped name nor a file.
    """
    shipped = CONF_DIR / folder / f"{name_or_path}.yaml"
    if shipped.is_file():
        return shipped
    path = Path(name_or_path)
    if path.suffix in {".yaml", ".yml"}:
        if path.is_file():
            return path
        raise UsageError(f"{kind} file {path} does not exist")
    raise unknown_name(kind=kind, name=str(name_or_path), known=conf_names(folder))


def read_yaml(path: Path) -> Any:
    """The parsed file.

    Raises:
        UsageError: it cannot be read or is not YAML; names the line.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=YAML_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise UsageError(f"{path} is not valid YAML{where}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {type(error).__name__}") from error


def load_conf(path: Path, model: type[ModelT]) -> ModelT:
    """A YAML file as a validated model.

    Raises:
        UsageError: a key is unknown, missing or of the wrong type; says which, and guesses at what was meant.
    """
    return parse_conf(read_yaml(path), model, where=str(path))


def parse_conf(data: Any, model: type[ModelT], *, where: str) -> ModelT:
    """`data` as a validated model; `where` names its origin in errors."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise UsageError(f"{where}: {_first_problem(error, model)}") from error


def _first_problem(error: ValidationError, model: type[BaseModel]) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    key = ".".join(str(part) for part in problem["loc"]) or "the file"
    if problem["type"] == "extra_forbidden":
        holder = _model_at(model, problem["loc"][:-1])
        if holder is not None:
            unknown = unknown_name(kind="key", name=str(problem["loc"][-1]), known=holder.model_fields)
            return str(unknown) if len(problem["loc"]) == 1 else f"{key}: {unknown}"
    return f"{key}: {problem['msg']}"


def _model_at(model: type[BaseModel], place: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model of the value at a place inside `model`; None where it could be one of several."""
    for part in place:
        if part in model.model_fields:
            inner = list(_models_in(model.model_fields[str(part)].annotation))
            if len(inner) != 1:
                return None
            model = inner[0]
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
