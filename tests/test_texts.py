"""Text in other encodings and halves of letters: one sentence with place and line, whatever is read."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from adapterstilts import execution, tasks
from adapterstilts.base import texts
from adapterstilts.base.errors import UserError
from adapterstilts.cli import main
from adapterstilts.rows import reading as rows_reading
from adapterstilts.rows.formats.lines import read_json, read_json_lines
from adapterstilts.rows.formats.records import read_records
from adapterstilts.runs import results
from adapterstilts.scoring.submission import reading
from adapterstilts.tasks import own

OTHERS = {
    "latin-1": "Größe".encode("latin-1"),
    "utf-16": "Size".encode("utf-16"),
    "utf-16-le": "Size".encode("utf-16-le"),
    "utf-16-be": "Size".encode("utf-16-be"),
    "cut": "Größe".encode()[:3],
    "surrogates": "\ud83d".encode("utf-8", "surrogatepass"),
    "nul": b"Si\0ze",
}
MARK = b"\xef\xbb\xbf"
LONE = [r"\ud83d", r"\ude00", r"\ud83d\ud83d\ude00", r"\ude00\ud83d", r"\\\ud83d", r"\uD83Dx"]
WHOLE = [r"\ud83d\ude00", r"\\ud83d", r"\ud55c", r"\\\ud83d\ude00"]


@pytest.mark.parametrize("raw", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("before", [b"", MARK], ids=["", "mark"])
def test_what_is_not_utf_8_is_told_by_its_line(raw, before):
    with pytest.raises(UserError, match="^f, line 3: this is not UTF-8; convert it to UTF-8.$"):
        texts.decoded(before + b"a\r\nb\n" + raw + b"\nc\n", "f")
    with pytest.raises(UserError, match="^f, line 3: this is not UTF-8"):
        list(texts.numbered([before + b"a\r\n", b"b\n", raw], "f"))


def test_a_byte_order_mark_is_no_text():
    assert texts.decoded(MARK + b"a", "f") == "a"
    assert list(texts.numbered([MARK + b"a\r\n", b"b\x85\n".replace(b"\x85", "\x85".encode()), b""], "f")) == [
        (1, "a"),
        (2, "b\x85"),
        (3, ""),
    ]


@pytest.mark.parametrize("escape", LONE)
def test_half_of_a_letter_is_told_by_its_line(escape, tmp_path):
    with pytest.raises(UserError, match=r"^f, line 8: \\u[dD]\w+ is half of a surrogate pair"):
        texts.parse_json(f'{{"a":\n"{escape}"}}', "f", 7)
    (tmp_path / "f.json").write_text(f'["a",\n "{escape}"]')
    (tmp_path / "f.jsonl").write_text(f'{{"a": 1}}\n{{"a": "{escape}"}}\n')
    for read in (read_json, lambda path: list(read_json_lines(path.with_suffix(".jsonl"))), results.read):
        with pytest.raises(UserError, match="f.jsonl?, line 2: .* surrogate pair"):
            read(tmp_path / "f.json")


@pytest.mark.parametrize("escape", WHOLE)
def test_a_whole_letter_is_read(escape):
    assert texts.parse_json(f'"{escape}"', "f") == json.loads(f'"{escape}"')


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        ("classification", "t.csv", b"sentence1,label\n%s,no\n"),
        ("classification", "t.tsv", b"sentence1\tlabel\n%s\tno\n"),
        ("classification", "t.json", b'[{"label": "no",\n"sentence1": "%s"}]'),
        ("classification", "t.jsonl", b'{"sentence1": "a", "label": "no"}\n{"sentence1": "%s", "label": "no"}'),
        ("question_answering", "t.json", b'{"data":\n"%s"}'),
        ("tagging", "t.conll", b"a\tO\n%s\tO\n"),
        ("tagging", "t.conllu", b"# a\n# %s\n"),
        ("retrieval", "t.tsv", b"sentence1\tsentence2\n%s\tb\n"),
    ],
)
def test_every_file_of_rows_names_the_line(tmp_path, kind, name, text):
    task = declared(tmp_path, kind, name)
    wrong = [OTHERS["latin-1"], OTHERS["nul"], *([LONE[0].encode()] if "json" in name else [])]
    for raw in wrong:
        (tmp_path / name).write_bytes(text % raw)
        with pytest.raises(UserError, match=f"{name}, line 2: ") as told:
            rows_reading.load(task, "test", task.languages[0])
        assert "\n" not in str(told.value)


def declared(folder: Path, kind: str, name: str) -> tasks.Task:
    labels = {"classification": "labels: [no, yes]", "tagging": "labels: [O, X]"}.get(kind, "")
    (folder / name).touch()
    declaration = folder / "task.yaml"
    declaration.write_text(
        f"type: {kind}\nfiles: {{test: {{{'de' if kind == 'retrieval' else 'en'}: {name}}}}}\n{labels}"
    )
    return own.read(declaration)


def test_parquet_in_another_encoding(tmp_path):
    raw = OTHERS["latin-1"]
    offsets = pyarrow.array([0, len(raw)], pyarrow.int32()).buffers()[1]
    column = pyarrow.Array.from_buffers(pyarrow.string(), 1, [None, offsets, pyarrow.py_buffer(raw)])
    pyarrow.parquet.write_table(pyarrow.table({"sentence1": column}), tmp_path / "t.parquet")
    with pytest.raises(UserError, match=r"t\.parquet, after row 0: there is text that is not UTF-8"):
        list(read_records(tmp_path / "t.parquet").entries)


@pytest.mark.parametrize("row", [{"sentence1": "\ud83d", "label": "no"}, {"sentence1": "a", "label": "\ud83d"}])
def test_rows_from_python_are_unicode(row):
    task = tasks.own.declare(name="t", type="classification", labels=["no", "yes"], rows={"test": {"en": [row]}})
    with pytest.raises(UserError, match=r'row 1: column "\w+"'):
        rows_reading.load(task, "test", task.languages[0])


@pytest.mark.parametrize("raw", OTHERS.values(), ids=OTHERS)
def test_a_declaration_names_the_line(tmp_path, raw):
    path = tmp_path / "t.yaml"
    path.write_bytes(b"type: classification\ntitle: " + raw + b"\n")
    with pytest.raises(UserError, match=r"t\.yaml, line 2: this is not UTF-8"):
        own.read(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('labels: [a, b]\ntitle: "\\ud83d"', '"title" is "�", but must be a text'),
        ('labels: ["\\ud83d", b]', '"labels" is .*, but must be a list'),
        ("labels: [a, b]\ntitle: \x01", r"line 4: this is not YAML \(U\+0001"),
        ("title: " + "[" * 1500, "this is not YAML"),
    ],
)
def test_a_declaration_of_what_is_no_text(tmp_path, text, says):
    (tmp_path / "t.csv").touch()
    path = tmp_path / "t.yaml"
    path.write_text(f"type: classification\nfiles: {{test: t.csv}}\n{text}\n")
    with pytest.raises(UserError, match=says) as told:
        own.read(path)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("name", ["xnli", "udpos", "tatoeba", "bucc2018", "xquad"])
@pytest.mark.parametrize("raw", OTHERS.values(), ids=OTHERS)
def test_a_submission_names_the_line(tmp_path, name, raw):
    path = reading.path_of(tmp_path, tasks.get(name), "de")
    path.parent.mkdir()
    read = {"xquad": reading.answers, "bucc2018": reading.pairs, "udpos": lambda path: reading.sentences(path, task)}
    task = tasks.get(name)
    path.write_bytes(b"\n" + raw)
    with pytest.raises(UserError, match=r", line 2: this is not UTF-8"):
        read.get(name, lambda path: reading.labels(path, task))(path)


def test_half_of_a_letter_in_a_submission(tmp_path):
    (tmp_path / "a.json").write_text('{"q":\n"\\ud83d"}')
    for read in (reading.answers, reading.questions):
        with pytest.raises(UserError, match=r"a\.json, line 2: .* surrogate pair"):
            read(tmp_path / "a.json")


ALONE = b'{"question": "\\ud83d", "context": "a"}'
ASKED = [(raw, words) for raw in (*OTHERS.values(), ALONE) for words in ((), ("-",), ("text",))]
SEARCHED = [
    (raw, words) for raw in OTHERS.values() for words in (("text", "--nearest", "good"), ("good", "--nearest", "text"))
]


@pytest.mark.parametrize(("raw", "words"), ASKED + SEARCHED)
def test_predict_names_the_line(tmp_path, monkeypatch, capsys, raw, words):
    monkeypatch.chdir(tmp_path)
    text = MARK + "Wer?\tAnna öffnet.\n\n".encode() + raw + b"\n"
    Path("text").write_bytes(text)
    Path("good").write_text("good\n")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text), "utf-8"))
    with pytest.raises(SystemExit, match="1"):
        main(["predict", "none" if "--nearest" in words else "squad", *words])
    said = capsys.readouterr().err.splitlines()[-1]
    where = "text" if "text" in words else "standard input"
    assert said.startswith(f"Error: {where}, line 3: ") and ("UTF-8" in said or "surrogate" in said)


def test_a_closed_standard_input_is_told(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", None)
    for words, code in ((), 1), (("-",), 2):
        with pytest.raises(SystemExit, match=str(code)):
            main(["predict", "squad", *words])
        assert "tandard input is closed" in capsys.readouterr().err


@pytest.mark.parametrize("row", ["Wer?\t\ud83d", {"question": "Wer?", "context": "\ud83d"}])
def test_a_row_from_python_is_unicode(row):
    with pytest.raises(UserError, match="^Row 1.* has half of a surrogate pair"):
        list(execution.checked_rows([row], tasks.get("squad")))
