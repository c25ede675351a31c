"""No row changes or vanishes in silence: it is refused by its place, or counted and the count is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_sources_formats import CSV, FILES, PAIR, QUESTION, read, squad, word
from world import Notes

from adapterstilts import tasks
from adapterstilts.base.errors import UserError
from adapterstilts.rows import folder, reading
from adapterstilts.tasks import own


def csqa(*letters: str, **more: object) -> str:
    choices = [{"label": letter, "text": f"text {number}"} for number, letter in enumerate(letters)]
    return json.dumps({"id": "1", "answerKey": "A", "question": {"stem": "?", "choices": choices}, **more})


def hellaswag(**more: object) -> str:
    return json.dumps({"ctx_a": "A.", "ctx_b": "", "endings": ["a", "b"], "label": 1, **more})


NO = {"id": "q2", "question": "Who?", "answers": []}
BOB = {"text": "Bob", "answer_start": 0}
REFUSED = [
    ("csqa", csqa("A", "B", "B"), "line 1: this is not a question with its choices (two choices have one letter"),
    ("csqa", csqa("A", "B", id=None), 'line 1: this is not a question with its choices ("id" is neither'),
    ("csqa", '{"id": "1", "id": "2"}', 'line 1: "id" is there twice in one JSON object'),
    ("hellaswag", hellaswag(label=1.9), "line 1: this is not a question with its choices (1.9 is no whole number"),
    ("hellaswag", hellaswag(label=True), "line 1: this is not a question with its choices (true is no whole number"),
    ("hellaswag", hellaswag(endings="ab"), 'line 1: this is not a question with its choices ("endings" is not a list'),
    ("hellaswag", hellaswag(endings=["a", None]), 'line 1: this is not a question with its choices ("endings" is not'),
    ("hellaswag", hellaswag(ctx_b=None), 'line 1: this is not a question with its choices ("ctx_b" is not a text'),
    ("cosmosqa", CSV + '1,"c\nc\nc",q,a,b,c,d,0\n2,c,q,a,b,c,d,7\n', "line 5: the label is 7"),
    ("cosmosqa", CSV + '1,"c\nc\nc",q,a,b,c,d,7\n', "line 2: the label is 7"),
    ("cosmosqa", CSV + '1,c,q,a,b,c,d,0\n\n"2,c,q,a,b,c,d,0\n', "line 4: this is not CSV"),
    ("cosmosqa", CSV + "1,c,q,a,b,c,d,0,0\n", "line 2: there are 9 columns"),
    (
        "cosmosqa",
        CSV.replace("answer1", "answer0") + "1,c,q,a,b,c,d,0\n",
        'line 1: the column "answer0" is there twice',
    ),
    ("squad2", squad({**QUESTION, "is_impossible": True}), 'question "q1" is marked as impossible, but has the answer'),
    ("squad2", squad({**NO, "is_impossible": False}), 'question "q2" is marked as possible, but has no answer'),
    ("squad2", squad({**QUESTION, "is_impossible": "no"}), '"is_impossible" of question "q1" is neither true nor'),
    ("squad", squad({**QUESTION, "is_impossible": True}), 'question "q1" is marked as impossible, but has the answer'),
    ("squad", squad({**QUESTION, "answers": [*QUESTION["answers"], {"text": "", "answer_start": 0}]}), "empty answer"),
    ("squad", squad({**QUESTION, "id": None}), 'question 1: this is not in SQuAD\'s format ("id" is neither'),
    ("squad", squad({**QUESTION, "question": None}), '("question" is not a text)'),
    ("squad", squad({**QUESTION, "answers": [{"text": None, "answer_start": 0}]}), '("text" is not a text)'),
    ("squad", squad({**QUESTION, "answers": [{"text": "Ann", "answer_start": 0.4}]}), "(0.4 is no whole number)"),
    ("squad", squad({**QUESTION, "answers": [{"text": "Ann", "answer_start": "x"}]}), '("x" is no whole number)'),
    ("squad", squad({**QUESTION, "answers": ["Ann"]}), '("answers" is not a list of objects)'),
    ("squad", "null", '(what should have "data" is not an object)'),
    ("csqa", csqa("A", question=None), '(what should have "choices" is not an object)'),
    ("squad", '{"data": [], "data": []}', '"data" is there twice in one JSON object'),
    ("xquad", squad(QUESTION, NO), 'question "q2": there is no answer and the questions above have one'),
    ("xquad", squad(NO, QUESTION), 'question "q1": there is an answer and the questions above have none'),
    (
        "mnli",
        '{"premise": "a", "hypothesis": "b", "label": "neutral", "label": "entailment"}',
        '"label" is there twice',
    ),
    (
        "qqp",
        "question1\tquestion2\tis_duplicate\tis_duplicate\nA?\tB?\t1\t0\n",
        'the column "is_duplicate" is there tw',
    ),
    ("panx", "Ann B-PER\nsang O\n", "line 1: there are spaces and no tab"),
    ("panx", "EU NNP B-NP B-ORG\n", "line 1: there are spaces and no tab"),
]
FILES["squad2"] = ("validation", "en", "squad/dev-v2.0.json")


@pytest.mark.parametrize(("name", "content", "message"), REFUSED)
def test_what_would_change_a_row_is_refused_naming_its_place(name, content, message, tmp_path):
    with pytest.raises(UserError) as raised:
        read(tmp_path, name, content)
    assert message in str(raised.value) and Path(FILES[name][2]).name in str(raised.value)


def test_questions_that_are_marked_as_they_are_are_read(tmp_path):
    content = squad({**QUESTION, "is_impossible": False}, {**NO, "is_impossible": True, "plausible_answers": [BOB]})
    assert [row["answers"]["text"] for row in read(tmp_path, "squad2", content)] == [["Ann"], []]


TABLE = "gold_label\tsentence1\tsentence2\n"
LEFT_OUT = {
    "mnli": (
        "validation",
        "en",
        "mnli.dev.jsonl",
        "".join(json.dumps({**PAIR, "label": label}) + "\n" for label in ("neutral", "-", -1)),
        "mnli.dev.jsonl: 2 of 3 rows left out: no gold label.",
    ),
    "mnli of GLUE": (
        "validation",
        "en",
        "MNLI/dev_matched.tsv",
        TABLE + "-\ta\tb\nneutral\ta\tb\n",
        "dev_matched.tsv: 1 of 2 rows left out: no gold label.",
    ),
    "qqp": (
        "validation",
        "en",
        "QQP/dev.tsv",
        "question1\tquestion2\tis_duplicate\nA?\nB?\t1\nA?\tB?\t1\n",
        "dev.tsv: 2 of 3 rows left out: a line's end within a sentence has broken them.",
    ),
    "udpos": (
        "validation",
        "de",
        "conllu/de_gsd-ud-dev.conllu",
        word(1, "_") + "\n" + word(1, "Haus") + "\n",
        "de_gsd-ud-dev.conllu: 1 of 2 rows left out: the treebank withholds their words.",
    ),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_left_out_of_a_folder_is_counted(name, tmp_path):
    split, language, file, content, expected = LEFT_OUT[name]
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(content, encoding="utf-8")
    task, notes = tasks.get(name.split()[0]), Notes()
    assert len(reading.load(task, split, language, str(tmp_path), None, notes)) == 1
    assert len(notes.notes) == 1 and notes.notes[0].endswith(expected)
    assert reading.found(task, split, language, str(tmp_path), notes)[0] and len(notes.notes) == 2
    folder.first(task, split, language, tmp_path)


def test_a_file_of_which_all_is_kept_says_nothing(tmp_path):
    notes, path = Notes(), tmp_path / "mnli.dev.jsonl"
    path.write_text(json.dumps(PAIR) + "\n")
    reading.load(tasks.get("mnli"), "validation", "en", str(tmp_path), None, notes)
    assert not notes.notes


def own_task(folder: Path, declaration: str, *rows: dict) -> tasks.Task:
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "mine.yaml").write_text(f"{declaration}\nfiles: {{test: {{en: rows.jsonl}}}}\n")
    return own.read(folder / "mine.yaml")


@pytest.mark.parametrize(
    ("declaration", "first", "second", "message"),
    [
        (
            "type: classification\nlabels: [no, yes]",
            {"sentence1": "a"},
            {"sentence1": "a", "sentence2": "b"},
            "sentence2",
        ),
        ("type: classification\nlabels: [no, yes]", {"sentence1": "a"}, {"sentence1": "a", "label": "no"}, "label"),
        ("type: tagging\nlabels: [O, B-X]", {"tokens": ["a"]}, {"tokens": ["a"], "tags": ["O"]}, "tags"),
        (
            "type: multiple_choice",
            {"question": "?", "choices": ["a", "b"]},
            {"question": "?", "choices": ["a", "b"], "context": "c"},
            "context",
        ),
    ],
)
def test_a_column_that_the_first_row_of_an_own_task_lacks_is_not_passed_over(
    declaration, first, second, message, tmp_path
):
    task = own_task(tmp_path, declaration, first, second)
    with pytest.raises(UserError, match=f'rows.jsonl, line 2: column "{message}": there is a value and the first row'):
        reading.load(task, "test", "en")
    assert len(reading.load(own_task(tmp_path, declaration, first, first), "test", "en")) == 2


def test_an_impossible_question_of_an_own_task_has_no_answer(tmp_path):
    row = {"context": "Ann sang.", "question": "?", "answers": ["Ann"], "is_impossible": True}
    with pytest.raises(UserError, match="line 1: .*is_impossible"):
        reading.load(own_task(tmp_path, "type: question_answering\nmetric: squad2", row), "test", "en")


def test_a_long_text_in_an_own_tasks_csv_is_no_mistake(tmp_path):
    (tmp_path / "rows.csv").write_text(f"sentence1,label\n{'a' * 200_000},yes\n")
    declaration = "type: classification\nlabels: [no, yes]\nfiles: {test: {en: rows.csv}}\n"
    (tmp_path / "mine.yaml").write_text(declaration)
    (row,) = reading.load(own.read(tmp_path / "mine.yaml"), "test", "en")
    assert len(row["sentence1"]) == 200_000
