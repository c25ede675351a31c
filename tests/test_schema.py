"""What others wrote is checked against a type, and each fault is one sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.base.errors import UserError
from adapterstilts.base.schema import Finite, Words, checked, parse_json, plain, read_json


@dataclass(frozen=True)
class Weights:
    sha256: str
    name: str


@dataclass(frozen=True)
class Step:
    task: str
    seed: Annotated[int, Ge(0)] = 0
    rate: Finite = 1.0
    sources: tuple[Step | Weights, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    mode: Literal["stack", "fuse"] = "stack"
    length: int | None = None
    limit: int | str = 1
    size: Annotated[int, Ge(1), Words("a size, from 1")] = 1


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
STEPS = st.recursive(
    st.builds(Weights, TEXT, TEXT)
    | st.builds(Step, TEXT, st.integers(0, 9), st.floats(-9, 9), settings=st.dictionaries(TEXT, JSON, max_size=2)),
    lambda inner: st.builds(Step, TEXT, sources=st.lists(inner, max_size=3).map(tuple)),
    max_leaves=5,
)


@given(STEPS)
def test_plain_data_and_dataclasses_are_inverse(step):
    text = json.dumps(plain(step))
    assert checked(Step | Weights, json.loads(text), "here") == step
    assert checked(Step | Weights, step, "here") == step


@given(JSON)
def test_whatever_the_data_are_they_fit_or_a_sentence_says_why(value):
    try:
        assert isinstance(checked(Step, value, "here"), Step)
    except UserError as error:
        assert str(error).startswith("here") and str(error).endswith(".")
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"seed": "1"}, 'f: "seed" is "1", but must be a whole number.'),
        ({"seed": True}, 'f: "seed" is true, but must be a whole number.'),
        ({"seed": 1.0}, 'f: "seed" is 1.0, but must be a whole number.'),
        ({"seed": -1}, 'f: "seed" is -1, but must be at least 0.'),
        ({"rate": float("nan")}, 'f: "rate" is NaN, but must be a finite number.'),
        ({"rate": float("inf")}, 'f: "rate" is Infinity, but must be a finite number.'),
        ({"rate": None}, 'f: "rate" is null, but must be a number.'),
        ({"mode": "merge"}, "f: \"mode\" is \"merge\", but must be 'stack' or 'fuse'."),
        ({"limit": []}, 'f: "limit" is [], but must be a whole number or text.'),
        ({"size": 0}, 'f: "size" is 0, but must be a size, from 1.'),
        ({"size": "0"}, 'f: "size" is "0", but must be a size, from 1.'),
        ({"length": "a"}, 'f: "length" is "a", but must be a whole number.'),
        ({"stray": 1}, 'f: "stray" is not known.'),
        ({"sources": 3}, 'f: "sources" is 3, but must be a list.'),
        ({"sources": [3]}, 'f: "sources[0]" is 3, but must be an object with names and values.'),
        ({"sources": [{"task": "b", "seed": "c"}]}, 'f: "sources[0].seed" is "c", but must be a whole number.'),
        ({"sources": [{"sha256": 1, "name": "b"}]}, 'f: "sources[0].sha256" is 1, but must be text.'),
        ({"sources": [{"task": "b", "sources": [{"sha256": "c"}]}]}, 'f: "sources[0].sources[0].name" is missing.'),
        ({"settings": {1: 2}}, "f cannot be read: the name 1 is not text."),
        ({"settings": {"a": b""}}, "f cannot be read: a value of the type bytes is not plain data."),
        ({"settings": {"a": "\ud800"}}, "f cannot be read: it has text that is not Unicode."),
        ({"seed": 10**5000}, "f cannot be read: a number in it is not finite."),
    ],
)
def test_what_does_not_fit_is_told_by_its_path(changed, sentence):
    with pytest.raises(UserError) as raised:
        checked(Step, {"task": "a", **changed}, "f")
    assert str(raised.value) == sentence


def test_a_number_too_large_for_a_float_is_not_finite():
    with pytest.raises(UserError, match='"rate" is 1000.* but must be a finite number'):
        checked(Step, {"task": "a", "rate": 10**400}, "f")


def test_whole_numbers_are_numbers_and_lists_are_tuples():
    step = checked(Step, {"task": "a", "rate": 2, "sources": [{"task": "b"}]}, "f")
    assert (step.rate, step.sources) == (2.0, (Step("b"),))


def test_unknown_names_can_be_passed_over_at_every_level():
    step = {"task": "a", "stray": 1, "sources": [{"task": "b", "stray": 1}]}
    assert checked(Step, step, "f", unknown="ignore") == Step("a", sources=(Step("b"),))


@pytest.mark.parametrize("levels", [300, 30_000])
def test_data_nested_too_deeply_are_refused(levels):
    step: Any = {"task": "a"}
    for _ in range(levels):
        step = {"task": "a", "sources": [step]}
    with pytest.raises(UserError, match="nested too deeply"):
        checked(Step, step, "f")


def test_plain_refuses_types_that_json_lacks():
    for value in ({1}, b"", object(), Step, {1: 2}):
        with pytest.raises(TypeError):
            plain([value])


@given(JSON)
def test_json_reads_as_it_was_written(value):
    assert parse_json(json.dumps(value).encode(), "f") == value


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"[NaN]", "f cannot be read: the number NaN is not finite."),
        (b"-Infinity", "f cannot be read: the number -Infinity is not finite."),
        (b"1e999", "f cannot be read: the number 1e999 is not finite."),
        (b"1" * 400, "is not finite"),
        (b"-" + b"1" * 5000, "is not finite"),
        (b"[" * 100_000, "f cannot be read: it is nested too deeply."),
        (b"[" * 70 + b"]" * 70, "f cannot be read: it is nested more than 64 levels deep."),
        (b"\xff", "f, line 1: this is not UTF-8; convert it to UTF-8."),
        (b'{\n"a" 1}', "f, line 2: this is not JSON (Expecting ':' delimiter, column 5); correct it."),
        (b"", "f, line 1: this is not JSON (Expecting value, column 1); correct it."),
    ],
)
def test_json_that_would_break_the_reader_is_refused(data, sentence):
    with pytest.raises(UserError) as raised:
        parse_json(data, "f")
    assert sentence in str(raised.value)


def test_depth_counts_lists_and_objects():
    assert parse_json(b'{"a": [1]}', "f", depth=2) == {"a": [1]}
    with pytest.raises(UserError, match="nested more than 1 levels"):
        parse_json(b'{"a": [1]}', "f", depth=1)


def test_files_are_read_up_to_a_limit(tmp_path):
    path = tmp_path / "facts.json"
    with pytest.raises(UserError, match="facts.json cannot be read: No such file"):
        read_json(path, 9)
    path.write_bytes(b'{"a": 1}')
    assert read_json(path, 8) == {"a": 1}
    with pytest.raises(UserError, match="facts.json cannot be read: it is larger than 7 bytes"):
        read_json(path, 7)


def test_the_command_line_starts_without_pydantic():
    program = "import sys, adapterstilts.cli, adapterstilts.base.schema; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
