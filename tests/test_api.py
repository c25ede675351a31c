"""The same from Python as from the command line."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

import adapterstilts as st
from adapterstilts import execution, tasks
from adapterstilts.base.errors import UserError
from adapterstilts.exchange.at_hand import AtHand
from adapterstilts.rows import reading
from adapterstilts.runs import asked

SHORT = {"max_steps": 2, "train_examples": 64, "validation_examples": 20, "test_examples": 20}


def test_the_package_is_cheap_to_import_and_says_what_it_has():
    code = "import sys, adapterstilts as st; assert {'fuse', 'load'} <= set(dir(st)); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'fusee'"):
        st.fusee  # noqa: B018
    assert all(getattr(st, name).__doc__ for name in st.__all__)


def test_what_is_learned_is_what_the_run_layer_learns(tmp_path):
    ours = st.fuse(["squad", "mnli"], target="pawsx", settings=SHORT, output=tmp_path / "one", languages=["en", "de"])
    other = tmp_path / "other"
    run = asked.training(AtHand(other), "pawsx", "bottleneck", "fuse", ("squad", "mnli"), settings=SHORT)
    theirs = execution.learn(run, execution.How(other))
    assert ours.run == theirs.run
    assert set(ours.scores) == {"en", "de"} and all(ours.scores[code] == theirs.scores[code] for code in ours.scores)
    again = st.evaluate(tmp_path / "one" / ours.adapter, settings={"test_examples": 20}, languages=["en", "de"])
    assert again.scores == ours.scores


@pytest.mark.parametrize("verb", ["stack", "continue_"])
def test_a_composition_takes_the_method_of_what_it_builds_on(verb, tmp_path):
    made = getattr(st, verb)("lora-mnli", "pawsx", settings=SHORT, output=tmp_path, languages=["en"])
    assert made.run.method == "lora" and made.run.composition == verb.rstrip("_")


def test_a_loaded_adapter_is_a_module_with_its_tokenizer():
    loaded = st.load("mnli", method="lora")
    batch = loaded.tokenizer(["Anna paid Ben."], ["Ben was paid."], return_tensors="pt")
    with torch.inference_mode():
        logits = loaded.model({key: batch[key] for key in ("input_ids", "attention_mask")})["logits"]
    (one,) = st.predict(loaded, ["Anna paid Ben.\tBen was paid."])
    assert list(one.probabilities.values()) == pytest.approx(logits.softmax(-1)[0].tolist(), abs=1e-5)
    rows = reading.load(tasks.get("mnli"), "test", "en", limit=3)
    assert [found.row for found in st.predict(loaded, rows)] == rows


def test_an_empty_text_is_named():
    with pytest.raises(UserError, match="Row 1 is empty"):
        st.predict("mnli", ["", "a\tb"])


@pytest.mark.parametrize(
    ("verb", "words", "option", "said"),
    [
        ("train", ["pawsx"], "sed", r"train\(\) .*'sed'. Did you mean \"seed\"\?"),
        ("continue_", ["mnli", "pawsx"], "control", r"continue_\(\) .*'control'"),
        ("stack", ["mnli", "pawsx"], "fresh", r"stack\(\) .*'fresh'"),
        ("fuse", [["mnli"], "pawsx"], "metod", r"fuse\(\) .*'metod'. Did you mean \"method\"\?"),
        ("baseline", ["pawsx"], "method", r"baseline\(\) .*'method'"),
        ("evaluate", ["mnli"], "sed", r"evaluate\(\) .*'sed'"),
        ("predict", ["mnli", ["a\tb"]], "sed", r"predict\(\) .*'sed'"),
    ],
)
def test_an_option_that_is_not_there_is_named_with_the_function_that_was_called(verb, words, option, said):
    with pytest.raises(TypeError, match=said):
        getattr(st, verb)(*words, **{option: 1})


def test_one_language_needs_no_list(tmp_path):
    assert set(st.evaluate("mnli", settings={"test_examples": 5}, languages="en", output=tmp_path).scores) == {"en"}


def test_errors_are_the_command_lines(tmp_path):
    with pytest.raises(UserError, match='Did you mean "pawsx"'):
        st.train("pawx", output=tmp_path)
    with pytest.raises(UserError, match="no adapter"):
        st.load("lora-mnly")
