"""Pocket's rows: deterministic, balanced, labelled by what is said, and never of two splits at once."""

import hashlib
import json
import re
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from adapterstilts import pocket, tasks
from adapterstilts.base.errors import UserError
from adapterstilts.pocket import languages, meanings
from adapterstilts.pocket import tasks as pocket_tasks
from adapterstilts.pocket.documents import documents
from adapterstilts.pocket.meanings import split_of
from adapterstilts.pocket.tasks.items import drawn
from adapterstilts.rows import reading

TASKS = list(tasks.all_tasks())
# every row of the two takes seconds to make: proofreading looks at them all, when pocket has changed
LARGE = ("cosmosqa", "bucc2018")
WHOLE = [pytest.param(name, marks=pytest.mark.pocket) if name in LARGE else name for name in TASKS]
IN_LANGUAGES = [(name, code) for name in TASKS for code in reading.languages_of(tasks.get(name))]
COLUMNS = {
    "classification": {"id", "sentence1", "sentence2", "label"},
    "tagging": {"id", "tokens", "tags"},
    "multiple_choice": {"id", "context", "question", "choices", "label"},
    "question_answering": {"id", "context", "question", "answers"},
    "retrieval": {"id", "sentence1", "sentence2"},
}


def rows(name, split="test", language=None, limit=200):
    language = language or reading.languages_of(tasks.get(name))[0]
    return list(getattr(pocket_tasks, name)(split, language, limit))


@pytest.mark.parametrize("name, language", IN_LANGUAGES)
def test_rows_have_the_columns_and_labels_of_their_task(name, language):
    task = tasks.get(name)
    for row in rows(name, language=language):
        assert set(row) == COLUMNS[task.type]
        if task.type == "classification":
            assert row["label"] in task.labels and row["sentence1"] != row["sentence2"]
        if task.type == "tagging":
            assert len(row["tokens"]) == len(row["tags"])
            assert set(row["tags"]) <= set(task.labels) or name == "ccg"
        if task.type == "multiple_choice":
            assert len(row["choices"]) == len(set(row["choices"])) == round(100 / task.chance)
            assert 0 <= row["label"] < len(row["choices"])
        if task.type == "question_answering":
            texts, starts = row["answers"]["text"], row["answers"]["answer_start"]
            assert len(texts) == len(starts) == 1 or (name == "squad2" and not texts)
            for text, start in zip(texts, starts, strict=True):
                assert text and row["context"][start : start + len(text)] == text
        if task.type == "retrieval":
            assert row["sentence1"] or row["sentence2"]


@pytest.mark.parametrize("name", TASKS)
def test_rows_are_lazy_deterministic_and_the_same_whatever_the_limit(name):
    assert rows(name, limit=5) == rows(name, limit=20)[:5] == rows(name, limit=5)
    assert rows(name, limit=1)[0]["id"] == "test-0"


@pytest.mark.parametrize("name", TASKS)
def test_telling_an_item_in_one_language_changes_it_in_no_other(name):
    spoken = reading.languages_of(tasks.get(name))
    alone = {}
    for language in spoken[0], spoken[-1]:
        drawn.cache_clear()
        alone[language] = rows(name, language=language, limit=40)
    for language, told in alone.items():
        assert rows(name, language=language, limit=40) == told
    assert drawn.cache_info().misses == 40


@pytest.mark.parametrize("name", [name for name in TASKS if tasks.get(name).type == "classification"])
def test_labels_are_balanced(name):
    counts = Counter(row["label"] for row in rows(name, limit=300))
    assert len(set(counts.values())) == 1


@pytest.mark.parametrize("name", [name for name in TASKS if tasks.get(name).type == "multiple_choice"])
def test_every_choice_is_the_right_one_equally_often(name):
    places = Counter(row["label"] for row in rows(name, limit=1000))
    chance = tasks.get(name).chance
    assert all(abs(count / 10 - chance) < 5 for count in places.values()) and len(places) == round(100 / chance)


@pytest.mark.parametrize("name", WHOLE)
def test_tests_have_two_thousand_items_and_training_rows_are_english(name):
    assert pocket_tasks.SIZES[name]["test"] >= 2000
    task = tasks.get(name)
    if name not in ("tatoeba", "xnli", "xquad", "mlqa"):
        assert reading.load(task, "validation", reading.languages_of(task)[0], limit=3)
    with pytest.raises(UserError, match=f'"{name}" (is not there in|has no train rows)'):
        reading.load(task, "train", "xx" if task.languages == ("en",) else task.languages[1])


def test_training_sets_keep_the_order_of_the_real_ones():
    trained = {name: sizes["train"] for name, sizes in pocket_tasks.SIZES.items() if "train" in sizes}
    intermediate = "anli_plus mnli qqp squad2 squad hellaswag ccg cosmosqa csqa".split()
    targets = "pawsx udpos panx tydiqa".split()
    for names in (intermediate, targets):
        assert [trained[name] for name in names] == sorted((trained[name] for name in names), reverse=True)
    assert set(trained) == {*intermediate, *targets}


def test_supertags_are_the_labels_that_the_training_rows_bring():
    task = reading.labelled(tasks.get("ccg"))
    assert task.labels == tuple(sorted({tag for row in rows("ccg", "train", limit=None) for tag in row["tags"]}))
    assert reading.labelled(tasks.get("panx")).labels == tasks.get("panx").labels


@pytest.mark.parametrize("split", ["train", "validation", "test"])
@pytest.mark.parametrize("name", WHOLE)
def test_every_meaning_that_is_said_belongs_to_its_split(name, split, monkeypatch):
    if split not in pocket_tasks.SIZES[name]:
        return
    events: list = []
    english, language = languages.get("en"), reading.languages_of(tasks.get(name))[0]
    rows(name, split, language, limit=60)  # what is tried out once for all rows is not of their splits
    monkeypatch.setattr(english, "clause", recording(english.clause, events))
    rows(name, split, language, limit=60)
    assert events
    reasons = [event.cause for event in events if event.cause]
    assert all(split_of(event) == split for event in events if event not in reasons)


def recording(clause, events):
    def record(event, variant):
        events.append(event)
        return clause(event, variant)

    return record


def test_documents_state_no_test_sentence():
    endings = re.compile(r"[.?。？।] ?")
    stated = {sentence for document in islice(documents(1), 4000) for sentence in endings.split(document)}
    for language in reading.languages_of(tasks.get("tatoeba")):
        for row in rows("tatoeba", language=language, limit=400):
            assert endings.sub("", row["sentence2"]) not in stated


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
    assert len({row["sentence1"] for row in english}) == len(english)
    for start in range(0, 400, pocket_tasks.GROUP):
        group = english[start : start + pocket_tasks.GROUP]
        names = [
            {word.strip(".,") for word in row["sentence1"].split() if word.strip(".,") in meanings.KINDS["person"]}
            for row in group
        ]
        assert all(found == names[0] for found in names)


def test_in_bucc_one_sentence_in_three_has_a_partner():
    kinds = Counter((row["sentence1"] is None, row["sentence2"] is None) for row in rows("bucc2018", limit=300))
    assert kinds == {(False, False): 100, (True, False): 100, (False, True): 100}


def test_squad2_asks_one_question_in_three_in_vain():
    assert sum(not row["answers"]["text"] for row in rows("squad2", limit=300)) == 100


DIGESTS = {
    line.split()[0]: line.split()[1]
    for line in Path(__file__).with_name("pocket_digests.txt").read_text(encoding="utf-8").splitlines()[1:]
}


@pytest.mark.parametrize("name", WHOLE)
def test_rows_are_those_of_this_version(name):
    """`python tests/test_pocket_tasks.py` writes the digests anew: for a new POCKET_VERSION, which rebuilds the zoo."""
    for key, digest in digests_of(name):
        assert DIGESTS[key] == digest, (
            f"{key} changed: that takes a new POCKET_VERSION, and the zoo has to be built anew"
        )


def digests_of(name):
    """Key and digest of the first 120 rows of every split in every language."""
    for split in pocket_tasks.SIZES[name]:
        spoken = ["en"] if split == "train" or tasks.get(name).train_on and split == "validation" else None
        for language in spoken or reading.languages_of(tasks.get(name)):
            text = json.dumps(rows(name, split, language, 120), ensure_ascii=False, sort_keys=True)
            yield f"{name}/{split}/{language}", hashlib.sha256(text.encode()).hexdigest()[:16]


def test_the_digests_are_of_this_version():
    first = Path(__file__).with_name("pocket_digests.txt").read_text(encoding="utf-8").splitlines()[0]
    assert first == f"pocket {pocket.POCKET_VERSION}"


if __name__ == "__main__":
    lines = [f"{key} {digest}" for name in TASKS for key, digest in digests_of(name)]
    text = "\n".join([f"pocket {pocket.POCKET_VERSION}", *lines]) + "\n"
    Path(__file__).with_name("pocket_digests.txt").write_text(text, encoding="utf-8")
