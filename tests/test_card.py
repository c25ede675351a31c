"""A card says what was measured of this adapter and nothing else, in the Hub's own metadata."""

import dataclasses

from huggingface_hub import ModelCard
from test_results import accuracies, result

from adapterstilts.exchange import card
from adapterstilts.exchange.catalogue import Entry

FACTS = {
    "method": "lora",
    "task": "mnli",
    "seed": 0,
    "backbone": {"id": "pocket", "fingerprint": "abc"},
    "data_revision": "pocket 1.1",
    "recipe": {
        "steps": 4000,
        "tokens": 1_234_567,
        "trainable_parameters": 99_999,
        "best_validation_score": 87.6,
        "best_step": 3500,
        "settings": {"learning_rate": 0.001, "patience": None, "target_modules": ["query", "value"]},
    },
}


def entry(tmp_path, **changes):
    return Entry("lora-mnli", tmp_path, "bundled", {**FACTS, **changes})


def measured(**changes):
    given = {"adapter": "lora-mnli", "method": "lora", "trained_on": "mnli", "target": "mnli", **changes}
    return result(**{"scores": accuracies(en=90.0), **given})


def test_scores_are_those_of_this_adapter_and_of_its_other_seeds_on_its_own_task(tmp_path):
    other_weights = measured(seed=3, provenance={"backbone_fingerprint": "zzz"})
    found = [
        measured(),
        measured(seed=1, scores=accuracies(en=80.0)),
        measured(target="xnli", scores=accuracies(en=70.0, de=60.0)),
        measured(target="xnli", seed=1, scores=accuracies(en=11.0)),
        measured(method="bottleneck", seed=2, scores=accuracies(en=22.0)),
        dataclasses.replace(measured(seed=4, scores=accuracies(en=33.0)), changed={"rank": 2}),
        other_weights,
        measured(method="full", scores=accuracies(en=95.0)),
        measured(method="full", seed=1, scores=accuracies(en=97.0)),
    ]
    text = card.render(entry(tmp_path), found)
    assert "90.0 with seed 0 (these weights), 80.0 with seed 1; mean 85.0. Full fine-tuning: 96.0." in text
    assert "| accuracy | 65.0 | not measured | en 70.0, de 60.0 |" in text
    assert not {"11.0", "22.0", "33.0"} & set(text.split())
    assert "4,000 steps, 1,234,567 tokens" in text and "| `target_modules` | query, value |" in text
    values = {(one.dataset_type, one.dataset_config): one.metric_value for one in ModelCard(text).data.eval_results}
    assert values == {("mnli", "en"): 90.0, ("xnli", "en"): 70.0, ("xnli", "de"): 60.0}


def test_what_was_not_measured_is_called_so(tmp_path):
    text = card.render(entry(tmp_path), [])
    assert ": not measured.\n" in text and "Zero-shot" not in text
    assert not ModelCard(text).data.eval_results


def test_real_data_brings_its_licence_and_its_backbone(tmp_path):
    backbone = {"id": "FacebookAI/xlm-roberta-base", "fingerprint": "abc"}
    text = card.render(entry(tmp_path, task="anli_plus", data_revision="hub 0123", backbone=backbone), [])
    data = ModelCard(text).data
    assert (data.license, data.base_model, data.library_name) == ("cc-by-nc-4.0", "FacebookAI/xlm-roberta-base", "peft")
    assert set(data.datasets) == {"facebook/anli", "nyu-mll/glue", "stanfordnlp/snli"}
    assert "CC BY-NC 4.0 (ANLI)" in text and "miniature" not in text


def test_a_composition_says_what_it_builds_on(tmp_path):
    recipe = {**FACTS["recipe"], "source_tasks": ["mnli", "squad"], "sources_trained_on": ["mnli", "squad"]}
    facts = {"task": "pawsx", "composition": "fuse", "method": "bottleneck", "recipe": recipe}
    text = card.render(entry(tmp_path, **facts), [measured(target="pawsx", trained_on="pawsx")], "me/pocket-fusion")
    assert "with its head, a fusion of the frozen adapters of mnli and squad, on the" in text
    assert "90.0" not in text  # a plain adapter's score is not the fusion's
    assert "load_adapter_setup(folder" in text and "adapterstilts evaluate me/pocket-fusion" in text
