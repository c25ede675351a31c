"""Which rows a limit takes: a sample that is the same for everybody, in proportion, and parallel over languages."""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_sources_files import load, real, write

from adapterstilts import tasks
from adapterstilts.rows import limits, reading

SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=6)


def made(sizes: list[int]) -> list[list[dict]]:
    return [[{"id": f"train-{part}-{number}"} for number in range(size)] for part, size in enumerate(sizes)]


@given(SIZES, st.integers(0, 250))
def test_a_sample_has_as_many_rows_as_asked_for_in_their_order(sizes, limit):
    parts = made(sizes)
    rows = [row for part in parts for row in part]
    sampled = limits.sample(parts, limit)
    assert len(sampled) == min(limit, len(rows))
    assert sampled == [row for row in rows if row in sampled]
    assert limits.sample(parts, None) == rows


@given(SIZES, st.integers(0, 250), st.integers(0, 250))
def test_a_smaller_sample_is_a_part_of_a_larger_one(sizes, one, other):
    fewer, more = ({row["id"] for row in limits.sample(made(sizes), limit)} for limit in sorted((one, other)))
    assert fewer <= more


@given(SIZES, st.integers(0, 250))
def test_a_sample_is_drawn_from_its_parts_in_proportion(sizes, limit):
    limit = min(limit, sum(sizes))
    drawn = Counter(row["id"].split("-")[1] for row in limits.sample(made(sizes), limit))
    allowed = 1 if len(sizes) <= 3 else 2
    for part, size in enumerate(sizes):
        assert abs(drawn[str(part)] - Fraction(limit * size, sum(sizes))) < allowed


@given(st.sets(st.integers(0, 60), min_size=1), st.randoms(), st.integers(1, 30))
def test_which_rows_are_taken_follows_from_their_ids_whatever_their_order_and_their_texts(numbers, random, limit):
    shuffled = random.sample(sorted(numbers), len(numbers))
    english = [{"id": f"test-{number}", "sentence1": "A."} for number in sorted(numbers)]
    german = [{"id": f"test-{number}", "sentence1": "B."} for number in shuffled]
    ids = [{row["id"] for row in limits.sample([rows], limit)} for rows in (english, german)]
    assert ids[0] == ids[1]


def test_a_sample_is_the_same_on_every_machine_and_for_ever():
    rows = [{"id": f"test-{number}"} for number in range(100)]
    assert [row["id"] for row in limits.sample([rows], 5)] == ["test-30", "test-31", "test-41", "test-52", "test-90"]


def nli(name: str, count: int) -> str:
    entry = {"hypothesis": "A cat.", "label": "neutral"}
    return "".join(json.dumps({**entry, "premise": f"{name} {number}"}) + "\n" for number in range(count))


def anli_plus(root: Path) -> Path:
    """A folder with 30, 50 and 20 validation rows in the three parts."""
    names = {"anli": 30, "mnli": 50, "snli": 20}
    return write(root, **{f"{name}.dev.jsonl": nli(name, count) for name, count in names.items()})


def test_a_limit_takes_anli_plus_from_a_folder_in_proportion_and_not_its_first_rows(tmp_path):
    rows = load("anli_plus", "validation", "en", anli_plus(tmp_path), limit=10)
    assert Counter(row["sentence1"].split()[0] for row in rows) == {"anli": 3, "mnli": 5, "snli": 2}
    assert [int(row["sentence1"].split()[1]) for row in rows[:3]] != [0, 1, 2]
    every = load("anli_plus", "validation", "en", tmp_path)
    assert rows == [row for row in every if row in rows]


def test_a_limit_takes_the_same_items_in_each_language(tmp_path):
    files = {f"xnli/test-{code}.tsv": "".join(f"{code}\t{n}\tneutral\n" for n in range(50)) for code in ("en", "de")}
    write(tmp_path, **files)
    english, german = ([row["sentence2"] for row in load("xnli", "test", code, tmp_path, 9)] for code in ("en", "de"))
    assert english == german and len(english) == 9 and english != [str(number) for number in range(9)]


@pytest.mark.parametrize(("name", "split"), [("anli_plus", "validation"), ("xnli", "test")])
def test_to_look_at_the_first_row_no_other_is_read(tmp_path, name, split):
    write(anli_plus(tmp_path), **{"xnli/test-en.tsv": "A.\tB.\tneutral\n"})
    with (tmp_path / "anli.dev.jsonl").open("a", encoding="utf-8") as file:
        file.write("no json\n")
    row = reading.first(tasks.get(name), split, "en", str(tmp_path))
    assert row["label"] == "neutral" and row["id"] in ("validation-0-0", "test-0")


def test_pocket_keeps_its_first_rows_for_their_order_is_random():
    task = tasks.get("mnli")
    assert [row["id"] for row in reading.load(task, "validation", "en", limit=3)] == [
        f"validation-{number}" for number in range(3)
    ]
    assert reading.first(task, "validation", "en") == reading.load(task, "validation", "en", limit=1)[0]


def test_real_samples_are_parallel_and_of_many_articles():
    english, german = ([row["id"] for row in load("xnli", "test", code, real("real"), 1000)] for code in ("en", "de"))
    assert english == german
    squad = load("squad", "validation", "en", real("xtreme"), 500)
    assert len({row["context"] for row in squad}) > 400
