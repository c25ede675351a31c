"""One contract for all 18 declarations."""

import importlib
import importlib.util

import pytest

from adapterstilts import tasks
from adapterstilts.base.errors import UserError
from adapterstilts.rows.formats import reader
from adapterstilts.tasks import metrics
from adapterstilts.tasks.own import COLUMNS

INTERMEDIATE = "anli_plus mnli qqp squad squad2 hellaswag ccg cosmosqa csqa".split()
TARGET = "xnli pawsx udpos panx xquad mlqa tydiqa bucc2018 tatoeba".split()
# splits of which a folder, or the Hub, lacks one
OTHERWISE_IN_FOLDERS = {"hellaswag", "cosmosqa", "csqa"}
SCORED_BY = {
    "classification": {"accuracy"},
    "multiple_choice": {"accuracy"},
    "tagging": {"span_f1", "token_accuracy"},
    "question_answering": {"squad", "squad2", "mlqa"},
    "retrieval": {"accuracy", "mining_f1"},
}


def test_there_are_the_18_tasks_of_the_paper():
    by_role = {
        role: [t.name for t in tasks.all_tasks().values() if t.role == role] for role in ("intermediate", "target")
    }
    assert sorted(by_role["intermediate"]) == sorted(INTERMEDIATE)
    assert sorted(by_role["target"]) == sorted(TARGET)


@pytest.mark.parametrize("task", tasks.all_tasks().values(), ids=lambda task: task.name)
def test_declaration(task):
    assert tasks.get(task.name) is task
    assert task.type in tasks.TYPES
    assert task.metric in SCORED_BY[task.type]
    assert task.metric in metrics.METRICS
    assert metrics.main_name(task.metric)
    assert task.title and task.licence and task.reference.startswith("https://")
    assert 0 <= task.chance <= 100
    _languages(task)
    _labels(task)
    _training_data(task)
    _where_the_rows_are(task)


def _languages(task):
    assert len(set(task.languages)) == len(task.languages) > 0
    assert all(len(code) == 2 and code.islower() for code in task.languages)
    if task.role == "intermediate":
        assert task.languages == ("en",)
    elif task.type == "retrieval":
        assert "en" not in task.languages  # the other side of every pair is English
    else:
        assert task.languages[0] == "en"
        assert list(task.languages[1:]) == sorted(task.languages[1:])


def _labels(task):
    assert len(set(task.labels)) == len(task.labels)
    assert bool(task.labels) == (task.type in ("classification", "tagging") and task.name != "ccg")
    if task.type == "classification":
        assert task.chance == pytest.approx(100 / len(task.labels))


def _training_data(task):
    if task.role == "intermediate":
        assert task.train_on == task.name
    elif task.type == "retrieval":
        assert task.train_on is None
    else:
        trained_on = tasks.get(task.train_on)
        assert (trained_on.type, trained_on.labels) == (task.type, task.labels)
        assert "en" in trained_on.languages


def _where_the_rows_are(task):
    assert bool(task.hub) != bool(task.elsewhere)
    for data in task.hub:
        assert callable(reader(data.read)) and set(data.columns) <= set(COLUMNS[task.type])
        assert data.id.count("/") == 1
        assert data.revisions
        assert set(data.splits) <= set(tasks.SPLITS)
        assert set(data.language_names) in (set(), set(task.languages))
    found = {split for data in task.hub for split in data.splits}
    if task.hub and task.train_on == task.name:
        assert {"train", "validation"} <= found
    if task.hub and task.role == "target":
        assert "test" in found
    assert "test" in task.files or task.role == "intermediate"
    assert set(task.files) == found or not task.hub or task.name in OTHERWISE_IN_FOLDERS
    for layout in (layout for parts in task.files.values() for part in parts for layout in part):
        assert callable(reader(layout.read)) and layout.names
        assert set(layout.language_names) in (set(), set(task.languages))
    if task.pocket is not None:
        module, _, function = task.pocket.partition(":")
        assert module == "adapterstilts.pocket.tasks"
        assert function == task.name


def test_pocket_generators_are_there():
    pytest.importorskip("adapterstilts.pocket.tasks")
    for task in tasks.all_tasks().values():
        if task.pocket is not None:
            module, _, function = task.pocket.partition(":")
            assert callable(getattr(importlib.import_module(module), function))


@pytest.mark.parametrize(("typed", "meant"), [("pawsX", "pawsx"), ("sqaud", "squad"), ("hella_swag", "hellaswag")])
def test_an_unknown_task_names_the_nearest(typed, meant):
    with pytest.raises(UserError, match=f'There is no task "{typed}". Did you mean "{meant}"'):
        tasks.get(typed)


def test_a_task_like_no_other_points_to_the_list():
    with pytest.raises(UserError, match="adapterstilts tasks"):
        tasks.get("zzzzzzzz")
