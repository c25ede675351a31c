"""Pocket's rows: deterministic, balanced, labelled by what is said, and never of two splits at once."""

from collections import Counter
from itertools import islice
from random import Random

import pytest

from adapterstilts import sources, tasks
from adapterstilts.errors import UserError
from adapterstilts.pocket import languages, meanings
from adapterstilts.pocket import tasks as pocket_tasks
from adapterstilts.pocket.documents import claim, confirmation, documents, scene
from adapterstilts.pocket.languages.base import text_of
from adapterstilts.pocket.meanings import split_of

IN_POCKET = [name for name, task in tasks.all_tasks().items() if task.pocket]
COLUMNS = {
    "classification": {"id", "sentence1", "sentence2", "label"},
    "tagging": {"id", "tokens", "tags"},
    "question_answering": {"id", "context", "question", "answers"},
    "retrieval": {"id", "sentence1", "sentence2"},
}


def rows(name, split="test", language="en", limit=200):
    return list(getattr(pocket_tasks, name)(split, language, limit))


@pytest.mark.parametrize("language", languages.codes())
@pytest.mark.parametrize("name", IN_POCKET)
def test_rows_have_the_columns_and_labels_of_their_task(name, language):
    task = tasks.get(name)
    for row in rows(name, language=language):
        assert set(row) == COLUMNS[task.type]
        if task.type == "classification":
            assert row["label"] in task.labels and row["sentence1"] != row["sentence2"]
        if task.type == "tagging":
            assert len(row["tokens"]) == len(row["tags"]) and set(row["tags"]) <= set(task.labels)
        if task.type == "question_answering":
            (text,), (start,) = row["answers"]["text"], row["answers"]["answer_start"]
            assert text and row["context"][start : start + len(text)] == text


@pytest.mark.parametrize("name", IN_POCKET)
def test_rows_are_lazy_deterministic_and_the_same_whatever_the_limit(name):
    assert rows(name, limit=5) == rows(name, limit=20)[:5] == rows(name, limit=5)
    assert next(getattr(pocket_tasks, name)("test", "de"))["id"] == "test-0"


@pytest.mark.parametrize("name", [name for name in IN_POCKET if tasks.get(name).type == "classification"])
def test_labels_are_balanced(name):
    counts = Counter(row["label"] for row in rows(name, limit=300))
    assert len(set(counts.values())) == 1


@pytest.mark.parametrize("name", IN_POCKET)
def test_tests_have_two_thousand_items_and_other_splits_are_english(name):
    assert pocket_tasks.SIZES[name]["test"] >= 2000
    task = tasks.get(name)
    if task.train_on:
        with pytest.raises(UserError, match="training and validation are English"):
            sources.load(task, "train", "ja")
        assert sources.load(task, "validation", "en", limit=3)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
@pytest.mark.parametrize("name", IN_POCKET)
def test_every_meaning_that_is_said_belongs_to_its_split(name, split, monkeypatch):
    if split not in pocket_tasks.SIZES[name]:
        return
    events: list = []
    english = languages.get("en")
    monkeypatch.setattr(english, "clause", recording(english.clause, events))
    rows(name, split, limit=60)
    assert events
    causes = [event for event in events if event.relation == "state"]
    assert all(split_of(event) == split for event in events if event not in causes)


def recording(clause, events):
    def record(event, variant):
        events.append(event)
        return clause(event, variant)

    return record


def test_documents_state_no_test_sentence():
    stated = {
        sentence
        for document in islice(documents(1), 4000)
        for sentence in document.replace("? ", ". ").replace("。 ", ". ").split(". ")
    }
    for language in languages.codes():
        for row in rows("tatoeba", language=language, limit=400):
            assert row["sentence2"].rstrip(".。") not in stated


def test_what_a_claim_says_is_true_just_when_its_answer_is_yes():
    rng = Random(0)
    answers = Counter()
    for _ in range(1000):
        events = scene(rng, 2)
        claimed, holds = claim(rng, events)
        said = claimed in events
        assert holds == (said or (claimed.negated and claimed.negation() not in events))
        assert split_of(claimed) == "documents"
        answers[holds] += 1
    assert 450 < answers[True] < 600


@pytest.mark.parametrize("language", languages.codes())
def test_a_claim_is_checked_in_the_language_of_the_document(language):
    speaker = languages.get(language)
    question = text_of(speaker.finish(speaker.CHECK, "?"))
    answers = [text_of(speaker.finish(answer, ".")) for answer in (speaker.YES, speaker.NO)]
    text = confirmation(Random(0), speaker)
    assert question in text and text.endswith(tuple(answers))


def test_in_panx_the_other_clause_tells_what_a_clause_does_not():
    meetings = 0
    for row in rows("panx", limit=400):
        kinds: dict = {}
        for form, tag in zip(row["tokens"], row["tags"], strict=True):
            if tag.startswith("B-"):
                kinds.setdefault(form, []).append(tag[2:])
        assert all(len(set(found)) == 1 for found in kinds.values())
        meetings += sum(len(found) > 1 for found in kinds.values()) >= 2
    assert 120 < meetings < 280


def test_tatoeba_groups_share_their_names_and_repeat_no_meaning():
    english = rows("tatoeba", language="de", limit=400)
    assert len({row["sentence1"] for row in english}) > 0.99 * len(english)
    for start in range(0, 400, pocket_tasks.GROUP):
        group = english[start : start + pocket_tasks.GROUP]
        names = [
            {word.strip(".,") for word in row["sentence1"].split() if word.strip(".,") in meanings.KINDS["person"]}
            for row in group
        ]
        assert all(found == names[0] for found in names)


def test_a_task_that_pocket_lacks_is_refused_by_name():
    with pytest.raises(UserError, match='no rows of "qqp".*squad'):
        sources.load(tasks.get("qqp"), "train", "en")
    with pytest.raises(UserError, match="--data pocket"):
        sources.load(tasks.get("mnli"), "train", "en", data="hub")
