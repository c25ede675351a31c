"""A card says what was measured of this adapter and nothing else, in the Hub's own metadata."""

from dataclasses import replace

from huggingface_hub import ModelCard
from records import a_result, a_run, accuracies

from adapterstilts import tasks
from adapterstilts.adapter.facts import Facts
from adapterstilts.exchange import card
from adapterstilts.exchange.catalogue import Entry

TRAINING = {
    "steps": 4000,
    "tokens": 1_234_567,
    "trainable_parameters": 99_999,
    "best_validation_score": 87.6,
    "best_step": 3500,
}


def entry(tmp_path, run=None, **about):
    """The adapter of a run, of MNLI's LoRA unless it is given, as a folder says it."""
    run = run or a_run(**{"method": "lora", "task": "mnli", **about}).adapter
    labels = tasks.get(run.task).labels if run.task else ()
    facts = Facts("lora-mnli", run, run.backbone, {}, labels, "0" * 64, {}, TRAINING)
    return Entry("lora-mnli", tmp_path, "bundled", facts)


def measured(**about):
    return a_result(**{"method": "lora", "task": "mnli", "scores": accuracies(en=90.0), **about})


def test_a_training_in_another_precision_than_it_asks_for_is_told(tmp_path):
    told = "Computed in fp32, on a processor without bf16."
    for changed, precision in (({"precision": "bf16"}, "fp32"), ({"precision": "bf16"}, "bf16"), ({}, "fp32")):
        own = entry(tmp_path, changed=changed)
        own = replace(own, facts=replace(own.facts, training={**TRAINING, "trained_in": precision}))
        assert (told in card.render(own, [])) == (bool(changed) and precision == "fp32")


def test_scores_are_those_of_this_adapter_and_of_its_other_seeds_on_its_own_task(tmp_path):
    other_weights = measured(seed=3, fingerprint="zzz", scores=accuracies(en=44.0))
    other_rows = measured(seed=5, revision="2", scores=accuracies(en=55.0))
    found = [
        measured(),
        measured(seed=1, scores=accuracies(en=80.0)),
        measured(target="xnli", scores=accuracies(en=70.0, de=60.0)),
        measured(target="xnli", seed=1, scores=accuracies(en=11.0)),
        measured(method="bottleneck", seed=2, scores=accuracies(en=22.0)),
        measured(seed=4, changed={"rank": 2}, scores=accuracies(en=33.0)),
        measured(evaluated_with={"test_examples": 10}, scores=accuracies(en=66.0)),
        other_weights,
        other_rows,
        measured(method="full", scores=accuracies(en=95.0)),
        measured(method="full", seed=1, scores=accuracies(en=97.0)),
    ]
    text = card.render(entry(tmp_path), found)
    assert "90.0 with seed 0 (these weights), 80.0 with seed 1; mean 85.0. Full fine-tuning: 96.0." in text
    assert "| accuracy | 65.0 | not measured | en 70.0, de 60.0 |" in text
    assert not {"11.0", "22.0", "33.0", "44.0", "55.0", "66.0"} & set(text.replace(",", " ").split())
    assert "4,000 steps, 1,234,567 tokens" in text


def test_the_settings_are_those_that_decide_what_was_made(tmp_path):
    text = card.render(entry(tmp_path, changed={"target_modules": ["query", "value"]}), [])
    assert "| `target_modules` | query, value |" in text and "| `rank` | 8 |" in text
    assert not [name for name in ("evaluation_batch_size", "test_examples", "patience") if f"`{name}`" in text]


def test_the_metadata_has_each_score(tmp_path):
    found = [
        measured(),
        measured(seed=1, scores=accuracies(en=80.0)),
        measured(target="xnli", scores=accuracies(en=70.0, de=60.0)),
        measured(method="full", scores=accuracies(en=95.0)),
    ]
    text = card.render(entry(tmp_path), found)
    values = {(one.dataset_type, one.dataset_config): one.metric_value for one in ModelCard(text).data.eval_results}
    assert values == {("mnli", "en"): 90.0, ("xnli", "en"): 70.0, ("xnli", "de"): 60.0}


def test_what_was_not_measured_is_called_so(tmp_path):
    text = card.render(entry(tmp_path), [])
    assert ": not measured.\n" in text and "Zero-shot" not in text
    assert not ModelCard(text).data.eval_results


def test_real_data_brings_its_licence_and_its_backbone(tmp_path):
    text = card.render(
        entry(tmp_path, task="anli_plus", backbone="FacebookAI/xlm-roberta-base", revision="0123"),
        [],
        None,
        ("peft", ""),
    )
    data = ModelCard(text).data
    assert (data.license, data.base_model, data.library_name) == ("cc-by-nc-4.0", "FacebookAI/xlm-roberta-base", "peft")
    assert set(data.datasets) == {"facebook/anli", "nyu-mll/glue", "stanfordnlp/snli"}
    assert "CC BY-NC 4.0 (ANLI)" in text and "miniature" not in text


def test_the_data_and_licences_are_those_of_everything_that_it_builds_on(tmp_path):
    """A source's source was trained on ANLI, so what follows is not for commerce."""
    about = {"backbone": "FacebookAI/xlm-roberta-base", "revision": "9"}
    first = a_run("lora", "anli_plus", backbone=about["backbone"], revision="1").adapter
    second = a_run("lora", "qqp", "continue", (first,), **about).adapter
    text = card.render(entry(tmp_path, a_run("lora", "pawsx", "stack", (second,), **about).adapter), [])
    data = ModelCard(text).data
    assert data.license == "cc-by-nc-4.0" and "facebook/anli" in data.datasets
    assert "Data: hub 1, hub 9 (" in text and "CC BY-NC 4.0 (ANLI)" in text


def test_a_composition_says_what_it_builds_on(tmp_path):
    fusion = a_run("bottleneck", "pawsx", "fuse", ("mnli", "squad")).adapter
    found = [measured(method="bottleneck", task="pawsx")]
    text = card.render(entry(tmp_path, fusion), found, "me/pocket-fusion", ("adapters", "model.load()"))
    assert "with its head, a fusion of the frozen adapters of mnli and squad, on the" in text
    assert "90.0" not in text  # a plain adapter's score is not the fusion's
    assert (
        "With adapters alone:\n\n```python\nmodel.load()\n```" in text
        and "adapterstilts evaluate me/pocket-fusion" in text
    )


def test_a_merge_is_not_said_to_have_been_trained(tmp_path):
    merge = a_run("lora", None, "merge", ("mnli", "squad"), target="tatoeba").adapter
    text = card.render(entry(tmp_path, merge), [])
    assert "merged from the adapters of mnli and squad" in text and "not trained further" in text
    assert "None: computed from its sources (mean)" in text and "4,000 steps" not in text
