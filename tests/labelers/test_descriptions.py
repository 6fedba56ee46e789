from __future__ import annotations

from labelers.descriptions import label_descriptions
from tests.labelers.networks import small_reader, small_recipe, three_labels


def test_a_description_is_the_labels_name_and_description_cut_before_its_last_special_token() -> None:
    recipe = small_recipe("label_description_attention")
    reader = small_reader(recipe)

    found = label_descriptions(recipe.network, three_labels(), reader)

    whole = [reader.encode(f"{name}: One of three.") for name in ("bleed", "fracture", "infarct")]
    assert [len(tokens) for tokens in found] == [6, 6, 6]
    assert [tokens[:5] for tokens in found] == [tokens[:5] for tokens in whole]
    assert {tokens[-1] for tokens in found} == {tokens[-1] for tokens in whole}


def test_other_networks_are_given_none() -> None:
    recipe = small_recipe("bert_multilabel")

    assert label_descriptions(recipe.network, three_labels(), small_reader(recipe)) == ()
