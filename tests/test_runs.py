"""A run is a value: its id, its words, its command line and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from records import a_run

from adapterstilts import tasks
from adapterstilts.backbones import BackboneIdentity, declaration_of
from adapterstilts.base.errors import UserError
from adapterstilts.base.places import recipes_folder
from adapterstilts.runs import asked, command, identity, recipe, related, words
from adapterstilts.runs.run import Given, Rows, Run, differing, of_facts
from adapterstilts.runs.settings import settings_schema

TRAINED = [name for name, task in tasks.all_tasks().items() if task.train_on]
RETRIEVAL = [name for name, task in tasks.all_tasks().items() if task.type == "retrieval"]
SETTINGS = {
    "learning_rate": st.floats(1e-6, 1.0),
    "batch_size": st.integers(1, 512),
    "max_steps": st.integers(1, 100_000),
    "epochs": st.floats(0.1, 20.0),
    "patience": st.none() | st.integers(1, 9),
    "precision": st.sampled_from(["fp32", "bf16"]),
    "max_length": st.integers(8, 512),
    "validation_examples": st.none() | st.integers(1, 5000),
    "test_examples": st.none() | st.integers(1, 5000),
}
OF_METHOD = {
    "bottleneck": {"reduction_factor": st.floats(0.5, 64.0), "dropout": st.floats(0.0, 0.9)},
    "lora": {"rank": st.integers(1, 64), "alpha": st.integers(1, 64), "target_modules": st.just(["query", "value"])},
    "full": {},
    "head_only": {},
}
NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789_.-", min_size=1, max_size=12).map("mine-{}".format)


class Here:
    """Surroundings without a disk: every backbone, all rows, and the adapters that were told."""

    def __init__(self, *adapters: Run | Given) -> None:
        self._adapters = {words.name_of(adapter): adapter for adapter in adapters}

    def backbone(self, word: str) -> BackboneIdentity:
        """Told apart by its name."""
        return BackboneIdentity(word, "", identity.digest({"word": word}) * 4)

    def rows(self, task: tasks.Task, data: str | None, backbone: str) -> Rows:
        """Of a folder the revision is its name."""
        place = data or declaration_of(backbone).usual_rows(task)
        source = place if place in ("pocket", "hub") else "folder"
        return Rows(source, f"{place} of {task.name}", place)

    def adapter(self, word: str, backbone: str, method: str) -> Run | Given:
        """One that was told by its name; a task's own has not been made."""
        if word in self._adapters:
            return self._adapters[word]
        if word in tasks.all_tasks():
            alike = [each for each in self._adapters.values() if each.method == method and words.word_for(each) == word]
            if alike:
                return alike[0]
            raise asked.NotMade(word)
        raise UserError(word)

    def method_of(self, words_of_adapters: Sequence[str], backbone: str) -> str:
        """As the catalogue does it."""
        known = (self._adapters[word].method for word in words_of_adapters if word in self._adapters)
        return next(known, "bottleneck")


@st.composite
def given_adapters(draw: st.DrawFn, method: str) -> Given:
    return Given(
        draw(NAMES), draw(st.text("0123456789abcdef", min_size=64, max_size=64)), method, draw(st.sampled_from(TRAINED))
    )


@st.composite
def trainings(draw: st.DrawFn, method: str | None = None, depth: int = 2, backbone: str | None = None) -> Run:
    backbone = backbone or draw(st.sampled_from(["pocket", "xlm-roberta-base", "some/encoder"]))
    method = method or draw(st.sampled_from(sorted(OF_METHOD)))
    able = {"full": [None, "continue"], "head_only": [None]}.get(method, [None, "continue", "stack", "fuse"])
    composition = draw(st.sampled_from(able)) if depth else None
    sources: list[Run | Given] = []
    if composition:
        count = 1 if composition in ("continue", "stack") else draw(st.integers(2, 4))
        source = trainings(method, depth - 1, backbone).map(lambda run: replace(run, evaluation=None))
        sources = draw(
            st.lists(source | given_adapters(method), min_size=count, max_size=count, unique_by=words.name_of)
        )
    control = draw(st.sampled_from([None, "parameters", "untrained"])) if composition == "fuse" else None
    own = {**SETTINGS, **OF_METHOD[method]}
    keys = draw(st.lists(st.sampled_from(sorted(own)), max_size=4, unique=True))
    changed = {key: draw(own[key]) for key in keys}
    if {"epochs", "max_steps"} <= set(changed):
        del changed["epochs"]
    return asked.training(
        Here(*sources),
        draw(st.sampled_from(TRAINED)),
        method,
        composition,
        [words.name_of(source) for source in sources],
        backbone=backbone,
        data=draw(st.sampled_from([None, "hub", "some/folder"])),
        seed=draw(st.integers(0, 2**31)),
        settings=changed,
        control=control,
        fresh=(method, composition, control) != ("lora", "fuse", None) or draw(st.booleans()),
    )


@st.composite
def merges(draw: st.DrawFn) -> Run:
    method, how = draw(st.sampled_from([("bottleneck", "mean"), ("lora", "mean"), ("lora", "ties")]))
    alone = trainings(method, 0, "pocket").map(lambda run: replace(run, evaluation=None))
    sources = draw(st.lists(alone, min_size=2, max_size=3, unique_by=words.name_of))
    head = draw(st.none() | st.sampled_from(sources))
    names = [words.name_of(source) for source in sources]
    target = draw(st.sampled_from(RETRIEVAL) | (st.none() if head else st.sampled_from(RETRIEVAL)))
    own = {"density": draw(st.floats(0.01, 1.0)), "rank": draw(st.integers(1, 16))} if how == "ties" else {}
    topped = head and words.name_of(head)
    data = draw(st.sampled_from([None, "hub", "some/folder"]))
    return asked.merging(Here(*sources), names, method, target, how=how, head=topped, data=data, settings=own)


@st.composite
def evaluations(draw: st.DrawFn) -> Run:
    adapter = draw(trainings(depth=1) | given_adapters("lora"))
    made = adapter if isinstance(adapter, Given) else replace(adapter, evaluation=None)
    alike = [name for name in tasks.all_tasks() if tasks.get(name).type == tasks.get(str(made.task)).type]
    target = draw(st.none() | st.sampled_from([*alike, *RETRIEVAL]))
    changed = draw(st.dictionaries(st.sampled_from(["max_length", "test_examples"]), st.integers(8, 512)))
    backbone = "pocket" if isinstance(made, Given) else made.backbone.id
    data = draw(st.sampled_from([None, "hub", "some/folder"]))
    return asked.evaluating(
        Here(made), words.name_of(made), target, made.method, backbone=backbone, data=data, settings=changed
    )


RUNS = trainings() | merges() | evaluations()


def around(run: Run) -> Here:
    return Here(*(each for each in run.graph()))


@given(RUNS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_line_is_a_run_and_a_run_is_a_line(run):
    arguments = command.arguments_of(run)
    again = command.parse(arguments, around(run))
    assert differing(run, again) == [] and again.id == run.id and again == run
    assert command.arguments_of(again) == arguments
    assert arguments[0] in command.VERBS


@given(RUNS)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_stored_is_the_run(run):
    stored = json.loads(json.dumps(run.facts()))
    assert of_facts(stored, "a file").id == run.id == stored["id"]
    assert differing(of_facts(stored, "a file"), run) == []


@given(trainings(), st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_another_fact_is_another_run(run, data):
    other = data.draw(
        st.sampled_from(
            [
                replace(run, seed=run.seed + 1),
                replace(run, backbone=replace(run.backbone, fingerprint="f" * 64)),
                replace(run, rows=Rows("hub", "another commit")),
                replace(run, settings={**run.settings, "learning_rate": 17.0}),
                replace(run, sources=(*run.sources, Given("more", "0" * 64, run.method, "mnli"))),
            ]
        )
    )
    assert other.id != run.id and differing(run, other)


def test_ids_are_frozen():
    """An id that changes loses every result that was made before: that takes a new ID_VERSION."""
    here = Here()
    fusion = asked.training(here, "pawsx", "bottleneck", "fuse", ["squad", "mnli"], seed=1, settings={"max_steps": 8})
    assert fusion.id == "4fd7d12c9663647b"
    assert fusion.adapter.id == "0234f365b4146d56"
    assert [source.id for source in fusion.sources] == ["b28faf411c0ab550", "07db626f91bc0c2f"]


def test_defaults_of_identities_are_those_of_the_settings():
    schema = settings_schema()
    assert identity.HOW == {"evaluation_batch_size", "gradient_accumulation_steps", "packed"}
    differ = {
        name: (default, identity.DEFAULTS[name])
        for name, (default, _) in schema.items()
        if name in identity.DEFAULTS and identity.canonical(default) != identity.canonical(identity.DEFAULTS[name])
    }
    # None is the placement's own, which a resolved setting names
    assert differ == {"non_linearity": (None, "relu")}


def test_a_new_setting_at_its_default_makes_no_other_run(monkeypatch):
    run = asked.training(Here(), "pawsx", "lora")
    later = replace(run, settings={**run.settings, "new_setting": 3})
    assert later.id != run.id
    monkeypatch.setattr(identity, "DEFAULTS", {**identity.DEFAULTS, "new_setting": 3})
    assert replace(later).id == replace(run).id


def test_a_recipe_of_more_steps_makes_another_run_and_is_never_a_default(monkeypatch):
    usual = asked.training(Here(), "pawsx", "lora")
    read = recipe._read
    longer = {**read(recipes_folder() / "pocket.yaml"), "tasks": {"pawsx": {"max_steps": 2400}}}
    monkeypatch.setattr(recipe, "_read", lambda _: longer)
    now = asked.training(Here(), "pawsx", "lora")
    assert now.id != usual.id and [field for field, *_ in differing(usual, now)] == ["settings.max_steps"]
    # and the older one says how it differs from what the recipe says now
    assert words.changed(usual) == {"max_steps": 800} and not words.changed(now)


@pytest.mark.parametrize("setting", ["gradient_accumulation_steps=4", "evaluation_batch_size=7"])
def test_what_only_changes_how_is_no_part_of_a_run(setting):
    arguments = ["continue", "mnli", "--target", "pawsx"]
    plain, other = (command.parse([*arguments, *more], Here()) for more in ([], ["-o", setting]))
    assert plain == other and words.name_of(plain) == words.name_of(other)


@pytest.mark.parametrize(
    ("setting", "values"),
    [
        ("alpha", ["32", "32.0"]),
        ("weight_decay", ["0", "0.0"]),
        ("epochs", ["1", "1.0", "1e0"]),
        ("target_modules", ["query,value", "value,query", '["query","value","query"]']),
    ],
)
def test_a_setting_is_one_however_it_is_written(setting, values):
    runs = [
        command.parse(["train", "pawsx", "--method", "lora", "-o", f"{setting}={value}"], Here()) for value in values
    ]
    assert len({run.id for run in runs}) == 1
    if setting != "target_modules":
        assert len({words.name_of(run) for run in runs}) == len({words.label_of(run) for run in runs}) == 1


def test_ties_at_its_default_density_is_one_run():
    line = ["merge", "squad", "mnli", "--method", "lora", "--how", "ties", "--target", "tatoeba"]
    usual, same, other = (
        command.parse([*line, *more], Here()) for more in ([], ["-o", "density=0.2"], ["-o", "density=0.3"])
    )
    assert usual == same and words.name_of(usual) == words.name_of(same) and other.id != usual.id
    assert "density" not in words.label_of(usual) and "density=0.3" in words.label_of(other)


FOLDER, HUB = ["--backbone", "e5-small", "--data", "some/folder"], ["--backbone", "e5-small"]


@pytest.mark.parametrize(
    ("line", "label", "name"),
    [
        ("train ccg", "bottleneck", "e5-small-bottleneck-ccg-s0"),
        ("continue ccg --target pawsx", "bottleneck, continued from ccg", None),
        ("continue mnli --target ccg", "bottleneck, continued from mnli", "e5-small-bottleneck-ccg--continue-mnli-s0"),
        ("fuse ccg mnli --target pawsx", "bottleneck, fusion of ccg + mnli", None),
        ("evaluate mnli --target tatoeba", "bottleneck, mnli alone", "e5-small-folder-bottleneck-mnli-s0"),
        ("evaluate mnli --target bucc2018", "bottleneck, mnli alone", "e5-small-folder-bottleneck-mnli-s0"),
        ("merge squad mnli --target tatoeba", "bottleneck, merge of mnli + squad", None),
        ("merge squad ccg --target tatoeba", "bottleneck, merge of ccg + squad", None),
        (
            "merge squad mnli --target bucc2018",
            "bottleneck, merge of mnli + squad",
            "e5-small-folder-bottleneck--merge-mnli-squad-s0",
        ),
        ("merge squad mnli --head mnli --target xnli", "bottleneck, merge of mnli + squad (head=mnli)", None),
    ],
)
def test_what_learned_from_the_folder_of_one_line_goes_by_its_tasks_name(line, label, name):
    """Also beside tasks whose rows always come from a folder, and in a merge, which has no rows of its own."""
    run = command.parse([*line.split(), *FOLDER], Here())
    assert words.label_of(run) == label
    assert name in (None, words.name_of(run.adapter))
    assert not words.trained_elsewhere(run)


@pytest.mark.parametrize("target", ["tatoeba", "bucc2018"])
@pytest.mark.parametrize("line", ["evaluate mnli", "merge squad mnli"])
def test_what_learned_elsewhere_than_where_it_is_measured_says_so(line, target):
    verb, *names = line.split()
    sources = [command.parse(["train", name, *HUB], Here()).adapter for name in names]
    named = [verb, *map(words.name_of, sources), "--target", target]
    run = command.parse([*named, *FOLDER], Here(*sources))
    assert words.label_of(run).endswith("(data=hub)") and words.trained_elsewhere(run) == "hub"
    assert command.parse(command.arguments_of(run), around(run)) == run


@pytest.mark.parametrize("value", [{1: 2}, object(), {"a": {1, 2}}, b"bytes"])
def test_what_is_no_json_is_refused(value):
    with pytest.raises(TypeError, match="no part of an identity"):
        identity.digest({"value": value})


def test_the_order_in_which_sources_are_named_does_not_matter():
    one, other = (
        command.parse(["fuse", *sources, "--target", "pawsx"], Here())
        for sources in (("squad", "mnli"), ("mnli", "squad"))
    )
    assert one == other


def test_others_adapters_are_their_weights():
    one, other = (Given("name", digest * 64, "lora", "mnli") for digest in "ab")
    runs = [asked.training(Here(given), "pawsx", "lora", "stack", ["name"]) for given in (one, other)]
    assert runs[0].id != runs[1].id
    assert replace(one, name="other", origin="elsewhere").id == one.id


def test_provenance_goes_through_the_whole_graph():
    here = Here()
    first = replace(asked.training(here, "pawsx", "lora"), evaluation=None)
    names, chain = [], first
    for task in ("mnli", "qqp"):
        names.append(words.name_of(chain))
        chain = replace(asked.training(Here(chain), task, "lora", "continue", [names[-1]]), evaluation=None)
    last = asked.training(Here(chain), "pawsx", "lora", "continue", [words.name_of(chain)])
    assert last.saw_target_training and last.trained_on == {"pawsx", "mnli", "qqp"}
    assert not asked.training(here, "pawsx", "lora", "continue", ["mnli"]).saw_target_training
    # controls whose sources were never trained, or are left out, have seen nothing
    fusion = asked.training(Here(chain), "pawsx", "lora", "fuse", [words.name_of(chain), "squad"])
    assert fusion.saw_target_training
    for kind in ("parameters", "untrained"):
        assert not related.control(fusion, kind).saw_target_training


def test_retrieval_has_a_layer_and_nothing_of_a_training():
    run = command.parse(["evaluate", "mnli", "--target", "tatoeba"], Here())
    assert set(run.evaluation.settings) == {"max_length", "precision", "test_examples", "retrieval_layer"}
    with pytest.raises(UserError, match='no setting "learning_rate"'):
        command.parse(["evaluate", "mnli", "--target", "tatoeba", "-o", "learning_rate=0.1"], Here())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("predict squad", "makes no run; these do: train, continue.*"),
        ("trian mnli", 'Did you mean "train"'),
        ("train nosuch", 'There is no task "nosuch"'),
        ("fuse squad mnli", "required.*--target"),
        ("train mnli --nonsense 3", "unrecognized arguments: --nonsense 3"),
        ("train tatoeba", "has no training data"),
        ("fuse a b --target pawsx --control nonsense", "invalid choice"),
        ("evaluate none --target pawsx", "backbone alone has no head"),
        ("merge squad mnli --target pawsx", "A merge has no head"),
        ("train mnli -o nonsense=1", 'no setting "nonsense"'),
        ("", "makes no run"),
        ("train pawsx --seed -3", "seed is -3: it must be a whole number from 0"),
        ("train pawsx -o epochs=2 -o max_steps=3", "Exactly one of the settings epochs and max_steps"),
        ("train pawsx -o max_steps=null", "Exactly one of the settings epochs and max_steps"),
        ("train pawsx mnli", "one run of one word here, but there are pawsx, mnli"),
        ("evaluate mnli squad --target tatoeba", "one run of one word here"),
        ("stack mnli squad --target pawsx", "one run of one word here"),
        ("fuse mnli --target pawsx", "fuse needs at least two sources.*; use stack or continue"),
        ("fuse mnli squad --target pawsx --no-fresh", "Only a fusion of LoRAs can do without"),
        ("fuse mnli squad --target pawsx --method lora --no-fresh --control untrained", "Only a fusion of LoRAs"),
        ("fuse mnli squad --target pawsx --method full", "trains the backbone itself, so it cannot fuse"),
        ("merge mnli squad --how ties", "TIES adds up weight changes"),
        ("merge mnli squad -o density=0.3", 'Merging by mean has no setting "density"'),
        ("merge mnli squad --method lora --how ties -o density=5", "density is 5; it must be"),
        ("merge mnli squad -o learning_rate=5", "not measured has no setting learning_rate"),
    ],
)
def test_a_line_that_is_no_run_says_why(line, message):
    with pytest.raises(UserError, match=message):
        command.parse(line.split(), Here())


def test_a_changed_file_and_another_version_are_refused():
    facts = asked.training(Here(), "pawsx", "lora").facts()
    with pytest.raises(UserError, match="says that it is .*: it was changed"):
        of_facts({**facts, "seed": 5}, "a file")
    with pytest.raises(UserError, match="by version 0 of identities; this release reads 1"):
        of_facts({**facts, "version": 0}, "a file")
    with pytest.raises(UserError, match='a file: "seed" is "1", but must be'):
        of_facts({**facts, "seed": "1"}, "a file")


def test_a_fusion_stands_beside_its_controls_and_references():
    fusion = asked.training(Here(), "pawsx", "bottleneck", "fuse", ["squad", "mnli"], seed=2)
    lines = [" ".join(command.arguments_of(run)) for run in related.around(fusion)]
    assert lines == [
        "train pawsx --seed 2",
        "fuse mnli squad --target pawsx --control parameters --seed 2",
        "fuse mnli squad --target pawsx --control untrained --seed 2",
        "stack mnli --target pawsx --seed 2",
        "stack squad --target pawsx --seed 2",
        "fuse mnli squad --target pawsx --seed 2",
        "baseline pawsx --seed 2",
        "baseline pawsx --via mnli --seed 2",
        "baseline pawsx --via squad --seed 2",
    ]
    assert [command.parse(line.split(), Here()).id for line in lines] == [run.id for run in related.around(fusion)]
    control = related.control(fusion, "untrained")
    assert [run.id for run in related.around(control)] == [run.id for run in related.around(fusion)]


def test_a_grid_of_lines_is_as_many_runs():
    here = Here()
    seen = {
        command.parse(["continue", source, "--target", target, "--method", method, "--seed", str(seed)], here).id
        for source in ("mnli", "qqp", "squad", "ccg")
        for target in ("pawsx", "udpos", "panx", "tydiqa")
        for method in ("bottleneck", "lora")
        for seed in range(3)
    }
    assert len(seen) == 4 * 4 * 2 * 3


@pytest.mark.parametrize("seed", ["0", True, 1.0, -1, 2**63])
def test_a_seed_that_is_none_makes_no_run(seed):
    with pytest.raises(UserError, match="The seed is"):
        asked.training(Here(), "pawsx", "lora", seed=seed)


def test_a_source_of_another_method_is_refused_before_anything_is_loaded():
    other = Given("others", "0" * 64, "bottleneck", "mnli")
    with pytest.raises(UserError, match='"others" was made by the method bottleneck, so stack with lora cannot use it'):
        asked.training(Here(other), "pawsx", "lora", "stack", ["others"])


def test_a_run_from_before_a_setting_existed_is_told_apart_where_the_recipe_asks_for_more_than_its_default():
    now = a_run(task="mnli", backbone="e5-small", data="folder")
    before = replace(now, settings={key: value for key, value in now.settings.items() if key != "backbone_dropout"})
    asked_for = a_run(task="mnli", backbone="e5-small", data="folder", changed={"backbone_dropout": None})
    assert before.id == asked_for.id != now.id
    assert words.changed(before) == words.changed(asked_for) == {"backbone_dropout": None}
    assert words.name_of(before) == words.name_of(asked_for) != words.name_of(now)
