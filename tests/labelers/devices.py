"""Computing on torch's meta device: shapes alone, no GPU needed, and a tensor left on the CPU is noticed."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

META = torch.device("meta")


class Unmixed(TorchDispatchMode):
    """Inside, an operation on tensors of two devices fails, as it would with a GPU: meta kernels let much pass.

    Meta tensors hold no numbers: where one is asked for, the answer is 0, and "is there no padding?" is no.
    """

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        devices = {one.device.type for one in given if one.dim() or one.device == META}  # scalars may mix
        assert len(devices) < 2, f"{func} is given tensors on {' and '.join(sorted(devices))}"
        if func is torch.ops.aten._local_scalar_dense.default and devices == {"meta"}:
            return 0
        return func(*args, **(kwargs or {}))
