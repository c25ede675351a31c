"""What others wrote is shown and not obeyed, on a terminal as in a pipe."""

from __future__ import annotations

import ast
import copy
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapterstilts import cli, tasks
from adapterstilts.base import places
from adapterstilts.base.errors import UserError, printable
from adapterstilts.cli import drawing, options
from adapterstilts.findings.table import Column, Table, Value
from adapterstilts.rows.formats.lines import read_json
from adapterstilts.runs.run import Run

OBEYED = {
    "osc": "\x1b]0;title\x07",
    "csi": "\x1b[2J",
    "c1": "\x9b2J\x9d0;title\x9c",
    "controls": "\a\b\x7f\0",
    "ends of lines": "\r\n\v\f\x1c\x85\u2028\u2029",
    "directions": "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069",
    "surrogate": "\ud83d",
}
ALL = "".join(OBEYED.values())
WRITTEN = ALL.replace("\ud83d", "")
"""What UTF-8 can hold."""
TYPED = ALL.replace("\0", "").replace("\ud83d", "\udcff")
"""What a shell can hand on."""
KEPT = "नमस्ते क्‍ष می‌خواهم 👩‍👩‍👧 l’été « oui » 東京　タワー א\u200fב"
OURS = re.compile("\x1b\\[[0-9;?]*[A-Za-z]")
"""The styles and the movements of the cursor that a bar and a table need."""


class Stream(io.TextIOWrapper):
    """A pipe or a terminal that keeps what is written."""

    def __init__(self, terminal: bool) -> None:
        super().__init__(io.BytesIO(), "utf-8")
        self._terminal = terminal

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._terminal

    def text(self) -> str:
        """What is written, without our own style."""
        self.flush()
        text = self.buffer.getvalue().decode()
        return OURS.sub("", text.replace("\r", "")) if self._terminal else text


@pytest.fixture(params=[False, True], ids=["pipe", "terminal"])
def recorded(request, monkeypatch):
    """Begin to keep what is written to standard output and error, terminals or not, and return what tells it."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "xterm")

    def begin():
        # pytest sets its own streams between a fixture and its test
        stream = Stream(request.param)
        monkeypatch.setattr("sys.stdout", stream)
        monkeypatch.setattr("sys.stderr", stream)
        return stream.text

    return begin


def harmless(text: str) -> bool:
    return not set(text) & (set(ALL) - set("\n0;title2J[]"))


@pytest.mark.parametrize("letters", OBEYED.values(), ids=OBEYED)
def test_nothing_is_obeyed(letters):
    assert harmless(printable(f"a{letters}b")) and "\n" not in printable(letters)


def test_what_joins_and_parts_letters_stays():
    assert printable(KEPT) == KEPT


def test_every_way_to_print(recorded):
    shown = recorded()
    drawing.say("said", ALL, bold=True)
    drawing.say_lines(f"lines{ALL}\nmore{ALL}", ALL)
    drawing.note_skipped(UserError(f"skipped{ALL}"))
    columns = [Column(f"heading{ALL}"), Column("n", "number")]
    rows = [(f"cell{ALL}", f"number{ALL}"), (Value(f"value{ALL}", mark="*"), 1.0)]
    table = Table(columns, rows, f"title{ALL}", [f"note{ALL}"])
    drawing.print_table(table)
    drawing.print_table(table, form="markdown")
    bars = drawing.Bars()
    bars.start(f"phase{ALL}", 2, "step")
    bars.advance(1, name=ALL)
    bars.report(**{f"fact{ALL}": ALL})
    bars.note(f"noted{ALL}")
    bars.finish()
    drawing.print_json({f"json{ALL}": ALL})
    text = shown()
    assert harmless(text)
    words = "said lines more skipped heading cell number value title note phase fact noted json"
    assert [word for word in words.split() if word not in text] == []


def test_json_is_escaped_without_a_loss(recorded):
    shown = recorded()
    payload = {f"a{ALL}": [ALL, KEPT], "b": {}}
    drawing.print_json(payload)
    assert harmless(shown()) and json.loads(shown()) == payload and KEPT in shown()


def leaves(value: object, path: tuple = ()) -> Iterator[tuple]:
    """The path of every text in `value`, and, with a None behind it, of every name."""
    if isinstance(value, dict):
        for name, each in list(value.items())[:9]:
            yield (*path, name, None)
            yield from leaves(each, (*path, name))
    elif isinstance(value, list):
        for number, each in enumerate(value[:1]):
            yield from leaves(each, (*path, number))
    elif isinstance(value, str):
        yield path


def poisoned(value: object, path: tuple) -> object:
    """`value` with something to obey in one text or name."""
    value = copy.deepcopy(value)
    *way, last = path[:-1] if path[-1] is None else path
    inside = value
    for step in way:
        inside = inside[step]
    if path[-1] is None:
        inside[f"{last}{WRITTEN}"] = inside.pop(last)
    else:
        inside[last] += WRITTEN
    return value


ADAPTER, RESULT = "bottleneck-mnli", "bottleneck-mnli--mnli.json"
FACTS, MEASURED = (
    read_json(places.zoo_folder() / "pocket" / name) for name in (f"{ADAPTER}/adapterstilts.json", f"results/{RESULT}")
)


@pytest.mark.parametrize("path", leaves({"facts": FACTS, "result": MEASURED, "card": "# Card\n"}), ids=str)
def test_nothing_that_an_adapter_or_a_result_says_is_obeyed(tmp_path, recorded, monkeypatch, path):
    shown = recorded()
    monkeypatch.setattr(places, "zoo_folder", lambda: tmp_path / "nothing")
    # who changes a run can change its id, too
    monkeypatch.setattr(Run, "id", property(lambda run: "0"))
    content = poisoned({"facts": FACTS, "result": MEASURED, "card": "# Card\n"}, path)
    folder = tmp_path / "x"
    (tmp_path / "results").mkdir()
    folder.mkdir()
    (folder / "adapter.safetensors").touch()
    (folder / "README.md").write_text(content.get("card", WRITTEN))
    for name, file in ("facts", folder / "adapterstilts.json"), ("result", tmp_path / "results" / "x.json"):
        if name in content:
            run = {**content[name]["run"], "id": "0"} if "run" in content[name] else None
            file.write_text(json.dumps({**content[name], "run": run}))
    for words in (["zoo"], ["zoo", "show", str(folder)], ["compare"], ["compare", "--summary", "--format", "markdown"]):
        where = ["--output", str(tmp_path)]
        with pytest.raises(SystemExit):
            cli.main([words[0], *where, *words[1:]])
    assert harmless(shown())


@pytest.mark.parametrize(
    "words",
    [
        [f"verb{TYPED}"],
        ["tasks", f"--option{TYPED}"],
        ["compare", f"task{TYPED}"],
        ["pocket", "show", "--language", TYPED],
        ["zoo", "--method", TYPED],
        ["train", "mnli", "-o", f"a{TYPED}=1"],
        ["train", "mnli", "-o", f"epochs={TYPED}"],
        ["train", "mnli", "--backbone", f"./{TYPED}"],
        ["evaluate", "mnli", "--data", f"./{TYPED}"],
        ["evaluate", f"./{TYPED}"],
        ["predict", "squad", f"./{TYPED}"],
        ["score", f"./{TYPED}", "x"],
        ["tasks", "--task-file", f"./{TYPED}"],
        ["pull", TYPED],
        ["import", f"./{TYPED}"],
    ],
)
def test_nothing_that_was_typed_is_obeyed(recorded, words, tmp_path, monkeypatch):
    shown = recorded()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code in (1, 2) and shown().strip() and harmless(shown())


def test_rows_are_shown_and_not_obeyed(recorded, tmp_path, monkeypatch):
    shown = recorded()
    monkeypatch.setattr(tasks, "_registered", {})
    row = {"tokens": [f"a{WRITTEN}", f"b{WRITTEN}"], "tags": [f"O{WRITTEN}", "X"]}
    (tmp_path / "t.jsonl").write_text(json.dumps(row))
    labels = json.dumps([f"O{WRITTEN}", "X"])
    (tmp_path / "t.yaml").write_text(f"type: tagging\nlabels: {labels}\nfiles: {{test: t.jsonl}}\n")
    for words in (["--split", "test"], ["--json"]):
        with pytest.raises(SystemExit, match="0"):
            cli.main(["data", "t", "--task-file", str(tmp_path / "t.yaml"), *words])
    assert "example of test in en" in shown() and harmless(shown())


def test_predictions_are_shown_and_not_obeyed(recorded, tmp_path, monkeypatch):
    shown = recorded()
    line = {"question": f"Who{WRITTEN}?", "context": f"{WRITTEN}Anna{WRITTEN} paid{WRITTEN} Ben{WRITTEN}."}
    (tmp_path / "lines").write_text(json.dumps(line))
    (tmp_path / "text").write_text(f"a{OBEYED['osc']}b")
    monkeypatch.chdir(tmp_path)
    for words in (["squad", "lines"], ["squad", "lines", "--json"], ["none", "text", "--nearest", "text"]):
        with pytest.raises(SystemExit, match="0"):
            cli.main(["predict", *words])
    assert "1.000" in shown() and harmless(shown())


def test_a_name_that_a_shell_would_obey_is_not_completed():
    assert [item.value for item in options._matching(["abc", f"ab{ALL}", "x"], "a")] == ["abc"]


def test_all_of_the_command_line_prints_by_one_layer():
    for path in Path(cli.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
            assert path.name == "drawing.py" or name not in ("echo", "secho", "print"), f"{path}: say it by drawing.say"
