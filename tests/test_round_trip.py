"""What is exported comes back without an option, its own lines load it, and it names nothing of this machine."""

from __future__ import annotations

import functools
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from adapterstilts import methods, tasks
from adapterstilts.adapter import model, saving
from adapterstilts.adapter.value import HEAD_PREFIX, Adapter
from adapterstilts.backbones import BackboneIdentity, loading
from adapterstilts.backbones.declared import DECLARED
from adapterstilts.base import hub
from adapterstilts.base.errors import UserError
from adapterstilts.base.places import zoo_folder
from adapterstilts.cli import main
from adapterstilts.exchange import catalogue, exporting, importing, publishing
from adapterstilts.exchange.base_model import id_for_others
from adapterstilts.exchange.exporting import note
from adapterstilts.methods import Source
from adapterstilts.runs import results
from adapterstilts.runs.results import Result
from adapterstilts.runs.run import Evaluation, Rows, Run
from adapterstilts.tasks import types

POCKET = zoo_folder() / "pocket" / "backbone"
ROWS = Rows("pocket", "1")
TASKS = ("mnli", "csqa", "panx", "squad", "ccg")
TAGS = ("N", "(S\\NP)/NP", "conj")
COMPOSITIONS = {
    "bottleneck": (None, "continue", "merge"),
    "lora": (None, "continue", "stack", "fuse", "merge"),
}
CASES = [(method, None, task) for method in COMPOSITIONS for task in TASKS]
CASES += [(method, each, "mnli") for method in COMPOSITIONS for each in COMPOSITIONS[method] if each]
CASES += [(method, "merge", None) for method in COMPOSITIONS] + [("lora", "fuse", "csqa"), ("lora", "stack", "ccg")]

pytestmark = pytest.mark.filterwarnings("default")


@functools.cache
def identity() -> BackboneIdentity:
    return loading.load_backbone("pocket", device="cpu").identity


def declared(task: str | None) -> tasks.Task | None:
    """A task; CCG's labels are those of its data."""
    known = tasks.get(task) if task else None
    return replace(known, labels=TAGS) if known and not known.labels and known.type == "tagging" else known


def randomise(tensors: Mapping[str, Tensor], seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for tensor in tensors.values():
        torch.nn.init.normal_(tensor, std=0.2, generator=generator)


def a_source(method: str, seed: int, **settings: Any) -> Source:
    installed = methods.install(loading.load_backbone("pocket", device="cpu").module, method, None, settings, [])
    randomise(installed.trainable(), seed)
    return Source(f"source{seed}", method, installed.settings, installed.state())


def an_adapter(
    method: str, composition: str | None, task: str | None, backbone: BackboneIdentity | None = None
) -> Adapter:
    """An adapter on pocket's weights whose every number is random."""
    own, loaded = declared(task), loading.load_backbone("pocket", device="cpu")
    count = {None: 0, "continue": 1, "stack": 1}.get(composition, 2)
    sources = [a_source(method, number) for number in range(count)]
    kind = types.get(own.type if own else "retrieval")
    built = model.build(loaded, kind, own, method, composition, {}, sources)
    randomise(built.trainable_parameters(), 7)
    where = backbone or loaded.identity
    below = tuple(Run(where, method, name, ROWS) for name in ("qqp", "squad")[:count])
    head = Run(where, method, task, ROWS) if composition == "merge" and task else None
    settings = {"how": "mean"} if composition == "merge" else {}
    return Adapter(
        name=f"{method}-{composition or 'alone'}-{task or 'headless'}",
        run=Run(
            where, method, task, None if head or task is None else ROWS, composition, below, head, settings=settings
        ),
        backbone=where,
        settings=built.installed.settings,
        labels=own.labels if own else (),
        tensors=built.tensors(),
    )


def outputs(adapter: Adapter, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What our model of an adapter computes."""
    own = declared(adapter.task) if adapter.task else None
    kind = types.get(own.type if own else "retrieval")
    built = model.from_adapter(loading.load_backbone("pocket", device="cpu"), adapter, kind, own)
    with torch.inference_mode():
        return dict(built(inputs))


def batch() -> dict[str, Tensor]:
    """Rows of nine tokens, the first one shorter."""
    ids = torch.randint(5, 200, (4, 9), generator=torch.Generator().manual_seed(1))
    ids[0, 6:] = 1
    return {"input_ids": ids, "attention_mask": (ids != 1).long()}


def exported(adapter: Adapter, root: Path, backbone: str = "pocket", **options: Any) -> Path:
    saving.save_adapter(adapter, root / "made" / adapter.name)
    word = str(root / "made" / adapter.name)
    exporting.export_adapter(word, root / "exported", backbone, adapter.method, root / "made", **options)
    return root / "exported"


@pytest.mark.parametrize(("method", "composition", "task"), CASES)
def test_what_is_exported_comes_back_without_an_option(method, composition, task, tmp_path):
    adapter = an_adapter(method, composition, task)
    folder = exported(adapter, tmp_path)
    done = importing.import_adapter(str(folder), tmp_path / "runs")
    back = saving.load_adapter(done.folder)
    assert (back.method, back.task, back.labels) == (method, task, adapter.labels)
    assert back.backbone == adapter.backbone and (done.without_head is None) is (task is not None)
    ours, theirs = outputs(adapter, batch()), outputs(back, batch())
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():
        if composition in ("stack", "fuse"):  # one LoRA rounds otherwise than several
            torch.testing.assert_close(theirs[name], tensor, atol=1e-4, rtol=1e-4)
        else:
            assert torch.equal(theirs[name], tensor)


def test_a_task_of_ones_own_comes_back_with_its_declaration(tmp_path, monkeypatch):
    monkeypatch.setattr(tasks, "_registered", {})
    monkeypatch.setattr(tasks, "_remembered", {})
    rows = {"train": {"en": [{"sentence1": "a", "label": "bad"}, {"sentence1": "b", "label": "good"}]}}
    tasks.register(tasks.own.declare(name="mood", type="classification", labels=["good", "bad"], rows=rows))
    folder = exported(an_adapter("lora", None, "mood"), tmp_path)
    monkeypatch.setattr(tasks, "_registered", {})
    back = importing.import_adapter(str(folder), tmp_path / "runs").adapter
    assert (back.task, back.labels) == ("mood", ("good", "bad")) and back.head_tensors()


def test_a_backbone_of_other_weights_is_refused(tmp_path):
    other = replace(identity(), fingerprint="0" * 64)
    folder = exported(an_adapter("lora", None, "mnli"), tmp_path)
    said = (folder / note.FILE).read_text()
    (folder / note.FILE).write_text(said.replace(identity().fingerprint, other.fingerprint))
    with pytest.raises(UserError, match="has other weights"):
        importing.import_adapter(str(folder), tmp_path / "runs")


@pytest.mark.parametrize("content", ["[", "[]", "{}", '{"task": 3, "labels": [], "backbone": {}}', "[" * 100_000])
def test_a_note_that_is_none_is_refused(content, tmp_path):
    folder = exported(an_adapter("lora", None, "mnli"), tmp_path)
    (folder / note.FILE).write_text(content)
    with pytest.raises(UserError, match=note.FILE):
        importing.import_adapter(str(folder), tmp_path / "runs")


def lines_of(folder: Path) -> str:
    (lines,) = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    return lines


def pasted(lines: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the lines leave when they are pasted in a folder."""
    monkeypatch.chdir(place)
    left: dict[str, Any] = {}
    exec(compile(lines, "README.md", "exec"), left)
    return left


README = [(method, None, task) for method in ("bottleneck", "lora", "full") for task in TASKS if task != "ccg"]
README += [("bottleneck", "stack", "panx"), ("bottleneck", "fuse", "mnli"), ("lora", "fuse", "csqa")]
README += [(method, "merge", None) for method in COMPOSITIONS]


@pytest.mark.parametrize(("method", "composition", "task"), README)
def test_the_lines_of_an_exported_folder_run_as_pasted(method, composition, task, tmp_path, monkeypatch, capsys):
    adapter = an_adapter(method, composition, task)
    left = pasted(lines_of(exported(adapter, tmp_path)), tmp_path / "exported", monkeypatch)
    said, inputs = capsys.readouterr().out.splitlines()[-1], left["inputs"]
    flat = {name: inputs[name].reshape(-1, inputs[name].shape[-1]) for name in ("input_ids", "attention_mask")}
    for name, tensor in outputs(adapter, flat).items():
        theirs = left["outputs"]["last_hidden_state" if name == "hidden" else name]
        torch.testing.assert_close(theirs.reshape(tensor.shape), tensor.clamp(min=-1e30), atol=1e-4, rtol=1e-4)
    if task == "mnli":
        assert said in adapter.labels


def test_the_verb_prints_lines_that_run_as_pasted(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        main(["export", "squad", "exported"])
    said = capsys.readouterr().out
    assert stop.value.code == 0 and "bottleneck-squad is in exported; with adapters alone:" in said
    assert pasted(said.partition("alone:")[2], tmp_path, monkeypatch)["outputs"].start_logits.ndim == 2


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of pocket's backbone in a folder, and a home and a working folder that no file may name."""
    shutil.copytree(POCKET, tmp_path / "somewhere" / "my-encoder")
    (tmp_path / "home").mkdir()
    (tmp_path / "working").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "working")
    return tmp_path / "somewhere" / "my-encoder"


def check_nothing_of_this_machine(files: Mapping[str, bytes], root: Path) -> None:
    places = {str(root), str(Path.home()), str(Path.cwd()), tempfile.gettempdir(), str(root / "somewhere")}
    for name, content in files.items():
        for place in (*places, "somewhere", "my-encoder"):
            assert place.encode() not in content, f"{name} names {place}"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


LEAVING = [("bottleneck", None), ("bottleneck", "stack"), ("bottleneck", "fuse"), ("lora", None), ("lora", "fuse")]
LEAVING += [("lora", "merge"), ("full", None)]


@pytest.mark.parametrize(("method", "composition"), LEAVING)
def test_what_is_exported_from_a_folder_names_the_id_that_is_given(method, composition, at_home, tmp_path, monkeypatch):
    here = replace(identity(), id=str(at_home), revision="")
    adapter = replace(an_adapter(method, composition, "mnli", here), name="my-encoder-mine-s0")
    with pytest.raises(UserError, match="--base-model OWNER/NAME"):
        exported(adapter, tmp_path, str(at_home))
    folder = exported(adapter, tmp_path, str(at_home), base_model="me/tiny")
    check_nothing_of_this_machine(contents(folder), tmp_path)
    readme = (folder / "README.md").read_text()
    assert "base_model: me/tiny\n" in readme and "# tiny-mine-s0" in readme
    (folder / "me").mkdir()
    shutil.copytree(at_home, folder / "me" / "tiny")  # as if it were downloaded
    assert pasted(lines_of(folder), folder, monkeypatch)["outputs"].logits.shape == (1, 3)
    if (method, composition) in (("bottleneck", None), ("lora", None), ("lora", "fuse"), ("lora", "merge")):
        back = importing.import_adapter(".", tmp_path / "runs", name="back").adapter
        assert back.backbone.id == "me/tiny" and back.labels == adapter.labels


@pytest.mark.parametrize(
    "word", ["/somewhere/tiny", "./tiny", "~/tiny", "a/b/c", "a b", "", "..", "C:\\tiny", "x" * 200]
)
def test_a_base_model_that_is_no_id_is_refused(word, at_home, tmp_path):
    adapter = an_adapter("lora", None, "mnli", replace(identity(), id=str(at_home), revision=""))
    with pytest.raises(UserError, match="is no id of the Hub; give one such as --base-model"):
        exported(adapter, tmp_path, str(at_home), base_model=word)


def test_another_backbone_that_is_known_is_no_base_model(at_home, tmp_path):
    adapter = an_adapter("lora", None, "mnli", BackboneIdentity(str(at_home), "", "0" * 64))
    with pytest.raises(UserError, match='"pocket" is another backbone than'):
        exported(adapter, tmp_path, str(at_home), base_model="pocket")


def test_weights_of_ours_are_not_called_by_the_id_of_others_that_are_known():
    fingerprint = DECLARED["e5-small"].fingerprint or ""
    ours = BackboneIdentity("e5-small", "", fingerprint)
    with pytest.raises(UserError, match='other weights than "e5-small".*--accept-other-weights'):
        id_for_others(ours, "intfloat/multilingual-e5-small")
    assert id_for_others(ours) == id_for_others(ours, "e5-small") == "e5-small"
    assert id_for_others(ours, "me/in-four-bits") == "me/in-four-bits", "they may be there, too"
    theirs = BackboneIdentity("folder/of-the-hubs", "", "1" * 64)
    assert id_for_others(theirs, "intfloat/multilingual-e5-small") == "intfloat/multilingual-e5-small"


def test_an_adapter_of_another_backbone_is_not_exported(tmp_path):
    adapter = an_adapter("lora", None, "mnli", BackboneIdentity("owner/other", "0" * 40, "0" * 64))
    with pytest.raises(UserError, match='was made for the backbone "owner/other"'):
        exported(adapter, tmp_path)


@pytest.mark.parametrize(("method", "composition"), LEAVING)
def test_what_is_published_from_a_folder_names_the_id_that_is_given(
    method, composition, at_home, tmp_path, monkeypatch
):
    def unreachable(_: object) -> None:
        raise hub.Unreachable("HF_HUB_OFFLINE is set", "unset it")

    monkeypatch.setattr(hub, "answered", unreachable)
    here = replace(identity(), id=str(at_home), revision="")
    training = {key: 1 for key in ("steps", "tokens", "trainable_parameters", "best_validation_score", "best_step")}
    adapter = replace(an_adapter(method, composition, "mnli", here), name="my-encoder-mine-s0", training=training)
    saving.save_adapter(adapter, tmp_path / "runs" / adapter.name)
    run = replace(adapter.run, evaluation=Evaluation("mnli", ROWS, {"max_length": 128}))
    results.save(Result(run, adapter.name, {"en": {"accuracy": 50.0}}, {"en": 2}), tmp_path / "runs")
    measured = results.read_all([tmp_path / "runs"])
    entry = catalogue.entry(adapter.name, str(at_home), tmp_path / "runs")
    with pytest.raises(UserError, match="--base-model OWNER/NAME"):
        publishing.prepare(entry, measured, "me", must_ask=False)
    ready = publishing.prepare(entry, measured, "me", must_ask=False, base_model="me/tiny")
    assert ready.repository == "me/tiny-mine" and "base_model: me/tiny" in ready.card
    check_nothing_of_this_machine(ready.files, tmp_path)
    for name, content in ready.files.items():
        path = tmp_path / "uploaded" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    theirs = saving.load_adapter(tmp_path / "uploaded")
    assert (theirs.backbone.id, theirs.run.id) == ("me/tiny", adapter.run.id)
    (result,) = results.read_all([tmp_path / "uploaded"])
    assert (result.run.id, result.adapter, result.run.backbone.id) == (run.id, theirs.name, "me/tiny")
    assert set(theirs.tensors) >= {f"{HEAD_PREFIX}out.weight"}
