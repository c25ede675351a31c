"""The training loop: what it learns, where it stops, what it saves, and that a resumed run is the same run."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import doubles
import numpy
import pytest
import torch
import world
from accelerate.tracking import GeneralTracker
from safetensors import SafetensorError
from torch import Tensor
from training_process import EVERY, STEPS, fixture, score, settings

from adapterstilts import training
from adapterstilts.backbones import device
from adapterstilts.base import digests
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress
from adapterstilts.tasks import types
from adapterstilts.tasks.types import batching
from adapterstilts.training import checkpoints, logs, loop, objectives, optimisation, trainer

PAD = 1


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, at a place of the test's choice."""


def run(
    folder: Path | None = None,
    resume: bool = False,
    stop_at: int | None = None,
    dropout: float = 0.1,
    validate: Callable[[doubles.Model], float] | None = score,
    model: doubles.Model | None = None,
    progress: Progress = SILENT,
    logged: Mapping[str, Any] = MappingProxyType({}),
    **changes: Any,
) -> tuple[dict[str, Tensor], training.TrainingRecord]:
    """Train the fixture's model; `stop_at` interrupts at the validation of that step."""
    built, task_type, features = fixture(dropout)
    model = model or built
    steps = 0

    def checked() -> float:
        nonlocal steps
        steps += settings(**changes).evaluate_every or 0
        if steps == stop_at:
            raise Interrupted
        return validate(model) if validate else 0.0

    record = training.train(
        model,
        task_type,
        features,
        checked if validate else None,
        settings(**changes),
        PAD,
        folder,
        resume,
        progress,
        **logged,
    )
    return {name: value.detach().clone() for name, value in model.trainable_parameters().items()}, record


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """A training in a process of its own."""
    here = Path(__file__).parent
    environment = {"PYTHONPATH": os.pathsep.join([str(here), *sys.path]), "OMP_NUM_THREADS": "1", **environment}
    return subprocess.Popen(
        [sys.executable, str(here / "training_process.py"), str(folder), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def with_gradient(names: Iterable[str]) -> list[str]:
    """Without the keys' bias: a softmax ignores it, so that its gradient, and all Adam makes of it, is rounding."""
    return [name for name in names if not name.endswith("key.bias")]


def deterministic(record: training.TrainingRecord) -> training.TrainingRecord:
    return dataclasses.replace(record, seconds=0.0, validation_seconds=0.0)


@pytest.fixture(scope="module")
def undisturbed() -> tuple[dict[str, Tensor], training.TrainingRecord]:
    return run()


def test_it_learns() -> None:
    _, record = run(steps=60, validate=None, dropout=0.0)
    assert record.history[0]["loss"] > 0.6
    assert record.history[-1]["loss"] < 0.3
    assert (record.steps, record.best_score, record.best_step) == (60, None, 60)


def test_only_trainable_parameters_change() -> None:
    model, task_type, features = fixture()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    training.train(model, task_type, features, None, settings(), PAD)
    trained = model.trainable_parameters()
    assert trained
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]) == (name not in trained)


def test_the_record_counts_what_was_done(undisturbed: Any) -> None:
    _, record = undisturbed
    _, _, features = fixture()
    epochs, rest = divmod(STEPS, 6)
    assert (epochs, rest) == (4, 0)
    assert record.tokens == 4 * sum(len(feature["input_ids"]) for feature in features)
    assert [fact["step"] for fact in record.history] == list(range(EVERY, STEPS + 1, EVERY))
    assert record.seconds > 0 and record.validation_seconds > 0


def test_the_best_weights_are_put_back() -> None:
    kept: dict[float, dict[str, Tensor]] = {}

    def validate(model: doubles.Model) -> float:
        kept[score(model)] = {n: p.detach().clone() for n, p in model.trainable_parameters().items()}
        return score(model)

    weights, record = run(validate=validate)
    assert record.best_score == max(kept) and same(weights, kept[max(kept)])
    assert record.best_step == max(record.history, key=lambda fact: fact["score"])["step"]


def test_patience_ends_a_training() -> None:
    scores = iter([50.0, 60.0, 59.0, 60.0, 70.0])
    _, record = run(validate=lambda model: next(scores), patience=2)
    assert (record.steps, record.best_score, record.best_step) == (4 * EVERY, 60.0, 2 * EVERY)


# resuming


@pytest.mark.parametrize("stop_at", range(EVERY, STEPS + 1, 2 * EVERY))
def test_a_resumed_run_is_the_undisturbed_one(tmp_path: Path, undisturbed: Any, stop_at: int) -> None:
    with pytest.raises(Interrupted):
        run(tmp_path, stop_at=stop_at)
    torch.manual_seed(stop_at)
    weights, record = run(tmp_path, resume=True)
    assert same(weights, undisturbed[0])
    assert deterministic(record) == deterministic(undisturbed[1])


def test_a_finished_run_is_not_run_again(tmp_path: Path, undisturbed: Any) -> None:
    run(tmp_path)
    weights, record = run(tmp_path, resume=True, stop_at=EVERY)
    assert same(weights, undisturbed[0])
    assert deterministic(record) == deterministic(undisturbed[1])


def test_accumulation_and_bf16_resume_too(tmp_path: Path) -> None:
    changes: dict[str, Any] = {"gradient_accumulation_steps": 2, "precision": "bf16", "patience": 9}
    expected, record = run(**changes)
    with pytest.raises(Interrupted):
        run(tmp_path, stop_at=2 * EVERY, **changes)
    weights, resumed = run(tmp_path, resume=True, **changes)
    assert same(weights, expected) and deterministic(resumed) == deterministic(record)


def test_without_resume_a_run_begins_anew(tmp_path: Path, undisturbed: Any) -> None:
    run(tmp_path, seed=5)
    assert same(run(tmp_path)[0], undisturbed[0])


def test_validation_may_use_random_numbers(undisturbed: Any) -> None:
    def validate(model: doubles.Model) -> float:
        torch.rand(7)
        return score(model)

    assert same(run(validate=validate)[0], undisturbed[0])


@pytest.mark.parametrize("changes", [{"learning_rate": 0.5}, {"seed": 1}])
def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(Interrupted):
        run(tmp_path, stop_at=2 * EVERY)
    with pytest.raises(UserError, match=f"another run .*{next(iter(changes))}.*, here .*--resume"):
        run(tmp_path, resume=True, **changes)


@pytest.mark.parametrize("before, after", [(1, 2), (2, 1)])
def test_a_run_goes_on_however_it_is_computed(tmp_path: Path, before: int, after: int) -> None:
    """The remedy for a full memory, "which learns the same", is no other run."""
    given: dict[str, Any] = {"dropout": 0.0, "learning_rate": 1e-3}
    with pytest.raises(Interrupted):
        run(tmp_path, stop_at=4 * EVERY, gradient_accumulation_steps=before, **given)
    notes = world.Notes()
    resumed, record = run(tmp_path, resume=True, gradient_accumulation_steps=after, progress=notes, **given)
    assert notes.notes == [
        f"The run began with {before} gradient_accumulation_steps and goes on with {after}: its numbers may differ in "
        "their last digits."
    ]
    assert record.steps == STEPS
    whole, _ = run(**given)
    for name in with_gradient(whole):
        torch.testing.assert_close(resumed[name], whole[name], rtol=0, atol=2e-5)


def test_resume_without_a_checkpoint_of_these_settings_says_which_there_are(tmp_path: Path) -> None:
    for name, changes in (("run-s0", {}), ("run-s0-x0a1b2c", {"learning_rate": 0.5}), ("other-s0", {"seed": 3})):
        with pytest.raises(Interrupted):
            run(tmp_path / name, stop_at=2 * EVERY, **changes)
    notes = world.Notes()
    run(tmp_path / "run-s0-xabcdef", resume=True, steps=EVERY, warmup_ratio=0.5, progress=notes)
    (sentence,) = notes.notes
    assert "no checkpoint of these settings" in sentence and "begins at step 0" in sentence
    assert f"run-s0/checkpoint-{EVERY} is of others (max_steps {STEPS}, here {EVERY}; warmup_ratio 0.1, here 0.5)" in (
        sentence
    )
    assert "learning_rate 0.5, here 0.01" in sentence and "other-s0" not in sentence


def test_resume_without_any_checkpoint_says_so(tmp_path: Path) -> None:
    notes = world.Notes()
    run(tmp_path / "run-s0", resume=True, steps=EVERY, progress=notes)
    assert notes.notes == [
        f"There is no checkpoint of these settings in {tmp_path / 'run-s0'}, so the training begins at step 0."
    ]


def test_a_checkpoint_of_another_version_is_refused(tmp_path: Path) -> None:
    run(tmp_path)
    path = tmp_path / f"checkpoint-{STEPS}" / "state.json"
    path.write_text(path.read_text().replace(f'"format": {checkpoints.FORMAT}', '"format": 1'))
    with pytest.raises(UserError, match="another version.*without --resume"):
        run(tmp_path, resume=True)


def test_a_checkpoint_of_other_features_is_refused(tmp_path: Path) -> None:
    run(tmp_path)
    model, task_type, features = fixture()
    features[3]["label"] ^= 1
    with pytest.raises(UserError, match="another run .*training rows"):
        training.train(model, task_type, features, None, settings(), PAD, tmp_path, resume=True)


@pytest.mark.parametrize("file", ["state.safetensors", "state.json"])
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, file: str) -> None:
    run(tmp_path)
    path = tmp_path / f"checkpoint-{STEPS}" / file
    whole = path.read_bytes()
    middle = len(whole) // 2
    for damaged in (whole[:-1], whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]):
        path.write_bytes(damaged)
        with pytest.raises(UserError, match="damaged.*--resume"):
            run(tmp_path, resume=True)
    path.unlink()
    with pytest.raises(UserError, match="damaged"):
        run(tmp_path, resume=True)


@pytest.mark.parametrize(
    ("key", "value"),
    [("step", 1_000_000_000), ("finished", False), ("best_score", 99.0), ("history", []), ("step", "9"), ("run", None)],
)
def test_a_checkpoint_whose_state_was_changed_is_refused(tmp_path: Path, key: str, value: Any) -> None:
    run(tmp_path, steps=EVERY)
    path = tmp_path / f"checkpoint-{EVERY}" / "state.json"
    facts = json.loads(path.read_text())
    facts["position"][key] = value
    path.write_text(json.dumps(facts))
    with pytest.raises(UserError, match="is damaged"):
        run(tmp_path, resume=True)


def test_a_checkpoint_behind_the_end_of_its_run_is_refused(tmp_path: Path) -> None:
    run(tmp_path)
    position, state = checkpoints.latest(tmp_path) or pytest.fail("none was written")
    checkpoints.save(tmp_path, dataclasses.replace(position, step=STEPS + 1), state)
    with pytest.raises(UserError, match="does not fit its run"):
        run(tmp_path, resume=True)


@pytest.mark.parametrize("slow_save", [False, True])
def test_a_killed_run_goes_on_from_its_last_complete_checkpoint(
    tmp_path: Path, undisturbed: Any, slow_save: bool
) -> None:
    """kill -9, between two checkpoints and in the midst of writing one."""
    process = start(tmp_path, *["--slow-save"] * slow_save)
    assert process.stdout is not None
    awaited = "saving" if slow_save else "saved"
    seen = [process.stdout.readline().strip() for _ in range(3 if slow_save else 2)]
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert seen[-1] == awaited
    assert any(path.name.endswith(".part") for path in tmp_path.iterdir()) == slow_save
    assert (tmp_path / f"checkpoint-{2 * EVERY}").is_dir()
    weights, record = run(tmp_path, resume=True)
    assert same(weights, undisturbed[0])
    assert deterministic(record) == deterministic(undisturbed[1])
    assert [path.name for path in tmp_path.iterdir()] == [f"checkpoint-{STEPS}"]


def test_a_checkpoint_that_had_stepped_aside_for_its_successor_comes_back(tmp_path: Path, undisturbed: Any) -> None:
    run(tmp_path)
    (tmp_path / f"checkpoint-{STEPS}").rename(tmp_path / f".checkpoint-{STEPS}.replaced")
    (tmp_path / ".checkpoint-9.1a2b3c4d.part").mkdir()
    assert same(run(tmp_path, resume=True)[0], undisturbed[0])
    assert [path.name for path in tmp_path.iterdir()] == [f"checkpoint-{STEPS}"]


def test_checkpoints_can_be_removed(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    run(folder)
    (folder / ".checkpoint-9.1a2b3c4d.part").mkdir()
    training.remove_checkpoints(folder)
    assert not folder.exists()
    training.remove_checkpoints(folder)


# a disk, a memory, a loss that fail


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), SafetensorError("I/O error: x (os error 28)")],
)
def test_a_full_disk_is_told_and_leaves_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: Any, error: Exception
) -> None:
    original = checkpoints.save_file

    def full(tensors: Any, path: Path) -> None:
        if f"checkpoint-{3 * EVERY}" in str(path):
            path.write_bytes(b"half of it")
            raise error
        original(tensors, path)

    monkeypatch.setattr(checkpoints, "save_file", full)
    with pytest.raises(UserError, match="disk is full.*checkpoint-12.*--resume"):
        run(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"checkpoint-{2 * EVERY}"]
    monkeypatch.undo()
    assert same(run(tmp_path, resume=True)[0], undisturbed[0])


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(UserError, match="could not be written"):
        run(tmp_path / "taken")


def test_ctrl_c_while_saving_leaves_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: Any
) -> None:
    def interrupted(path: Path) -> str:
        if f"checkpoint-{3 * EVERY}" in str(path):
            raise Interrupted
        return original(path)

    original = digests.sha256
    monkeypatch.setattr(digests, "sha256", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"checkpoint-{2 * EVERY}"]
    monkeypatch.undo()
    assert same(run(tmp_path, resume=True)[0], undisturbed[0])


def test_a_step_too_large_for_the_weights_ends_the_training_before_they_are_saved(tmp_path: Path) -> None:
    model, task_type, features = fixture()
    huge = settings(1, learning_rate=1e39, evaluate_every=1)
    with pytest.raises(UserError, match="A weight is no longer finite at step 1: train with a lower learning rate"):
        training.train(model, task_type, features, lambda: 50.0, huge, PAD, tmp_path)
    assert not list(tmp_path.glob("*"))


def test_a_loss_that_is_no_number_ends_the_training_before_it_is_saved(tmp_path: Path) -> None:
    model, *_ = fixture()
    steps = 0

    def poisoned() -> Tensor | None:
        nonlocal steps
        steps += 1
        return torch.tensor(float("nan")) * model.head.out.bias.sum() if steps == EVERY + 2 else None

    model.regularisation = poisoned  # type: ignore[method-assign]
    with pytest.raises(UserError, match="no longer a number.*learning_rate=0.001"):
        run(tmp_path, model=model)
    assert [path.name for path in tmp_path.iterdir()] == [f"checkpoint-{EVERY}"]


def test_too_little_memory_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any) -> None:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(loop.Loop, "update", full)
    with pytest.raises(UserError, match="gradient_accumulation_steps=4"):
        run(gradient_accumulation_steps=2)


def test_nothing_to_train_is_told() -> None:
    model, task_type, features = fixture()
    with pytest.raises(UserError, match="no examples"):
        training.train(model, task_type, [], None, settings(), PAD)
    model.requires_grad_(False)
    with pytest.raises(UserError, match="frozen"):
        training.train(model, task_type, features, None, settings(), PAD)


# one update


def one_update(steps: int, penalty: float = 0.0, name: str = "classification") -> dict[str, Tensor]:
    """The gradients of the first update of ten features, without dropout."""
    model, task_type, features = fixture(0.0)
    if name != "classification":
        task_type, task = types.get(name), doubles_task(name)
        features = task_type.encode(doubles.rows(name), doubles.tokenizer(), task, 24)
        torch.manual_seed(0)
        model.head = task_type.head(16, task, 0.0)
    if penalty:
        model.regularisation = lambda: penalty * model.head.out.bias.exp().sum()  # type: ignore[method-assign]
    made = loop.Loop(
        model,
        [objectives.Objective(task_type, features)],
        settings(gradient_accumulation_steps=steps, batch_size=10, max_grad_norm=1e9),
        PAD,
        None,
    )
    model.train()
    for part in made.update(made.objectives[0], numpy.arange(10)):
        trainer.carry(made, part)
    return {key: value.grad.clone() for key, value in made.parameters.items() if value.grad is not None}


def doubles_task(name: str) -> Any:
    from test_task_types import TASKS

    return TASKS[name]


@pytest.mark.parametrize("name", ["classification", "multiple_choice", "tagging", "question_answering"])
@pytest.mark.parametrize("steps", [3, 10, 16])
def test_accumulated_gradients_are_the_large_batch_s(name: str, steps: int) -> None:
    whole, accumulated = one_update(1, name=name), one_update(steps, name=name)
    assert whole.keys() == accumulated.keys()
    for key, expected in whole.items():
        torch.testing.assert_close(accumulated[key], expected, rtol=1e-5, atol=1e-6)


def test_accumulated_updates_are_the_large_batch_s() -> None:
    plain: dict[str, Any] = {"dropout": 0.0, "steps": 6, "validate": None, "learning_rate": 1e-3}
    whole, accumulated = run(**plain)[0], run(**plain, gradient_accumulation_steps=4)[0]
    for name in with_gradient(whole):
        torch.testing.assert_close(accumulated[name], whole[name], rtol=0, atol=1e-6)


def test_two_processes_learn_what_one_does(tmp_path: Path) -> None:
    """As under `accelerate launch`; the last batch of the epoch is too small for both to have a share."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "ACCELERATE_USE_CPU": "true"}
    processes = [
        start(tmp_path, "--parallel", RANK=rank, LOCAL_RANK=rank, LOCAL_WORLD_SIZE="2", **shared) for rank in "01"
    ]
    said = [process.communicate(timeout=120)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert said == [["validated"] * 2, []]
    found = checkpoints.latest(tmp_path)
    assert found is not None and found[0].step == 6
    given: dict[str, Any] = {"dropout": 0.0, "steps": 6, "learning_rate": 1e-3}
    alone, record = run(**given)
    assert found[0].tokens == record.tokens
    for one, other in zip(found[0].history, record.history, strict=True):
        assert one["step"] == other["step"] and one["loss"] == pytest.approx(other["loss"], abs=1e-6)
    assert run(tmp_path, resume=True, stop_at=EVERY, **given)[1].steps == 6  # it is this run, and done
    for name in with_gradient(alone):
        torch.testing.assert_close(found[1][f"parameters/{name}"], alone[name], rtol=0, atol=1e-6)


@pytest.mark.parametrize("steps", [1, 5])
def test_regularisation_counts_once_an_update(steps: int) -> None:
    difference = one_update(steps, penalty=0.7)["head.out.bias"] - one_update(steps)["head.out.bias"]
    torch.testing.assert_close(difference, torch.full_like(difference, 0.7))


def test_it_is_torch_s_adamw_with_warm_up_and_decay() -> None:
    """Against the plain loop that anyone would write."""
    weights, _ = run(dropout=0.0, steps=10, validate=None, max_grad_norm=0.3, weight_decay=0.1)
    model, task_type, features = fixture(0.0)
    parameters = model.trainable_parameters()
    decayed = [value for name, value in parameters.items() if not name.endswith("bias") and "Norm" not in name]
    spared = [value for name, value in parameters.items() if name.endswith("bias") or "Norm" in name]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.1}, {"params": spared, "weight_decay": 0.0}], fused=False
    )
    lengths = batching.lengths_of(features)
    order = [batch for epoch in (0, 1) for batch in batching.training_batches(lengths, 4, 0, epoch)]
    rates = [1.0, 1.0, *(1 - step / 9 for step in range(1, 9))]
    for indices, rate in zip(order, rates, strict=False):
        batch = task_type.collate([features[index] for index in indices], PAD)
        for group in optimizer.param_groups:
            group["lr"] = 1e-2 * rate
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(batch)["logits"], batch["labels"])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters.values(), 0.3)
        optimizer.step()
    for name in with_gradient(weights):
        torch.testing.assert_close(weights[name], parameters[name].detach(), rtol=0, atol=5e-6)


def test_the_rate_rises_then_falls_and_is_never_nothing() -> None:
    rises = training.TrainingSettings(learning_rate=1.0, warmup_ratio=0.1, max_steps=100)
    rates = [optimisation.rate(rises, 100, step) for step in range(100)]
    assert rates[0] == 0.1 and max(rates) == rates[9] == rates[10] == 1.0
    assert rates[-1] > 0 and rates[10:] == sorted(rates[10:], reverse=True)
    only_rises = dataclasses.replace(rises, warmup_ratio=1.0)
    assert [optimisation.rate(only_rises, 3, step) for step in range(3)] == [1 / 3, 2 / 3, 1.0]


def test_bf16_computes_otherwise_but_keeps_weights_in_fp32() -> None:
    full, mixed = run(steps=4)[0], run(steps=4, precision="bf16")[0]
    assert {value.dtype for value in mixed.values()} == {torch.float32}
    assert not same(full, mixed)


def test_a_processor_that_does_not_multiply_bf16_computes_in_fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "multiplies_bf16", lambda device: False)
    full, asked = run(steps=4)[0], run(steps=4, precision="bf16")[0]
    assert same(full, asked)


def test_progress_is_told() -> None:
    class Heard:
        def __init__(self) -> None:
            self.events: list[Any] = []

        def start(self, title: str, total: int | None, unit: str) -> None:
            self.events.append((title, total, unit))

        def advance(self, n: int = 1, **facts: object) -> None:
            self.events.append((n, set(facts)))

        def report(self, **facts: object) -> None:
            self.events.append(("report", facts))

        def finish(self) -> None:
            self.events.append("finish")

        def note(self, text: str) -> None:
            self.events.append(text)

    heard = Heard()
    model, task_type, features = fixture()
    training.train(model, task_type, features, lambda: 1.0, settings(), PAD, progress=heard)
    assert heard.events[0] == ("train", STEPS, "step") and heard.events[-1] == "finish"
    reports = [event[1] for event in heard.events if event[0] == "report"]
    advances = [event for event in heard.events if isinstance(event[0], int)]
    assert sum(n for n, _ in advances) == STEPS and {"loss"} in [facts for _, facts in advances]
    assert [(set(facts), facts["score"]) for facts in reports] == [({"loss", "score", "best"}, 1.0)] * (STEPS // EVERY)


# its log


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def test_each_validation_is_a_line_of_the_log(tmp_path: Path) -> None:
    _, record = run(logged={"log_folder": tmp_path / "logs" / "run"})
    lines = lines_of(tmp_path / "logs" / "run")
    assert [{"step": line["step"], "loss": line["loss"], "score": line["score"]} for line in lines] == list(
        record.history
    )
    assert lines[-1]["tokens"] == record.tokens and lines[-1]["seconds"] == record.seconds
    assert all(set(line) == {"step", "loss", "score", "tokens", "seconds", "learning_rate"} for line in lines)
    assert lines[-1]["learning_rate"] == optimisation.rate(settings(), STEPS, STEPS - 1)


def test_a_resumed_log_has_each_validation_once(tmp_path: Path) -> None:
    logged = {"log_folder": tmp_path / "logs"}
    with pytest.raises(Interrupted):
        run(tmp_path / "run", stop_at=4 * EVERY, logged=logged)
    path = tmp_path / "logs" / "log.jsonl"
    # the process died after a line and before its checkpoint, in the midst of the next line
    path.write_text(path.read_text() + f'{{"step": {4 * EVERY}}}\n{{"step": {5 * EVERY}, "lo')
    run(tmp_path / "run", resume=True, logged=logged)
    assert [line["step"] for line in lines_of(tmp_path / "logs")] == list(range(EVERY, STEPS + 1, EVERY))
    run(tmp_path / "run", logged=logged)
    assert len(lines_of(tmp_path / "logs")) == STEPS // EVERY


class Tracker(GeneralTracker):
    """What accelerate asks of a tracker."""

    name = "fake"
    requires_logging_directory = False
    tracker = None

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Any] = []

    def start(self) -> None:
        self.events.append("start")

    def store_init_configuration(self, values: dict[str, Any]) -> None:
        self.events.append(values)

    def log(self, values: dict[str, Any], step: int | None = None, **more: Any) -> None:
        self.events.append((step, values))

    def finish(self) -> None:
        self.events.append("finish")


def test_a_tracker_is_told_of_each_validation() -> None:
    tracker = Tracker()
    _, record = run(logged={"tracker": tracker})
    *begun, last = tracker.events
    values = [event for event in begun if isinstance(event, tuple)]
    assert last == "finish" and begun[-len(values) - 1]["batch_size"] == 4
    assert [(step, told["loss"], told["score"]) for step, told in values] == [
        (fact["step"], fact["loss"], fact["score"]) for fact in record.history
    ]


def test_a_tracker_that_is_not_installed_is_told_before_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="--log wandb needs .* pip install wandb"):
        run(logged={"tracker": "wandb"})
    with pytest.raises(UserError, match='"wanbd".*Did you mean "wandb"'):
        run(logged={"tracker": "wanbd"})


def test_a_tracker_that_cannot_begin_is_told() -> None:
    class Broken(Tracker):
        def start(self) -> None:
            raise RuntimeError("no account")

    with pytest.raises(UserError, match=r"--log could not be begun \(no account\)"):
        run(logged={"tracker": Broken()})


# settings and batches


@pytest.mark.parametrize(
    "changes",
    [
        {"learning_rate": 0},
        {"learning_rate": float("nan")},
        {"learning_rate": "fast"},
        {"batch_size": 0},
        {"batch_size": True},
        {"gradient_accumulation_steps": 1.5},
        {"epochs": -1.0, "max_steps": None},
        {"max_steps": 0},
        {"warmup_ratio": 1.1},
        {"weight_decay": -0.1},
        {"patience": 0},
        {"seed": -1},
        {"precision": "bf61"},
    ],
)
def test_a_setting_out_of_range_is_named(changes: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=f"setting {next(iter(changes))} "):
        settings(**changes)


def test_either_epochs_or_steps() -> None:
    for epochs, max_steps in ((3.0, 10), (None, None)):
        with pytest.raises(UserError, match="epochs and max_steps"):
            settings(epochs=epochs, max_steps=max_steps)


@pytest.mark.parametrize("epochs, steps", [(1.0, 6), (2.5, 15), (0.1, 1)])
def test_epochs_are_counted_in_updates(epochs: float, steps: int) -> None:
    assert run(epochs=epochs, max_steps=None, validate=None)[1].steps == steps


def test_batches_hold_everything_once_and_little_padding() -> None:
    lengths = numpy.random.default_rng(0).integers(3, 60, 1003)
    first, second = (batching.training_batches(lengths, 16, 3, epoch) for epoch in (0, 1))
    features = [{"input_ids": [0] * length} for length in lengths]
    for batches in (first, second, batching.evaluation_batches(features, 16)):
        assert sorted(numpy.concatenate(batches).tolist()) == list(range(1003))
        assert len(batches) == 63 and max(map(len, batches)) == 16
        padded = sum(len(batch) * lengths[batch].max() for batch in batches)
        assert padded < 1.1 * lengths.sum()
    assert not all(numpy.array_equal(a, b) for a, b in zip(first, second, strict=True))
    again = batching.training_batches(lengths, 16, 3, 0)
    assert all(numpy.array_equal(a, b) for a, b in zip(first, again, strict=True))
