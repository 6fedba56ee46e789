"""Names of where networks compute: `cpu`, or a GPU as torch numbers them, `cuda` (the first) or `cuda:N`.

There is no name for whichever there is: a command does the same on every machine, or says why it cannot.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

CPU_NAME = "cpu"
DEVICE_NAMES = "cpu, cuda or cuda:N"
_NAME = re.compile(r"cpu|cuda(:[0-9]{1,2})?")


def is_device_name(name: str) -> bool:
    """Whether it names a device, there or not."""
    return _NAME.fullmatch(name) is not None


def device_kind(name: str) -> str:
    """`cpu` or `cuda`: what the last digits of an answer depend on, whichever GPU it is."""
    return name.partition(":")[0]


def _checked(name: str) -> str:
    if not is_device_name(name):
        raise ValueError(f"'{name}' is none of {DEVICE_NAMES}")
    return name


DeviceName = Annotated[str, AfterValidator(_checked)]
