"""Lines of one's own text to predictions, as evaluation makes them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from adapterstilts import execution, tasks
from adapterstilts.backbones import loading
from adapterstilts.base.errors import UserError
from adapterstilts.cli import main
from adapterstilts.exchange.at_hand import AtHand
from adapterstilts.rows import reading
from adapterstilts.runs import asked
from adapterstilts.tasks import types
from adapterstilts.tasks.types import sequences

NOWHERE = Path("nowhere")


def line_of(row: dict) -> str:
    return "\t".join(row[name] for name in ("sentence1", "sentence2"))


@pytest.fixture
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty rows of everything, where nothing else is asked for."""
    load = reading.load

    def sixty(task, split, language, data="pocket", limit=None, *progress):
        return load(task, split, language, data, limit or 60, *progress)

    monkeypatch.setattr(reading, "load", sixty)


def measured(word: str, target: str, method: str, language: str, output: Path) -> float:
    """The accuracy in a language as `evaluate` finds it."""
    settings = {"test_examples": 60}
    run = asked.evaluating(AtHand(output), word, target, method, settings=settings)
    return execution.evaluate(run, execution.How(output, (language,))).scores[language]["accuracy"]


def test_predictions_are_those_of_an_evaluation() -> None:
    """Whatever the batches are, and the format of the lines."""
    task = tasks.get("mnli")
    rows = reading.load(task, "test", "en", limit=40)
    predictor = execution.Predictor("mnli", "pocket", "lora", NOWHERE)
    found = list(predictor.predict(execution.rows_of(map(line_of, rows), task), batch_size=7))
    as_json = (json.dumps({key: row[key] for key in ("sentence1", "sentence2")}) for row in rows)
    again = list(predictor.predict(execution.rows_of(as_json, task)))
    assert [one.predicted for one in found] == [one.predicted for one in again]
    for one in found:
        assert set(one.probabilities) == set(task.labels)
        assert sum(one.probabilities.values()) == pytest.approx(1)
        assert max(one.probabilities, key=one.probabilities.get) == one.predicted
        assert one.score == max(one.probabilities.values()) and one.start is None
    right = sum(one.predicted == row["label"] for one, row in zip(found, rows, strict=True))
    assert right > 30


@pytest.mark.parametrize("name", ["squad", "squad2"])
def test_an_answer_comes_with_its_characters_and_its_probability(name) -> None:
    rows = reading.load(tasks.get(name), "test", "en", limit=40)
    predictor = execution.Predictor(name, "pocket", "bottleneck", NOWHERE)
    told = list(predictor.predict(rows))
    assert len({one.predicted for one in told}) > 10
    for one in told:
        assert one.row["context"][one.start : one.end] == one.predicted
        assert 0 < one.score <= 1 and one.probabilities is None
    if name == "squad2":
        assert {(one.start, one.end) for one in told if not one.predicted} == {(0, 0)}
    right = [one.score for one in told if one.predicted in (one.row["answers"]["text"] or [""])]
    wrong = [one.score for one in told if one.predicted not in (one.row["answers"]["text"] or [""])]
    assert right and (not wrong or sum(right) / len(right) > sum(wrong) / len(wrong))


def test_tags_come_with_a_probability_each() -> None:
    task = tasks.get("ccg")
    rows = reading.load(task, "test", "en", limit=10)
    for one in execution.Predictor("ccg", "pocket", "bottleneck", NOWHERE).predict(rows):
        assert len(one.score) == len(one.predicted) == len(one.row["tokens"])
        assert all(0 < score <= 1 for score in one.score) and one.probabilities is None


def test_a_batch_is_answered_before_the_next_line_is_read() -> None:
    read = []

    def lines():
        for number in range(4):
            read.append(number)
            yield "Anna paid Ben in Rome.\tBen was paid in Rome.\n"

    predictor = execution.Predictor("mnli", "pocket", "bottleneck", NOWHERE)
    answers = predictor.predict(execution.rows_of(lines(), predictor.task), batch_size=2)
    next(answers)
    assert read == [0, 1]


@pytest.mark.parametrize(
    ("name", "line", "row"),
    [
        ("pawsx", "a\tb", {"sentence1": "a", "sentence2": "b"}),
        ("panx", "Anna  lives in Rome .", {"tokens": ["Anna", "lives", "in", "Rome", "."]}),
        ("squad", "Who?\tAnna paid.", {"question": "Who?", "context": "Anna paid."}),
        ("hellaswag", "c\tq\tx\ty", {"context": "c", "question": "q", "choices": ["x", "y"]}),
        ("panx", '{"tokens": ["Anna"]}', {"tokens": ["Anna"]}),
        ("hellaswag", '{"context": "c", "question": "q", "choices": ["x", "y"]}', {"choices": ["x", "y"]}),
    ],
)
def test_a_line_is_a_row(name, line, row) -> None:
    (found,) = execution.rows_of(["\n", f"{line}\r\n"], tasks.get(name))
    assert found["id"] == "2" and row.items() <= found.items()


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("pawsx", "alone", "standard input, line 1 has no sentence2; pawsx takes sentence1, sentence2 between tabs"),
        ("pawsx", "a\tb\tc", "standard input, line 1 has 3 parts"),
        ("squad", '{"question": "Who?"', "standard input, line 1: this is not JSON"),
        ("squad", '{"question": "Who?", "context": 3}', 'standard input, line 1: "context" must be a text'),
        (
            "squad",
            '{"question": "Who?", "question": "Why?", "context": "x"}',
            '"question" is there twice in one JSON object',
        ),
        ("panx", '{"tokens": "Anna"}', 'standard input, line 1: "tokens" must be a list of texts'),
        ("hellaswag", "c\tq\tonly", "has no choices.*each choice a part of its own"),
    ],
)
def test_a_line_that_does_not_fit_is_named(name, line, said) -> None:
    with pytest.raises(UserError, match=said):
        list(execution.rows_of([line], tasks.get(name)))


@pytest.mark.parametrize(
    ("name", "rows", "said"),
    [
        ("pawsx", ["a\tb", ""], "Row 2 is empty; pawsx takes sentence1, sentence2 between tabs"),
        ("pawsx", ["alone"], "Row 1 has no sentence2"),
        ("pawsx", [{"sentence1": None, "sentence2": "b"}], 'Row 1: "sentence1" must be a text'),
        ("pawsx", ["a\tb", {"sentence1": "a", "sentence2": 3}], 'Row 2: "sentence2" must be a text'),
        ("squad", [{"question": "Who?"}], "Row 1 has no context"),
        ("panx", [{"tokens": ["Anna", 3]}], 'Row 1: "tokens" must be a list of texts'),
        ("panx", [["Anna"]], "Row 1 is neither a text nor a mapping, but a list"),
    ],
)
def test_a_row_from_python_is_checked_as_a_line_is(name, rows, said) -> None:
    with pytest.raises(UserError, match=said):
        list(execution.checked_rows(rows, tasks.get(name)))


def test_a_row_from_python_keeps_what_it_has_beside_its_columns() -> None:
    given = {"tokens": ("Anna", "paid"), "source": "mine"}
    assert list(execution.checked_rows([given, "Ben"], tasks.get("panx"))) == [
        {"id": "1", "tokens": ("Anna", "paid"), "source": "mine"},
        {"id": "2", "tokens": ["Ben"]},
    ]


def test_the_verb_prints_a_line_for_each(monkeypatch, capsys) -> None:
    task = tasks.get("squad")
    row = reading.load(task, "test", "en", limit=1)[0]
    text = f"{row['question']}\t{row['context']}\n" * 2
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8"))
    with pytest.raises(SystemExit) as stop:
        main(["predict", "squad"])
    out = capsys.readouterr().out.splitlines()
    assert stop.value.code == 0 and len(out) == 2 and out[0] == out[1] and out[0] in row["context"]


def test_the_tasks_own_rows_come_with_their_labels(few_rows, tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a language, as evaluation reads them."""
    said = spoken(capsys, "predict", "xnli-none", "--language", "de", code=1)
    assert "There is no adapter" in said
    lines = spoken(capsys, "predict", "mnli", "--method", "lora", "--language", "en").splitlines()
    rows = reading.load(tasks.get("mnli"), "test", "en")
    assert [line.split("\t")[:2] for line in lines] == [[row["sentence1"], row["sentence2"]] for row in rows]
    assert [line.split("\t")[-1] for line in lines] == [row["label"] for row in rows]
    right = sum(line.split("\t")[2] == line.split("\t")[4] for line in lines)
    assert 100 * right / len(lines) == pytest.approx(measured("mnli", "mnli", "lora", "en", tmp_path))


def test_a_language_that_the_task_has_not_is_told(few_rows, capsys: pytest.CaptureFixture[str]) -> None:
    said = spoken(capsys, "predict", "mnli", "--language", "fi", code=1)
    assert 'There are no rows for mnli in "fi" in the data pocket, but in ar, de, en' in said
    assert spoken(capsys, "predict", "ccg", "--language", "en").count("\n") == len(
        reading.load(tasks.get("ccg"), "test", "en")
    )


def test_a_target_that_shares_the_training_data_lends_its_languages(
    few_rows, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = spoken(capsys, "predict", "mnli", "--language", "de").splitlines()
    rows = reading.load(tasks.get("xnli"), "test", "de")
    assert [line.split("\t")[0] for line in lines] == [row["sentence1"] for row in rows]


def test_the_nearest_sentences_are_those_of_tatoeba(
    few_rows, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = reading.load(tasks.get("tatoeba"), "test", "de")
    for name, side in (("english", "sentence1"), ("german", "sentence2")):
        (tmp_path / name).write_text("".join(f"{row[side]}\n" for row in rows), encoding="utf-8")
    words = ["predict", "csqa", str(tmp_path / "english"), "--nearest", str(tmp_path / "german")]
    found = json.loads(spoken(capsys, *words, "--json"))["nearest"]
    right = sum(one["nearest"] == row["sentence2"] for one, row in zip(found, rows, strict=True))
    assert 100 * right / len(rows) == pytest.approx(measured("csqa", "tatoeba", "bottleneck", "de", tmp_path))
    assert all(-1 <= one["cosine"] <= 1.0001 for one in found)
    plain = spoken(capsys, "predict", "none", str(tmp_path / "german"), "--nearest", str(tmp_path / "german"))
    assert plain.splitlines()[0] == f"{rows[0]['sentence2']}\t1.000"


def test_nothing_to_search_among_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").write_text("\n \n")
    words = ["predict", "none", str(tmp_path / "empty"), "--nearest", str(tmp_path / "empty")]
    assert "no sentences to search among" in spoken(capsys, *words, code=1)


def spoken(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    """What a command prints: its error if it fails."""
    with pytest.raises(SystemExit) as stop:
        main([*words])
    said = capsys.readouterr()
    assert stop.value.code == code, said.err
    return said.err if code else said.out


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35 \u0e1c\u0e21\tBen", True),
        ("\u039f \u039c\u03c0\u03b5\u03bd\t\u0e1c\u0e21", True),
        ("Ben gave a coat to Max.\tMax has a coat.", False),
        ("Dogs bark; \u30d9\u30f3\u306f\u72ac\u3092\u898b\u305f\u3002\t\u0411\u0435\u043d", False),
    ],
)
def test_what_the_backbone_cannot_read_is_said(text, told):
    tokenizer = loading.load_tokenizer("pocket")
    pair = dict(zip(("sentence1", "sentence2"), text.split("\t"), strict=True))
    features = types.get("classification").encode([pair], tokenizer, tasks.get("mnli"), 64)
    said = sequences.not_read(features, tokenizer)
    assert (said is not None) == told
    assert not told or "<unk>" in said
