"""No paragraph is both learned from and chosen by, nor both chosen by and tested on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_sources_files import real, write

from adapterstilts import tasks
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import Progress
from adapterstilts.rows import hub, reading
from adapterstilts.rows.paragraphs import held_out, same_text

SQUAD, SQUAD2, XQUAD, MLQA, TYDIQA = map(tasks.get, ("squad", "squad2", "xquad", "mlqa", "tydiqa"))
XQUAD_FILE, SQUAD_FILE, MLQA_FILE = "xquad.en.json", "dev-v1.1.json", "test-context-en-question-en.json"


def quiz(*contexts: str, prefix: str = "") -> str:
    """A file in SQuAD's format with two questions about each of these paragraphs."""
    answers = [{"text": "Oslo", "answer_start": 0}]
    paragraphs = [
        {
            "context": f"Oslo {context}",
            "qas": [{"id": f"{prefix}{number}-{half}", "question": "?", "answers": answers} for half in range(2)],
        }
        for number, context in enumerate(contexts)
    ]
    return json.dumps({"data": [{"title": "Oslo", "paragraphs": paragraphs}]})


def contexts(rows: list[dict]) -> set[str]:
    return {same_text(row["context"]) for row in rows}


def test_no_held_out_question_shares_its_paragraph_with_a_training_question_whatever_file_has_them(tmp_path):
    files = ("tydiqa-goldp-v1.1-train.json", "tydiqa.goldp.en.train.json")
    for file in files:
        data = write(tmp_path / file, **{file: quiz(*map(str, range(60)), prefix="english-")})
        train, held = (reading.load(TYDIQA, split, "en", str(data)) for split in ("train", "validation"))
        assert not contexts(train) & contexts(held)
        assert len(train) + len(held) == 120 and 0 < len(held) < 30
        assert contexts(held) == {f"Oslo {number}" for number in range(60) if held_out(f"Oslo {number}")}


def test_copies_of_a_paragraph_that_differ_in_their_white_space_are_on_the_same_side():
    copies = ["It\u00a0rained in {0}.", " It  rained\nin {0}. "]
    sides = [[held_out(copy.format(number)) for number in range(200)] for copy in copies]
    assert sides[0] == sides[1] and 8 < sum(sides[0]) < 35


def test_no_real_held_out_question_shares_its_paragraph_with_a_training_question():
    train, held = (reading.load(TYDIQA, split, "en", str(real("real"))) for split in ("train", "validation"))
    assert not contexts(train) & contexts(held)
    assert 250 < len(held) < 400 and len(train) + len(held) == 3195


@pytest.mark.parametrize("target", [XQUAD, SQUAD, MLQA], ids=lambda task: task.name)
def test_xquads_paragraphs_do_not_choose_what_learns_squad(tmp_path, target):
    data = write(tmp_path, **{SQUAD_FILE: quiz("a", "b c", "d"), XQUAD_FILE: quiz("b  c", prefix="x")})
    chosen = reading.validation_rows(SQUAD, target, str(data))
    assert contexts(chosen.rows) == {"Oslo a", "Oslo d"} and chosen.left_out == 2
    assert chosen.why == "2 are left out: xquad tests on their paragraphs"


def test_the_limit_is_of_what_is_left(tmp_path):
    files = {SQUAD_FILE: quiz(*map(str, range(20))), XQUAD_FILE: quiz(*map(str, range(10)))}
    data = str(write(tmp_path, **files))
    every = reading.validation_rows(SQUAD, XQUAD, data)
    limited = reading.validation_rows(SQUAD, XQUAD, data, limit=15)
    assert (len(every.rows), len(limited.rows), limited.left_out) == (20, 15, 20)
    assert limited.rows == [row for row in every.rows if row in limited.rows]


def test_a_targets_own_test_paragraphs_are_left_out_though_nobody_declared_them(tmp_path):
    data = write(tmp_path, **{SQUAD_FILE: quiz("a", "b"), MLQA_FILE: quiz("b"), XQUAD_FILE: quiz("c")})
    assert reading.validation_rows(SQUAD, MLQA, str(data)).left_out == 2
    assert reading.validation_rows(SQUAD, XQUAD, str(data)) == reading.ValidationRows(
        reading.load(SQUAD, "validation", "en", str(data)), 0, None
    )


def test_without_xquads_test_rows_it_is_said_that_they_may_be_among_them(tmp_path):
    data = write(tmp_path, **{SQUAD_FILE: quiz("a")})
    chosen = reading.validation_rows(SQUAD, SQUAD, str(data))
    assert (len(chosen.rows), chosen.left_out) == (2, 0)
    assert chosen.why == "xquad's paragraphs may be among them: its English test rows are not there"


def test_if_nothing_is_left_it_is_said(tmp_path):
    data = write(tmp_path, **{SQUAD_FILE: quiz("a"), XQUAD_FILE: quiz("a")})
    with pytest.raises(UserError, match='Every validation row of "squad" .*xquad tests on their paragraphs'):
        reading.validation_rows(SQUAD, XQUAD, str(data))


def test_other_tasks_and_pocket_choose_by_all_their_rows(tmp_path):
    data = write(tmp_path, **{"xnli/dev-en.tsv": "A.\tB.\tneutral\n", "xnli/test-en.tsv": "A.\tB.\tneutral\n"})
    chosen = reading.validation_rows(tasks.get("mnli"), tasks.get("xnli"), str(data))
    assert (len(chosen.rows), chosen.left_out, chosen.why) == (1, 0, None)
    pocket = reading.validation_rows(SQUAD, XQUAD, limit=3)
    assert pocket.rows == reading.load(SQUAD, "validation", "en", limit=3) and pocket.why is None


def test_the_hub_leaves_them_out_too_and_says_whose_it_could_not_read(monkeypatch):
    def answer(task: tasks.Task, split: str, language: str, limit: int | None, progress: Progress) -> list[dict]:
        if failing and task is XQUAD:
            raise UserError("the Hub cannot be reached")
        return [{"id": one, "context": one} for one in ("bc" if task is XQUAD else "abcd")]

    failing = False
    monkeypatch.setattr(hub, "load", answer)
    chosen = reading.validation_rows(SQUAD2, SQUAD2, "hub")
    assert [row["id"] for row in chosen.rows] == ["a", "d"] and chosen.left_out == 2
    failing = True
    with pytest.raises(UserError, match="xquad's test paragraphs must be left out .*: the Hub cannot be reached"):
        reading.validation_rows(SQUAD2, SQUAD2, "hub")


def test_the_revision_of_squad_follows_xquads_english_file_for_it_says_which_rows_validate(tmp_path):
    data = str(write(tmp_path, **{SQUAD_FILE: quiz("a", "b")}))
    before = reading.source_revision(SQUAD, data)
    write(tmp_path, **{"xquad.de.json": quiz("a")})
    assert reading.source_revision(SQUAD, data) == before
    write(tmp_path, **{XQUAD_FILE: quiz("a")})
    assert reading.source_revision(SQUAD, data) != before


@pytest.mark.parametrize(("train", "left"), [(SQUAD, 9380), (SQUAD2, 10_174)], ids=["squad", "squad2"])
def test_xquads_real_paragraphs_are_left_out(train, left):
    data: Path = real("xtreme")
    chosen = reading.validation_rows(train, XQUAD, str(data))
    tested = reading.load(XQUAD, "test", "en", str(data))
    assert not contexts(chosen.rows) & contexts(tested)
    assert len(chosen.rows) == left
