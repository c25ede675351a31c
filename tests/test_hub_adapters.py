"""Adapters to a Hub on loopback and back: the real client against the Hub's protocol, and against its failures."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hub_server
import pytest
import torch
from click.testing import CliRunner
from hub_server import Hub
from huggingface_hub import ModelCard, constants, snapshot_download
from safetensors.torch import load_file, save_file
from transformers import XLMRobertaConfig

from adapterstilts import execution, tasks
from adapterstilts.adapter import model, saving
from adapterstilts.adapter.value import Adapter
from adapterstilts.backbones import loading
from adapterstilts.backbones.identity import BackboneIdentity
from adapterstilts.base import hub, places
from adapterstilts.base.errors import UserError
from adapterstilts.cli import main
from adapterstilts.exchange import catalogue, publishing, repositories
from adapterstilts.exchange.at_hand import AtHand
from adapterstilts.rows import reading
from adapterstilts.runs import asked, results
from adapterstilts.runs.run import Given, Rows, Run
from adapterstilts.tasks import types

SHIPPED = places.zoo_folder() / "pocket"
NAMES = ("bottleneck-squad", "lora-mnli")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """An empty Hub, an empty cache, and a user who may write."""
    monkeypatch.setattr(hub, "WAITS", (0.0, 0.0))
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with hub_server.serving() as serving:
        hub_server.use(serving.url, tmp_path / "home", monkeypatch)
        serving.token = "hf_secret"
        yield serving


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A zoo with the backbone and no adapters: what somebody has who deleted them."""
    folder = tmp_path / "zoo" / "pocket"
    shutil.copytree(SHIPPED / "backbone", folder / "backbone")
    monkeypatch.setattr(places, "zoo_folder", lambda: tmp_path / "zoo")
    return folder


def publish(*names: str, organisation: str = "me") -> list[publishing.Publication]:
    measured = results.read_all([SHIPPED])
    made = [
        publishing.prepare(catalogue.entry(name, "pocket", Path("nowhere")), measured, organisation) for name in names
    ]
    for one in made:
        publishing.publish(one, private=False)
    return made


def test_a_hub_that_cannot_be_reached_is_not_asked_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "WAITS", (0.0, 0.0))
    asked: list[int] = []

    def ask() -> None:
        asked.append(1)
        raise ConnectionError

    for times in (3, 4, 5):
        with pytest.raises(hub.Unreachable):
            hub.answered(ask)
        assert len(asked) == times
    monkeypatch.setattr(hub, "_REMEMBERED", 0.0)
    with pytest.raises(hub.Unreachable):
        hub.answered(ask)
    assert len(asked) == 8


def test_what_is_published_comes_back_whole(server: Hub) -> None:
    publish(*NAMES)
    found = execution.pull(["squad"], "pocket", "bottleneck", "me") + execution.pull(
        ["me/pocket-lora-mnli"], "pocket", "bottleneck"
    )
    for one, name in zip(found, NAMES, strict=True):
        assert (one.folder / saving.WEIGHTS).read_bytes() == (SHIPPED / name / saving.WEIGHTS).read_bytes()
        assert saving.read_facts(one.folder) == saving.read_facts(SHIPPED / name)
        assert sorted(path.name for path in (one.folder / "results").iterdir()) == sorted(
            path.name for path in (SHIPPED / "results").glob(f"{name}--*.json")
        )
    assert {entry.name for entry in catalogue.entries(Path("nowhere")) if entry.origin == "hub"} == {
        "me/pocket-bottleneck-squad",
        "me/pocket-lora-mnli",
    }


def test_each_adapter_is_one_commit_and_the_second_time_none(server: Hub) -> None:
    (first,) = publish("lora-mnli")
    repository = server.repositories["models", "me/pocket-lora-mnli"]
    assert len(repository.commits) == 2  # the empty one that creating makes
    assert set(first.plan.states.values()) == {"new"}
    (again,) = publish("lora-mnli")
    assert set(again.plan.states.values()) == {"same"} and len(repository.commits) == 2


def test_a_card_that_changed_is_published_alone(server: Hub) -> None:
    publish("lora-mnli")
    repository = server.repositories["models", "me/pocket-lora-mnli"]
    files = repository.commits[repository.refs["main"]]
    repository.commit({**files, "README.md": b"---\n---\nold"})
    (again,) = publish("lora-mnli")
    assert again.plan.waiting == ["README.md"]
    assert repository.commits[repository.refs["main"]]["README.md"] == files["README.md"]


def test_other_weights_are_never_overwritten(server: Hub) -> None:
    publish("lora-mnli")
    repository = server.repositories["models", "me/pocket-lora-mnli"]
    files = repository.commits[repository.refs["main"]]
    theirs = repository.commit({**files, saving.WEIGHTS: b"theirs"})
    with pytest.raises(UserError, match="holds other weights than these; they are never overwritten"):
        publish("lora-mnli")
    assert repository.refs["main"] == theirs


def test_a_repository_that_changes_meanwhile_is_left_alone(server: Hub) -> None:
    publish("lora-mnli")
    repository = server.repositories["models", "me/pocket-lora-mnli"]
    files = repository.commits[repository.refs["main"]]
    repository.commit({**files, "README.md": b"old"})
    made = publishing.prepare(catalogue.entry("lora-mnli", "pocket", Path("x")), results.read_all([SHIPPED]), "me")
    theirs = repository.commit({**files, "README.md": b"theirs"})
    with pytest.raises(UserError, match="was changed while this ran, so nothing was uploaded"):
        publishing.publish(made, private=False)
    assert repository.refs["main"] == theirs


def test_the_card_is_complete(server: Hub) -> None:
    publish("bottleneck-squad")
    repository = server.repositories["models", "me/pocket-bottleneck-squad"]
    text = repository.commits[repository.refs["main"]]["README.md"].decode()
    card = ModelCard(text)
    assert card.data.library_name == "adapters" and card.data.license == "apache-2.0" and card.data.language == "en"
    assert {"adapterstilts", "bottleneck", "squad", "backbone:pocket"} <= set(card.data.tags)
    assert {result.dataset_type for result in card.data.eval_results} >= {"squad", "xquad", "mlqa", "tatoeba"}
    assert 'snapshot_download("me/pocket-bottleneck-squad"' in text and "Full fine-tuning: " in text
    assert "hf_secret" not in text


PLAIN = """
import sys, torch
from safetensors.torch import save_file
backbone, found = sys.argv[1:]
ids = torch.arange(40, 60).reshape(2, 10)
from adapters import AutoAdapterModel
from huggingface_hub import snapshot_download
folder = snapshot_download("me/pocket-bottleneck-squad", allow_patterns="adapters/*") + "/adapters"
bottleneck = AutoAdapterModel.from_pretrained(backbone)
bottleneck.load_adapter(folder, use_safetensors=True, set_active=True)
from peft import PeftModel
from transformers import AutoModelForSequenceClassification
model = AutoModelForSequenceClassification.from_pretrained(backbone, num_labels=3)
lora = PeftModel.from_pretrained(model, "me/pocket-lora-mnli", subfolder="peft")
with torch.inference_mode():
    spans, labels = bottleneck.eval()(input_ids=ids), lora.eval()(input_ids=ids)
save_file({"ids": ids, "bottleneck-squad": spans.start_logits.contiguous(), "lora-mnli": labels.logits}, found)
assert not any(name.startswith("adapterstilts") for name in sys.modules)
"""


def test_plain_libraries_compute_what_is_published(server: Hub, tmp_path: Path) -> None:
    publish(*NAMES)
    given = {**os.environ, **hub_server.environment(server.url, tmp_path / "plain")}
    words = [sys.executable, "-c", PLAIN, str(SHIPPED / "backbone"), str(tmp_path / "found")]
    done = subprocess.run(words, env=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = load_file(tmp_path / "found")
    batch = {"input_ids": found["ids"], "attention_mask": torch.ones_like(found["ids"])}
    for name in NAMES:
        adapter = saving.load_adapter(SHIPPED / name)
        task = tasks.get(str(adapter.task))
        built = model.from_adapter(loading.load_backbone("pocket"), adapter, types.get(task.type), task)
        with torch.inference_mode():
            outputs = built(batch)
        expected = outputs["start_logits" if task.type == "question_answering" else "logits"]
        torch.testing.assert_close(found[name], expected, atol=1e-5, rtol=0)


def test_pulled_adapters_give_the_same_scores(server: Hub, elsewhere: Path, tmp_path: Path) -> None:
    """Publish, delete everything local, pull, fuse: as with what was shipped."""
    settings = {"max_steps": 2, "train_examples": 64, "validation_examples": 20, "test_examples": 20}
    entries = [catalogue.Entry(name, SHIPPED / name, "bundled", saving.read_facts(SHIPPED / name)) for name in SOURCES]
    for entry in entries:
        publishing.publish(publishing.prepare(entry, [], "me"), private=False)

    def fused(words: tuple[str, ...], output: str) -> dict:
        here = AtHand(tmp_path / output)
        run = asked.training(here, "pawsx", "bottleneck", "fuse", words, settings=settings)
        return dict(execution.learn(run, execution.How(tmp_path / output)).scores)

    shipped = fused(tuple(str(SHIPPED / name) for name in SOURCES), "shipped")
    with pytest.raises(UserError, match="There is no bottleneck adapter"):
        fused(("squad", "mnli"), "nothing")
    execution.pull(["squad", "mnli"], "pocket", "bottleneck", "me")
    assert fused(("squad", "mnli"), "pulled") == shipped


SOURCES = ("bottleneck-mnli", "bottleneck-squad")


def test_without_a_network_the_cache_answers(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    publish("lora-mnli")
    (online,) = execution.pull(["mnli"], "pocket", "lora", "me")
    server.fail("/", 500, times=10_000)
    (offline,) = execution.pull(["mnli"], "pocket", "lora", "me")
    assert offline == online


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_hub_that_fails_for_a_moment_is_asked_again(server: Hub, status: int) -> None:
    publish("lora-mnli")
    server.fail("/api/models/me/pocket-lora-mnli", status)
    assert execution.pull(["mnli"], "pocket", "lora", "me")


def test_a_cut_download_is_taken_up(server: Hub) -> None:
    publish("lora-mnli")
    server.cut(saving.WEIGHTS)
    (found,) = execution.pull(["mnli"], "pocket", "lora", "me")
    saving.load_adapter(found.folder)


def test_a_download_that_stalls_is_taken_up(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    publish("lora-mnli")
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.2)
    server.stall(saving.WEIGHTS)
    (found,) = execution.pull(["mnli"], "pocket", "lora", "me")
    assert server.stalled.is_set()
    saving.load_adapter(found.folder)


def test_a_hub_that_says_nothing_is_given_up(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    publish("lora-mnli")
    monkeypatch.setattr(hub, "PATIENCE", 0.2)
    server.stall("/api/models/me/pocket-lora-mnli", times=100)
    begun = time.monotonic()
    with pytest.raises(UserError, match="is not in the cache, and the Hub cannot be reached"):
        execution.pull(["mnli"], "pocket", "lora", "me")
    assert time.monotonic() - begun < 20
    assert not list(repositories.cached())


def test_a_pull_that_is_killed_leaves_nothing_half_done(server: Hub, tmp_path: Path) -> None:
    publish("lora-mnli")
    server.stall(saving.WEIGHTS)
    environment = {**os.environ, **hub_server.environment(server.url, tmp_path / "home")}
    words = ["pull", "mnli", "--method", "lora", "--from", "me"]
    process = subprocess.Popen([sys.executable, "-m", "adapterstilts", *words], env=environment)
    assert server.stalled.wait(60)
    process.kill()
    process.wait()
    assert not list(repositories.cached())
    (found,) = execution.pull(["mnli"], "pocket", "lora", "me")
    saving.load_adapter(found.folder)
    assert [folder for _, folder in repositories.cached()] == [found.folder]


def test_wrong_bytes_never_stay_in_the_cache(server: Hub) -> None:
    publish("lora-mnli")
    server.spoil(saving.WEIGHTS)
    with pytest.raises(UserError, match="is not what was saved"):
        execution.pull(["mnli"], "pocket", "lora", "me")
    assert not list(repositories.cached())
    (found,) = execution.pull(["mnli"], "pocket", "lora", "me")
    saving.load_adapter(found.folder)


HOSTILE: dict[str, Any] = {
    "deep": b"[" * 100_000,
    "deep inside": b'{"format": 2, "name": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "a huge score": {"scores": {"en": {"accuracy": 10**400}}},
    "an infinite score": {"scores": {"en": {"accuracy": float("inf")}}},
    "a control": {"run": {"control": "x"}},
    "a length": {"settings": {"rank": 10**13}},
    "a list": b"[]",
    "no text": b"\xff\xfe",
    "nothing": b"",
}


@pytest.mark.parametrize("facts", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_repository_costs_no_other_adapter(
    facts: Any, server: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = json.loads((SHIPPED / "lora-mnli" / saving.FACTS).read_text())
    content = facts if isinstance(facts, bytes) else json.dumps({**whole, **facts}).encode()
    place = server.repositories["models", "me/evil"] = hub_server.Repository()
    place.commit({saving.FACTS: content, saving.WEIGHTS: (SHIPPED / "lora-mnli" / saving.WEIGHTS).read_bytes()})
    with pytest.raises(UserError):
        execution.pull(["me/evil"], "pocket", "lora")
    assert not list(repositories.cached()), "what failed its check is forgotten"
    snapshot_download("me/evil")
    assert catalogue.find("mnli", "pocket", "lora", tmp_path) == SHIPPED / "lora-mnli"
    with pytest.raises(SystemExit) as stop:
        main(["zoo", "--output", str(tmp_path)])
    said = capsys.readouterr()
    assert stop.value.code == 0 and "me/evil" not in said.out and "lora-mnli" in said.out
    assert "Left out" in said.err and "models--me--evil" in said.err


def test_weights_that_fail_their_check_are_forgotten(server: Hub, tmp_path: Path) -> None:
    tensors = load_file(SHIPPED / "lora-mnli" / saving.WEIGHTS)
    save_file({name: tensor * torch.nan for name, tensor in tensors.items()}, tmp_path / "weights")
    facts = json.loads((SHIPPED / "lora-mnli" / saving.FACTS).read_text())
    facts["sha256"] = sha256((tmp_path / "weights").read_bytes()).hexdigest()
    place = server.repositories["models", "me/evil"] = hub_server.Repository()
    place.commit({saving.FACTS: json.dumps(facts).encode(), saving.WEIGHTS: (tmp_path / "weights").read_bytes()})
    with pytest.raises(UserError, match="not finite"):
        catalogue.find("me/evil", "pocket", "lora", tmp_path)
    assert not list(repositories.cached())


@pytest.mark.parametrize("error", [TypeError, KeyError, AttributeError, IndexError, RecursionError])
def test_an_answer_of_another_form_is_no_traceback(error: type[Exception]) -> None:
    def ask() -> None:
        raise error("list indices must be integers")

    with pytest.raises(UserError, match="what answered is not the Hub"):
        repositories._asked("me", ask, "list")


def test_what_a_card_says_is_of_the_type_that_it_should_be() -> None:
    results = [SimpleNamespace(dataset_type="mnli", metric_value=value) for value in (10**400, float("nan"), "x", 61.5)]
    card = SimpleNamespace(eval_results=results, license=["mit"])
    listed = repositories._listed(SimpleNamespace(id="me/x", tags=[1, "mnli", None], card_data=card))
    assert (listed.task, listed.score, listed.licence) == ("mnli", 61.5, None)


@pytest.mark.parametrize(("status", "said"), [(401, "is not there, or is private"), (403, "is not yours to read")])
def test_who_is_not_let_in_is_told_what_to_do(server: Hub, status: int, said: str) -> None:
    server.fail("/api/models", status, times=10)
    with pytest.raises(UserError, match=f"{said}.*hf auth login"):
        execution.pull(["mnli"], "pocket", "lora", "me")


@pytest.mark.parametrize(
    "words",
    [
        "pull mnli --method lora --from me",
        "zoo --from me",
        "publish lora-mnli --to me",
        "import me/pocket-lora-mnli",
        "data xnli --data hub --language de --split test",
    ],
)
def test_a_hub_that_says_something_of_another_shape_ends_nothing_in_a_traceback(server: Hub, capsys, words) -> None:
    publish("lora-mnli")
    server.confuse("/api/", times=100)
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    assert ended.value.code == 1
    assert "HF_ENDPOINT" in (said := capsys.readouterr().err) and said.count("Error: ") == 1


def test_what_is_not_published_comes_with_the_command_that_trains_it(server: Hub) -> None:
    server.repositories["models", "me/other"] = hub_server.Repository()
    server.fail("pocket-lora-qqp", 404, times=10)
    with pytest.raises(UserError, match="adapterstilts train qqp --method lora$"):
        execution.pull(["qqp"], "pocket", "lora", "me")


def test_what_is_not_published_for_a_backbone_of_ones_own_comes_with_the_command(server: Hub, tmp_path: Path) -> None:
    shape = {"num_hidden_layers": 24, "hidden_size": 1024, "intermediate_size": 4096}
    XLMRobertaConfig(**shape).save_pretrained(tmp_path / "large")
    for ask in (
        lambda: execution.pull(["squad"], str(tmp_path / "large"), "bottleneck", "me"),
        lambda: catalogue.find("squad", str(tmp_path / "large"), "bottleneck", tmp_path / "runs"),
    ):
        with pytest.raises(UserError, match=r"adapterstilts train squad --backbone .*large( --output .*runs)?$"):
            ask()


def test_an_adapter_of_another_backbone_is_refused(server: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "lora-mnli"
    shutil.copytree(SHIPPED / "lora-mnli", folder)
    facts = json.loads((folder / saving.FACTS).read_text())
    facts["backbone"]["fingerprint"] = "0" * 64
    (folder / saving.FACTS).write_text(json.dumps(facts))
    entry = catalogue.Entry("lora-mnli", folder, "local", saving.read_facts(folder))
    publishing.publish(publishing.prepare(entry, [], "me"), False)
    with pytest.raises(UserError, match="the same name, but other weights"):
        execution.pull(["mnli"], "pocket", "lora", "me")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"adapter_config.json": b"{}", "pytorch_adapter.bin": b"pickle"}, "its weights are pickles"),
        ({"adapter_config.json": b"{}", "adapter.safetensors": b""}, "made with plain adapters or peft"),
        ({"README.md": b"hello"}, "is no adapter of adapterstilts"),
    ],
)
def test_a_repository_of_something_else_is_refused(server: Hub, files: dict[str, bytes], said: str) -> None:
    server.repositories["models", "me/thing"] = hub_server.Repository()
    server.repositories["models", "me/thing"].commit(files)
    with pytest.raises(UserError, match=said):
        execution.pull(["me/thing"], "pocket", "lora")


@pytest.mark.parametrize("path", ["results/../../../../../../escaped.json", "results/..\\..\\escaped.json"])
def test_paths_cannot_leave_the_cache(path: str, server: Hub, tmp_path: Path) -> None:
    files = {name: (SHIPPED / "lora-mnli" / name).read_bytes() for name in (saving.FACTS, saving.WEIGHTS)}
    place = server.repositories["models", "me/evil"] = hub_server.Repository()
    place.commit({**files, path: b"{}"})
    before = {each for each in tmp_path.rglob("*") if "home" not in each.parts}
    with suppress(UserError):  # some paths the client refuses, others it takes for a name
        execution.pull(["me/evil"], "pocket", "lora")
    assert {each for each in tmp_path.rglob("*") if "home" not in each.parts} == before
    (snapshot,) = tmp_path.glob("home/hub/*/snapshots/*")
    assert all(snapshot in each.parents for each in tmp_path.rglob("*escaped*"))


def test_a_hostile_adapter_is_shown_harmlessly(server: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    facts = json.loads((SHIPPED / "lora-mnli" / saving.FACTS).read_text())
    backbone = BackboneIdentity("\x1b[2Jpocket", "\x9b31m", "0" * 64)
    theirs = Given("\x1b[2Jtheirs", "1" * 64, "lora", "\x1b[2Jqqp", "\x1b[2Jhub")
    rows, changes = Rows("\x1b[2Jhub", "\x9b31m"), {"\x1b[2Jrank": "\x9b31m"}
    run = Run(backbone, "lora", "\x1b[2Jmnli", rows, "continue", (theirs,), settings=changes)
    words = {"labels": ["\x1b[2Jyes"], "scores": {"\x1b[2Jen": {"\x9b31m": 1.0}}, "training": {"\x1b[2J": "\x9b31m"}}
    facts |= {**words, "id": run.id, "run": run.facts(), "backbone": vars(backbone), "sha256": sha256(b"").hexdigest()}
    place = server.repositories["models", "me/evil"] = hub_server.Repository()
    place.commit({saving.FACTS: json.dumps(facts).encode(), saving.WEIGHTS: b""})
    with pytest.raises(UserError, match="cannot be read"):
        execution.pull(["me/evil"], "pocket", "lora")
    cache = Path(snapshot_download("me/evil"))
    assert cache.is_dir()
    with pytest.raises(SystemExit) as stop:
        main(["zoo"])
    out = capsys.readouterr().out
    assert stop.value.code == 0 and "me/evil" in out and "\x1b" not in out and "\x9b" not in out
    with pytest.raises(SystemExit) as stop:
        main(["zoo", "show", str(cache)])
    said = "".join(capsys.readouterr())
    assert stop.value.code == 0 and "\x1b" not in said and "\x9b" not in said
    (cache / saving.FACTS).unlink()
    (cache / saving.FACTS).write_text(json.dumps({**facts, "backbone": "\x1b[2Jpocket"}))
    with pytest.raises(SystemExit) as stop:
        main(["zoo"])
    assert stop.value.code == 0 and "me/evil" not in capsys.readouterr().out, "a list shows what can be used"
    with pytest.raises(SystemExit) as stop:
        main(["zoo", "show", str(cache)])
    said = "".join(capsys.readouterr())
    assert stop.value.code == 1 and '"backbone" is ' in said and "\x1b" not in said


def test_the_verbs(server: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*words: str) -> str:
        with pytest.raises(SystemExit) as stop:
            main([*words])
        captured = capsys.readouterr()
        assert stop.value.code == 0, captured.err
        return captured.out

    shown = said("publish", "lora-mnli", "--to", "me", "--dry-run")
    assert "lora-mnli to https://huggingface.co/me/pocket-lora-mnli" in shown
    assert "new" in shown and "peft/adapter_model.safetensors" in shown and "# lora-mnli" in shown
    assert not server.repositories
    assert "published: " in said("publish", "lora-mnli", "--to", "me", "--private")
    assert server.repositories["models", "me/pocket-lora-mnli"].private
    assert "nothing to upload" in said("publish", "lora-mnli", "--to", "me")
    listed = json.loads(said("zoo", "--from", "me", "--task", "mnli", "--method", "lora", "--json"))["adapters"]
    (published,) = [row for row in listed if row["origin"] == "published"]
    assert published["name"] == "me/pocket-lora-mnli" and published["backbone"] == "pocket" and published["score"] > 50
    pulled = json.loads(said("pull", "mnli", "--method", "lora", "--from", "me", "--json"))["adapters"]
    assert [one["repository"] for one in pulled] == ["me/pocket-lora-mnli"]
    assert "\ncard:\n  # lora-mnli" in said("zoo", "show", "me/pocket-lora-mnli")
    assert "hf_secret" not in shown


def test_a_dry_run_shows_files_and_card_without_the_hub(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreachable(_: object) -> None:
        raise hub.Unreachable("HF_HUB_OFFLINE is set", "unset it")

    monkeypatch.setattr(hub, "answered", unreachable)
    for words, code in ((["--dry-run"], 0), ([], 1)):
        with pytest.raises(SystemExit) as stop:
            main(["publish", "lora-mnli", "--to", "me", *words])
        shown = capsys.readouterr()
        assert stop.value.code == code and "HF_HUB_OFFLINE is set" in shown.err
        assert ("# lora-mnli" in shown.out and "unknown" in shown.out) == (code == 0)


@pytest.mark.parametrize("head", [None, "mnli"])
def test_a_merge_is_published_with_a_card(
    head: str | None, server: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = reading.load
    monkeypatch.setattr(reading, "load", lambda *given: load(*given)[:20])
    here, how = AtHand(tmp_path / "runs"), execution.How(tmp_path / "runs")
    target = "tatoeba" if head is None else None
    made = execution.merge(asked.merging(here, ("squad", "mnli"), "lora", target, head=head), how)
    entry = catalogue.entry(made.adapter.name, "pocket", tmp_path / "runs")
    one = publishing.prepare(entry, results.read_all([SHIPPED, tmp_path / "runs"]), "me")
    publishing.publish(one, private=False)
    card = ModelCard(one.card)
    assert card.data.license == "apache-2.0" and "lora" in card.data.tags
    assert "merged from the adapters of mnli and squad" in one.card and "not trained further" in one.card
    assert ("without a head" in one.card) is (head is None)
    assert {result.dataset_type for result in card.data.eval_results} == {head or "tatoeba"}
    (found,) = execution.pull([one.repository], "pocket", "lora")
    same = saving.load_adapter(found.folder)
    assert all(torch.equal(tensor, same.tensors[name]) for name, tensor in made.adapter.tensors.items())


HERE = BackboneIdentity("pocket", "", "0" * 64)
THEIRS = Given("theirs", "1" * 64, "lora", "qqp", "AdapterHub/theirs@abc", "peft")
OURS = Run(HERE, "lora", "mnli", Rows("pocket", "1"))


def stacked(on: Run | Given) -> Run:
    return Run(HERE, "lora", "pawsx", Rows("pocket", "1"), "stack", (on,))


@pytest.mark.parametrize(
    "run",
    [
        THEIRS,
        stacked(THEIRS),
        Run(HERE, "lora", "pawsx", Rows("pocket", "1"), "fuse", (OURS, THEIRS)),
        Run(HERE, "lora", None, None, "merge", (OURS, stacked(stacked(THEIRS)))),
        Run(HERE, "lora", "qqp", None, "merge", (OURS, stacked(OURS)), head=THEIRS),
        stacked(Run(HERE, "lora", "pawsx", None, "merge", (OURS, OURS), head=stacked(THEIRS))),
    ],
    ids=("itself", "a source", "one of two", "a source's source's source", "a head", "a source's head's source"),
)
def test_what_holds_imported_weights_however_deep_is_not_published(
    run: Run | Given, server: Hub, tmp_path: Path
) -> None:
    composed = isinstance(run, Run) and run.structure in ("stack", "fuse")
    settings = {"sources": [{}] * len(run.sources)} if composed else {}
    tensors = {"adapter.x.lora_A": torch.zeros(8, 1)}
    saving.save_adapter(Adapter("mine", run, HERE, settings, (), tensors), tmp_path / "mine")
    entry = catalogue.entry("mine", "pocket", tmp_path)
    with pytest.raises(UserError, match='"mine" was imported, or holds weights that were, so under which licence'):
        publishing.prepare(entry, [], "me")
    assert not server.repositories


def test_a_name_that_nobody_can_have_is_refused(server: Hub) -> None:
    with pytest.raises(UserError, match="bad org/pocket-lora-mnli cannot be asked for"):
        publish("lora-mnli", organisation="bad org")


def test_a_name_that_is_not_ones_own_is_refused(server: Hub) -> None:
    with pytest.raises(UserError, match="nobody/pocket-lora-mnli is not yours to write"):
        publish("lora-mnli", organisation="nobody")


def test_without_a_token_nothing_is_written(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(UserError, match="hf auth login"):
        publish("lora-mnli")
    assert not server.repositories


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lora-mnli", "me/pocket-lora-mnli"),
        ("pocket-lora-squad-s1", "me/pocket-lora-squad-s1"),
        ("pocket-bottleneck-pawsx--fuse-mnli-squad-s0", "me/pocket-bottleneck-pawsx_fuse-mnli-squad"),
    ],
)
def test_names_are_those_that_the_hub_allows(name: str, expected: str) -> None:
    from huggingface_hub.utils import validate_repo_id

    assert repositories.repository_of(name, "pocket", "me") == expected
    validate_repo_id(expected)


def test_the_whole_zoo_is_published_with_a_collection_once(server: Hub, elsewhere: Path) -> None:
    for name in (*NAMES, "lora-ccg", "results"):
        shutil.copytree(SHIPPED / name, elsewhere / name)
    script = runpy.run_path(str(SHIPPED.parents[1] / "scripts" / "publish-zoo"))["main"]

    def said(*words: str) -> list[str]:
        done = CliRunner().invoke(script, ["--to", "me", *words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout.splitlines()

    shipped = {f"me/pocket-{name}" for name in (*NAMES, "lora-ccg")}
    assert {line.partition(":")[0] for line in said("--dry-run")} == shipped and not server.repositories
    assert "/commit/" in said()[0]
    (items,) = server.collections.values()
    assert {name for _, name in server.repositories} == set(items) == shipped
    assert all(": 0 of " in line for line in said()[:-1])
    (items,) = server.collections.values()
    assert set(items) == shipped
