r"""Supertags: a chart parser that knows only the rules of CCG derives a sentence from every sequence of them."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest

from adapterstilts.pocket import tasks
from adapterstilts.pocket.languages import en
from adapterstilts.pocket.languages.base import Variant
from adapterstilts.pocket.meanings import RELATIONS
from adapterstilts.pocket.sampling import draw_event
from adapterstilts.pocket.tasks.supertags import supertags


@cache
def parse(text: str):
    r"""'(S[dcl]\NP)/NP' as (result, slash, argument), atoms as strings."""
    depth = 0
    for index in range(len(text) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(text[index], 0)
        if depth == 0 and text[index] in "/\\":
            return parse(stripped(text[:index])), text[index], parse(stripped(text[index + 1 :]))
    return text


def stripped(text: str) -> str:
    return text[1:-1] if text.startswith("(") and text.endswith(")") else text


def matches(wanted, found) -> bool:
    """``S`` without a feature stands for any ``S``."""
    if isinstance(wanted, str) or isinstance(found, str):
        return wanted == found or (wanted == "S" and isinstance(found, str) and found.startswith("S["))
    return wanted[1] == found[1] and matches(wanted[0], found[0]) and matches(wanted[2], found[2])


def result(functor, argument):
    """A modifier gives back what it modifies, with its feature."""
    return argument if functor[0] == functor[2] else functor[0]


@cache
def combined(left, right) -> frozenset:
    found = set()
    if isinstance(left, tuple) and left[1] == "/":
        if matches(left[2], right):
            found.add(result(left, right))
        if isinstance(right, tuple) and right[1] == "/" and matches(left[2], right[0]):
            found.add((result(left, right[0]), "/", right[2]))
    if isinstance(right, tuple) and right[1] == "\\":
        if matches(right[2], left):
            found.add(result(right, left))
        if isinstance(left, tuple) and matches(right[2], left[0]):  # backward composition, crossed for a /
            found.add((result(right, left[0]), left[1], left[2]))
    if left == "conj" and not isinstance(right, str):
        return frozenset(found)
    if left == "conj" and right.startswith("S["):
        found.add((right, "\\", right))
    if right in (",", "."):
        found.add(left)
    return frozenset(found)


def derives(tags: list[str]) -> set:
    chart: dict = {}
    for index, tag in enumerate(tags):
        chart[index, index + 1] = {parse(tag)} | ({"NP"} if tag == "N" else set())
    for width in range(2, len(tags) + 1):
        for start in range(len(tags) - width + 1):
            cell = {
                category
                for middle in range(start + 1, start + width)
                for left in chart[start, middle]
                for right in chart[middle, start + width]
                for category in combined(left, right)
            }
            chart[start, start + width] = cell | ({"NP"} if "N" in cell else set())
    return chart[0, len(tags)]


@pytest.mark.parametrize("relation", RELATIONS)
def test_every_construction_derives_a_sentence(relation):
    rng = Random(relation)
    for negated in (False, True):
        event = draw_event(rng, relation, ("place", "time", "instrument", "cause"), negated=negated)
        for variant in en.variants(event):
            tags = supertags(event, variant)
            assert "S[dcl]" in derives(tags), [token.form for token in en.clause(event, variant)]


def test_a_wrong_category_derives_none():
    event = draw_event(Random(0), "sale", ())
    tags = supertags(event, Variant("sell", "plain"))
    verb = next(index for index, token in enumerate(en.clause(event, Variant("sell", "plain"))) if token.upos == "VERB")
    assert "S[dcl]" not in derives([*tags[:verb], r"S[dcl]\NP", *tags[verb + 1 :]])


def test_rows_derive_sentences():
    for row in tasks.ccg("test", "en", 60):
        assert "S[dcl]" in derives(row["tags"]), row


def test_the_training_rows_hold_every_category_of_the_test_rows():
    def categories(split):
        return {tag for row in tasks.ccg(split, "en") for tag in row["tags"]}

    assert categories("test") <= categories("train") and len(categories("train")) > 25
