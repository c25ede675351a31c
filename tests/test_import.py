"""What plain `adapters` and `peft` saved computes the same here, and what cannot is refused with the reason."""

from __future__ import annotations

import json
import pickle
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import encoder_kinds
import hub_server
import pytest
import torch
import transformers
from hub_server import Hub
from safetensors.torch import load_file, save_file
from torch import Tensor

from adapterstilts import execution, tasks
from adapterstilts.adapter import model, saving
from adapterstilts.backbones import loading
from adapterstilts.base import hub, places
from adapterstilts.base.errors import UserError
from adapterstilts.cli import main
from adapterstilts.exchange import catalogue, publishing
from adapterstilts.rows import reading
from adapterstilts.runs import results, words
from adapterstilts.runs.run import Given
from adapterstilts.tasks import types

BACKBONE = str(places.zoo_folder() / "pocket" / "backbone")
# not in the order of ours
NLI = ("contradiction", "entailment", "neutral")
HEADS = {"mnli": NLI, "hellaswag": (), "panx": tuple(reversed(tasks.get("panx").labels)), "squad": ()}

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(hub, "WAITS", (0.0, 0.0))
    with hub_server.serving() as serving:
        hub_server.use(serving.url, tmp_path / "home", monkeypatch)
        yield serving


def batch(rows: int = 4) -> dict[str, Tensor]:
    """Rows of nine tokens, the first one shorter."""
    ids = torch.randint(5, 60, (rows, 9), generator=torch.Generator().manual_seed(1))
    ids[0, 6:] = 1
    return {"input_ids": ids, "attention_mask": (ids != 1).long()}


def randomise(loaded: torch.nn.Module, *words: str) -> None:
    """Let every parameter whose name holds one of `words` be what no initialisation is."""
    generator = torch.Generator().manual_seed(7)
    for name, parameter in loaded.named_parameters():
        if any(word in name for word in words):
            torch.nn.init.normal_(parameter, std=0.2, generator=generator)


def saved_by_adapters(folder: Path, task: str, config: Any = "seq_bn", **how: Any) -> Any:
    """A model of the `adapters` library whose adapter with its head, called after `task`, is in `folder`."""
    from adapters import AutoAdapterModel

    loaded: Any = AutoAdapterModel.from_pretrained(how.get("backbone", BACKBONE))
    loaded.add_adapter(task, config=config)
    names = dict(enumerate(HEADS[task]))
    if task == "mnli":
        loaded.add_classification_head(task, num_labels=3, id2label=names, **how.get("head", {}))
    elif task == "hellaswag":
        loaded.add_multiple_choice_head(task, num_choices=4)
    elif task == "panx":
        loaded.add_tagging_head(task, num_labels=len(names), id2label=names)
    else:
        loaded.add_qa_head(task)
    randomise(loaded, "adapters.", "loras.", "heads.")
    loaded.set_active_adapters(task)
    loaded.save_adapter(str(folder), task, with_head=True, use_safetensors=how.get("safe", True))
    return loaded.eval()


def saved_by_peft(folder: Path, task: str, **config: Any) -> Any:
    """A model of `transformers` with a LoRA, in `folder`, and the LoRA's model of `peft`."""
    import peft

    auto = {"mnli": "SequenceClassification", "panx": "TokenClassification", "squad": "QuestionAnswering"}[task]
    count = {"num_labels": len(HEADS[task])} if HEADS[task] else {}
    loaded = getattr(transformers, f"AutoModelFor{auto}").from_pretrained(BACKBONE, **count)
    kind = {"mnli": "SEQ_CLS", "panx": "TOKEN_CLS", "squad": "QUESTION_ANS"}[task]
    usual = {"r": 4, "lora_alpha": 8, "target_modules": ["query", "value"]}
    made = peft.get_peft_model(loaded, peft.LoraConfig(task_type=kind, **{**usual, **config}))
    randomise(made, "lora_", "classifier", "qa_outputs")
    made.save_pretrained(str(folder))
    return made.eval()


def theirs(loaded: Any, task: str) -> list[Tensor]:
    given = batch()
    if task == "hellaswag":
        given = {key: tensor[None] for key, tensor in given.items()}
    with torch.inference_mode():
        output = loaded(**given)
    return [output.start_logits, output.end_logits] if task == "squad" else [output.logits]


def ours(imported: execution.Imported, task: str) -> list[Tensor]:
    adapter = saving.load_adapter(imported.folder)
    declared = tasks.get(task)
    built = model.from_adapter(loading.load_backbone(adapter.backbone.id), adapter, types.get(declared.type), declared)
    with torch.inference_mode():
        output = built(batch())
    if task == "squad":
        return [output["start_logits"], output["end_logits"]]
    logits = output["logits"]
    if task == "hellaswag":
        return [logits.reshape(1, -1)]
    order = [declared.labels.index(label) for label in HEADS[task]]
    return [logits[..., order]]


def same(found: list[Tensor], expected: list[Tensor]) -> None:
    mask = batch()["attention_mask"].bool()
    for one, other in zip(found, expected, strict=True):
        if one.shape == mask.shape:  # ours leaves no answer in the padding
            one, other = one.masked_fill(~mask, 0), other.masked_fill(~mask, 0)
        torch.testing.assert_close(one, other, atol=1e-5, rtol=0)


def imported(folder: Path, output: Path, **options: Any) -> execution.Imported:
    return execution.import_adapter(str(folder), output, **{"backbone": BACKBONE, **options})


@pytest.mark.parametrize("task", HEADS)
def test_an_adapter_of_the_adapters_library_computes_the_same(task: str, tmp_path: Path) -> None:
    plain = saved_by_adapters(tmp_path / "theirs", task)
    done = imported(tmp_path / "theirs", tmp_path / "runs")
    assert (done.adapter.method, done.adapter.task, done.library) == ("bottleneck", task, "adapters")
    assert done.without_head is None and done.adapter.labels == tasks.get(task).labels
    same(ours(done, task), theirs(plain, task))


@pytest.mark.parametrize(
    "config",
    ["double_seq_bn", "par_bn", "seq_bn[reduction_factor=7,non_linearity='gelu']", "seq_bn[leave_out=[0]]", "lora"],
)
def test_other_configurations_compute_the_same(config: str, tmp_path: Path) -> None:
    plain = saved_by_adapters(tmp_path / "theirs", "mnli", config)
    same(ours(imported(tmp_path / "theirs", tmp_path / "runs"), "mnli"), theirs(plain, "mnli"))


@pytest.mark.parametrize("kind", ["mBERT", "RoBERTa", "DistilBERT", "ELECTRA"])
@pytest.mark.parametrize("config", ["seq_bn", "lora"])
def test_adapters_of_other_encoders_compute_the_same(kind: str, config: str, tmp_path: Path) -> None:
    backbone = str(encoder_kinds.save(kind, tmp_path / "backbone"))
    plain = saved_by_adapters(tmp_path / "theirs", "mnli", config, backbone=backbone)
    done = imported(tmp_path / "theirs", tmp_path / "runs", backbone=backbone)
    same(ours(done, "mnli"), theirs(plain, "mnli"))


def test_a_lora_of_the_adapters_library_everywhere_computes_the_same(tmp_path: Path) -> None:
    from adapters import LoRAConfig

    config = LoRAConfig(attn_matrices=["q", "k"], intermediate_lora=True, output_lora=True, r=3, alpha=5)
    plain = saved_by_adapters(tmp_path / "theirs", "mnli", config)
    done = imported(tmp_path / "theirs", tmp_path / "runs")
    assert done.adapter.method == "lora" and done.adapter.settings["rank"] == 3
    same(ours(done, "mnli"), theirs(plain, "mnli"))


@pytest.mark.parametrize("task", ["mnli", "panx", "squad"])
def test_a_lora_of_peft_computes_the_same(task: str, tmp_path: Path) -> None:
    plain = saved_by_peft(tmp_path / "theirs", task)
    done = imported(tmp_path / "theirs", tmp_path / "runs", task=task, labels=HEADS[task])
    assert (done.adapter.method, done.library, done.without_head) == ("lora", "peft", None)
    same(ours(done, task), theirs(plain, task))


@pytest.mark.parametrize(
    "config",
    [
        {"use_rslora": True},
        {"target_modules": "all-linear"},
        {"target_modules": ["output.dense"], "layers_to_transform": [0, 2]},
        {"target_modules": r".*layer\.[13]\.output\.dense"},
    ],
    ids=str,
)
def test_other_loras_compute_the_same(config: dict[str, Any], tmp_path: Path) -> None:
    plain = saved_by_peft(tmp_path / "theirs", "mnli", **config)
    done = imported(tmp_path / "theirs", tmp_path / "runs", task="mnli", labels=NLI)
    same(ours(done, "mnli"), theirs(plain, "mnli"))


@pytest.mark.parametrize("library", ["adapters", "peft"])
def test_a_pickle_is_read_only_when_asked_for(library: str, tmp_path: Path) -> None:
    if library == "adapters":
        plain = saved_by_adapters(tmp_path / "theirs", "mnli", safe=False)
    else:
        plain = saved_by_peft(tmp_path / "theirs", "mnli")
        torch.save(load_file(tmp_path / "theirs" / "adapter_model.safetensors"), tmp_path / "theirs/adapter_model.bin")
        (tmp_path / "theirs" / "adapter_model.safetensors").unlink()
    options = {"task": "mnli", "labels": NLI}
    with pytest.raises(UserError, match="has no adapter.*that is a pickle, which can run code.*--convert"):
        imported(tmp_path / "theirs", tmp_path / "runs", **options)
    assert not (tmp_path / "runs").exists()
    same(ours(imported(tmp_path / "theirs", tmp_path / "runs", convert=True, **options), "mnli"), theirs(plain, "mnli"))


class Hostile:
    """Would write a file when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.write_text, (self.trace, "it ran"))


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04", b"\x80\x02.", b"\x80\x02h\0."], ids=str)
def test_a_hostile_or_damaged_pickle_runs_nothing(content: bytes | None, tmp_path: Path) -> None:
    saved_by_adapters(tmp_path / "theirs", "mnli", safe=False)
    hostile = pickle.dumps({"a": Hostile(tmp_path / "trace")})
    (tmp_path / "theirs" / "pytorch_adapter.bin").write_bytes(hostile if content is None else content)
    with pytest.raises(UserError, match="holds more than plain tensors"):
        imported(tmp_path / "theirs", tmp_path / "runs", convert=True)
    assert not (tmp_path / "trace").exists() and not (tmp_path / "runs").exists()


def changed(path: Path, **facts: Any) -> None:
    """Change what a JSON file says, `config__x` inside its "config"."""
    found = json.loads(path.read_text())
    for key, value in facts.items():
        inside = found
        *outer, last = key.split("__")
        for name in outer:
            inside = inside[name]
        inside[last] = value
    path.write_text(json.dumps(found))


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"config__ln_before": True}, "has ln_before = True"),
        ({"config__leave_out": [1]}, "has no place in it"),
        ({"config__leave_out": [99]}, "no layer 99 to leave out"),
        ({"config__reduction_factor": {"0": 2, "default": 16}}, 'reduction_factor is {"0"'),
        ({"config__reduction_factor": 1e-300}, "reduction_factor is 1e-300"),
        ({"config__reduction_factor": 2}, "has shape"),
        ({"config__non_linearity": "leakyrelu"}, 'non_linearity is "leakyrelu"'),
        ({"config__mh_adapter": True, "config__output_adapter": False}, "sits elsewhere"),
        ({"config": {"architecture": "magic"}}, "does not understand"),
        ({"config": "seq_bn"}, "has no name or no config"),
        ({"name": 3}, "has no name or no config"),
        ({"name": "another"}, "which no task adapter of ours has"),
        ({"config__non_linearity": ["relu"]}, "non_linearity is"),
        ({"config": {"architecture": "prefix_tuning"}}, "is a PrefixTuningConfig"),
    ],
    ids=str,
)
def test_what_is_not_computed_here_is_refused(facts: dict[str, Any], said: str, tmp_path: Path) -> None:
    saved_by_adapters(tmp_path / "theirs", "mnli")
    changed(tmp_path / "theirs" / "adapter_config.json", **facts)
    with pytest.raises(UserError, match=said):
        imported(tmp_path / "theirs", tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("library", ["adapters", "peft"])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda tensor: tensor.flatten().index_fill(0, torch.tensor(0), torch.nan).reshape(tensor.shape), "not finite"),
        (lambda tensor: torch.full_like(tensor, -torch.inf), "not finite"),
        (lambda tensor: torch.full_like(tensor, 1e300, dtype=torch.float64), "not finite"),
        (lambda tensor: tensor.long(), "no tensor of floating-point numbers, but of int64"),
        (lambda tensor: tensor.bool(), "but of bool"),
        (lambda tensor: tensor.to(torch.float8_e4m3fn), "but of float8_e4m3fn"),
    ],
    ids=("nan", "infinite", "too large for float32", "whole numbers", "bits", "float8"),
)
@pytest.mark.parametrize("pickled", [False, True])
def test_weights_that_are_no_finite_numbers_are_refused_by_name(
    library: str, change: Any, said: str, pickled: bool, tmp_path: Path
) -> None:
    (saved_by_peft if library == "peft" else saved_by_adapters)(tmp_path / "theirs", "mnli")
    path = tmp_path / "theirs" / ("adapter_model.safetensors" if library == "peft" else "adapter.safetensors")
    tensors = load_file(path)
    name = sorted(tensors)[-1]
    tensors[name] = change(tensors[name])
    if pickled:
        path.unlink()
        torch.save(tensors, path.with_name("adapter_model.bin" if library == "peft" else "pytorch_adapter.bin"))
    else:
        save_file(tensors, path)
    with pytest.raises(UserError, match=said) as refused:
        imported(tmp_path / "theirs", tmp_path / "runs", task="mnli", labels=NLI, convert=pickled)
    assert name in str(refused.value) and not (tmp_path / "runs").exists()


def test_a_pickle_that_claims_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    saved_by_peft(tmp_path / "theirs", "mnli")
    path = tmp_path / "theirs" / "adapter_model.safetensors"
    tensors = load_file(path)
    path.unlink()
    torch.save({**tensors, next(iter(tensors)): torch.zeros(1).expand(10**12)}, path.with_name("adapter_model.bin"))
    with pytest.raises(UserError, match="says that it is larger than what is saved"):
        imported(tmp_path / "theirs", tmp_path / "runs", task="mnli", labels=NLI, convert=True)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"peft_type": "IA3"}, "only its LoRAs"),
        ({"use_dora": True}, "has use_dora = True"),
        ({"use_new": 1, "peft_version": "9.1"}, "use_new = 1, which is unknown here.*peft 9.1, which wrote it"),
        (
            {"new_config": {"a": "b" * 99}, "peft_version": None},
            "new_config.*a release of peft.*Upgrade adapterstilts; or",
        ),
        ({"use_rslora": True, "lora_alpha": True}, "alpha is true"),
        ({"rank_pattern": {"query": 2}}, "has rank_pattern"),
        ({"bias": "all"}, "has bias = 'all'"),
        ({"init_lora_weights": "pissa"}, "has init_lora_weights = 'pissa'"),
        ({"r": "four"}, 'rank is "four"'),
        ({"r": 8}, "rank is 8, but they have the sizes 4"),
        ({"r": 10**13}, "rank is 10000000000000"),
        ({"revision": "abc123"}, "is for the revision abc123"),
        ({"task_type": "TOKEN_CLS"}, "The head is one for TOKEN_CLS, but mnli is SEQ_CLS"),
        ({"lora_alpha": -1}, "alpha is -1"),
        ({"base_model_name_or_path": 5}, "does not say which backbone"),
    ],
    ids=str,
)
def test_what_is_no_lora_of_ours_is_refused(facts: dict[str, Any], said: str, tmp_path: Path) -> None:
    saved_by_peft(tmp_path / "theirs", "mnli")
    changed(tmp_path / "theirs" / "adapter_config.json", **facts)
    own = {"backbone": None} if {"base_model_name_or_path", "revision"} & set(facts) else {}
    with pytest.raises(UserError, match=said):
        imported(tmp_path / "theirs", tmp_path / "runs", task="mnli", labels=NLI, **own)
    assert not (tmp_path / "runs").exists()


def test_a_lora_that_changes_the_backbone_is_refused(tmp_path: Path) -> None:
    saved_by_peft(tmp_path / "theirs", "mnli", modules_to_save=["word_embeddings"])
    with pytest.raises(UserError, match=r"The LoRA changes roberta.embeddings.word_embeddings"):
        imported(tmp_path / "theirs", tmp_path / "runs", task="mnli", labels=NLI)


def test_labels_that_are_not_the_tasks_are_told(tmp_path: Path) -> None:
    saved_by_peft(tmp_path / "theirs", "mnli")
    with pytest.raises(UserError, match=r"does not name its 3 outputs; mnli has the labels .* --labels A,B"):
        imported(tmp_path / "theirs", tmp_path / "runs", task="mnli")
    with pytest.raises(UserError, match=r"calls its 3 outputs yes, no, maybe"):
        imported(tmp_path / "theirs", tmp_path / "runs", task="mnli", labels=("yes", "no", "maybe"))


def test_a_head_of_another_task_is_refused(tmp_path: Path) -> None:
    saved_by_adapters(tmp_path / "theirs", "mnli")
    with pytest.raises(UserError, match="The head is one of 'classification', but squad is question_answering"):
        imported(tmp_path / "theirs", tmp_path / "runs", task="squad")


@pytest.mark.parametrize(
    ("head", "said"),
    [({"layers": 1}, "layers = 1, ours 2"), ({"activation_function": "relu"}, "= relu, ours tanh")],
)
def test_a_head_of_another_form_is_left_out(head: dict[str, Any], said: str, tmp_path: Path) -> None:
    saved_by_adapters(tmp_path / "theirs", "mnli", head=head)
    done = imported(tmp_path / "theirs", tmp_path / "runs")
    assert said in str(done.without_head) and not done.adapter.head_tensors()
    with pytest.raises(UserError, match="has no head"):
        execution.Predictor(str(done.folder), BACKBONE, "bottleneck", tmp_path / "runs").load()


def test_an_adapter_of_another_backbone_is_refused(tmp_path: Path) -> None:
    from methods_fixtures import backbone

    saved_by_adapters(tmp_path / "theirs", "mnli")
    tiny = tmp_path / "tiny"
    tokenizer = transformers.AutoTokenizer.from_pretrained(BACKBONE)
    tokenizer.save_pretrained(tiny)
    small = backbone()
    small.resize_token_embeddings(len(tokenizer))
    small.save_pretrained(tiny)
    with pytest.raises(UserError, match="needed; is it of another backbone"):
        imported(tmp_path / "theirs", tmp_path / "runs", backbone=str(tiny))


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"a": 1}', b"\xff"])
def test_a_damaged_configuration_is_a_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "adapter_config.json").write_bytes(content)
    with pytest.raises(UserError, match="adapter_config.json"):
        imported(tmp_path / "theirs", tmp_path / "runs")


def test_cut_weights_are_a_sentence(tmp_path: Path) -> None:
    saved_by_adapters(tmp_path / "theirs", "mnli")
    weights = tmp_path / "theirs" / "adapter.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(UserError, match="adapter.safetensors cannot be read"):
        imported(tmp_path / "theirs", tmp_path / "runs")


@pytest.mark.parametrize("name", ["../escape", "a/b", "\x1b[31m", "squad", "none", "results"])
def test_names_that_mean_something_else_are_refused(name: str, tmp_path: Path) -> None:
    saved_by_adapters(tmp_path / "theirs", "mnli")
    with pytest.raises(UserError, match="cannot be the name"):
        imported(tmp_path / "theirs", tmp_path / "runs", name=name)


def test_an_adapter_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    saved_by_adapters(tmp_path / "mnli", "mnli")
    done = imported(tmp_path / "mnli", tmp_path / "runs")
    assert done.folder == tmp_path / "runs" / "imported-mnli", "a task's name goes on to mean what it did"
    for name in ("imported-mnli", "bottleneck-mnli"):
        with pytest.raises(UserError, match=f"There is an adapter {name} already"):
            imported(tmp_path / "mnli", tmp_path / "runs", name=name)


def test_a_bare_lora_that_changes_the_backbone_is_refused(tmp_path: Path) -> None:
    """As peft names its tensors in an AutoModel: without the prefix of a model with a head."""
    saved_by_peft(tmp_path / "theirs", "mnli")
    weights = tmp_path / "theirs" / "adapter_model.safetensors"
    bare = {
        name.replace("roberta.", ""): tensor for name, tensor in load_file(weights).items() if "classifier" not in name
    }
    for extra in ("embeddings.word_embeddings.weight", "embeddings.word_embeddings.lora_embedding_A"):
        save_file({**bare, f"base_model.model.{extra}": torch.ones(3)}, weights)
        changed(tmp_path / "theirs" / "adapter_config.json", task_type="FEATURE_EXTRACTION")
        with pytest.raises(UserError, match=f"The LoRA changes {extra}"):
            imported(tmp_path / "theirs", tmp_path / "runs")
    save_file(bare, weights)
    assert (
        imported(tmp_path / "theirs", tmp_path / "runs").without_head
        == "for which task it is has to be said: --task TASK"
    )


def test_weights_are_kept_in_float32_and_numbers_of_another_kind_refused(tmp_path: Path) -> None:
    saved_by_peft(tmp_path / "theirs", "mnli")
    weights = tmp_path / "theirs" / "adapter_model.safetensors"
    whole = load_file(weights)
    save_file({name: tensor.bfloat16() for name, tensor in whole.items()}, weights)
    done = imported(tmp_path / "theirs", tmp_path / "runs", task="mnli", labels=NLI)
    assert {tensor.dtype for tensor in done.adapter.tensors.values()} == {torch.float32}
    save_file({name: tensor.long() for name, tensor in whole.items()}, weights)
    with pytest.raises(UserError, match="is no tensor of floating-point numbers"):
        imported(tmp_path / "theirs", tmp_path / "runs", name="other", task="mnli", labels=NLI)


def test_a_bottleneck_with_weights_of_the_backbone_is_refused(tmp_path: Path) -> None:
    saved_by_adapters(tmp_path / "theirs", "mnli")
    weights = tmp_path / "theirs" / "adapter.safetensors"
    save_file({**load_file(weights), "roberta.encoder.layer.0.attention.self.query.weight": torch.ones(3)}, weights)
    with pytest.raises(
        UserError, match="has roberta.encoder.layer.0.attention.self.query.weight, which no task adapter"
    ):
        imported(tmp_path / "theirs", tmp_path / "runs")
    save_file({"roberta.encoder.layer.0.output.adapters.mnli.adapter_up.bias": torch.ones(3)}, weights)
    with pytest.raises(UserError, match="has shape None"):
        imported(tmp_path / "theirs", tmp_path / "runs")


def test_a_gelu_of_before_there_were_versions_is_todays_gelu_new(tmp_path: Path) -> None:
    plain = saved_by_adapters(tmp_path / "theirs", "mnli", "seq_bn[non_linearity='gelu_new']")
    config = tmp_path / "theirs" / "adapter_config.json"
    changed(config, config__non_linearity="gelu")
    facts = json.loads(config.read_text())
    facts.pop("version")
    config.write_text(json.dumps(facts))
    done = imported(tmp_path / "theirs", tmp_path / "runs")
    assert done.adapter.settings["non_linearity"] == "gelu_new"
    same(ours(done, "mnli"), theirs(plain, "mnli"))


def test_what_a_terminal_would_obey_is_not_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved_by_adapters(tmp_path / "theirs", "mnli")
    changed(tmp_path / "theirs" / "head_config.json", config__label2id={"\x1b[2J": 0, "b": 1, "c": 2})
    with pytest.raises(SystemExit):
        main(["import", str(tmp_path / "theirs"), "--backbone", BACKBONE, "--output", str(tmp_path / "runs")])
    said = capsys.readouterr()
    assert "calls its 3 outputs" in said.err and "\x1b" not in said.err + said.out


def test_a_backbone_that_brings_its_own_code_is_refused(tmp_path: Path) -> None:
    code = {"model_type": "theirs", "auto_map": {"AutoConfig": "code.Config", "AutoModel": "code.Model"}}
    (tmp_path / "backbone").mkdir()
    (tmp_path / "backbone" / "config.json").write_text(json.dumps(code))
    (tmp_path / "backbone" / "code.py").write_text(f"open({str(tmp_path / 'trace')!r}, 'w')")
    with pytest.raises(UserError, match="could not be loaded"):
        loading.load_backbone(str(tmp_path / "backbone"))
    assert not (tmp_path / "trace").exists()


def as_adapterhub(folder: Path) -> dict[str, bytes]:
    """The files of a folder as AdapterHub has them: pickles, old names, the class and the versionless facts of 2021."""
    weights = load_file(folder / "adapter.safetensors")
    old = {
        key.replace(".output.adapters.", ".output.layer_text_task_adapters."): value for key, value in weights.items()
    }
    torch.save(old, folder / "pytorch_adapter.bin")
    torch.save(load_file(folder / "model_head.safetensors"), folder / "pytorch_model_head.bin")
    changed(folder / "adapter_config.json", config__inv_adapter=None, model_class="XLMRobertaModelWithHeads")
    changed(folder / "head_config.json", model_class="XLMRobertaModelWithHeads")
    for name in ("adapter_config.json", "head_config.json"):
        facts = json.loads((folder / name).read_text())
        facts.pop("version")
        (folder / name).write_text(json.dumps(facts))
    kept = ("adapter_config.json", "head_config.json", "pytorch_adapter.bin", "pytorch_model_head.bin")
    return {name: (folder / name).read_bytes() for name in kept}


def test_from_the_hub_as_adapterhub_has_it(server: Hub, tmp_path: Path) -> None:
    plain = saved_by_adapters(tmp_path / "theirs", "squad")
    repository = hub_server.Repository()
    commit = repository.commit(as_adapterhub(tmp_path / "theirs"))
    server.repositories["models", "AdapterHub/pocket-pf-squad"] = repository
    with pytest.raises(UserError, match="import AdapterHub/pocket-pf-squad --convert"):
        execution.pull(["AdapterHub/pocket-pf-squad"], "pocket", "bottleneck")
    with pytest.raises(UserError, match="--convert reads it as plain tensors"):
        imported(Path("AdapterHub/pocket-pf-squad"), tmp_path / "runs")
    done = imported(Path("AdapterHub/pocket-pf-squad"), tmp_path / "runs", convert=True)
    assert done.adapter.name == "pocket-pf-squad"
    run = done.adapter.run
    assert isinstance(run, Given) and run.sha256 == saving.read_facts(done.folder).sha256
    assert (run.origin, run.library) == (f"AdapterHub/pocket-pf-squad@{commit}", "adapters")
    assert saving.load_adapter(done.folder).run == run
    same(ours(done, "squad"), theirs(plain, "squad"))


def test_the_verbs_find_what_was_imported_and_keep_it_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], server: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = reading.load

    def few(task: tasks.Task, split: str, language: str, data: str, limit: int | None = None, *progress: Any) -> Any:
        return load(task, split, language, data, min(limit or 20, 20), *progress)

    monkeypatch.setattr(reading, "load", few)
    saved_by_peft(tmp_path / "their-lora", "mnli", target_modules="all-linear")
    output = ["--output", str(tmp_path / "runs")]

    def said(*words: str) -> str:
        with pytest.raises(SystemExit) as stop:
            main([*words, *output])
        assert stop.value.code == 0, capsys.readouterr().err
        return capsys.readouterr().out

    labels = ["--task", "mnli", "--labels", ",".join(NLI), "--backbone", "pocket"]
    assert "their-lora: a lora adapter for mnli on pocket" in said("import", str(tmp_path / "their-lora"), *labels)
    assert "their-lora" in said("zoo")
    measured = json.loads(said("evaluate", "their-lora", "--target", "tatoeba", "--json"))
    assert measured["adapter"] == "their-lora"
    result = results.read_all([tmp_path / "runs"])[0]
    assert words.label_of(result.run) == "lora, mnli alone (imported=their-lora)"
    assert result.run.origins == {"their-lora"}
    row = json.loads(said("compare", "tatoeba", "--json"))["comparisons"][0]["rows"]
    again = shlex.join(["adapterstilts", "evaluate", "their-lora", "--target", "tatoeba", *output])
    assert again in [one["command"] for one in row]
    assert catalogue.find("mnli", "pocket", "lora", tmp_path / "runs").name == "lora-mnli"
    said(
        "fuse", "their-lora", "squad", "--target", "pawsx", "--method", "lora", "-o", "max_steps=1", "--language", "de"
    )
    (fused,) = (path.name for path in (tmp_path / "runs").glob("pocket-lora-pawsx--fuse-squad-their-lora-s0-x*"))
    said("stack", fused, "--target", "panx", "--method", "lora", "-o", "max_steps=1", "--language", "de")
    local = [entry for entry in catalogue.entries(tmp_path / "runs") if entry.origin == "local"]
    assert len(local) == 3
    for entry in local:
        with pytest.raises(UserError, match="was imported, or holds weights that were"):
            publishing.prepare(entry, [], "me")


def test_tensors_of_nothing_known_are_refused(tmp_path: Path) -> None:
    saved_by_adapters(tmp_path / "theirs", "mnli", "lora")
    weights = tmp_path / "theirs" / "adapter.safetensors"
    save_file({**load_file(weights), "roberta.embeddings.word_embeddings.weight": torch.ones(3)}, weights)
    with pytest.raises(UserError, match=r"has roberta.embeddings.word_embeddings.weight, which"):
        imported(tmp_path / "theirs", tmp_path / "runs")
