"""Every setting is declared once; what is typed for one is read as a JSON value or as text, and nothing more."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.base.errors import UserError
from adapterstilts.runs import identity, settings

LINEAR_MAPS = ("query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense")
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)


def test_what_a_setting_is_without_a_word_does_not_change():
    """Ids of runs leave these out: to change one is to give other runs the ids of those before."""
    schema = settings.settings_schema()
    assert {name: default for name, (default, changes) in schema.items() if changes} == {
        "learning_rate": 1e-4,
        "batch_size": 32,
        "epochs": None,
        "max_steps": None,
        "warmup_ratio": 0.1,
        "weight_decay": 0.01,
        "max_grad_norm": 1.0,
        "evaluate_every": None,
        "patience": None,
        "precision": "fp32",
        "max_length": 128,
        "train_examples": None,
        "validation_examples": None,
        "cache_frozen_layers": False,
        "backbone_dropout": None,
        "examples_cap": 131_072,
        "mlm_share": None,
        "test_examples": None,
        "retrieval_layer": None,
        "placement": "pfeiffer",
        "reduction_factor": 16,
        "non_linearity": None,
        "dropout": 0.0,
        "rank": 8,
        "alpha": 16,
        "target_modules": LINEAR_MAPS,
        "leave_out": (),
    }


def test_some_settings_change_only_how_a_result_is_computed():
    how = {name for name, (_, changes) in settings.settings_schema().items() if not changes}
    assert how == identity.HOW == {"gradient_accumulation_steps", "evaluation_batch_size", "packed"}


def test_ids_know_the_default_of_every_setting_that_changes_the_result():
    defaults = {name: default for name, (default, changes) in settings.settings_schema().items() if changes}
    # what is recorded is resolved: null is the placement's own
    assert defaults.pop("non_linearity") is None
    assert defaults == {name: identity.DEFAULTS[name] for name in defaults}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("null", None),
        ("8", 8),
        (" -1 ", -1),
        ("1e-3", 0.001),
        ("2.5E+3", 2500.0),
        (".5", 0.5),
        ("2.", 2.0),
        ('"8"', "8"),
        ("relu", "relu"),
        ("", ""),
    ],
)
def test_values_are_json_or_text(text, value):
    read = settings.read("max_steps", text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    "text", ["2020-13-45", "1:30", "010", "0x10", "1_000", "yes", "~", "&a 8", "!!int 8", "NaN", "1e999", "9" * 5000]
)
def test_what_only_yaml_takes_for_a_number_is_text_and_refused(text):
    assert settings.read("max_steps", text) == text
    with pytest.raises(UserError, match="The setting max_steps is .* must be a whole number from 1 to"):
        settings.check_run({"max_steps": settings.read("max_steps", text)})


def test_aliases_do_not_multiply():
    nested = ", ".join(
        f"&{name} [{', '.join(f'*{last}' for _ in range(9))}]" for last, name in zip("abcdefg", "bcdefgh", strict=True)
    )
    start = time.perf_counter()
    assert isinstance(settings.read("rank", f"[&a [1], {nested}]"), str)
    assert time.perf_counter() - start < 0.2


@pytest.mark.parametrize("text", ["query,value", "query, value", "[query, value]", '["query", "value"]'])
def test_names_are_a_list_with_commas(text):
    assert settings.read("target_modules", text) == ["query", "value"]


def test_one_name_is_a_list_where_the_setting_is_one():
    assert settings.read("target_modules", "query") == ["query"]
    assert settings.read("placement", "pfeiffer") == "pfeiffer"


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(UserError, match="not Unicode"):
        settings.check_run({"precision": settings.read("precision", "\udcff")})


@given(st.sampled_from(["max_steps", "placement", "target_modules"]), VALUES)
def test_a_value_reads_as_it_was_written(name, value):
    if name == "target_modules" and not isinstance(value, str):
        value = ["query", "value"]
    read = settings.read(name, settings.written(name, value))
    assert read == value and type(read) is type(value)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8)))
def test_names_read_as_they_were_written(names):
    assert settings.read("target_modules", settings.written("target_modules", names)) == names
