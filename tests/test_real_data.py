"""The study on real data: its parts on a few rows, and what is shipped of it."""

import json
import re
import runpy
import shutil
from pathlib import Path

import encoder_kinds
import pytest
import torch
import world

from adapterstilts.backbones import loading
from adapterstilts.cli import cli
from adapterstilts.findings import compare
from adapterstilts.runs import results

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "real-data"))
SENTENCES = ["The fox jumps over the lazy dog .", "A quick brown fox , too ."] * 5
ROWS = [
    {"tokens": ["the", "fox", "runs"], "tags": ["DET", "NOUN", "VERB"]},
    {"tokens": ["the", "runs"], "tags": ["DET", "NOUN"]},
    {"tokens": ["fox", "runs"], "tags": ["NOUN", "NOUN"]},
]


def test_the_tokenizer_is_the_same_each_time_and_knows_every_script():
    one, other = (SCRIPT["make_tokenizer"](SENTENCES, 300) for _ in range(2))
    assert one.backend_tokenizer.to_str() == other.backend_tokenizer.to_str()
    assert one("fox", "dog")["input_ids"][:1] == [0] and one.pad_token_id == 1
    texts = ["the lazy dog", "नई दिल्ली", "東京", "القاهرة"]
    pieces = [one(text, add_special_tokens=False)["input_ids"] for text in texts]
    assert all(one.unk_token_id not in ids for ids in pieces) and len(set(map(tuple, pieces))) == 4


def test_the_backbone_is_the_same_each_time(tmp_path):
    for name in ("one", "other"):
        SCRIPT["make_backbone"](SENTENCES, tmp_path / name)
    one, other = (loading.load_backbone(str(tmp_path / name)) for name in ("one", "other"))
    assert one.identity.fingerprint == other.identity.fingerprint


def test_baselines_look_at_no_context():
    found = SCRIPT["baselines"](ROWS, {"en": [{"tokens": ["the", "dog", "runs"], "tags": ["DET", "NOUN", "VERB"]}]})
    assert found["every word NOUN"]["en"]["accuracy"] == pytest.approx(100 / 3)
    assert found["each word its most frequent tag"]["en"]["accuracy"] == pytest.approx(200 / 3)
    names = [{"tokens": ["a", "b", "c"], "tags": ["O", "O", "B-LOC"]}]
    assert list(SCRIPT["baselines"](names, {"en": names})) == [
        "every word O",
        "every word B-LOC",
        "each word its most frequent tag",
    ]


def test_a_fine_tuned_model_becomes_a_backbone(tmp_path, monkeypatch):
    encoder_kinds.save("XLM-R", tmp_path / "random")
    backbone = loading.load_backbone(str(tmp_path / "random"))
    ids = {"input_ids": torch.arange(5, 11)[None], "attention_mask": torch.ones((1, 6), dtype=torch.int64)}
    before = backbone.module(**ids).last_hidden_state
    steps = {"max_steps": 2, "train_examples": 8, "validation_examples": 2, "test_examples": 2, "max_length": 64}
    about = {"backbone": str(tmp_path / "random"), "data": "pocket", "output": tmp_path, "languages": ("en",)}
    adapter = world.learn("udpos", "full", settings={**steps, "learning_rate": 0.01}, **about).adapter
    SCRIPT["save_as_backbone"](tmp_path / adapter, tmp_path / "random", tmp_path / "trained")
    trained = loading.load_backbone(str(tmp_path / "trained"))
    after = trained.module(**ids).last_hidden_state
    assert not torch.allclose(before, after, atol=1e-3)
    assert trained.tokenizer.get_vocab() == backbone.tokenizer.get_vocab()


def test_a_result_is_found_in_the_working_folder(tmp_path, monkeypatch):
    shutil.copytree(ROOT / SCRIPT["SHIPPED"] / "results", tmp_path / SCRIPT["WORK"] / "results")
    result_of = SCRIPT["result_of"]
    monkeypatch.setitem(result_of.__globals__, "ROOT", tmp_path)
    for task, method, backbone in SCRIPT["ordered_systems"]():
        result = result_of(task, method, backbone)
        run = result.run
        assert (result.target, run.method) == (task, method) and run.backbone.id.endswith(f"/{backbone}")


def test_every_command_is_one_of_the_program():
    ordered = SCRIPT["ordered_systems"]()
    assert len(set(ordered)) == 8 and [method for _, method, _ in ordered[:2]] == ["full", "full"]
    for one in ordered:
        name, *words = SCRIPT["command"](*one, "FOLDER")
        cli.commands[name].make_context(name, words)


@pytest.fixture(scope="module")
def record():
    if not SCRIPT["FIGURES"].exists():
        pytest.skip("it was not run")
    return json.loads(SCRIPT["FIGURES"].read_text(encoding="utf-8"))


def test_the_shipped_page_is_that_of_the_shipped_figures(record):
    assert SCRIPT["PAGE"].read_text(encoding="utf-8") == SCRIPT["page"](record)


def test_the_shipped_figures_are_those_of_the_results(record):
    shipped = {result.adapter: result for result in results.read_all([SCRIPT["FIGURES"].parent])}
    assert len(shipped) == 8
    for name in SCRIPT["TASKS"]:
        found = record["tasks"][name]
        for system in found["systems"].values():
            if "adapter" not in system:
                continue
            result = shipped[system["adapter"]]
            assert result.run.evaluation.rows.revision == found["revision"] and result.target == name
            assert result.run.rows == result.run.evaluation.rows and result.run.rows.source == "folder"
            for language, scores in system["scores"].items():
                expected = compare.language_score(result, language)
                assert scores["f1"] == pytest.approx(expected), (system["adapter"], language)


def test_english_is_learned_far_beyond_the_most_frequent_tag(record):
    for name in SCRIPT["TASKS"]:
        found = record["tasks"][name]["systems"]
        guessed = [system for label, system in found.items() if label.startswith("every word")]
        learned = [
            found[label]
            for label, (method, backbone) in SCRIPT["systems"](name).items()
            if method == "full" or backbone.endswith(f"-{name}")
        ]
        for key in ("f1", "accuracy"):
            least = min(system["scores"]["en"][key] for system in learned)
            assert least > 20 + max(system["scores"]["en"][key] for system in guessed), (name, key)


def test_what_is_shipped_names_no_machine(record):
    for path in SCRIPT["FIGURES"].parent.rglob("*"):
        if path.is_file():
            assert not re.search(r"(?<![\w:/.])/\w+/", path.read_text(encoding="utf-8")), path
            assert path.suffix in (".json", ".md")
