"""Saving an adapter is all or nothing; loading one checks everything."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from methods_fixtures import VARIANTS, backbone, hidden, train, two_sources
from safetensors.torch import load_file

from adapterstilts.adapter import saving
from adapterstilts.adapter.facts import FACTS, WEIGHTS, read_facts
from adapterstilts.adapter.saving import load_adapter, save_adapter
from adapterstilts.adapter.value import Adapter
from adapterstilts.backbones.identity import BackboneIdentity
from adapterstilts.backbones.loading import fingerprint
from adapterstilts.base import digests, files
from adapterstilts.base.errors import UserError
from adapterstilts.methods import install, rebuild
from adapterstilts.runs.run import Given, Rows, Run

HERE = BackboneIdentity("pocket", "abc", "1" * 64)
ROWS = Rows("pocket", "pocket-1")
RUN = Run(
    HERE,
    "lora",
    "pawsx",
    ROWS,
    "fuse",
    (
        Run(HERE, "lora", "mnli", ROWS, settings={"learning_rate": 1e-4, "max_steps": 10}),
        Run(HERE, "lora", None, None, "merge", (Given("theirs", "2" * 64, "lora", "qqp", "me/theirs", "peft"),)),
    ),
    seed=3,
    settings={"learning_rate": 1e-4, "rank": 8, "max_steps": None},
)
LORA = {"rank": 2, "alpha": 4, "dropout": 0.0, "target_modules": ["query"], "leave_out": []}
HEAD_ONLY: dict[str, Any] = {"run": Run(HERE, "head_only", "pawsx", ROWS), "settings": {}}
GIVEN = Given("theirs", "0" * 64, "lora", "pawsx", "me/theirs@abc", "peft")


def adapter(value: float = 1.0, **changes: Any) -> Adapter:
    made = Adapter(
        name="lora-pawsx--fuse-mnli-squad",
        run=RUN,
        backbone=HERE,
        settings={**LORA, "fresh": True, "sources": [LORA, LORA]},
        labels=("paraphrase", "わからない"),
        tensors={"adapter.x.lora_A": torch.full((2, 3), value), "head.out.bias": torch.arange(2.0)},
        scores={"en": {"accuracy": 61.25}},
        training={"steps": 10, "source_weights": {"lora-mnli": "3" * 64}},
    )
    return dataclasses.replace(made, **changes)


def same(one: Adapter, other: Adapter) -> bool:
    facts = [f.name for f in dataclasses.fields(Adapter) if f.name != "tensors"]
    return (
        all(getattr(one, name) == getattr(other, name) for name in facts)
        and one.tensors.keys() == other.tensors.keys()
        and all(torch.equal(tensor, other.tensors[name]) for name, tensor in one.tensors.items())
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_adapter(adapter(), tmp_path / "mine")
    return tmp_path / "mine"


def test_everything_comes_back(folder):
    assert same(load_adapter(folder), adapter())
    assert same(load_adapter(folder, HERE), adapter())
    assert {entry.name for entry in folder.iterdir()} == {WEIGHTS, FACTS}
    assert [entry.name for entry in folder.parent.iterdir()] == ["mine"]
    assert read_facts(folder).labels == ("paraphrase", "わからない")


def test_the_run_comes_back_whole(folder):
    loaded = load_adapter(folder)
    assert loaded.run == RUN and loaded.run.id == RUN.id and loaded.run.facts() == RUN.facts()
    assert (loaded.method, loaded.task, loaded.composition) == ("lora", "pawsx", "fuse")
    assert loaded.source_tasks == ("mnli", None)
    assert loaded.run.origins == {"me/theirs"}


def test_one_that_others_made_comes_back_with_its_digest(tmp_path):
    save_adapter(adapter(run=GIVEN, settings=LORA), tmp_path / "theirs")
    run = load_adapter(tmp_path / "theirs").run
    assert isinstance(run, Given)
    assert run.sha256 == read_facts(tmp_path / "theirs").sha256 == digests.sha256(tmp_path / "theirs" / WEIGHTS)
    assert run.name == "lora-pawsx--fuse-mnli-squad", "it is called as the adapter is"
    assert (run.method, run.task, run.origin, run.library) == ("lora", "pawsx", "me/theirs@abc", "peft")


def test_an_adapter_without_tensors_comes_back(tmp_path):
    empty = adapter(**HEAD_ONLY, tensors={})
    save_adapter(empty, tmp_path / "empty")
    assert same(load_adapter(tmp_path / "empty"), empty)


def test_views_are_saved(tmp_path):
    whole = torch.arange(12.0).reshape(3, 4)
    save_adapter(adapter(**HEAD_ONLY, tensors={"adapter.a": whole.T, "adapter.b": whole[:, 1]}), tmp_path / "views")
    loaded = load_adapter(tmp_path / "views").tensors
    assert torch.equal(loaded["adapter.a"], whole.T) and torch.equal(loaded["adapter.b"], whole[:, 1])


@pytest.mark.parametrize(("method", "settings"), VARIANTS)
@pytest.mark.parametrize("composition", ["stack", "fuse"])
def test_a_composition_is_rebuilt_from_its_folder_alone(method, settings, composition, tmp_path):
    sources = two_sources(method, **settings)[: 1 if composition == "stack" else 2]
    module = backbone()
    identity = BackboneIdentity("tiny", "", fingerprint(module))
    installed = install(module, method, composition, settings, sources)
    train(module, installed)
    tensors = {f"adapter.{name}": tensor for name, tensor in installed.state().items()}
    run = dataclasses.replace(
        RUN, backbone=identity, method=method, composition=composition, sources=RUN.sources[: len(sources)]
    )
    made = adapter(run=run, settings=installed.settings, tensors=tensors, backbone=identity)
    save_adapter(made, tmp_path / "made")
    loaded = load_adapter(tmp_path / "made", identity)
    again = backbone()
    rebuild(again, loaded.method, loaded.composition, loaded.settings).load_state(loaded.adapter_tensors())
    assert torch.equal(hidden(again), hidden(module))


def test_saving_again_replaces(folder):
    save_adapter(adapter(2.0), folder)
    assert same(load_adapter(folder), adapter(2.0))
    assert [entry.name for entry in folder.parent.iterdir()] == ["mine"]


def test_parents_are_made(tmp_path):
    save_adapter(adapter(), tmp_path / "runs" / "deep" / "mine")
    assert same(load_adapter(tmp_path / "runs" / "deep" / "mine"), adapter())


@pytest.mark.parametrize("position", [0, 8, 60, -1])
def test_one_flipped_byte(folder, position):
    weights = folder / WEIGHTS
    content = bytearray(weights.read_bytes())
    content[position] ^= 1
    weights.write_bytes(content)
    with pytest.raises(UserError, match="cut short or changed"):
        load_adapter(folder)


@pytest.mark.parametrize("kept", [0, 7, 40, -1])
def test_a_cut_weights_file(folder, kept):
    weights = folder / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:kept])
    with pytest.raises(UserError, match="cut short or changed"):
        load_adapter(folder)


def test_weights_that_are_no_safetensors(folder):
    torch.save({"adapter.x": torch.zeros(1)}, folder / WEIGHTS)
    facts = json.loads((folder / FACTS).read_text())
    (folder / FACTS).write_text(json.dumps({**facts, "sha256": digests.sha256(folder / WEIGHTS)}))
    with pytest.raises(UserError, match="cannot be read"):
        load_adapter(folder)


@pytest.mark.parametrize("kept", [0, 1, 100, -3])
def test_a_cut_facts_file(folder, kept):
    path = folder / FACTS
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UserError, match=f"{FACTS}, line .*: this is not JSON"):
        load_adapter(folder)


def test_a_missing_folder_names_the_nearest(folder):
    with pytest.raises(UserError, match='no such folder. Did you mean "mine"'):
        load_adapter(folder.with_name("mien"))
    with pytest.raises(UserError, match="no such folder"):
        load_adapter(folder / "nowhere" / "at all")


@pytest.mark.parametrize(("name", "message"), [(WEIGHTS, "has no adapter.safetensors"), (FACTS, "is no adapter")])
def test_a_missing_file(folder, name, message):
    (folder / name).unlink()
    with pytest.raises(UserError, match=message):
        load_adapter(folder)


def test_a_file_is_no_folder(folder):
    with pytest.raises(UserError, match="no such folder"):
        load_adapter(folder / WEIGHTS)
    with pytest.raises(UserError, match="is a file"):
        save_adapter(adapter(), folder / WEIGHTS)


def rewrite(folder: Path, **facts: Any) -> None:
    path = folder / FACTS
    path.write_text(json.dumps({**json.loads(path.read_text()), **facts}))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("format", 1, "has the format 1"),
        ("format", None, "has the format None"),
        ("name", 3, '"name" is 3, but must be letters, digits'),
        ("name", "../../escaped", "but must be letters, digits"),
        ("run", None, "describes a run by version None of identities"),
        ("settings", [], '"settings" is .., but must be an object'),
        ("backbone", {"id": "x", "revision": ""}, '"backbone.fingerprint" is missing'),
        ("backbone", "pocket", "an object"),
        ("labels", "yes", "a list"),
        ("labels", [1], r'"labels.0." is 1, but must be text'),
        ("sha256", "f" * 63, "64 hexadecimal digits"),
    ],
)
def test_facts_of_the_wrong_type(folder, key, value, message):
    rewrite(folder, **{key: value})
    with pytest.raises(UserError, match=message):
        load_adapter(folder)
    facts = json.loads((folder / FACTS).read_text())
    del facts[key]
    (folder / FACTS).write_text(json.dumps(facts))
    with pytest.raises(UserError):
        load_adapter(folder)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("training", 1, '"training" is 1, but must be an object'),
        ("scores", None, "an object"),
        ("scores", {"en": {"accuracy": "high"}}, '"scores.en.accuracy" is "high", but must be a number'),
        ("imported", {"method": "lora", "task": None, "origin": "me"}, '"imported.library" is missing'),
    ],
)
def test_what_an_adapter_need_not_say_has_a_type_too(folder, key, value, message):
    rewrite(folder, **{key: value})
    with pytest.raises(UserError, match=message):
        load_adapter(folder)
    facts = json.loads((folder / FACTS).read_text())
    del facts[key]
    (folder / FACTS).write_text(json.dumps(facts))
    load_adapter(folder)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("method", "lorra", 'no method "lorra".*Did you mean "lora"'),
        ("method", None, "text"),
        ("composition", "fused", 'no composition "fused"'),
        ("composition", 1, '"composition" is 1, but must be text'),
        ("task", [], '"task" is .., but must be text'),
        ("sources", {}, '"sources" is .., but must be a list'),
        ("sources", [{"name": "x"}], "sources"),
        ("sources", [Run(HERE, "fused").facts()], 'no method "fused"'),
        (
            "sources",
            [Run(HERE, "full", sources=(Run(HERE, "full", composition="fused"),)).facts()],
            'no composition "fused"',
        ),
        ("control", "none", 'no control "none"'),
        ("rows", "pocket", '"rows" is "pocket"'),
        ("seed", True, "a whole number"),
        ("seed", 1.5, "a whole number"),
        ("settings", 1, "an object"),
        ("settings", {"max_length": -5}, "The setting max_length is -5"),
        ("settings", {"fresh": "no"}, "The setting fresh is 'no'"),
        ("seed", -1, "The setting seed is -1"),
        ("seed", 2**63, "The setting seed is"),
        ("control", "x", 'no control "x"'),
        ("sources", [Run(HERE, "lora", settings={"rank": 10**9}).facts()], "The setting rank is 1000000000"),
        ("evaluation", {"target": "xnli", "rows": vars(ROWS), "settings": {"max_length": 0}}, "max_length is 0"),
    ],
)
def test_a_run_of_the_wrong_type(folder, key, value, message):
    run = json.loads((folder / FACTS).read_text())["run"]
    rewrite(folder, run={**run, key: value})
    with pytest.raises(UserError, match=message):
        load_adapter(folder)


def test_a_place_that_a_folder_names_is_not_looked_at(folder):
    def placed(facts: Any) -> Any:
        if isinstance(facts, list):
            return [placed(each) for each in facts]
        return (
            {"place": "/etc", **{key: placed(value) for key, value in facts.items()}}
            if isinstance(facts, dict)
            else facts
        )

    rewrite(folder, run=placed(RUN.facts()))
    run = load_adapter(folder).run
    assert [run.rows.place, *(each.place for each in run.graph())] == [""] * 5


def test_an_adapter_has_the_settings_of_each_of_its_sources(tmp_path: Path) -> None:
    save_adapter(adapter(settings={**LORA, "sources": [LORA]}), tmp_path / "mine")
    with pytest.raises(UserError, match="settings of 1 sources, but it has 2"):
        read_facts(tmp_path / "mine")


@pytest.mark.parametrize(
    "training",
    [{"trainable_parameters": "many"}, {"train_seconds": []}, {"steps": None}, {"machine": {}}, {"source_weights": 1}],
)
def test_what_was_seen_in_training_has_types_too(training: dict[str, Any], tmp_path: Path) -> None:
    save_adapter(adapter(training=training), tmp_path / "mine")
    with pytest.raises(UserError, match=f'"training": "{next(iter(training))}" is'):
        read_facts(tmp_path / "mine")


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_nothing_that_is_not_finite_is_saved(value: float, tmp_path: Path) -> None:
    with pytest.raises(UserError, match='adapter.x in the adapter "lora.*not finite'):
        save_adapter(adapter(**HEAD_ONLY, tensors={"adapter.x": torch.tensor([1.0, value])}), tmp_path / "mine")
    assert not list(tmp_path.iterdir())


def test_a_run_that_was_changed_is_told(folder):
    run = json.loads((folder / FACTS).read_text())["run"]
    rewrite(folder, run={**run, "seed": 4})
    with pytest.raises(UserError, match=f"but says that it is {RUN.id}: it was changed"):
        load_adapter(folder)


def test_facts_that_are_no_object(folder):
    (folder / FACTS).write_text("[]")
    with pytest.raises(UserError, match="one JSON object"):
        load_adapter(folder)


def test_tensors_that_belong_to_nothing(tmp_path):
    save_adapter(adapter(**HEAD_ONLY, tensors={"stranger": torch.zeros(1)}), tmp_path / "odd")
    with pytest.raises(UserError, match="stranger"):
        load_adapter(tmp_path / "odd")


def test_another_backbone(folder):
    with pytest.raises(UserError, match='made for the backbone "pocket" and does not fit "other";'):
        load_adapter(folder, BackboneIdentity("other", "", "2" * 64))
    with pytest.raises(UserError, match="the same name, but other weights"):
        load_adapter(folder, dataclasses.replace(HERE, fingerprint="2" * 64))
    # Its name is for people: a moved backbone is the same backbone.
    load_adapter(folder, dataclasses.replace(HERE, id="/elsewhere", revision=""))


def full_disk(*args: Any, **kwargs: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def interrupt(*args: Any, **kwargs: Any) -> None:
    raise KeyboardInterrupt


STEPS = ((saving, "_write_weights"), (digests, "sha256"), (files, "flush"), (files, "move_into_place"))


@pytest.mark.parametrize(("module", "step"), STEPS)
@pytest.mark.parametrize("older", [True, False])
@pytest.mark.parametrize(("fault", "error"), [(full_disk, UserError), (interrupt, KeyboardInterrupt)])
def test_faults_while_saving_leave_the_older_or_nothing(tmp_path, monkeypatch, module, step, older, fault, error):
    folder = tmp_path / "mine"
    if older:
        save_adapter(adapter(1.0), folder)
    with monkeypatch.context() as patch:
        patch.setattr(module, step, fault)
        with pytest.raises(error) as raised:
            save_adapter(adapter(2.0), folder)
    if error is UserError:
        assert "No space left on device; make room there" in str(raised.value)
    assert [entry.name for entry in tmp_path.iterdir()] == (["mine"] if older else [])
    if older:
        assert same(load_adapter(folder), adapter(1.0))
    save_adapter(adapter(3.0), folder)
    assert same(load_adapter(folder), adapter(3.0))


@pytest.mark.parametrize("failing", [1, 2])
@pytest.mark.parametrize(("fault", "error"), [(full_disk, UserError), (interrupt, KeyboardInterrupt)])
def test_faults_while_swapping_keep_the_older(folder, monkeypatch, failing, fault, error):
    renames = []
    rename = os.rename

    def failing_rename(*args: Any) -> None:
        renames.append(args)
        if len(renames) == failing:
            fault()
        rename(*args)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", failing_rename)
        with pytest.raises(error):
            save_adapter(adapter(2.0), folder)
    assert same(load_adapter(folder), adapter(1.0))
    assert [entry.name for entry in folder.parent.iterdir()] == ["mine"]


def test_a_crash_between_the_two_renames_is_mended(folder):
    os.rename(folder, folder.with_name(".mine.replaced"))
    assert same(load_adapter(folder), adapter())
    shutil.copytree(folder, folder.with_name(".mine.replaced"))
    save_adapter(adapter(2.0), folder)
    assert same(load_adapter(folder), adapter(2.0))
    assert [entry.name for entry in folder.parent.iterdir()] == ["mine"]


def test_a_disk_that_is_really_too_small(tmp_path):
    large, disk = tmp_path / "large", tmp_path / "disk"
    save_adapter(adapter(tensors={"adapter.x.lora_A": torch.zeros(2, 50_000)}), large)
    disk.mkdir()
    # a limit on the size of files stands in for a disk that fills up half-way through the weights
    code = f"""
import resource, signal, sys
from pathlib import Path
from adapterstilts.adapter.saving import load_adapter, save_adapter
from adapterstilts.base.errors import UserError

large = load_adapter(Path({str(large)!r}))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    save_adapter(large, Path({str(disk / "mine")!r}))
except UserError as error:
    sys.exit(42 if "make room there" in str(error) else 1)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 42
    assert list(disk.iterdir()) == []


def test_reading_facts_costs_no_torch(folder):
    code = (
        "import sys; from pathlib import Path; from adapterstilts.adapter.facts import read_facts; "
        f"read_facts(Path({str(folder)!r})); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_folder_of_somebody_elses_is_not_replaced(folder):
    (folder / "thesis.tex").write_text("years of work")
    with pytest.raises(UserError, match="holds thesis.tex, which is no part of an adapter"):
        save_adapter(adapter(2.0), folder)
    assert (folder / "thesis.tex").read_text() == "years of work"
    assert same(load_adapter(folder), adapter(1.0))


def test_an_empty_folder_may_be_filled(tmp_path):
    (tmp_path / "mine").mkdir()
    save_adapter(adapter(), tmp_path / "mine")
    assert same(load_adapter(tmp_path / "mine"), adapter())


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="could not be saved"):
        save_adapter(adapter(), tmp_path / "file" / "mine")


def test_what_json_does_not_have_leaves_no_file(tmp_path):
    with pytest.raises(UserError, match="not finite"):
        save_adapter(adapter(scores={"en": {"accuracy": float("nan")}}), tmp_path / "mine")
    with pytest.raises(TypeError, match="plain data"):
        save_adapter(adapter(training={"x": {1, 2}}), tmp_path / "mine")
    assert list(tmp_path.iterdir()) == []


def test_the_weights_are_plain_safetensors(folder):
    assert set(load_file(folder / WEIGHTS)) == {"adapter.x.lora_A", "head.out.bias"}
