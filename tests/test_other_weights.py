"""Adapters on other weights of their backbone's shape: refused unless that is said, and then marked."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import encoder_kinds
import pytest
import world
from safetensors.torch import load_file, save_file

import adapterstilts as st
from adapterstilts import cli
from adapterstilts.backbones import declared, loading
from adapterstilts.base import places
from adapterstilts.base.errors import UserError
from adapterstilts.exchange.at_hand import AtHand
from adapterstilts.runs import command, results
from adapterstilts.runs.results import Result

ACCEPT = "--accept-other-weights"
MNLI, SQUAD = "pocket-bottleneck-mnli-s0", "pocket-bottleneck-squad-s0"
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A world with two adapters, one of them shipped, and "other": the backbone with other weights."""
    with pytest.MonkeyPatch.context() as patch:
        work = world.build(tmp_path_factory.mktemp("world"), patch)
        backbone = loading.load_backbone("pocket")
        facts = {"fingerprint": backbone.identity.fingerprint, "shape": backbone.shape}
        patch.setitem(declared.DECLARED, "pocket", replace(declared.DECLARED["pocket"], **facts))
        patch.setitem(declared.DECLARED, "other", replace(declared.Declaration("other"), rows="pocket"))
        world.save_backbone(work / "other", seed=1)
        for task in ("mnli", "squad"):
            world.learn(task)
        shutil.move(Path("runs") / SQUAD, places.zoo_folder() / "pocket" / "bottleneck-squad")
        yield work


@pytest.fixture
def out(work: Path, tmp_path: Path) -> str:
    """An --output with the adapter that is not shipped."""
    shutil.copytree(work / "runs" / MNLI, tmp_path / "out" / MNLI)
    return str(tmp_path / "out")


def asked(verb: str, out: str) -> list[str]:
    """A line that takes what was made for pocket to "other", by their whole names."""
    (Path(out).parent / "lines").write_text("a cat\ta dog\n")
    words = {
        "predict": ["predict", MNLI, str(Path(out).parent / "lines")],
        "nearest": ["predict", MNLI, "--nearest", *[str(Path(out).parent / "lines")] * 2],
        "evaluate": ["evaluate", MNLI, "--target", "tatoeba"],
        "continue": ["continue", MNLI, "--target", "pawsx"],
        "stack": ["stack", SQUAD, "--target", "pawsx"],
        "fuse": ["fuse", SQUAD, MNLI, "--target", "pawsx"],
        "merge": ["merge", SQUAD, MNLI, "--target", "tatoeba"],
        "head": ["merge", SQUAD, MNLI, "--head", MNLI],
    }
    return [*words[verb], "--backbone", "other", "--output", out]


VERBS = ("predict", "nearest", "evaluate", "continue", "stack", "fuse", "merge", "head")


def saved(out: str) -> list[Result]:
    return results.read_all([Path(out)])


@pytest.mark.parametrize("verb", VERBS)
def test_other_weights_are_refused_and_the_option_is_named(verb: str, out: str, call: Call) -> None:
    code, shown, err = call(*asked(verb, out))
    assert (code, shown) == (1, "")
    sentence = err.splitlines()[-1]
    assert 'was made for the backbone "pocket" and does not fit "other"; give the backbone' in sentence
    assert sentence.endswith("or say --accept-other-weights, since these are other weights of its shape.")
    assert saved(out) == [] and [path.name for path in Path(out).iterdir() if path.name.count("bottleneck")] == [MNLI]


@pytest.mark.parametrize("verb", VERBS)
def test_with_the_option_they_are_taken_and_the_result_says_so(verb: str, out: str, call: Call) -> None:
    code, shown, err = call(*asked(verb, out), ACCEPT)
    assert code == 0, err
    if verb in ("predict", "nearest"):
        assert shown
        return
    names = {"evaluate": [MNLI], "continue": [MNLI], "stack": ["pocket-bottleneck-squad-s0"]}.get(verb, [MNLI, SQUAD])
    others = dict.fromkeys(names, "pocket")
    if verb == "head":
        (made,) = (path for path in Path(out).glob("other-*/adapterstilts.json"))
        assert json.loads(made.read_text())["training"]["other_weights"] == others
        return
    (result,) = saved(out)
    assert result.facts["other_weights"] == others and result.run.backbone.id == "other"
    note = f"Made for other weights than other has: {', '.join(f'{name} (pocket)' for name in names)}."
    assert note in shown.splitlines()
    for more in ([], ["--summary"]):
        assert note in call("compare", result.target, "--backbone", "other", "--output", out, *more)[1].splitlines()
    # what is made of it, and what is measured of that, says so still
    adapter = Path(out) / result.adapter
    if adapter.is_dir():
        call(
            "evaluate",
            str(adapter),
            "--target",
            "tatoeba",
            "--backbone",
            "other",
            "--output",
            out,
            "-o",
            "test_examples=4",
        )
        (again,) = (each for each in saved(out) if each.run.id != result.run.id)
        assert again.facts["other_weights"] == others


def test_results_on_both_weights_are_not_mixed(out: str, call: Call) -> None:
    """Neither their ids nor their files, rows or sources are one."""
    on_own = ["evaluate", MNLI, "--target", "tatoeba", "--output", out]
    assert call(*on_own)[0] == call(*on_own, "--backbone", "other", ACCEPT)[0] == 0
    assert call("train", "mnli", "--backbone", "other", "--output", out)[0] == 0
    assert call("evaluate", "mnli", "--target", "tatoeba", "--backbone", "other", "--output", out)[0] == 0
    found = {result.run.id: result for result in saved(out) if result.target == "tatoeba"}
    assert sorted(result.adapter for result in found.values()) == [
        "other-bottleneck-mnli-s0",
        MNLI,
        f"{MNLI}-on-other",
    ]
    _, shown, _ = call("compare", "tatoeba", "--backbone", "other", "--output", out, "--json")
    (compared,) = json.loads(shown)["comparisons"]
    assert [row["system"] for row in compared["rows"]] == [
        "bottleneck, mnli alone",
        "bottleneck, mnli alone (made_for=pocket)",
    ]
    _, shown, _ = call("compare", "tatoeba", "--output", out)
    assert "made_for" not in shown and "Made for" not in shown


@pytest.mark.parametrize("verb", ["evaluate", "continue", "stack", "fuse", "merge"])
def test_the_line_of_such_a_run_makes_it_again(verb: str, out: str, call: Call) -> None:
    call(*asked(verb, out), ACCEPT)
    (result,) = saved(out)
    words = shlex.split(command.command_of(result.run, Path(out)))[1:]
    assert ACCEPT in words
    assert command.parse(command.arguments_of(result.run), AtHand(Path(out))).id == result.run.id
    shutil.rmtree(Path(out) / "results")
    assert call(*words)[0] == 0
    assert [each.run.id for each in saved(out)] == [result.run.id]


def test_the_commands_of_rows_that_were_not_run_run_them(out: str, call: Call) -> None:
    _, shown, _ = call(*asked("fuse", out), ACCEPT, "--json")
    waiting = [row["command"] for row in json.loads(shown)["not_run"]]
    stacked = [line for line in waiting if " stack " in line or " --control untrained" in line]
    assert len(stacked) == 3 and all(ACCEPT in line for line in stacked)
    for line in stacked:
        code, _, err = call(*shlex.split(line)[1:])
        assert code == 0, err


def test_an_adapter_on_other_weights_saw_no_more_than_on_its_own(out: str, call: Call) -> None:
    """It is no source of itself that was trained on its own task."""
    code, shown, err = call("evaluate", MNLI, "--backbone", "other", "--output", out, ACCEPT)
    assert code == 0, err
    (result,) = saved(out)
    assert result.target == "mnli" and not result.run.saw_target_training and "* a source" not in shown
    assert result.run.trained_on == {"mnli"}


def test_from_python_it_is_a_keyword(out: str) -> None:
    where: dict[str, Any] = {"backbone": "other", "output": out}
    row = ["a cat\ta dog"]
    for ask in (
        lambda **more: st.predict(MNLI, row, **where, **more),
        lambda **more: st.load(MNLI, **where, **more).predict([{"sentence1": "a", "sentence2": "b"}]),
        lambda **more: st.evaluate(MNLI, "tatoeba", **where, **more),
        lambda **more: st.stack(MNLI, "pawsx", **where, **more),
    ):
        with pytest.raises(UserError, match=ACCEPT):
            ask()
        assert ask(accept_other_weights=True)


def with_another_vocabulary(folder: Path) -> None:
    path = folder / "tokenizer.json"
    content = json.loads(path.read_text())
    pieces = content["model"]["vocab"]
    pieces[-1], pieces[-2] = pieces[-2], pieces[-1]
    path.write_text(json.dumps(content))


def with_other_facts(**facts: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **facts}))

    return change


def with_a_tensor_less(folder: Path) -> None:
    with_other_facts(num_hidden_layers=1)(folder)
    tensors = load_file(folder / "model.safetensors")
    kept = {name: tensor for name, tensor in tensors.items() if "layer.1." not in name}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})


@pytest.mark.parametrize(
    "change",
    [
        with_another_vocabulary,
        with_other_facts(hidden_act="relu"),
        with_other_facts(num_attention_heads=1),
        with_other_facts(pad_token_id=0),  # from which XLM-R counts positions
        with_a_tensor_less,
    ],
)
def test_another_shape_or_tokenizer_is_refused_with_the_option_too(
    change: Callable[[Path], None], work: Path, out: str, tmp_path: Path, call: Call
) -> None:
    folder = shutil.copytree(work / "other", tmp_path / "changed")
    change(folder)
    line = ["evaluate", MNLI, "--target", "tatoeba", "--data", "pocket", "--output", out, "--backbone", str(folder)]
    code, _, err = call(*line)
    assert code == 1 and "does not fit" in err and ACCEPT not in err
    code, _, err = call(*line, ACCEPT)
    assert code == 1 and f"({ACCEPT} is for adapters of pocket, e5-small on weights of its shape" in err
    assert saved(out) == []


def test_weights_that_are_no_more_declared_are_refused(out: str, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing says of which shape the backbone was that an adapter was made for."""
    monkeypatch.setitem(declared.DECLARED, "pocket", replace(declared.DECLARED["pocket"], shape=None))
    code, _, err = call(*asked("predict", out), ACCEPT)
    assert code == 1 and "does not fit" in err and f"({ACCEPT} is for adapters of e5-small on" in err


def test_a_backbone_that_pads_otherwise_has_the_same_shape_where_no_position_depends_on_it(tmp_path: Path) -> None:
    folder = encoder_kinds.save("mBERT", tmp_path / "bert")
    shape = loading.load_backbone(str(folder)).shape
    with_other_facts(pad_token_id=3)(folder)
    assert loading.load_backbone(str(folder)).shape == shape


def test_what_trains_alone_has_no_such_option(call: Call) -> None:
    for verb in ("train", "baseline", "compare", "export"):
        assert ACCEPT not in call(verb, "--help")[1]
    assert ACCEPT in call("fuse", "--help")[1] and cli.cli.commands["predict"]
