"""Rows from the Hub: every task and split on small data in its true schema, through the real libraries."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import datasets
import hub_server
import pyarrow.parquet
import pytest
from datasets import ClassLabel, Features, List, Value
from hub_server import Hub, parquet
from world import Notes

from adapterstilts import tasks
from adapterstilts.base import hub as asking
from adapterstilts.base.errors import UserError
from adapterstilts.rows import hub as source
from adapterstilts.rows.hub import repositories
from adapterstilts.rows.paragraphs import held_out

DATA = [data for task in tasks.shipped().values() for data in task.hub]
COMMITS = {data.id: data.commit for data in DATA}
TEXT = Value("string")
NLI = ["entailment", "neutral", "contradiction"]
UPOS = list(tasks.get("udpos").labels)
NER = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"]
ANSWERS = {"text": List(TEXT), "answer_start": List(Value("int32"))}


def pairs(first: str, second: str, names: list[str], labels: list[int], **more: list) -> bytes:
    """A table of sentence pairs, as its labels' numbers and names say."""
    texts = {first: [f"Öne {n}" for n in range(len(labels))], second: [f"two {n}" for n in range(len(labels))]}
    kinds = {name: Value("string" if isinstance(values[0], str) else "int32") for name, values in more.items()}
    features = Features({first: TEXT, second: TEXT, "label": ClassLabel(names=names), **kinds})
    return parquet({**texts, "label": labels, **more}, features)


def nli(labels: list[int]) -> bytes:
    return pairs("premise", "hypothesis", NLI, labels)


def questions(rows: list[tuple[str, str, list[str], list[int]]], title: bool = True) -> bytes:
    """A table of (id, context, answers, where they start)."""
    columns: dict[str, list] = {"id": [row[0] for row in rows]}
    columns |= {"title": ["Title"] * len(rows)} if title else {}
    columns |= {"context": [row[1] for row in rows], "question": [f"Who is {row[0]}?" for row in rows]}
    columns["answers"] = [{"text": row[2], "answer_start": row[3]} for row in rows]
    kinds = {name: TEXT for name in columns if name != "answers"}
    return parquet(columns, Features({**kinds, "answers": ANSWERS}))


def squad(*identifiers: str) -> bytes:
    return questions([(one, "ไทย 北京 Anna", ["北京"], [4]) for one in identifiers])


def tagged(column: str, names: list[str], tags: list[list[int]], **more: list) -> bytes:
    tokens = [[f"w{n}" for n in range(len(row))] for row in tags]
    kinds = {name: List(TEXT) for name in more}
    features = Features({"tokens": List(TEXT), column: List(ClassLabel(names=names)), **kinds})
    return parquet({"tokens": tokens, column: tags, **more}, features)


def card(**configs: dict[str, str]) -> bytes:
    """A README whose header has the configurations: {configuration: {split: path}}."""
    listed = [
        {"config_name": name, "data_files": [{"split": split, "path": path} for split, path in splits.items()]}
        for name, splits in configs.items()
    ]
    return b"---\nconfigs: " + json.dumps(listed).encode() + b"\n---\n# Card\n"


def repository(folders: dict[str, dict[str, bytes]]) -> dict[str, bytes]:
    """The files of {configuration: {split: parquet}}, as the Hub names them, with their card."""
    name = "{}/{}-00000-of-00001.parquet"
    paths = {config: {split: f"{config}/{split}-*" for split in splits} for config, splits in folders.items()}
    files = {name.format(config, split): body for config, splits in folders.items() for split, body in splits.items()}
    return {**files, "README.md": card(**paths)}


TYDIQA = {
    f"{name}-{number}": f"ไทย 北京 Anna {number // 2}"
    for number in range(60)
    for name in ("english", "korean", "telugu")
}
ENDINGS = {"ctx_a": TEXT, "ctx_b": TEXT, "ctx": TEXT, "endings": List(TEXT), "label": TEXT, "ind": Value("int32")}


def hellaswag() -> bytes:
    columns = {"ctx_a": ["He sits."], "ctx_b": ["Then he"], "ctx": ["He sits. Then he"], "ind": [3], "label": ["2"]}
    return parquet({**columns, "endings": [["runs.", "eats.", "goes.", "sings."]]}, Features(ENDINGS))


def cosmosqa() -> bytes:
    answers = {f"answer{number}": [f"answer {number}"] for number in range(4)}
    columns = {"id": ["3Q9#0"], "context": ["It rained."], "question": ["Why?"], **answers, "label": [3]}
    kinds = {name: TEXT for name in columns if name != "label"}
    return parquet(columns, Features({**kinds, "label": Value("int32")}))


def csqa() -> bytes:
    columns = {"id": ["1af"], "question": ["Where?"], "question_concept": ["place"], "answerKey": ["B"]}
    offered = [{"label": list("ABCDE"), "text": ["bank", "library", "mall", "mansion", "moon"]}]
    kinds = {**dict.fromkeys(columns, TEXT), "choices": {"label": List(TEXT), "text": List(TEXT)}}
    return parquet({**columns, "choices": offered}, Features(kinds))


def tatoeba() -> bytes:
    columns = {"source_sentence": ["Guten Tag.\n", "Ja.\n"], "target_sentence": ["Good day.\n", "Yes.\n"]}
    columns |= {"source_lang": ["deu"] * 2, "target_lang": ["eng"] * 2}
    return parquet(columns, Features(dict.fromkeys(columns, TEXT)))


def xtreme() -> dict[str, dict[str, bytes]]:
    """google/xtreme, in a few of its configurations."""
    folders: dict[str, dict[str, bytes]] = {}
    upos = tagged("pos_tags", UPOS, [[0, 1], [16, 11, 2]])
    folders["udpos.English"] = dict.fromkeys(("train", "validation", "test"), upos)
    folders["udpos.Thai"] = {"test": upos}
    for language in ("en", "ar"):
        names = tagged("ner_tags", NER, [[1, 2, 0], [5]], langs=[[language] * 3, [language]])
        folders[f"PAN-X.{language}"] = dict.fromkeys(("train", "validation", "test"), names)
    # as the makers of that copy did: a context without its first space, the answer's start as it was
    moved = questions([("m1", "Anna met Anna", ["Anna"], [10]), ("m2", "Anna", ["Anna"], [1])])
    folders["MLQA.zh.zh"] = folders["MLQA.en.en"] = {"validation": moved, "test": moved}
    folders["tatoeba.deu"] = {"validation": tatoeba()}
    return folders


@pytest.fixture(scope="module")
def made() -> dict[str, dict[str, bytes]]:
    """The files of every repository."""
    splits = ("train", "validation", "test")
    anli = {f"{split}_r{number}": nli([0, 1, 2]) for split in ("train", "dev", "test") for number in (1, 2, 3)}
    mnli = dict.fromkeys(("train", "validation_matched", "validation_mismatched"), nli([2, 0, 1]))
    qqp = dict.fromkeys(
        ("train", "validation"), pairs("question1", "question2", ["not_duplicate", "duplicate"], [1, 0])
    )
    pawsx = {split: pairs("sentence1", "sentence2", ["0", "1"], [1, 0], id=[7, 8]) for split in splits}
    unanswered = questions([("u1", "Nothing here", [], []), ("u2", "Anna", ["Anna"], [0])])
    quiz = questions([("x1", "北京在中国", ["中国"], [3])], title=False)
    folders = {
        "facebook/anli": {"plain_text": anli},
        "nyu-mll/glue": {"mnli": mnli, "qqp": qqp},
        "stanfordnlp/snli": {"plain_text": dict.fromkeys(splits, nli([0, -1, 2]))},
        "rajpurkar/squad": {"plain_text": {"train": squad("a", "b"), "validation": squad("c")}},
        "rajpurkar/squad_v2": {"squad_v2": dict.fromkeys(("train", "validation"), unanswered)},
        "facebook/xnli": {one: {"validation": nli([2]), "test": nli([0, 1, 2])} for one in ("en", "sw")},
        "google-research-datasets/paws-x": {"en": pawsx, "ko": pawsx},
        "google/xquad": {"xquad.en": {"validation": quiz}, "xquad.zh": {"validation": quiz}},
        "google-research-datasets/tydiqa": {
            "secondary_task": {
                "train": questions([(one, context, ["北京"], [4]) for one, context in TYDIQA.items()]),
                "validation": squad("english-x-1", "korean-x-1", "korean-x-2"),
            }
        },
        "google/xtreme": xtreme(),
    }
    files = {identifier: repository(folder) for identifier, folder in folders.items()}
    for identifier, body in (("Rowan/hellaswag", hellaswag()), ("tau/commonsense_qa", csqa())):
        paths = {f"data/{split}-00000-of-00001.parquet": body for split in ("train", "validation")}
        files[identifier] = {**paths, "README.md": card(default={s: f"data/{s}-*" for s in ("train", "validation")})}
    files["allenai/cosmos_qa"] = {f"default/{split}/0000.parquet": cosmosqa() for split in ("train", "validation")}
    return files


@contextmanager
def ready(made: dict[str, dict[str, bytes]], home: Path) -> Iterator[Hub]:
    """A Hub that has them all, each at its pinned commit, and the libraries asking it."""
    with hub_server.serving() as hub, pytest.MonkeyPatch.context() as patch:
        for identifier, files in made.items():
            ref = "refs/convert/parquet" if identifier == "allenai/cosmos_qa" else "main"
            hub.dataset(identifier).commit(files, ref, COMMITS[identifier])
        hub_server.use(hub.url, home, patch)
        patch.setattr(asking, "WAITS", (0.0, 0.0))
        repositories._open.cache_clear()
        yield hub
        repositories._open.cache_clear()


@pytest.fixture(scope="module")
def standing(made, tmp_path_factory):
    """One for the tests that only read."""
    with ready(made, tmp_path_factory.mktemp("standing")) as hub:
        yield hub


@pytest.fixture
def served(made, tmp_path):
    """One of the test's own, which may change it."""
    with ready(made, tmp_path / "home") as hub:
        yield hub


def load(name: str, split: str = "test", language: str = "en", limit: int | None = None) -> list[dict]:
    return source.load(tasks.get(name), split, language, limit)


EVERY = [
    ("mnli", "train validation test", "en", ["contradiction", "entailment", "neutral"]),
    ("qqp", "train validation", "en", ["duplicate", "not_duplicate"]),
    ("squad", "train validation", "en", None),
    ("squad2", "train validation", "en", None),
    ("hellaswag", "train validation", "en", None),
    ("cosmosqa", "train validation", "en", None),
    ("csqa", "train validation", "en", None),
    ("anli_plus", "train validation test", "en", None),
    ("xnli", "test", "sw", ["entailment", "neutral", "contradiction"]),
    ("xnli", "validation", "en", ["contradiction"]),
    ("pawsx", "train validation test", "en", ["1", "0"]),
    ("pawsx", "test", "ko", ["1", "0"]),
    ("udpos", "train validation test", "en", None),
    ("udpos", "test", "th", None),
    ("panx", "train validation test", "en", None),
    ("panx", "test", "ar", None),
    ("xquad", "test", "zh", None),
    ("mlqa", "validation test", "zh", None),
    ("tydiqa", "train validation test", "en", None),
    ("tydiqa", "test", "ko", None),
    ("tatoeba", "test", "de", None),
]
COLUMNS = {
    "classification": {"id", "sentence1", "sentence2", "label"},
    "multiple_choice": {"id", "context", "question", "choices", "label"},
    "tagging": {"id", "tokens", "tags"},
    "question_answering": {"id", "context", "question", "answers"},
    "retrieval": {"id", "sentence1", "sentence2"},
}


@pytest.mark.parametrize(("name", "splits", "language", "labels"), EVERY)
def test_every_task_is_read_in_the_columns_of_its_type(standing, name, splits, language, labels):
    task = tasks.get(name)
    for split in splits.split():
        assert language in source.languages_of(task, split)
        rows = source.load(task, split, language)
        assert rows and all(set(row) == COLUMNS[task.type] for row in rows)
        assert len({row["id"] for row in rows}) == len(rows)
        assert source.first(task, split, language) == rows[0]
        if labels is not None:
            assert [row["label"] for row in rows] == labels
        if task.type == "question_answering":
            for row in rows:
                for text, start in zip(row["answers"]["text"], row["answers"]["answer_start"], strict=True):
                    assert row["context"][start : start + len(text)] == text


def test_every_split_of_every_declaration_is_among_them():
    read = {(name, split) for name, splits, _, _ in EVERY for split in splits.split()}
    declared = {(task.name, split) for task in tasks.all_tasks().values() for data in task.hub for split in data.splits}
    assert read == declared


def test_every_repository_has_a_pinned_commit_whichever_tasks_read_it():
    assert all(len(data.commit) == 40 and int(data.commit, 16) for data in DATA)
    assert len({(data.id, data.commit) for data in DATA}) == len(COMMITS)


def test_anli_plus_joins_its_parts_without_the_pairs_that_have_no_label(standing):
    rows = load("anli_plus", "train")
    assert [row["id"] for row in rows] == [
        *(f"train-{part}-{number}" for part in range(4) for number in range(3)),
        *("train-4-0", "train-4-1"),
    ]
    assert [row["label"] for row in rows[-2:]] == ["entailment", "contradiction"]
    assert len(load("anli_plus", "test")) == 3 * 3 + 2


def test_a_limit_takes_anli_plus_from_its_parts_in_proportion(standing):
    rows = load("anli_plus", "train", limit=5)
    assert [row["id"].split("-")[1] for row in rows] == ["0", "1", "2", "3", "4"]
    assert rows == [row for row in load("anli_plus", "train") if row in rows]


def test_tydiqa_is_trained_on_english_alone_and_validates_on_a_tenth_of_the_paragraphs(standing):
    parts = {split: {row["id"] for row in load("tydiqa", split)} for split in ("train", "validation", "test")}
    english = {one: context for one, context in TYDIQA.items() if one.startswith("english-")}
    assert parts["train"] | parts["validation"] == set(english) and not parts["train"] & parts["validation"]
    assert parts["validation"] == {one for one, context in english.items() if held_out(context)} != set()
    assert parts["test"] == {"english-x-1"}
    assert [row["id"] for row in load("tydiqa", "test", "ko")] == ["korean-x-1", "korean-x-2"]
    for split in ("train", "validation"):
        assert source.languages_of(tasks.get("tydiqa"), split) == ("en",)
        with pytest.raises(UserError, match=f'no {split} rows in "ko"'):
            load("tydiqa", split, "ko")


def test_choices_texts_tags_and_questions_without_an_answer_are_read_as_from_the_releases(standing):
    assert load("hellaswag", "train")[0] == {
        "id": "train-0",
        "context": "He sits.",
        "question": "",
        "choices": ["Then he runs.", "Then he eats.", "Then he goes.", "Then he sings."],
        "label": 2,
    }
    assert load("cosmosqa", "train")[0]["label"] == 3
    assert load("csqa", "train")[0] == {
        "id": "1af",
        "context": "",
        "question": "Where?",
        "choices": ["bank", "library", "mall", "mansion", "moon"],
        "label": 1,
    }
    assert load("panx", "test", "ar")[0] == {
        "id": "test-0",
        "tokens": ["w0", "w1", "w2"],
        "tags": ["B-PER", "I-PER", "O"],
    }
    assert load("udpos", "test", "th")[0]["tags"] == ["ADJ", "ADP"]
    assert load("squad2", "train")[0]["answers"] == {"text": [], "answer_start": []}
    assert load("tatoeba", language="de")[1] == {"id": "1", "sentence1": "Yes.", "sentence2": "Ja."}


def test_the_types_that_older_releases_wrote_are_read(served):
    value = {"dtype": "string", "id": None, "_type": "Value"}
    start = {"dtype": "int32", "id": None, "_type": "Value"}
    kinds = {name: value for name in ("id", "title", "context", "question")}
    kinds["answers"] = {
        "feature": {"text": value, "answer_start": start},
        "length": -1,
        "id": None,
        "_type": "Sequence",
    }
    table = pyarrow.parquet.read_table(io.BytesIO(squad("a")))
    file = io.BytesIO()
    header = {"huggingface": json.dumps({"info": {"features": kinds}})}
    pyarrow.parquet.write_table(table.replace_schema_metadata(header), file)
    files = repository({"plain_text": {"train": file.getvalue()}})
    served.dataset("rajpurkar/squad").commit(files, sha=COMMITS["rajpurkar/squad"])
    assert load("squad", "train")[0]["answers"] == {"text": ["北京"], "answer_start": [4]}


def test_an_answer_moves_to_where_its_context_has_it(standing):
    assert [row["answers"]["answer_start"] for row in load("mlqa", language="zh")] == [[9], [0]]


def test_an_answer_that_is_moved_is_counted(standing):
    notes = Notes()
    source.load(tasks.get("mlqa"), "test", "zh", None, notes)
    (note,) = notes.notes
    assert note.endswith("2 of 2 rows with an answer that is not where it is said to start, and was looked for.")


def test_rows_without_a_gold_label_or_without_tokens_are_counted(served):
    notes, xnli = Notes(), repository({"sw": {"test": nli([0, -1, 1])}})
    served.dataset("facebook/xnli").commit(xnli, sha=COMMITS["facebook/xnli"])
    panx = repository({"PAN-X.de": {"test": tagged("ner_tags", NER, [[], [0]])}})
    served.dataset("google/xtreme").commit(panx, sha=COMMITS["google/xtreme"])
    assert len(source.load(tasks.get("xnli"), "test", "sw", None, notes)) == 2
    assert len(source.load(tasks.get("panx"), "test", "de", None, notes)) == 1
    assert [note.partition(": ")[2] for note in notes.notes] == [
        "1 of 3 rows left out: no gold label.",
        "1 of 2 rows left out: no tokens.",
    ]


def test_training_is_english_and_languages_without_a_split_are_not_listed():
    lacking = set(tasks.get("udpos").languages) - set(source.languages_of(tasks.get("udpos"), "validation"))
    assert lacking == {"kk", "th", "tl", "yo"}
    assert source.languages_of(tasks.get("panx"), "train") == ("en",)
    assert source.languages_of(tasks.get("xnli"), "train") == ()
    assert source.languages_of(tasks.get("xnli")) == tasks.get("xnli").languages
    with pytest.raises(UserError, match='"xnli" has no train rows on the Hub; it has validation, test'):
        load("xnli", "train")


@pytest.mark.parametrize(("name", "says"), [("ccg", "LDC2005T13.*--data"), ("bucc2018", "--data the folder")])
def test_what_is_not_on_the_hub_says_where_it_is(name, says):
    task = tasks.get(name)
    for ask in (source.revision, source.languages_of, lambda task: source.load(task, "train", "en")):
        with pytest.raises(UserError, match=says):
            ask(task)


@pytest.mark.parametrize(
    "names", [["neutral", "entailment", "contradictory"], ["LABEL_0", "LABEL_1", "LABEL_2"], NLI[:2], []]
)
def test_labels_with_other_names_are_refused(served, names):
    body = (
        pairs("premise", "hypothesis", names, [0])
        if names
        else parquet({"premise": "a", "hypothesis": "b", "label": [0]})
    )
    files = repository({"sw": {"test": body}})
    served.dataset("facebook/xnli").commit(files, sha=COMMITS["facebook/xnli"])
    with pytest.raises(UserError, match=r"labels of facebook/xnli \(sw, test.*contradiction, entailment, neutral"):
        load("xnli", language="sw")


def test_names_that_only_the_card_has_are_read_from_there(served):
    info = {"config_name": "sw", "splits": [{"name": "test", "num_examples": 3}]}
    kind = {"class_label": {"names": {str(number): name for number, name in enumerate(NLI)}}}
    info["features"] = [
        {"name": "premise", "dtype": "string"},
        {"name": "hypothesis", "dtype": "string"},
        {"name": "label", "dtype": kind},
    ]
    bare = parquet({"premise": ["a"] * 3, "hypothesis": ["b"] * 3, "label": [2, 1, 0]})
    header = b"---\ndataset_info: " + json.dumps([info]).encode() + b"\n---\n"
    files = {"sw/test-00000-of-00001.parquet": bare, "README.md": header}
    served.dataset("facebook/xnli").commit(files, sha=COMMITS["facebook/xnli"])
    assert [row["label"] for row in load("xnli", language="sw")] == ["contradiction", "neutral", "entailment"]


def test_a_card_that_is_not_yaml_leaves_the_files_names_to_say_what_they_are(served):
    files = {"sw/test-00000-of-00001.parquet": nli([1]), "README.md": b"---\nconfigs: [}\n---\n"}
    served.dataset("facebook/xnli").commit(files, sha=COMMITS["facebook/xnli"])
    assert len(load("xnli", language="sw")) == 1


BROKEN = [
    (parquet({"premise": ["a"], "hypothesis": ["b"]}), 'has no column "label": it has premise, hypothesis'),
    (parquet({"premise": ["a"], "label": ["neutral"]}), 'has no column "hypothesis": it has premise, label'),
    (parquet({"premise": ["a"], "hypothesis": ["b"], "label": ["maybe"]}), 'row 1: the label is "maybe"'),
    (parquet({"premise": [None], "hypothesis": ["b"], "label": ["neutral"]}), "row 1: a text is missing"),
    (nli([-1, -1]), 'has no test rows of "xnli" in "sw"'),
    (b"not parquet", "cannot be read as parquet; remove"),
]


@pytest.mark.parametrize(("body", "says"), BROKEN)
def test_what_is_not_the_tasks_schema_is_refused(served, body, says):
    served.dataset("facebook/xnli").commit(repository({"sw": {"test": body}}), sha=COMMITS["facebook/xnli"])
    with pytest.raises(UserError, match=says):
        load("xnli", language="sw")


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([("a", "Anna", ["Bob"], [0])], 'row 1: the answer "Bob" is not in its context'),
        ([("a", "Anna", ["Anna"], [0])] * 2, 'row 2: the id "a" is there twice'),
        ([("a", "Anna", ["Anna"], [])], "row 1: there are 1 answers and 0 starts"),
        ([("a", "Anna", ["Anna"], [None])], "row 1: an answer must be a text, and its start a number"),
        (
            [("a", "Anna", ["Anna"], [0]), ("b", "Anna", [], [])],
            "row 2: there is no answer and the rows above have one",
        ),
    ],
)
def test_an_answer_that_is_nowhere_and_an_id_that_repeats_are_refused(served, rows, says):
    files = repository({"xquad.en": {"validation": questions(rows, title=False)}})
    served.dataset("google/xquad").commit(files, sha=COMMITS["google/xquad"])
    with pytest.raises(UserError, match=says):
        load("xquad")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (parquet({"tokens": [["a"]], "ner_tags": [["B-MISC"]]}), 'row 1: the label is "B-MISC"'),
        (parquet({"tokens": [["a", "b"]], "ner_tags": [["O"]]}), "row 1: there are 2 tokens and 1 tags"),
        (parquet({"tokens": [["a"]], "ner_tags": [[7]]}), "have no names: they must be B-LOC"),
    ],
)
def test_tags_that_are_not_the_tasks_or_not_as_many_as_the_tokens_are_refused(served, body, says):
    served.dataset("google/xtreme").commit(repository({"PAN-X.de": {"test": body}}), sha=COMMITS["google/xtreme"])
    with pytest.raises(UserError, match=says):
        load("panx", language="de")


def test_the_pinned_commit_is_read_and_recorded_though_main_has_moved(served):
    served.dataset("nyu-mll/glue").commit(repository({"qqp": {}}))
    assert len(load("qqp", "train")) == 2
    assert source.revision(tasks.get("qqp")) == f"nyu-mll/glue@{COMMITS['nyu-mll/glue']}"
    parts = source.revision(tasks.get("anli_plus")).split(", ")
    assert parts == [f"{name}@{COMMITS[name]}" for name in ("facebook/anli", "nyu-mll/glue", "stanfordnlp/snli")]


def test_without_the_pinned_commit_main_is_read_and_its_commit_recorded(served):
    moved = served.dataset("rajpurkar/squad")
    files = moved.commits.pop(COMMITS["rajpurkar/squad"])
    commit = moved.commit(files)
    assert [row["id"] for row in load("squad", "train")] == ["a", "b"]
    assert source.revision(tasks.get("squad")) == f"rajpurkar/squad@{commit}"


@pytest.mark.parametrize("name", ["hellaswag", "cosmosqa"])
def test_a_script_on_main_leaves_the_converted_files_to_be_read(served, name):
    task = tasks.get(name)
    place = task.hub[0].id
    body = hellaswag() if name == "hellaswag" else cosmosqa()
    del served.repositories["datasets", place]
    served.dataset(place).commit({f"{place.split('/')[1]}.py": b"", "README.md": b"---\nlicense: mit\n---\n"})
    files = {f"default/{split}/0000.parquet": body for split in ("train", "validation")}
    commit = served.dataset(place).commit(files, "refs/convert/parquet")
    assert len(load(name, "train")) == 1
    assert source.revision(task) == f"{place}@{commit}"


def test_no_revision_with_the_configuration_names_what_was_tried(served):
    served.dataset("facebook/xnli").commit(repository({"en": {"test": nli([0])}}), sha=COMMITS["facebook/xnli"])
    with pytest.raises(UserError) as told:
        load("xnli", language="sw")
    assert 'facebook/xnli has no parquet files of "sw", test' in str(told.value)
    assert f"{COMMITS['facebook/xnli']} has none; main has none; there is no refs/convert/parquet" in str(told.value)
    assert "--data FOLDER" in str(told.value)


def test_a_shard_that_is_missing_is_not_overlooked(served):
    files = {"sw/test-00000-of-00002.parquet": nli([0])}
    served.dataset("facebook/xnli").commit(files, sha=COMMITS["facebook/xnli"])
    with pytest.raises(UserError, match="no parquet files"):
        load("xnli", language="sw")
    files["sw/test-00001-of-00002.parquet"] = nli([1, 2])
    served.dataset("facebook/xnli").commit(files, sha=COMMITS["facebook/xnli"])
    repositories._open.cache_clear()
    assert [row["label"] for row in load("xnli", language="sw")] == ["entailment", "neutral", "contradiction"]


def test_only_the_files_of_the_split_and_only_once_are_downloaded(served):
    load("pawsx", "test", "ko")
    load("pawsx", "test", "ko")
    got = [one.rpartition("/")[2] for one in served.requests if one.startswith("GET") and "/resolve/" in one]
    assert got == ["README.md", "test-00000-of-00001.parquet"]


@pytest.mark.parametrize(("status", "gated"), [(401, False), (403, True)])
def test_who_is_not_let_in_is_told_to_log_in(served, status, gated):
    served.dataset("facebook/anli").closed, served.dataset("facebook/anli").gated = status, gated
    with pytest.raises(UserError, match=rf"facebook/anli \(HTTP {status}\): accept its terms.*hf auth login"):
        load("anli_plus", "train")


def test_a_repository_that_is_gone_says_so(served):
    served.fail("facebook/xnli", 404, times=3)
    with pytest.raises(UserError, match="there is no main"):
        load("xnli", language="sw")


@pytest.mark.parametrize("where", ["/api/datasets/facebook/xnli", "README.md", "sw/test-"])
def test_a_hub_that_fails_is_asked_again(served, where, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # the library waits before it asks again
    served.fail(where, 500, times=2)
    assert len(load("xnli", language="sw")) == 3


def test_a_hub_that_goes_on_failing_is_one_sentence(served):
    served.fail("facebook/xnli", 503, times=100)
    with pytest.raises(UserError, match=r"not all in the cache, and the Hub cannot be reached \(HTTP 503\)"):
        load("xnli", language="sw")


def test_without_a_network_the_cache_is_read_and_its_commit_recorded(served, monkeypatch, tmp_path):
    served.dataset("rajpurkar/squad").commits.pop(COMMITS["rajpurkar/squad"])
    commit = served.dataset("rajpurkar/squad").commit(repository({"plain_text": {"train": squad("a")}}))
    rows = {name: load(name, "train") for name in ("squad", "cosmosqa")}
    repositories._open.cache_clear()
    hub_server.use("http://127.0.0.1:1", tmp_path / "home", monkeypatch)
    assert {name: load(name, "train") for name in ("squad", "cosmosqa")} == rows
    assert source.revision(tasks.get("squad")) == f"rajpurkar/squad@{commit}"
    for name, split in (("squad", "validation"), ("qqp", "train")):
        with pytest.raises(UserError, match=r"the Hub cannot be reached \(ConnectionError\): check the network"):
            load(name, split)


def test_libraries_are_imported_on_the_first_use_and_the_environment_says_where_the_hub_is(served, tmp_path):
    program = """
import sys
from adapterstilts import tasks
from adapterstilts.base.errors import UserError
from adapterstilts.rows import hub
assert not {"datasets", "huggingface_hub"} & set(sys.modules)
print(len(hub.load(tasks.get("squad"), "train", "en")))
import huggingface_hub
huggingface_hub.constants.HF_HUB_OFFLINE = True
huggingface_hub.utils.reset_sessions()
try:
    hub.load(tasks.get("qqp"), "train", "en")
except UserError as error:
    print(error)
"""
    environment = {**os.environ, **hub_server.environment(served.url, tmp_path / "other")}
    environment.pop("HF_HUB_OFFLINE", None)
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert first == "2"
    assert "HF_HUB_OFFLINE is set: unset it" in second
    assert Path(tmp_path / "other" / "hub").is_dir()


def test_the_server_is_a_hub_for_load_dataset_too(served: Hub, tmp_path):
    rows = datasets.load_dataset(
        "nyu-mll/glue", "mnli", split="train", revision=COMMITS["nyu-mll/glue"], cache_dir=str(tmp_path / "cache")
    )
    assert rows.features["label"].names == NLI and len(rows) == 3
