"""A table is one value, and every form of it has the same numbers."""

import csv
import io
import json
import re
import subprocess
import sys

import click
import pytest
from rich.console import Console

from adapterstilts import tasks
from adapterstilts.cli import drawing
from adapterstilts.exchange.catalogue import bundled
from adapterstilts.findings import compare, report
from adapterstilts.findings.table import Column, Table, Value
from adapterstilts.runs import results

SHIPPED = results.read_all([bundled("pocket")])
COMPARISONS = {name: compare.compare(tasks.get(name), "pocket", SHIPPED) for name in ("pawsx", "tydiqa", "tatoeba")}
NARROW = Table(
    [Column("name"), Column("score", "number"), Column("steps", "count", drop=2), Column("secs", "seconds", drop=1)],
    [("a name of several words", Value(75.0, each=(70.0, 80.0)), 1234, 56.7)],
)


def forty_languages():
    """A target with as many languages as PANX has on the Hub."""
    languages = [f"l{number}" for number in range(40)]
    columns = [
        Column("system"),
        *(Column(name, "number", drop=45 - place) for place, name in enumerate(languages)),
        Column("average", "number"),
        Column("seconds", "seconds", drop=1),
    ]
    return Table(columns, [("full fine-tuning via mnli", *(20.0 + place for place in range(40)), 39.5, 12345.0)])


TABLES = {
    **{name: report.comparison(compared) for name, compared in COMPARISONS.items()},
    "summary": report.summary(list(COMPARISONS.values())),
    "forty languages": forty_languages(),
}


def drawn(table, width):
    """What rich prints of a table, as lines."""
    console = Console(width=10_000, color_system=None)
    with console.capture() as capture:
        console.print(table.to_terminal(width))
    return capture.get().splitlines()


def left_out_of(lines):
    """The headings that the last lines say are not shown."""
    said = re.search(r"Not shown in \d+ columns: (.*)\.$", re.sub(r"\s+", " ", " ".join(lines)))
    return said[1].split(", ") if said else []


@pytest.mark.parametrize(
    ("column", "cell", "text"),
    [
        (Column("", "number"), 1234.56, "1,234.6"),
        (Column("", "number", digits=2), 1.0, "1.00"),
        (Column("", "count"), 1234, "1,234"),
        (Column("", "seconds"), 59.6, "60"),
        (Column("", "gain"), Value(10.68, 1.52), "+10.7 ± 1.5"),
        (Column("", "gain"), -0.3, "-0.3"),
        (Column("", "number"), Value(65.0, each=(70.0, 60.0)), "65.0 [70.0, 60.0]"),
        (Column("", "number"), Value(70.0, mark="*"), "70.0 *"),
        (Column("", "count"), Value(None, span=(99, 1234)), "99 to 1,234"),
        (Column("", "number"), Value.median([3.0, 1.0, 2.0]), "2.0 (1.0 to 3.0)"),
        (Column("", "number"), "not run", "not run"),
        (Column("", "number"), None, ""),
        (Column(""), Value("fusion", mark="*"), "fusion *"),
        (Column(""), 7, "7"),
    ],
)
def test_a_cell_is_read_in_the_format_of_its_column(column, cell, text):
    assert column.text(cell) == text


def test_words_that_would_be_a_stack_are_left_out():
    table = Table([Column("part"), Column("what", drop=1, least=20)], [["first", "what is said of the first part"]])
    assert [line.split()[0] for line in drawn(table, 30)] == ["part", "first", "first"]
    assert left_out_of(drawn(table, 22)) == ["what"] and not left_out_of(drawn(table, 30))


def test_markdown_aligns_numbers_and_keeps_what_would_end_a_cell():
    table = Table(
        [Column(""), Column("command", "code"), Column("score", "number")],
        [("a|b", "train mnli", 12.34), ("c", "fuse", None)],
        title="said by the page",
        notes=["A note.", "Another."],
    )
    assert table.to_markdown().splitlines() == [
        "| | command | score |",
        "|---|---|---:|",
        "| a\\|b | `train mnli` | 12.3 |",
        "| c | `fuse` |  |",
        "",
        "A note.",
        "Another.",
    ]


@pytest.mark.parametrize("name", TABLES)
def test_csv_has_every_value_with_all_its_digits(name):
    table = TABLES[name]
    heading, *rows = csv.reader(io.StringIO(table.to_csv()))
    assert len(rows) == len(table.rows) and {len(row) for row in rows} == {len(heading)}
    for row, cells in zip(rows, table.rows, strict=True):
        read = dict(zip(heading, row, strict=True))
        for column, cell in zip(table.columns, cells, strict=True):
            whole = cell if isinstance(cell, Value) else Value(cell)
            if isinstance(whole.value, float):
                assert float(read[column.name]) == whole.value
            if whole.interval is not None:
                assert float(read[f"{column.name} ±"]) == whole.interval


def test_csv_has_no_words_among_numbers():
    table = Table(
        [Column("system"), Column("average", "number")], [("one", "not run"), ("other", Value(3.25, mark="*"))]
    )
    assert list(csv.reader(io.StringIO(table.to_csv())))[1:] == [["one", ""], ["other", "3.25"]]


def test_latex_says_nothing_of_what_it_leaves_out():
    value = Value(65.0, each=(70.0, 60.0))
    table = Table(
        [Column("a", "number")], [[value]], notes=["in brackets each"], without_each={"in brackets each": "means"}
    )
    assert table.to_latex().endswith("% means")


@pytest.mark.parametrize("name", TABLES)
def test_latex_has_as_many_cells_in_each_row(name):
    table = TABLES[name]
    lines = table.to_latex().split("\n")
    rows = [line for line in lines if line.endswith(r"\\")]
    assert len(rows) == len(table.rows) + 1
    assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {len(table.columns) - 1}
    notes = [table.without_each.get(note, note) for note in table.notes]
    said = [*([table.title] if table.title else []), *notes]
    assert [line for line in lines if line.startswith("%")] == [f"% {each}" for each in said]


def test_what_latex_would_obey_is_escaped():
    table = Table([Column("a_b"), Column("n", "gain")], [("50 % & {x}~^\\ $1 #2", Value(-1.5, 0.5, mark="†"))])
    (line,) = [line for line in table.to_latex().split("\n") if "50" in line]
    assert line == (
        r"50 \% \& \{x\}\textasciitilde{}\textasciicircum{}\textbackslash{} \$1 \#2 & "
        r"$-$1.5 $\pm$ 0.5 $\dagger$ \\"
    )


def test_json_has_values_and_not_how_they_are_read():
    table = Table(
        [Column("system"), Column("gain", "gain"), Column("steps", "count")],
        [(Value("fusion", mark="*"), Value(1.25, interval=0.0), 1234), ("alone", None, 0)],
        title="pawsx",
        notes=["* is a mark."],
    )
    found = table.to_json()
    assert (
        json.loads(json.dumps(found))
        == found
        == {
            "title": "pawsx",
            "columns": [
                {"heading": "system", "kind": "text"},
                {"heading": "gain", "kind": "gain"},
                {"heading": "steps", "kind": "count"},
            ],
            "rows": [[{"value": "fusion", "mark": "*"}, {"value": 1.25, "interval": 0.0}, 1234], ["alone", None, 0]],
            "notes": ["* is a mark."],
        }
    )


def test_a_table_needs_nothing_that_draws_before_it_is_drawn():
    program = (
        "import sys, adapterstilts.findings.table; sys.exit(bool({'rich', 'torch', 'numpy'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("width", [80, 100, 120, 200])
@pytest.mark.parametrize("name", TABLES)
def test_on_a_terminal_no_name_vanishes_and_no_number_is_cut(name, width):
    table = TABLES[name]
    lines = drawn(table, width)
    left_out = left_out_of(lines)
    assert max(map(len, lines)) <= width and "…" not in "".join(lines)
    text = f" {' '.join(line.strip() for line in lines)} "
    texts = table.texts(brief="the values in brackets" in left_out)
    for column, *cells in zip(table.columns, *texts, strict=True):
        if column.numeric and column.heading not in left_out:
            assert all(f" {cell} " in text for cell in cells), column.heading
    names = [re.match(r"(.*?)(?:   |$)", line)[1].strip() for line in lines]
    for row in texts:
        assert all(f" {word} " in f" {' '.join(names)} " for word in row[0].split()), row[0]


def test_every_language_is_there_where_there_is_room():
    (headings, *_) = drawn(forty_languages(), 300)
    assert headings.split() == ["system", *(f"l{number}" for number in range(40)), "average", "seconds"]


@pytest.mark.parametrize(
    ("width", "headings", "left_out"),
    [
        (70, ["name", "score", "steps", "secs"], []),
        (44, ["name", "score", "steps", "secs"], ["the values in brackets"]),
        (40, ["name", "score", "steps"], ["the values in brackets", "secs"]),
        (34, ["name", "score"], ["the values in brackets", "secs", "steps"]),
    ],
)
def test_what_is_secondary_goes_first(width, headings, left_out):
    lines = drawn(NARROW, width)
    assert lines[0].split() == headings and left_out_of(lines) == left_out


def test_what_may_not_be_left_out_stands_below_with_the_names_again():
    table = Table([Column("name"), *(Column(f"target {n}", "number") for n in range(9))], [("a system", *range(9))])
    lines = drawn(table, 40)
    assert len(lines) > 3 and all(len(line) <= 40 for line in lines)
    assert sum("a system" in line for line in lines) == sum("name" in line for line in lines) > 1
    assert re.findall(r"\d\.0", " ".join(lines)) == [f"{n}.0" for n in range(9)]


def test_a_number_beside_a_name_is_whole_even_where_the_terminal_is_narrower():
    assert any("+1.7 ± 26.9" in line for line in drawn(TABLES["pawsx"], 20))


TIMES = {"terminal": 5, "markdown": 4, "latex": 5, "csv": 2}
"""How often each form shows a text that is everywhere: a page has its own title, and values have no notes."""


def test_what_others_wrote_is_shown_and_not_obeyed(capsys):
    hostile = "\x1b]0;title\x07[bold]x[/bold]"
    table = Table([Column(hostile), Column("n", "number")], [(hostile, hostile)], hostile, [hostile])
    for form in drawing.FORMS:
        drawing.print_table(table, form)
        text = capsys.readouterr().out
        assert "\x1b" not in text and "\x07" not in text and text.count("[bold]x[/bold]") == TIMES[form]


def test_a_terminal_is_filled_and_a_pipe_gets_everything(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    drawing.print_table(TABLES["pawsx"])
    piped = capsys.readouterr().out
    assert "gap" in piped.splitlines()[1] and "Not shown" not in piped
    monkeypatch.setenv("FORCE_COLOR", "1")
    drawing.print_table(TABLES["pawsx"])
    shown = click.unstyle(capsys.readouterr().out)
    table = shown.partition("Not shown")[0]
    assert max(map(len, table.splitlines())) <= 80 < max(map(len, piped.splitlines()))
    assert all(note in piped for note in TABLES["pawsx"].notes)
    assert all(note in shown for note in TABLES["pawsx"].notes_in(80))


@pytest.mark.parametrize(("width", "explained"), [("400", True), ("80", False)])
def test_brackets_are_explained_where_they_are_shown(monkeypatch, capsys, width, explained):
    monkeypatch.setenv("COLUMNS", width)
    monkeypatch.setenv("FORCE_COLOR", "1")
    drawing.print_table(TABLES["pawsx"])
    shown = click.unstyle(capsys.readouterr().out)
    assert "Scores are means over seeds" in shown and ("in brackets the average" in shown) == explained
    assert ("the values in brackets" in shown) != explained
