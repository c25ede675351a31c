"""Plain `adapters`, `peft` and `transformers` load what is exported and compute the same logits."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from methods_fixtures import backbone, config, source, train
from torch import Tensor

from adapterstilts import tasks
from adapterstilts.adapter import model
from adapterstilts.adapter.value import Adapter
from adapterstilts.backbones import loading
from adapterstilts.backbones.identity import BackboneIdentity
from adapterstilts.base.errors import UserError
from adapterstilts.cli import main
from adapterstilts.exchange.exporting import to_peft, writing
from adapterstilts.runs.run import Rows, Run
from adapterstilts.tasks import types

TASKS = {
    "mnli": "AutoModelForSequenceClassification",
    "hellaswag": "AutoModelForMultipleChoice",
    "panx": "AutoModelForTokenClassification",
    "squad": "AutoModelForQuestionAnswering",
}
COMPOSITIONS = {
    "bottleneck": [None, "continue", "stack", "fuse"],
    "lora": [None, "continue", "stack", "fuse"],
    "full": [None],
}
CASES = [(method, composition) for method, known in COMPOSITIONS.items() for composition in known]


def batch(rows: int = 4) -> dict[str, Tensor]:
    """Rows of nine tokens, the first one shorter."""
    ids = torch.randint(5, 60, (rows, 9), generator=torch.Generator().manual_seed(1))
    ids[0, 6:] = 1
    return {"input_ids": ids, "attention_mask": (ids != 1).long()}


def made(method: str, composition: str | None, task: str, **settings: Any) -> tuple[Adapter, dict[str, Tensor]]:
    """A trained adapter with a head, and its logits on `batch`."""
    kind = {"rank": 2} if method == "lora" else {}
    names = {None: [], "fuse": ["qqp", "csqa"]}.get(composition, ["qqp"])
    sources = [source(name, method, seed, **kind, **settings) for seed, name in enumerate(names)]
    declared = tasks.get(task)
    holder = loading.Backbone(backbone(), None, BackboneIdentity("tiny", "", "1" * 64))
    own = {**kind, **settings} if composition not in ("continue",) else {}
    built = model.build(holder, types.get(declared.type), declared, method, composition, own, sources)
    train(holder.module, built.installed)
    for parameter in built.head.parameters():
        torch.nn.init.normal_(parameter, generator=torch.Generator().manual_seed(3))
    rows = Rows("pocket", "1")
    below = tuple(Run(holder.identity, method, name, rows) for name in names)
    adapter = Adapter(
        name=f"{method}-{task}",
        run=Run(holder.identity, method, task, rows, composition, below),
        backbone=holder.identity,
        settings=built.installed.settings,
        labels=declared.labels,
        tensors=built.tensors(),
    )
    with torch.inference_mode():
        return adapter, dict(built.eval()(batch()))


def plain(method: str, task: str, composition: str | None, base: Path, folder: Path) -> Any:
    """The exported folder, loaded as its library's documentation says."""
    count = {"num_labels": len(tasks.get(task).labels)} if tasks.get(task).labels else {}
    auto = getattr(transformers, TASKS[task])
    if method == "full":
        return auto.from_pretrained(folder)
    if method == "lora":
        import peft

        return peft.PeftModel.from_pretrained(auto.from_pretrained(base, **count), folder)
    from adapters import AutoAdapterModel

    loaded = AutoAdapterModel.from_pretrained(base)
    load = loaded.load_adapter_setup if composition in ("stack", "fuse") else loaded.load_adapter
    load(str(folder), use_safetensors=True, set_active=True)
    return loaded


def logits_of(loaded: Any, task: str) -> Mapping[str, Tensor]:
    given = batch()
    if task == "hellaswag":  # rows of four choices
        given = {key: tensor[None] for key, tensor in given.items()}
    with torch.inference_mode():
        output = loaded.eval()(**given)
    if task == "squad":
        inside = given["attention_mask"].bool()
        return {key: output[key].masked_fill(~inside, 0) for key in ("start_logits", "end_logits")}
    return {"logits": output.logits}


def same(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    for key, tensor in found.items():
        wanted = expected[key].clamp(min=-1e30)
        wanted = torch.where(wanted == -1e30, 0.0, wanted)
        torch.testing.assert_close(tensor.reshape(wanted.shape), wanted, atol=1e-5, rtol=0)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny backbone as a folder that every library loads."""
    folder = tmp_path_factory.mktemp("backbone")
    backbone().save_pretrained(folder)
    return folder


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(("method", "composition"), CASES)
def test_the_plain_library_computes_the_same_logits(method, composition, task, base, tmp_path) -> None:
    check_exported(method, composition, task, base, tmp_path)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("method", "composition"), [case for case in CASES if case[0] != "full"])
def test_adapters_in_the_upper_layers_alone_compute_the_same_logits(method, composition, base, tmp_path) -> None:
    check_exported(method, composition, "mnli", base, tmp_path, leave_out=[0])


def check_exported(method, composition, task, base, tmp_path, **settings) -> None:
    adapter, expected = made(method, composition, task, **settings)
    writing.write(adapter, tmp_path / "exported", config(), tasks.get(task))
    assert not list(tmp_path.rglob("*.bin"))
    loaded = plain(method, task, composition, base, tmp_path / "exported")
    same(logits_of(loaded, task), expected)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("method", "composition"), CASES)
def test_what_is_exported_names_the_backbone_and_no_folder(method, composition, tmp_path) -> None:
    adapter, _ = made(method, composition, "mnli")
    here = config()
    here._name_or_path = str(tmp_path / "somewhere")
    writing.write(adapter, tmp_path / "exported", here, tasks.get("mnli"))
    texts = [path.read_text(encoding="utf-8") for path in (tmp_path / "exported").rglob("*.json")]
    assert texts and not any("somewhere" in text for text in texts)
    assert method == "full" or any(f'"{adapter.backbone.id}"' in text for text in texts)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("placement", ["houlsby", "parallel"])
def test_other_placements_compute_the_same(placement, base, tmp_path) -> None:
    adapter, expected = made("bottleneck", None, "mnli", placement=placement)
    writing.write(adapter, tmp_path / "exported", config(), tasks.get("mnli"))
    same(logits_of(plain("bottleneck", "mnli", None, base, tmp_path / "exported"), "mnli"), expected)


def test_what_the_library_would_compute_otherwise_is_refused(tmp_path) -> None:
    adapter, _ = made("bottleneck", "fuse", "mnli", placement="parallel")
    with pytest.raises(UserError, match="fuse of parallel adapters"):
        writing.write(adapter, tmp_path / "exported", config(), tasks.get("mnli"))
    assert list(tmp_path.iterdir()) == []


WITHOUT_US = """
import sys, torch
from safetensors.torch import load_file
base, folder, given, found = sys.argv[1:]
{load}
with torch.inference_mode():
    logits = model.eval()(**load_file(given)).logits
assert not any(name.startswith("adapterstilts") for name in sys.modules)
expected = load_file(found)["logits"]
torch.testing.assert_close(logits, expected, atol=1e-5, rtol=0)
"""
LOAD = {
    "bottleneck": """
from adapters import AutoAdapterModel
model = AutoAdapterModel.from_pretrained(base)
model.load_adapter_setup(folder, use_safetensors=True, set_active=True)""",
    "lora": """
from peft import PeftModel
from transformers import AutoModelForSequenceClassification
model = PeftModel.from_pretrained(AutoModelForSequenceClassification.from_pretrained(base, num_labels=3), folder)""",
}


@pytest.mark.parametrize("method", LOAD)
def test_a_process_without_us_computes_the_same(method, base, tmp_path) -> None:
    from safetensors.torch import save_file

    adapter, expected = made(method, "fuse", "mnli")
    writing.write(adapter, tmp_path / "exported", config(), tasks.get("mnli"))
    save_file(batch(), tmp_path / "given")
    save_file({"logits": expected["logits"]}, tmp_path / "found")
    paths = [str(base), *(str(tmp_path / name) for name in ("exported", "given", "found"))]
    script = WITHOUT_US.format(load=LOAD[method])
    done = subprocess.run([sys.executable, "-c", script, *paths], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.filterwarnings("default")
def test_a_merge_has_no_head(base, tmp_path) -> None:
    import peft

    adapter, _ = made("lora", None, "mnli")
    headless = {name: tensor for name, tensor in adapter.tensors.items() if name.startswith("adapter.")}
    run = Run(adapter.backbone, "lora", None, None, "merge", settings={"how": "mean"})
    adapter = replace(adapter, run=run, tensors=headless, labels=())
    writing.write(adapter, tmp_path / "exported", config(), None)
    peft.PeftModel.from_pretrained(transformers.AutoModel.from_pretrained(base), tmp_path / "exported")
    facts = json.loads((tmp_path / "exported" / "adapter_config.json").read_text())
    assert facts["task_type"] == "FEATURE_EXTRACTION" and facts["modules_to_save"] is None


def test_a_model_of_transformers_has_its_labels_by_name(tmp_path) -> None:
    adapter, _ = made("full", None, "mnli")
    writing.write(adapter, tmp_path / "exported", config(), tasks.get("mnli"))
    written = transformers.AutoConfig.from_pretrained(tmp_path / "exported")
    assert tuple(written.id2label.values()) == adapter.labels and written.architectures == [
        "XLMRobertaForSequenceClassification"
    ]


def test_a_method_that_is_nobody_elses_is_refused(tmp_path) -> None:
    adapter, _ = made("lora", None, "mnli")
    head_only = replace(adapter, run=replace(adapter.run, method="head_only"))
    with pytest.raises(UserError, match="head_only, which no other library has"):
        writing.write(head_only, tmp_path / "x", config(), None)


def test_a_folder_in_use_is_left_alone(tmp_path) -> None:
    adapter, _ = made("lora", None, "mnli")
    (tmp_path / "exported").mkdir()
    writing.write(adapter, tmp_path / "exported", config(), None)
    with pytest.raises(UserError, match="exists already and is not empty"):
        writing.write(adapter, tmp_path / "exported", config(), None)


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    adapter, _ = made("lora", None, "mnli")
    monkeypatch.setattr(to_peft, "save_file", full)
    with pytest.raises(UserError, match="No space left on device"):
        writing.write(adapter, tmp_path / "exported", config(), None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("word", "method", "loads"),
    [("squad", "bottleneck", "load_adapter(folder"), ("mnli", "lora", "PeftModel.from_pretrained(model, folder)")],
)
def test_the_verb_exports_a_shipped_adapter(word, method, loads, tmp_path, capsys) -> None:
    folder = tmp_path / "exported"
    with pytest.raises(SystemExit) as stop:
        main(["export", word, str(folder), "--method", method, "--output", str(tmp_path / "runs")])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert f"{method}-{word} is in {folder}" in said and loads in said
    assert (folder / "adapter_config.json").is_file()
