"""The dry run at full size, as far as it needs no full size."""

import json
import runpy
from pathlib import Path

import pytest

from adapterstilts import methods
from adapterstilts.cli import cli

SCRIPT = runpy.run_path(str(Path(__file__).resolve().parents[1] / "scripts" / "full-size"))
RECORD = {
    "machine": {"processor": "a processor"},
    "shape": SCRIPT["SHAPE"],
    "parameters": 559_890_432,
    "runs": [{"verb": "train mnli", "parameters": 12, "step_seconds": 3.25, "seconds": 40.0, "memory_gb": 9.04}],
}


@pytest.mark.parametrize("verb", SCRIPT["VERBS"])
def test_every_command_is_one_of_the_program(verb):
    name, *words = SCRIPT["command"](verb, "FOLDER", "OUTPUT")
    cli.commands[name].make_context(name, words)


def test_every_method_and_every_composition_is_run():
    said = [verb.split() for verb in SCRIPT["VERBS"]]
    assert {words[-1] for words in said} == set(methods.METHODS)
    composed = {(words[0], words[-1]) for words in said if words[0] != "train"}
    adapters = {(composition, method) for composition in methods.COMPOSITIONS for method in ("bottleneck", "lora")}
    assert composed == adapters | {("continue", "full")}


def test_the_page_is_rendered_from_the_record():
    page = SCRIPT["rendered"](RECORD)
    assert "24 layers of width 1024, 250,002 pieces:\n559,890,432 parameters" in page
    assert "| `adapterstilts train mnli` | 12 | 3.2 | 40 | 9.0 |" in page
    assert "--backbone FOLDER --data pocket --language en --output FOLDER -o max_steps=1" in page


@pytest.mark.skipif(not SCRIPT["RECORD"].exists(), reason="it was not run")
def test_the_shipped_page_is_that_of_the_shipped_record():
    record = json.loads(SCRIPT["RECORD"].read_text(encoding="utf-8"))
    assert SCRIPT["PAGE"].read_text(encoding="utf-8") == SCRIPT["rendered"](record)
    assert [one["verb"] for one in record["runs"]] == list(SCRIPT["VERBS"]) and record["shape"] == SCRIPT["SHAPE"]
