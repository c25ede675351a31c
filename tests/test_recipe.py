"""Defaults per backbone, method, composition and task; overrides; identity."""

import pytest
import yaml

from adapterstilts import tasks
from adapterstilts.base.errors import UserError
from adapterstilts.base.places import recipes_folder
from adapterstilts.methods import COMPOSITIONS, METHODS, default_settings
from adapterstilts.runs import identity, recipe
from adapterstilts.runs.settings import settings_schema
from adapterstilts.tasks import combined

RECIPES = sorted(recipes_folder().glob("*.yaml"))
BACKBONES = {"pocket": "pocket", "e5-small": "e5-small", "xlmr": "xlm-roberta-large"}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_shipped_recipes_resolve_for_everything(path):
    for task in tasks.all_tasks():
        for method in METHODS:
            for composition in (None, *COMPOSITIONS):
                settings = recipe.resolve(BACKBONES[path.stem], method, composition, task)
                assert (settings.run["max_steps"] is None) != (settings.run["epochs"] is None)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_shipped_recipes_name_only_what_exists(path):
    found = yaml.safe_load(path.read_text())
    known = set(found["defaults"]) | {key for method in METHODS for key in default_settings(method)}
    assert set(found.get("types", {})) <= {*tasks.TYPES, combined.SEVERAL, combined.MASKED}
    assert set(found.get("methods", {})) <= set(METHODS)
    assert set(found.get("compositions", {})) <= set(COMPOSITIONS)
    assert all(tasks.get(name).name == name for name in found.get("tasks", {}))

    def check(section):
        for key, value in section.items():
            if isinstance(value, dict):
                assert key in METHODS or key in COMPOSITIONS
                check(value)
            else:
                assert key in known
                assert not isinstance(value, str) or key == "precision", "YAML takes 1e-3 for a string"

    for name in ("types", "methods", "compositions", "tasks"):
        for section in found.get(name, {}).values():
            check(section)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_rate_of_a_task_does_not_hide_that_of_a_composition(path):
    found = yaml.safe_load(path.read_text())
    for composition, methods in found.get("compositions", {}).items():
        for name, section in found["tasks"].items():
            for method in methods.keys() & section.keys():
                own, composed = section[method], section[method].get(composition, {})
                assert "learning_rate" not in own or "learning_rate" in composed, f"{name}, {method}, {composition}"


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_has_every_setting_that_is_declared_and_no_other(path):
    of_methods = {key for method in METHODS for key in default_settings(method)}
    assert set(yaml.safe_load(path.read_text())["defaults"]) == set(settings_schema()) - of_methods


def test_later_sections_win(monkeypatch):
    made = {
        "defaults": {**recipe.resolve("pocket", "full", None, "mnli").run, "epochs": None, "max_steps": 9},
        "types": {"classification": {"max_length": 11}},
        "methods": {"lora": {"rank": 3, "learning_rate": 0.5}},
        "compositions": {"fuse": {"batch_size": 5, "lora": {"learning_rate": 0.25}}},
        "tasks": {"mnli": {"batch_size": 6, "fuse": {"batch_size": 7}}, "xnli": {"epochs": 2}},
    }
    monkeypatch.setattr(recipe, "_read", lambda _: made)
    plain = recipe.resolve("pocket", "lora", None, "mnli")
    assert (plain.run["learning_rate"], plain.run["batch_size"], plain.run["max_length"]) == (0.5, 6, 11)
    fused = recipe.resolve("pocket", "lora", "fuse", "xnli", {"rank": 4})
    assert (fused.run["learning_rate"], fused.run["batch_size"], fused.method["rank"]) == (0.25, 7, 4)
    assert (fused.run["epochs"], fused.run["max_steps"]) == (2, None)
    assert recipe.resolve("pocket", "lora", "fuse", "xnli", {"max_steps": 4}).run["epochs"] is None


def test_other_backbones_have_the_papers_values():
    large = recipe.resolve("xlm-roberta-large", "full", None, "pawsx").run
    assert (large["learning_rate"], large["epochs"], large["batch_size"]) == (1e-5, 5, 32)
    assert recipe.resolve("some/folder", "bottleneck", "fuse", "pawsx").run["learning_rate"] == 5e-5


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        ({"learning_rat": 1}, 'A lora run has no setting "learning_rat". Did you mean "learning_rate"?'),
        ({"reduction_factor": 4}, 'A lora run has no setting "reduction_factor"'),
        ({"max_length": 0.5}, "max_length is 0.5, but must be a whole number from 1 to 2147483647."),
        ({"retrieval_layer": -1}, "retrieval_layer is -1, but must be a layer, from 0"),
        ({"test_examples": 0}, "test_examples is 0, but must be a whole number from 1 to 2147483647, or null"),
        ({"rank": 0}, "rank is 0"),
        ({"max_steps": "2020-13-45"}, 'max_steps is "2020-13-45", but must be a whole number from 1 to'),
        ({"precision": "fp16"}, "precision is \"fp16\", but must be 'fp32' or 'bf16'. Did you mean"),
    ],
)
def test_bad_settings_are_named(overrides, sentence):
    with pytest.raises(UserError, match=sentence.replace("?", r"\?")):
        recipe.resolve("pocket", "lora", None, "mnli", overrides)


def test_overrides_are_words_with_values():
    words = [
        "learning_rate=1e-3",
        " rank = 4 ",
        "leave_out=0,1",
        "target_modules=query,value",
        "epochs=null",
        "placement=houlsby",
    ]
    assert recipe.parse_overrides(words) == {
        "learning_rate": 0.001,
        "rank": 4,
        "leave_out": [0, 1],
        "target_modules": ["query", "value"],
        "epochs": None,
        "placement": "houlsby",
    }


@pytest.mark.parametrize(
    ("words", "sentence"), [(["rank"], '"rank" is not a setting'), (["rank=1", "rank=2"], "is given twice")]
)
def test_overrides_that_cannot_be_read(words, sentence):
    with pytest.raises(UserError, match=sentence):
        recipe.parse_overrides(words)


def test_identity_depends_on_values_not_on_order():
    assert identity.digest({"a": 1, "b": 2}) == identity.digest({"b": 2, "a": 1})
    assert identity.digest({"a": 1}) != identity.digest({"a": 2})
    assert len(identity.digest({})) == 16
