from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from labelers.batching import fixed_batches
from labelers.bundle import load_bundle
from labelers.device import CPU, device_faults, find_device, moved
from labelers.fitting import EncodedTexts, Fitter
from labelers.hardware import describe_hardware
from labelers.pretraining.masking import Masker
from labelers.pretraining.recipe import Masking
from labelers.recipe import Recipe
from schemas.errors import DeviceError, UsageError
from tests.labelers.devices import META, Unmixed
from tests.labelers.networks import ARCHITECTURES, DEFAULT, small_network, small_recipe

TOKENS = [(2, 3, 4, 5, 6, 7, 8, 9, 10, 3), (2, 3), (2, 9, 3)]


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"GPU of kind {index}")
    monkeypatch.setattr(torch.version, "cuda", "12.8")
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)


def with_dropout(architecture: str) -> Recipe:
    raw = small_recipe(architecture, gradient_norm=1.0).model_dump(mode="json")
    raw["network"]["dropout"] = {"embedded": 0.2, "encoded": 0.2, "pooled": 0.2, "rare_words": 0.25}
    if raw["network"]["embedding"]["kind"] == "none":
        raw["network"]["dropout"] = {"encoded": 0.2, "pooled": 0.2}
    return Recipe.model_validate(raw)


def fitter_on_meta(architecture: str, *, taught: bool = False) -> Fitter:
    targets = np.array([[3, 0, 0], [0, 1, 2], [0, 0, 1]])
    shares = np.eye(4, dtype=np.float16)[targets] if taught else None
    texts = EncodedTexts(tokens=TOKENS, targets=targets, shares=shares)
    recipe = with_dropout(architecture)
    fitter = Fitter(recipe, small_network(recipe), train=texts, held_out=texts, device=META)
    fitter.optimiser = torch.optim.SGD(fitter.network.parameters(), lr=0.1)  # a fused Adam has no meta kernel
    return fitter


@pytest.mark.parametrize(
    ("architecture", "taught"), [*((name, False) for name in ARCHITECTURES), (DEFAULT, True)]
)
def test_a_training_step_leaves_nothing_on_the_cpu(architecture: str, taught: bool) -> None:
    fitter = fitter_on_meta(architecture, taught=taught)
    fitter.network.train()

    with Unmixed():
        fitter._step(np.array([0, 1, 2]))

    for name, parameter in fitter.network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.device == META, name


@pytest.mark.filterwarnings("ignore:for .* copying from a non-meta parameter")
def test_a_training_that_was_stopped_goes_on_on_another_device(tmp_path: Path) -> None:
    texts = EncodedTexts(tokens=TOKENS, targets=np.array([[3, 0, 0], [0, 1, 2], [0, 0, 1]]))
    recipe = small_recipe(max_epochs=1)
    Fitter(recipe, small_network(recipe), train=texts, held_out=texts).run(
        folder=tmp_path, key="key", progress=False
    )
    there = Fitter(recipe, small_network(recipe), train=texts, held_out=texts, device=META)

    there._resume(tmp_path, "key")

    states = [value for state in there.optimiser.state_dict()["state"].values() for value in state.values()]
    assert states
    assert {value.device for value in states} == {META}
    assert {value.device for value in there.best_state.values()} == {CPU}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_reading_leaves_nothing_on_the_cpu(architecture: str) -> None:
    network = small_network(small_recipe(architecture)).eval()
    [long, *_] = [batch for batch in fixed_batches(TOKENS) if batch.tokens.shape[1] == 12]
    on_cpu = network(long.tokens, long.lengths)
    network.to(META)  # after it has read on the CPU: what it kept of that must not stay there

    with Unmixed(), torch.no_grad():
        _, tokens, lengths = long.on(network.device)
        found = network(tokens, lengths)
        s = network.representations(tokens, lengths)

    assert (found.scores.device, found.scores.shape) == (META, on_cpu.scores.shape)
    assert (found.attention is None) == (on_cpu.attention is None)
    assert s.device == META


def test_a_description_read_before_the_network_was_moved_is_read_again() -> None:
    network = small_network(small_recipe("label_description_attention")).eval()
    tokens, lengths = torch.tensor([[2, 3, 4, 5]]), torch.tensor([4])
    with torch.no_grad():
        network(tokens, lengths)
        network.to(META)

    with Unmixed(), torch.no_grad():
        assert network(tokens.to(META), lengths.to(META)).scores.device == META


def test_tokens_are_hidden_where_the_batch_is() -> None:
    masker = Masker(Masking(), mask_id=4, ordinary=torch.tensor([5, 6, 7], device=META))

    with Unmixed():
        shown, chosen = masker(torch.full((3, 8), 5, device=META))

    assert (shown.device, chosen.device) == (META, META)


def test_the_check_notices_a_tensor_that_was_left_on_the_cpu() -> None:
    with Unmixed(), pytest.raises(AssertionError, match="on cpu and meta"):
        torch.ones(3, 3, device=META) @ torch.ones(3, 3)


def test_a_bundle_is_loaded_where_it_is_to_compute(tiny_bundle: Path) -> None:
    loaded = load_bundle(tiny_bundle, device=META)

    assert loaded.network.device == META
    assert loaded.fingerprint == load_bundle(tiny_bundle).fingerprint


def test_on_the_cpu_nothing_is_copied() -> None:
    tensor = torch.ones(3)

    assert moved(tensor, CPU) is tensor
    assert find_device("cpu") == CPU


@pytest.mark.parametrize(
    "name", ["gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1000", "CUDA", "auto", "cpu:0", ""]
)
def test_a_name_that_is_no_device_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="it is cpu, cuda or cuda:N"):
        find_device(name)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("name", ["cuda", "cuda:0"])
def test_a_gpu_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=rf"device '{name}' is not there: torch \S+ sees the cpu"):
        find_device(name)


@pytest.mark.usefixtures("two_gpus")
def test_of_gpus_that_are_there_one_more_is_refused_and_all_are_named() -> None:
    assert [str(find_device(name)) for name in ("cuda", "cuda:0", "cuda:1")] == ["cuda", "cuda:0", "cuda:1"]
    with pytest.raises(UsageError, match=r"cuda:0 \(GPU of kind 0\), cuda:1 \(GPU of kind 1\)$"):
        find_device("cuda:2")


@pytest.mark.usefixtures("two_gpus")
def test_a_gpu_is_set_to_compute_the_same_each_time_and_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    find_device("cpu")
    assert "CUBLAS_WORKSPACE_CONFIG" not in os.environ
    monkeypatch.setenv(
        "CUBLAS_WORKSPACE_CONFIG", ":16:8"
    )  # for monkeypatch to undo, and kept where it is set
    find_device("cuda")
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":16:8"

    del os.environ["CUBLAS_WORKSPACE_CONFIG"]
    find_device("cuda")

    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    assert not torch.backends.cudnn.allow_tf32


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU, which answers")
def test_a_gpu_that_answers_no_more_is_told_from_what_broke_on_it() -> None:
    with (
        pytest.raises(DeviceError, match="device 'cuda:0' answers no more"),
        device_faults(torch.device("cuda:0")),
    ):
        raise RuntimeError("of the library")
    with pytest.raises(RuntimeError, match="of the library"), device_faults(CPU):
        raise RuntimeError("of the library")


def test_a_full_gpu_is_no_fault_of_the_text() -> None:
    with pytest.raises(DeviceError, match="too little free memory"), device_faults(torch.device("cuda:0")):
        raise torch.cuda.OutOfMemoryError("of the library")


def test_a_gpu_is_told_as_hardware_only_of_what_was_computed_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _device: "GPU of a kind")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)

    assert not describe_hardware().endswith("GPU of a kind")
    assert describe_hardware(torch.device("cuda")).endswith(", GPU of a kind")
