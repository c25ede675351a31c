"""Which source gives the rows, and what is told of all of them alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapterstilts import tasks
from adapterstilts.base.errors import UserError
from adapterstilts.rows import hub, reading
from adapterstilts.rows.labelled import are_labelled, sentence_ids

XNLI = tasks.get("xnli")
PAIR = "A.\tB.\tneutral\n"


def write(root: Path, **files: str) -> str:
    """`root` as a word for --data, with text files of these names."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return str(root)


def test_pocket_is_the_source_if_nothing_is_said():
    assert reading.languages_of(XNLI) == reading.languages_of(XNLI, "pocket")
    assert reading.load(XNLI, "test", "de", limit=2) == reading.load(XNLI, "test", "de", "pocket", 2)
    assert reading.source_revision(XNLI).startswith("pocket ")


def test_the_hub_is_asked_by_its_own_functions(monkeypatch):
    monkeypatch.setattr(hub, "languages_of", lambda task, split="test": ("de",) if split == "test" else ())
    monkeypatch.setattr(
        hub, "load", lambda task, split, language, limit, progress: [{"id": f"{split}-{language}-{limit}"}]
    )
    monkeypatch.setattr(hub, "revision", lambda task: "abc")
    assert reading.languages_of(XNLI, "hub") == ("de",)
    assert reading.load(XNLI, "test", "de", "hub", 3) == [{"id": "test-de-3"}]
    assert reading.source_revision(XNLI, "hub") == "abc"
    assert reading.splits_of(XNLI, "hub") == {"train": (), "validation": (), "test": ("de",)}
    assert reading.missing(XNLI, "hub") == {}


def test_any_other_word_is_a_folder(tmp_path, monkeypatch):
    data = write(tmp_path / "home", **{"xnli/test-de.tsv": PAIR, "xnli/dev-sw.tsv": PAIR})
    assert reading.languages_of(XNLI, data) == ("de",)
    assert reading.load(XNLI, "validation", "sw", data)[0]["label"] == "neutral"
    monkeypatch.setenv("HOME", data)
    assert reading.languages_of(XNLI, "~") == ("de",)


@pytest.mark.parametrize(("word", "hint"), [("pockte", ' Did you mean "pocket"?'), ("nowhere/at/all", "")])
def test_a_folder_that_is_not_there_is_told(word, hint):
    with pytest.raises(
        UserError, match=f"^There is no folder {word}; --data is pocket, hub, or a folder.{hint}$".replace("?", r"\?")
    ):
        reading.languages_of(XNLI, word)


def test_a_folder_without_the_task_is_told_by_the_files_that_are_missing(tmp_path):
    with pytest.raises(UserError, match="there is no xnli/test-en.tsv, nor"):
        reading.languages_of(XNLI, str(tmp_path))
    with pytest.raises(UserError, match="LDC2005T13"):
        reading.languages_of(tasks.get("ccg"), str(tmp_path))


def test_validation_rows_are_evaluated_on_where_there_are_no_test_rows(tmp_path):
    data = write(tmp_path, **{"udpos/dev-de.tsv": "Haus\tNOUN\n", "udpos/dev-hi.tsv": "घर\tNOUN\n"})
    udpos = tasks.get("udpos")
    assert (reading.evaluated_split(udpos, data), reading.languages_of(udpos, data)) == ("validation", ("de", "hi"))
    write(tmp_path, **{"udpos/test-hi.tsv": "घर\n"})
    assert (reading.evaluated_split(udpos, data), reading.languages_of(udpos, data)) == ("test", ("hi",))


def test_what_mining_is_tuned_on_is_not_evaluated_on(tmp_path):
    data = write(tmp_path, **{"fr-en.dev.fr": "fr-1\tUn.\n", "fr-en.dev.en": "en-1\tOne.\n"})
    with pytest.raises(UserError, match="no bucc2018/de-en.test.de"):
        reading.languages_of(tasks.get("bucc2018"), data)


def test_test_rows_of_an_intermediate_task_count_only_with_their_labels(tmp_path):
    row = '{"ind": 1, "ctx_a": "A", "ctx_b": "b", "endings": ["a", "b", "c", "d"]%s}\n'
    data = write(tmp_path, **{"hellaswag_test.jsonl": row % "", "hellaswag_val.jsonl": row % ', "label": 1'})
    hellaswag = tasks.get("hellaswag")
    assert reading.evaluated_split(hellaswag, data) == "validation"
    write(tmp_path, **{"hellaswag_test.jsonl": row % ', "label": 1'})
    assert reading.evaluated_split(hellaswag, data) == "test"
    assert reading.evaluated_split(tasks.get("squad"), "pocket") == "test"


def test_the_revision_of_a_folder_follows_from_the_names_and_bytes_of_the_tasks_files(tmp_path):
    data = write(tmp_path / "one", **{"xnli/test-de.tsv": PAIR, "pawsx/test-de.tsv": "A.\tB.\t1\n"})
    first = reading.source_revision(XNLI, data)
    assert re.fullmatch("folder [0-9a-f]{16}", first)
    assert reading.source_revision(XNLI, write(tmp_path / "two", **{"xnli/test-de.tsv": PAIR})) == first
    write(tmp_path / "one", **{"pawsx/test-de.tsv": "C.\tD.\t1\n"})
    assert reading.source_revision(XNLI, data) == first
    write(tmp_path / "one", **{"xnli/dev-de.tsv": PAIR})
    second = reading.source_revision(XNLI, data)
    write(tmp_path / "one", **{"xnli/dev-de.tsv": PAIR.replace("A", "C")})
    assert len({first, second, reading.source_revision(XNLI, data)}) == 3


@pytest.mark.parametrize(
    ("name", "files", "beside"),
    [
        ("bucc2018", {"fr-en.dev.fr": "fr-1\tUn.\n", "fr-en.dev.en": "en-1\tOne.\n"}, "fr-en.dev.gold"),
        ("ccg", {"ccg.train": "Dogs\tN\n"}, "tags_to_id.json"),
    ],
)
def test_the_revision_covers_labels_in_files_of_their_own(tmp_path, name, files, beside):
    data = write(tmp_path, **files)
    before = reading.source_revision(tasks.get(name), data)
    write(tmp_path, **{beside: "{}"})
    assert reading.source_revision(tasks.get(name), data) != before


def test_ccgs_labels_are_those_of_the_folder(tmp_path):
    data = write(tmp_path, **{"ccg/ccg.train": "Dogs bark\tN S\\NP\n"})
    assert reading.labelled(tasks.get("ccg"), data).labels == ("N", "S\\NP")


def test_what_a_folder_has_and_lacks_of_a_task_in_parts(tmp_path):
    task = tasks.get("anli_plus")
    entry = '{"sentence1": "A.", "sentence2": "B.", "gold_label": "neutral"}\n'
    data = write(tmp_path, **{"snli_1.0/snli_1.0_dev.jsonl": entry})
    assert reading.splits_of(task, data) == {"train": (), "validation": ("en",), "test": ()}
    rows, absent = reading.found(task, "validation", "en", data)
    assert (len(rows), len(absent)) == (1, 2)
    assert set(reading.missing(task, data)) == {"train", "validation", "test"}
    with pytest.raises(UserError, match="has not all validation rows"):
        reading.load(task, "validation", "en", data)


def test_rows_say_whether_they_are_labelled():
    assert are_labelled(XNLI, [{"label": "neutral"}]) and not are_labelled(XNLI, [{"label": "neutral"}, {}])
    assert are_labelled(tasks.get("squad2"), [{"answers": {"text": [], "answer_start": []}}])
    both, one = {"sentence1": "a", "sentence2": "b"}, {"sentence1": "a", "sentence2": None}
    assert are_labelled(tasks.get("bucc2018"), [both, one]) and not are_labelled(tasks.get("bucc2018"), [one])
    assert are_labelled(tasks.get("tatoeba"), [both]) and not are_labelled(tasks.get("tatoeba"), [both, one])


def test_ids_of_sentences_are_in_the_ids_of_rows():
    assert sentence_ids({"id": "de-1\ten-2"}) == ("en-2", "de-1")
    assert sentence_ids({"id": "7"}) == ("7", "7")
