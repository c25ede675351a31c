"""A user's own task: what its declaration may say, what its rows may be, and that every verb takes it."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import datasets
import hub_server
import pyarrow.parquet
import pytest
import world
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import adapterstilts
from adapterstilts import cli, tasks
from adapterstilts.base.errors import UserError
from adapterstilts.exchange.at_hand import AtHand
from adapterstilts.rows import reading
from adapterstilts.rows.hub import repositories
from adapterstilts.runs import asked, command, recipe
from adapterstilts.tasks import own

PAIRS = "premise,hypothesis,gold\nA paid B.,B was paid.,yes\nA paid B.,A was paid.,no\n"
YAML = """
type: classification
labels: [no, yes]
columns: {sentence1: premise, sentence2: hypothesis, label: gold}
files:
  train: {en: train.csv}
  validation: {en: dev.csv}
  test: {en: test.csv, de: test.de.csv}
"""
FILES = ("train.csv", "dev.csv", "test.csv", "test.de.csv")


def write(folder: Path, declaration: str = YAML, name: str = "claims.yaml", **files: str | bytes) -> Path:
    """A declaration and its files, those of `PAIRS` if none are given."""
    for file, text in (files or dict.fromkeys(FILES, PAIRS)).items():
        (folder / file).write_bytes(text if isinstance(text, bytes) else text.encode())
    (folder / name).write_text(declaration)
    return folder / name


def one_file(folder: Path, kind: str, name: str, text: str | bytes, more: str = "") -> tasks.Task:
    """A task of a type with one file, its English test set."""
    head = f"type: {kind}\nfiles: {{test: {{{'de' if kind == 'retrieval' else 'en'}: {name}}}}}\n{more}"
    return own.read(write(folder, head, **{name: text}))


def rows_of(task: tasks.Task, split: str = "test", language: str = "en") -> list[dict]:
    return reading.load(task, split, language)


# what a declaration says


def test_a_declaration_is_a_task_like_ours(tmp_path):
    task = own.read(write(tmp_path))
    assert (task.name, task.title, task.role, task.train_on) == ("claims", "claims", "target", "claims")
    assert task.labels == ("no", "yes") and task.languages == ("en", "de")
    assert (task.metric, task.chance, task.licence) == ("accuracy", 50.0, "")
    assert not task.of_xtreme and tasks.get("xnli").of_xtreme
    assert reading.splits_of(task) == {"train": ("en",), "validation": ("en",), "test": ("en", "de")}
    assert reading.missing(task) == {}
    assert reading.evaluated_split(task) == "test" and reading.languages_of(task) == ("en", "de")
    assert rows_of(task, language="de")[0] == {
        "id": "test-0",
        "sentence1": "A paid B.",
        "sentence2": "B was paid.",
        "label": "yes",
    }


@pytest.mark.parametrize("data", ["pocket", "hub", "nowhere/at/all"])
def test_its_rows_are_its_own_whatever_the_data_are(tmp_path, data):
    task = own.read(write(tmp_path))
    assert len(reading.load(task, "train", "en", data)) == 2
    assert reading.source_revision(task, data) == reading.source_revision(task)
    assert reading.word_of(data, task) == "file"


def test_a_role_follows_from_the_languages_unless_it_is_given(tmp_path):
    english = YAML.replace(", de: test.de.csv", "")
    assert own.read(write(tmp_path, english)).role == "intermediate"
    assert own.read(write(tmp_path, f"{english}role: target\n")).role == "target"


def test_a_path_stands_for_english_and_a_pattern_for_every_language(tmp_path):
    text = "type: classification\nlabels: [no, yes]\nlanguages: [en, de]\n"
    text += "columns: {sentence1: premise, label: gold}\nfiles: {train: train.csv, test: 'test.{language}.csv'}\n"
    files = dict.fromkeys(("train.csv", "test.en.csv", "test.de.csv"), PAIRS)
    task = own.read(write(tmp_path, text, **files))
    assert reading.splits_of(task)["test"] == ("en", "de")
    assert set(rows_of(task)[0]) == {"id", "sentence1", "label"}  # sentence2 is neither declared nor so called


WRONG = [
    ("[a, b]", "must hold names and values, such as type"),
    ("type: [", "line 1: this is not YAML"),
    (YAML + "labls: [a]\n", 'there is no key "labls". Did you mean "labels"?'),
    (YAML.replace("type: classification", ""), '"type" is missing'),
    (YAML.replace("classification", "clasification"), '"type" has no "clasification". Did you mean "classification"?'),
    (YAML.replace("classification", "[a]"), r"\"type\" is \['a'\], but must be a text"),
    (YAML.replace("labels: [no, yes]", ""), '"labels" is missing'),
    (YAML.replace("[no, yes]", "[no]"), '"labels" is .* a list of two or more'),
    (YAML.replace("[no, yes]", "[no, no]"), '"labels" has "no" twice'),
    (YAML.replace("[no, yes]", "{no: 1}"), '"labels" is .* a list of names of labels'),
    (YAML + "metric: f1\n", '"metric" has no "f1".* It can be accuracy'),
    (YAML + "role: both\n", '"role" has no "both".* intermediate, target'),
    (YAML + "chance: 101\n", '"chance" is "101", but must be a number from 0 to 100'),
    (YAML + "languages: [en]\n", 'test rows in "de", which "languages" lacks'),
    (YAML + "languages: [english]\n", '"english" is no language\'s code'),
    (YAML + "name: mnli-2\n", '"name" is "mnli-2", but must be lower-case letters, digits and underscores'),
    (YAML + "name: ../up\n", '"name" is "../up"'),
    (YAML + "name: none\n", '"name" is "none"'),
    (YAML + "train_on: mnli\n", 'it has training rows, so "train_on" has no place'),
    (YAML + "hub: {id: a/b}\n", 'by "files" or by "hub", one of them'),
    (YAML + "recipe: 3\n", '"recipe" is 3, but must be names and values'),
    (YAML.replace("sentence1:", "sentence:"), '"columns" has no "sentence". Did you mean "sentence'),
    (YAML.replace("gold}", "[gold]}"), "columns: label.* the name of a column"),
    (
        YAML.replace("train.csv", "trian.csv"),
        r"there is no file trian\.csv \(.*\); correct the path",
    ),
    (YAML.replace("train:", "training:"), '"files" has no "training". Did you mean "train"?'),
    (YAML.replace("{en: train.csv}", "{de: train.csv}"), "training rows are English"),
    (YAML.replace("{en: dev.csv}", "{de: dev.csv}"), "validation rows must be there in English"),
    (YAML.replace("{en: train.csv}", "{en: 3}"), "there is no file 3"),
    (YAML.replace("{en: train.csv}", "{en: claims.yaml}"), "is of no format that is read; classification takes .csv"),
    (YAML.replace("{en: train.csv}", "[train.csv]"), '"files: train" is .* names and values'),
    ("type: retrieval\nfiles: {train: train.csv}", "retrieval is not trained"),
    ("type: retrieval\nfiles: {test: {en: test.csv}}", "one side of every pair is English"),
    ("type: retrieval\nlabels: [a, b]\nfiles: {test: {de: test.csv}}", 'retrieval has no "labels"'),
    ("type: retrieval\nfiles: {}", '"files" is .*files by split and language'),
]


@pytest.mark.parametrize(("text", "says"), WRONG)
def test_a_mistake_is_one_sentence_that_names_the_file_and_the_key(tmp_path, text, says):
    path = write(tmp_path, text)
    with pytest.raises(UserError, match=says) as told:
        own.read(path)
    assert str(told.value).startswith(str(path)) and "\n" not in str(told.value)


HUB = "type: classification\nlabels: [a, b]\nlanguages: [en, de]\nhub: {id: o/n, splits: {train: train, test: test}}"
WRONG_HUB = [
    (HUB.replace("id: o/n, ", ""), '"id" is missing'),
    (HUB.replace("o/n", "n"), '"id" is "n", but must be a data set'),
    (HUB.replace(", splits: {train: train, test: test}", ""), '"splits" is missing'),
    (HUB.replace("train: train", "dev: train"), '"splits" has no "dev"'),
    (HUB.replace("splits", "split"), '"hub" has no "split". Did you mean "splits"?'),
    (HUB.replace("languages: [en, de]", ""), '"languages" is missing'),
    (HUB.replace("[en, de]", "[de]"), "training rows are English"),
]


@pytest.mark.parametrize(("text", "says"), WRONG_HUB)
def test_a_mistake_below_hub_is_named_too(tmp_path, text, says):
    own.read(write(tmp_path, HUB))
    with pytest.raises(UserError, match=says):
        own.read(write(tmp_path, text))


def test_a_file_that_cannot_be_read_says_so(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        own.read(tmp_path / "nothing.yaml")
    (tmp_path / "latin.yaml").write_bytes("title: Größe".encode("latin-1"))
    with pytest.raises(UserError, match="is not UTF-8"):
        own.read(tmp_path / "latin.yaml")


# who knows it


def test_a_registered_task_is_one_of_all_and_may_be_registered_again(tmp_path):
    path = write(tmp_path)
    task = tasks.register_file(path)
    tasks.register_file(path)
    assert tasks.get("claims") is not task and tasks.get("claims") == task
    assert [*tasks.all_tasks()][-1] == "claims" and len(tasks.all_tasks()) == 19
    assert len(tasks.shipped()) == 18


def test_a_name_that_is_taken_is_refused(tmp_path):
    tasks.register_file(write(tmp_path))
    with pytest.raises(UserError, match='the name "mnli" is that of a task that is there already'):
        tasks.register_file(write(tmp_path, name="mnli.yaml"))
    (tmp_path / "sub").mkdir()
    with pytest.raises(UserError, match=r'the name "claims" is declared in .*claims\.yaml, too; rename one'):
        tasks.register_file(write(tmp_path / "sub"))


def test_the_environment_names_files_and_folders_of_tasks(tmp_path, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, name=f"{name}.yaml")
    monkeypatch.setenv(tasks.ENVIRONMENT, os.pathsep.join([str(tmp_path / "one"), str(tmp_path / "two" / "two.yaml")]))
    assert {"one", "two"} < set(tasks.all_tasks())
    tasks.register_file(tmp_path / "one" / "one.yaml")  # by --task-file, too
    monkeypatch.setenv(tasks.ENVIRONMENT, str(tmp_path / "three"))
    with pytest.raises(UserError, match=f"There is no .*three, which the environment variable {tasks.ENVIRONMENT}"):
        tasks.all_tasks()


def test_a_task_without_training_rows_is_trained_on_another_of_its_kind(tmp_path):
    text = "type: classification\nlabels: [contradiction, entailment, neutral]\ntrain_on: mnli\n"
    text += "files: {test: {de: test.csv}}"
    rows = "sentence1,sentence2,label\na,b,neutral\n"
    assert tasks.register_file(write(tmp_path, text, **{"test.csv": rows})).train_on == "mnli"
    for wrong, says in (
        (text.replace("mnli", "mnlj"), 'which is no task. Did you mean "mnli"?'),
        (text.replace("mnli", "xnli"), 'must have training rows, and the type and the labels of "claims"'),
        (text.replace("mnli", "squad"), "it is question_answering"),
    ):
        with pytest.raises(UserError, match=says.replace("?", r"\?")):
            tasks.register_file(write(tmp_path, wrong, **{"test.csv": rows}))


def test_what_an_adapter_remembers_is_the_task_without_its_rows(tmp_path):
    task = own.read(write(tmp_path, f"{YAML}recipe: {{max_steps: 3}}\n"))
    said = json.loads(json.dumps(tasks.declaration_json(task)))
    assert str(tmp_path) not in json.dumps(said)
    remembered = tasks.from_json(said)
    assert tasks.declaration_json(remembered) == said
    assert dataclasses.replace(remembered, own=None) == dataclasses.replace(task, own=None)
    for ask in (reading.source_revision, reading.languages_of):
        with pytest.raises(UserError, match='The rows of "claims" are not at hand.*--task-file FILE'):
            ask(remembered)
    with pytest.raises(UserError, match='there is no key "command"'):
        tasks.from_json({**said, "command": "x"})
    with pytest.raises(UserError, match="must be an object"):
        tasks.from_json([said])


def test_a_remembered_task_takes_no_other_ones_place(tmp_path):
    said = tasks.declaration_json(own.read(write(tmp_path)))
    tasks.remember([{**said, "name": "mnli"}, said], "x")
    assert tasks.get("mnli").own is None and tasks.get("claims").own.source == "x"
    assert tasks.register_file(tmp_path / "claims.yaml") is tasks.get("claims")


def test_its_recipe_wins_over_the_recipes_own_and_is_checked(tmp_path):
    text = f"{YAML}recipe: {{max_steps: 7, batch_size: 3, lora: {{rank: 2}}}}\n"
    tasks.register_file(write(tmp_path, text))
    resolved = recipe.resolve("pocket", "lora", None, "claims", {"batch_size": 5})
    assert (resolved.run["max_steps"], resolved.run["batch_size"], resolved.method["rank"]) == (7, 5, 2)
    assert recipe.resolve("pocket", "lora", None, "mnli").run["max_steps"] == 4000
    for wrong, says in (("max_step: 7", 'no setting "max_step". Did you mean "max_steps"?'), ("max_steps: {a: 1}", "")):
        tasks.register_file(write(tmp_path, f"{YAML}recipe: {{{wrong}}}\n"))
        with pytest.raises(UserError, match=f'recipe of the task "claims" has {says}'.replace("?", r"\?")):
            recipe.resolve("pocket", "lora", None, "claims")


# its rows


TABLE = [{"sentence1": "a, b", "sentence2": 'say "c"\nagain', "label": "yes"}, {"sentence1": "東京", "sentence2": "d"}]
TABLE[1]["label"] = "no"
TAGGED = [{"tokens": ["Anna", "paid"], "tags": ["B-PER", "O"]}]
ASKED = [{"context": "Ben paid.", "question": "Who?", "answers": {"text": ["paid"], "answer_start": [4]}}]
CHOSEN = [{"context": "", "question": "Who?", "choices": ["Ben", "Anna"], "label": 1}]
FOUND = [{"sentence1": "Yes.", "sentence2": "Ja."}]
EACH = {
    "classification": (TABLE, "labels: [no, yes]"),
    "tagging": (TAGGED, "labels: [O, B-PER]"),
    "question_answering": (ASKED, ""),
    "multiple_choice": (CHOSEN, ""),
    "retrieval": (FOUND, ""),
}


def as_csv(rows: list[dict], delimiter: str = ",", **options: object) -> str:
    """A table as Python's csv writes it."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter, **options)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def as_jsonl(rows: list[dict]) -> str:
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def as_parquet(rows: list[dict], features: datasets.Features | None = None) -> bytes:
    file = io.BytesIO()
    pyarrow.parquet.write_table(datasets.Dataset.from_list(rows, features).data.table, file)
    return file.getvalue()


@pytest.mark.parametrize("kind", EACH)
@pytest.mark.parametrize("suffix", ["jsonl", "json", "parquet"])
def test_rows_of_each_type_are_read_from_each_format(tmp_path, kind, suffix):
    rows, more = EACH[kind]
    text = {"jsonl": as_jsonl, "json": json.dumps, "parquet": as_parquet}[suffix](rows)
    task = one_file(tmp_path, kind, f"test.{suffix}", text, more)
    language = "de" if kind == "retrieval" else "en"
    assert rows_of(task, language=language) == [{"id": f"test-{n}", **row} for n, row in enumerate(rows)]


@pytest.mark.parametrize("kind", EACH)
def test_rows_of_each_type_are_given_from_python(kind):
    rows, more = EACH[kind]
    labels = {"labels": more[9:-1].split(", ")} if more else {}
    language = "de" if kind == "retrieval" else "en"
    for each in (rows, datasets.Dataset.from_list(rows)):
        task = adapterstilts.Task(name="mine", type=kind, rows={"test": {language: each}}, **labels)
        assert rows_of(task, language=language) == [{"id": f"test-{n}", **row} for n, row in enumerate(rows)]


def test_tables_with_marks_line_breaks_and_a_byte_order_mark_are_what_they_were(tmp_path):
    for name, text in (
        ("a.csv", as_csv(TABLE)),
        ("b.csv", "\ufeff" + as_csv(TABLE, lineterminator="\n")),
        ("c.tsv", as_csv(TABLE, "\t")),
        ("d.csv", as_csv(TABLE, quoting=csv.QUOTE_ALL)),
    ):
        task = one_file(tmp_path, "classification", name, text, "labels: [no, yes]")
        assert [{**row, "id": None} for row in rows_of(task)] == [{**row, "id": None} for row in TABLE], name


def test_a_table_with_tabs_that_was_written_without_marks_keeps_them(tmp_path):
    text = 'sentence1\tsentence2\tlabel\n"He" said\tb "c\tyes\n'
    (row,) = rows_of(one_file(tmp_path, "classification", "a.tsv", text, "labels: [no, yes]"))
    assert (row["sentence1"], row["sentence2"]) == ('"He" said', 'b "c')


TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4), suffix=st.sampled_from(["csv", "tsv", "jsonl"]))
def test_texts_come_back_as_they_were_written(tmp_path, texts, suffix):
    rows = [{"sentence1": one, "sentence2": other, "label": "no"} for one, other in texts]
    text = as_jsonl(rows) if suffix == "jsonl" else as_csv(rows, "," if suffix == "csv" else "\t")
    task = one_file(tmp_path, "classification", f"test.{suffix}", text, "labels: [no, yes]")
    assert [(row["sentence1"], row["sentence2"]) for row in rows_of(task)] == texts


def test_tagging_is_read_from_a_token_a_line_too(tmp_path):
    more = "labels: [O, B-PER]"
    expected = [{"id": "test-0", **TAGGED[0]}]
    assert rows_of(one_file(tmp_path, "tagging", "t.conll", "Anna\tB-PER\npaid\tO\n\n", more)) == expected
    assert rows_of(one_file(tmp_path, "tagging", "t.csv", "tokens,tags\nAnna paid,B-PER O\n", more)) == expected
    line = "1\tAnna\t_\tPROPN\t_\t_\t0\troot\t_\t_\n"
    (row,) = rows_of(one_file(tmp_path, "tagging", "t.conllu", line, "labels: [PROPN, X]"))
    assert row["tags"] == ["PROPN"]


def test_answers_are_read_from_squads_format_and_from_tables(tmp_path):
    question = {"id": "q", "question": "Who?", "answers": [{"text": "Ben", "answer_start": 0}]}
    squad = {"data": [{"paragraphs": [{"context": "Ben paid.", "qas": [question]}]}]}
    (row,) = rows_of(one_file(tmp_path, "question_answering", "t.json", json.dumps(squad)))
    assert row["answers"] == {"text": ["Ben"], "answer_start": [0]} and row["id"] == "q"
    header = "context,question,answers,answer_start\n"
    (row,) = rows_of(one_file(tmp_path, "question_answering", "t.csv", f"{header}a Ben Ben,Who?,Ben,6\n"))
    assert row["answers"] == {"text": ["Ben"], "answer_start": [6]}
    (row,) = rows_of(one_file(tmp_path, "question_answering", "t.csv", f"{header}a Ben Ben,Who?,Ben,\n"))
    assert row["answers"]["answer_start"] == [2]
    (row,) = rows_of(one_file(tmp_path, "question_answering", "t.csv", f"{header}a,Who?,,\n", "metric: squad2"))
    assert row["answers"] == {"text": [], "answer_start": []}


def test_choices_may_be_columns(tmp_path):
    more = "columns: {choices: [a, b], question: q}"
    (row,) = rows_of(one_file(tmp_path, "multiple_choice", "t.csv", "q,a,b,label\nWho?,Ben,Anna,1\n", more))
    assert row == {"id": "test-0", "context": "", "question": "Who?", "choices": ["Ben", "Anna"], "label": 1}


def test_numbers_are_places_among_the_labels_unless_labels_look_like_numbers(tmp_path):
    text = "sentence1,label\na,0\nb,1\n"

    def labels(names: str) -> list[str]:
        return [
            row["label"] for row in rows_of(one_file(tmp_path, "classification", "t.csv", text, f"labels: {names}"))
        ]

    assert labels("[no, yes]") == ["no", "yes"]
    assert labels("[1, 0]") == ["0", "1"]
    with pytest.raises(UserError, match='line 2: column "label": the label is "0": it must be one of 1, 2'):
        labels("[1, 2]")


def test_the_names_of_class_labels_are_those_of_the_file(tmp_path):
    features = datasets.Features(
        {"sentence1": datasets.Value("string"), "label": datasets.ClassLabel(names=["yes", "no"])}
    )
    body = as_parquet([{"sentence1": "a", "label": 0}], features)
    (row,) = rows_of(one_file(tmp_path, "classification", "t.parquet", body, "labels: [no, yes]"))
    assert row["label"] == "yes"


def test_ids_are_those_of_a_column_that_is_declared(tmp_path):
    more = "labels: [no, yes]\ncolumns: {id: number}"
    assert [row["id"] for row in rows_of(one_file(tmp_path, "classification", "t.csv", LABELLED, more))] == ["7", "8"]
    with pytest.raises(UserError, match='line 3: column "number": "7" is there twice'):
        rows_of(one_file(tmp_path, "classification", "t.csv", LABELLED.replace("8", "7"), more))


LABELLED = "number,sentence1,label\n7,a,yes\n8,b,no\n"
BROKEN = [
    ("classification", "t.csv", "sentence,label\na,no\n", 'no column "sentence1". Did you mean "sentence"? It has'),
    ("classification", "t.csv", "a,no\nb,yes\n", "names before it: sentence1, sentence2, label, between commas"),
    ("classification", "t.csv", "sentence1,label\na,maybe\n", 'line 2: column "label": the label is "maybe"'),
    ("classification", "t.csv", 'sentence1,label\n"a\nb",no\nc,x\n', 'line 4: column "label"'),
    ("classification", "t.csv", "sentence1,label\na\n", "line 2: there are 1 columns: it must be the 2 of line 1"),
    (
        "classification",
        "t.csv",
        "sentence1,label\na,no\nb,\n",
        'line 3: column "label": there is no value and',
    ),
    ("classification", "t.csv", "sentence1,sentence1\na,no\n", 'the column "sentence1" is there twice'),
    ("classification", "t.csv", "sentence1,label\n", "has no rows below its line of names"),
    ("classification", "t.csv", "\n", "is empty"),
    ("classification", "t.csv", 'sentence1,label\n"a,no\n', "line 2: this is not CSV"),
    ("classification", "t.csv", b"sentence1,label\n\xff,no\n", "line 2: this is not UTF-8"),
    ("classification", "t.jsonl", '{"sentence1": 3, "label": "no"}', 'line 1: column "sentence1": 3 is there: it must'),
    ("classification", "t.jsonl", '{"sentence1": "a", "label": true}', "the label is True"),
    ("classification", "t.json", '{"sentence1": "a"}', "must be a list of objects"),
    ("classification", "t.json", "[]", "has no rows"),
    ("classification", "t.parquet", b"nothing", "cannot be read as parquet"),
    ("tagging", "t.jsonl", '{"tokens": ["a", "b"], "tags": ["O"]}', 'column "tags": there are 1 for 2 tokens'),
    ("tagging", "t.jsonl", '{"tokens": []}', 'column "tokens": .* a list of texts'),
    ("multiple_choice", "t.jsonl", '{"question": "q", "choices": ["a", "b"], "label": 2}', "must be 0 to 1"),
    ("multiple_choice", "t.jsonl", '{"question": "q", "choices": "a b"}', 'column "choices": it must be a list of two'),
    ("question_answering", "t.csv", "context,question,answers\na,b,c\n", 'column "answers": "c" is not in its context'),
    (
        "question_answering",
        "t.jsonl",
        '{"context": "ab", "question": "q", "answers": {"text": "b", "answer_start": 0}}',
        "not at character 0",
    ),
    (
        "question_answering",
        "t.jsonl",
        '{"context": "ab", "question": "q", "answers": 3}',
        "must be a text, or an",
    ),
    ("retrieval", "t.csv", "sentence1\na\n", 'has no column "sentence2"'),
]


@pytest.mark.parametrize(("kind", "name", "text", "says"), BROKEN)
def test_an_error_names_the_file_the_row_and_the_column(tmp_path, kind, name, text, says):
    more = {"classification": "labels: [no, yes]", "tagging": "labels: [O, B-PER]"}.get(kind, "")
    task = one_file(tmp_path, kind, name, text, more)
    with pytest.raises(UserError, match=says.replace("?", r"\?").replace("(", r"\(")) as told:
        rows_of(task, language="de" if kind == "retrieval" else "en")
    assert name in str(told.value)


def test_an_error_in_rows_from_python_names_the_split_the_language_and_the_row():
    rows = {"test": {"de": [{"sentence1": "a", "label": "no"}, {"sentence1": "a", "label": "ja"}]}}
    task = adapterstilts.Task(name="mine", type="classification", labels=["no", "yes"], rows=rows)
    with pytest.raises(
        UserError, match=r'Task "mine", rows\["test"\]\["de"\], row 2: column "label": the label is "ja"'
    ):
        rows_of(task, language="de")
    for wrong in ([1], {"en": "text"}, {"en": [1]}):
        with pytest.raises(UserError, match='"rows" must hold for "test" a list of dicts'):
            adapterstilts.Task(name="mine", type="classification", labels=["no", "yes"], rows={"test": wrong})


def test_test_rows_may_lack_their_labels_and_others_may_not(tmp_path):
    text = YAML.replace("{en: dev.csv}", "{en: test.de.csv}")
    files = {**dict.fromkeys(FILES, PAIRS), "test.de.csv": "premise,hypothesis\na,b\n"}
    task = own.read(write(tmp_path, text, **files))
    assert rows_of(task, language="de") == [{"id": "test-0", "sentence1": "a", "sentence2": "b"}]
    with pytest.raises(UserError, match=r'test\.de\.csv has no column "gold" \(label\)'):
        rows_of(task, "validation")


def test_without_validation_rows_a_tenth_of_the_training_rows_validates(tmp_path):
    text = YAML.replace("  validation: {en: dev.csv}\n", "")
    rows = "premise,hypothesis,gold\n" + "".join(f"a {n},b,no\n" for n in range(200))
    task = own.read(write(tmp_path, text, **{**dict.fromkeys(FILES, PAIRS), "train.csv": rows}))
    trained, checked = rows_of(task, "train"), rows_of(task, "validation")
    assert reading.splits_of(task)["validation"] == ("en",)
    assert len(trained) + len(checked) == 200 and 10 <= len(checked) <= 30
    assert not {row["id"] for row in trained} & {row["id"] for row in checked}
    few = own.read(write(tmp_path, text, **{**dict.fromkeys(FILES, PAIRS), "train.csv": PAIRS}))
    with pytest.raises(UserError, match="too few are there to hold out a tenth as validation rows"):
        rows_of(few, "validation")


def test_questions_about_one_paragraph_are_held_out_together(tmp_path):
    rows = [{"context": f"c {n // 5}", "question": f"q {n}", "answers": "c"} for n in range(200)]
    text = "type: question_answering\nfiles: {train: t.jsonl}"
    task = own.read(write(tmp_path, text, **{"t.jsonl": as_jsonl(rows)}))
    trained, checked = ({row["context"] for row in rows_of(task, split)} for split in ("train", "validation"))
    assert checked and not trained & checked


def test_the_revision_follows_the_rows_and_what_makes_them_and_nothing_else(tmp_path):
    def revision(text: str = YAML, **files: str) -> str:
        return reading.source_revision(own.read(write(tmp_path, text, **{**dict.fromkeys(FILES, PAIRS), **files})))

    first = revision()
    assert first.startswith("file ") and first == revision(f"{YAML}title: Mine\nlicence: MIT\n")
    others = {revision(YAML.replace("[no, yes]", "[yes, no]")), revision(**{"test.de.csv": PAIRS + "a,b,no\n"})}
    assert len({first, *others}) == 3

    def of_python(label: str) -> str:
        rows = {"test": {"de": [{"sentence1": "a", "label": label}]}}
        return reading.source_revision(
            adapterstilts.Task(name="mine", type="classification", labels=["no", "yes"], rows=rows)
        )

    assert of_python("no") == of_python("no") != of_python("yes")


# the Hub


def test_rows_on_the_hub_are_read_by_the_same_columns(tmp_path, monkeypatch):
    with hub_server.serving() as served:
        hub_server.use(served.url, tmp_path / "home", monkeypatch)
        repositories._open.cache_clear()
        features = datasets.Features(
            {"text": datasets.Value("string"), "gold": datasets.ClassLabel(names=["yes", "no"])}
        )
        columns = {"text": [f"t {n}" for n in range(40)], "gold": [0, 1] * 20}
        body = hub_server.parquet(columns, features)
        files = {f"{code}/{split}.parquet": body for code, split in (("en", "train"), ("en", "test"), ("de", "test"))}
        commit = served.dataset("some/claims").commit(files)
        text = "type: classification\nlabels: [no, yes]\nlanguages: [en, de]\n"
        text += "columns: {sentence1: text, label: gold}\n"
        text += "hub: {id: some/claims, config: '{language}', splits: {train: train, test: test}, "
        task = own.read(write(tmp_path, f"{text}revision: {commit}}}\n"))
        assert rows_of(task, language="de")[1] == {"id": "test-1", "sentence1": "t 1", "label": "no"}
        assert len(rows_of(task, "train")) + len(rows_of(task, "validation")) == 40
        assert reading.source_revision(task) == f"some/claims@{commit}"
        assert reading.word_of("pocket", task) == "hub"
        wrong = own.read(write(tmp_path, text.replace("gold", "label") + "}\n"))
        with pytest.raises(UserError, match='some/claims.* has no column "label".* It has text, gold'):
            rows_of(wrong, "train")


# every verb


def table(count: int, language: str) -> str:
    rows = [
        {"premise": f"Anna {language} paid, {n}", "hypothesis": f'"Ben"\n{n}', "gold": ("no", "yes")[n % 2]}
        for n in range(count)
    ]
    return "\ufeff" + as_csv(rows)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A world with an adapter of MNLI, and a task of one's own: English pairs, and a German test file."""
    with pytest.MonkeyPatch.context() as patch:
        work = world.build(tmp_path_factory.mktemp("world"), patch, own_rows=False)
        with pytest.raises(SystemExit) as ended:
            cli.main(["train", "mnli", "--json"])
        assert ended.value.code == 0
        text = YAML.replace("  validation: {en: dev.csv}\n", "") + "recipe: {batch_size: 5}\n"
        names = {"train.csv": table(120, "en"), "test.csv": table(6, "en"), "test.de.csv": table(6, "de")}
        write(work, text, **names)
        yield work


@pytest.fixture
def call(call):
    """Run a command line; return standard output, or the error."""

    def run(*words: str, code: int = 0) -> str:
        ended, out, err = call(*words)
        assert ended == code, err
        return out if code == 0 else err

    return run


def test_it_is_trained_fused_with_mnli_evaluated_predicted_and_compared(trained, call, monkeypatch):
    file = ("--task-file", "claims.yaml")
    assert "claims" in call("tasks", *file)
    assert "labels of test: no 6, yes 6" in call("data", "claims", *file)
    alone = json.loads(call("train", "claims", *file, "--json"))
    assert set(alone["scores"]) == {"en", "de"} and alone["adapter"] == "pocket-bottleneck-claims-s0"
    assert alone["run"]["rows"]["source"] == "file" and alone["run"]["settings"]["batch_size"] == 5
    assert alone["system"] == "bottleneck, target only"
    fused = json.loads(call("fuse", "claims", "mnli", "--target", "claims", *file, "--json"))
    assert fused["system"] == "bottleneck, fusion of claims + mnli" and set(fused["scores"]) == {"en", "de"}
    assert all("--task-file claims.yaml" in one["command"] for one in fused["not_run"])
    assert {one["adapter"] for one in fused["others"]} == {alone["adapter"]}
    monkeypatch.setenv(tasks.ENVIRONMENT, ".")
    monkeypatch.setattr(tasks, "_registered", {})
    again = json.loads(call("evaluate", fused["adapter"], "--json"))
    assert again["scores"] == fused["scores"]
    assert "fusion of claims + mnli" in call("compare", "claims")
    assert "\nbackbone as it is" not in call("stack", "mnli", "--target", "claims")
    assert json.loads(call("continue", "mnli", "--target", "claims", "--json"))["system"].endswith("from mnli")
    there = call("predict", "claims", "--language", "de").splitlines()
    assert len(there) == 6 and there[0].endswith("no")
    assert "no task of XTREME" in call("evaluate", "claims", "--submission", "sent", code=1)


def test_it_is_an_intermediate_task_of_ours_and_a_source_needs_no_file(trained, call, monkeypatch):
    call("train", "claims", "--task-file", "claims.yaml")
    monkeypatch.setattr(tasks, "_registered", {})
    made = json.loads(call("continue", "claims", "--target", "pawsx", "--language", "en", "--json"))
    assert made["system"] == "bottleneck, continued from claims"


def test_a_source_of_other_rows_than_the_files_have_now_is_told(trained, capsys):
    about = ("--task-file", "claims.yaml", "--output", "elsewhere")
    for words in (["train", "claims", *about], ["continue", "claims", "--target", "pawsx", *about]):
        with pytest.raises(SystemExit):
            cli.main(words)
        assert "trained on other rows" not in capsys.readouterr().err
    before = (trained / "train.csv").read_bytes()
    (trained / "train.csv").write_bytes(before[: before.rstrip().rindex(b"\n") + 1])
    try:
        with pytest.raises(SystemExit):
            cli.main(["stack", "claims", "--target", "pawsx", *about])
        assert "The source claims was trained on other rows (" in capsys.readouterr().err
    finally:
        (trained / "train.csv").write_bytes(before)


def test_an_adapter_predicts_without_the_file_of_its_task(trained, call, monkeypatch, tmp_path):
    call("train", "claims", "--task-file", "claims.yaml")
    monkeypatch.setattr(tasks, "_registered", {})
    (tmp_path / "lines.txt").write_text('A paid.\tB.\n{"premise": "A.", "hypothesis": "B."}\nOne sentence.\n')
    found = json.loads(call("predict", "claims", str(tmp_path / "lines.txt"), "--json"))
    assert [set(one["probabilities"]) for one in found["predictions"]] == [{"no", "yes"}] * 3
    assert "give it by --task-file FILE" in call("evaluate", "claims", code=1)


def test_its_results_are_compared_without_its_file(trained, call, monkeypatch):
    alone = json.loads(call("train", "claims", "--task-file", "claims.yaml", "--json"))
    assert not any(str(trained) in json.dumps(each) for each in alone["declarations"])
    for words in (["compare"], ["compare", "claims"], ["compare", "tatoeba", "--summary", "--json"]):
        monkeypatch.setattr(tasks, "_registered", {})
        monkeypatch.setattr(tasks, "_remembered", {})
        shown = call(*words)
    monkeypatch.setattr(tasks, "_remembered", {})
    shown = call("compare")
    assert "claims, backbone pocket" in shown and "bottleneck, target only" in shown


def test_a_result_of_a_task_that_nobody_declares_is_left_out_and_named(trained, call, monkeypatch, capsys):
    call("train", "claims", "--task-file", "claims.yaml", "--output", "old")
    path = Path("old/results/pocket-bottleneck-claims-s0--claims.json")
    content = json.loads(path.read_text())
    path.write_text(json.dumps({key: value for key, value in content.items() if key != "declarations"}))
    monkeypatch.setattr(tasks, "_registered", {})
    monkeypatch.setattr(tasks, "_remembered", {})
    with pytest.raises(SystemExit) as ended:
        cli.main(["compare", "--output", "old"])
    shown = capsys.readouterr()
    assert ended.value.code == 0 and "Nothing has been measured" in shown.out
    (line,) = shown.err.splitlines()
    assert line.startswith(f'Left out: {path}: There is no task "claims".') and "--task-file" in line


@pytest.mark.parametrize("name", ["claims", "nli"])
def test_its_runs_are_read_back_from_their_commands_which_name_its_file(trained, monkeypatch, name):
    text = "type: classification\nlabels: [contradiction, entailment, neutral]\ntrain_on: mnli\n"
    text += "files: {test: {de: nli.csv}}"
    write(trained, text, "nli.yaml", **{"nli.csv": "sentence1,label\na,neutral\n"})
    tasks.register_file(Path(f"{name}.yaml"))
    here = AtHand(Path("runs"))
    for run in (
        asked.training(here, name, "bottleneck"),
        asked.training(here, name, "bottleneck", "stack", ["mnli"], seed=1),
        asked.training(here, name, "bottleneck", "fuse", ["mnli", "squad"], settings={"max_steps": 2}),
    ):
        words = command.arguments_of(run)
        assert words[-2:] == ["--task-file", f"{name}.yaml"] and "--data" not in words
        monkeypatch.setattr(tasks, "_registered", {})
        assert command.parse(words, AtHand(Path("runs"))) == run


def test_it_is_published_only_with_a_licence(trained, call, monkeypatch):
    call("train", "claims", "--task-file", "claims.yaml")
    says = 'says no licence of "claims"'
    assert says in call("publish", "pocket-bottleneck-claims-s0", "--to", "me", "--dry-run", code=1)


def test_python_takes_it_in_the_place_of_a_name(trained):
    rows = {"train": {"en": [{"sentence1": f"a {n}", "label": n % 2} for n in range(100)]}}
    rows["test"] = {"de": datasets.Dataset.from_list(rows["train"]["en"][:5])}
    task = adapterstilts.Task(name="mine", type="classification", labels=["no", "yes"], rows=rows)
    alone = adapterstilts.train(task)
    assert set(alone.scores) == {"de"} and task.languages == ("en", "de")
    mixed = adapterstilts.stack("mnli", target=task)
    assert (mixed.target, mixed.told()["system"]) == ("mine", "bottleneck, stack on mnli")
    assert adapterstilts.evaluate("mine", task).scores == alone.scores


def test_completion_knows_it_and_says_nothing_of_a_file_that_is_wrong(tmp_path):
    write(tmp_path)
    words = {"COMP_WORDS": "adapterstilts train cla", "COMP_CWORD": "2", "_ADAPTERSTILTS_COMPLETE": "bash_complete"}
    program = [sys.executable, "-c", "from adapterstilts.cli import cli; cli(prog_name='adapterstilts')"]

    def completed(text: str) -> str:
        (tmp_path / "claims.yaml").write_text(text)
        environment = {**os.environ, **words, tasks.ENVIRONMENT: str(tmp_path)}
        done = subprocess.run(program, env=environment, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        return done.stdout

    assert completed(YAML) == "plain,claims\n"
    assert completed("type: nothing").strip() == ""
