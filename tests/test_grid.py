"""The paper's layout: gains by intermediate task and target."""

from dataclasses import replace

import pytest
from records import a_result, a_run, accuracies

from adapterstilts import tasks
from adapterstilts.backbones.declared import DECLARED
from adapterstilts.findings import compare
from adapterstilts.findings.grid import ABOUT_HALVES, CHOSEN, NOT_RUN, OF_CHOSEN, OF_HALVES, grid
from adapterstilts.findings.table import Value
from adapterstilts.runs.run import NO_ADAPTER


def compared(*targets, results):
    return [compare.compare(tasks.get(name), "pocket", results) for name in targets]


def cells(table):
    """The cells by intermediate task and heading."""
    headings = [column.heading for column in table.columns[1:]]
    return {getattr(name, "value", name): dict(zip(headings, row, strict=True)) for name, *row in table.rows}


@pytest.mark.parametrize("method", ["bottleneck", "lora", "full"])
def test_gains_of_one_method_by_task_and_target(method):
    results = [
        *(a_result(a_run(method, seed=seed), accuracies(en=60.0, de=50.0)) for seed in range(2)),
        *(
            a_result(
                a_run(method, composition="continue", sources=("mnli",), seed=seed),
                accuracies(en=70.0, de=50.0 + seed),
            )
            for seed in range(2)
        ),
        a_result(a_run("head_only", composition=None), accuracies(en=99.0, de=99.0)),
    ]
    table = grid(compared("pawsx", "tydiqa", results=results), method)
    read = cells(table)
    assert list(read) == ["none", *(name for name, task in tasks.shipped().items() if task.role == "intermediate")]
    assert read["none"] == {"pawsx": "55.0", "tydiqa": NOT_RUN, "mean": None}
    gain = read["mnli"]["pawsx"]
    assert gain.value == 5.25 and gain.interval > 0
    assert read["squad"] == {"pawsx": NOT_RUN, "tydiqa": NOT_RUN, "mean": None}
    assert read["mnli"]["mean"] is None, "a mean of what is incomplete says nothing"


def test_what_would_train_twice_on_the_same_rows_is_empty():
    results = [a_result(a_run(task="mnli", target="xnli"), accuracies(en=60.0))]
    read = cells(grid(compared("xnli", "pawsx", results=results), "bottleneck"))
    assert read["none"]["xnli"] == "60.0" and read["mnli"]["xnli"] is None and read["squad"]["xnli"] == NOT_RUN


def test_retrieval_is_by_each_adapter_as_it_is():
    results = [
        a_result(a_run(NO_ADAPTER, None, target="tatoeba"), accuracies(de=40.0)),
        a_result(a_run(task="csqa", target="tatoeba"), accuracies(de=43.0)),
    ]
    read = cells(grid(compared("tatoeba", results=results), "bottleneck"))
    assert read["none"] == {"tatoeba": "40.0"} and read["csqa"]["tatoeba"] == Value(3.0)


def test_other_settings_than_the_recipes_and_controls_are_not_in_it():
    results = [
        a_result(),
        a_result(
            a_run(composition="continue", sources=("mnli",), changed={"max_steps": 7}), accuracies(en=99.0, de=99.0)
        ),
    ]
    assert cells(grid(compared("pawsx", results=results), "bottleneck"))["mnli"] == {"pawsx": NOT_RUN}


def test_what_the_backbone_met_is_marked(monkeypatch):
    monkeypatch.setitem(DECLARED, "pocket", replace(DECLARED["pocket"], met=("mnli",)))
    results = [a_result(), a_result(a_run(composition="continue", sources=("mnli",)))]
    table = grid(compared("pawsx", results=results), "bottleneck")
    assert [name.value for name, *_ in table.rows if isinstance(name, Value)] == ["mnli"]


def test_the_source_that_english_validation_chooses_has_a_row_of_its_own():
    def continued(source, validated, **scores):
        result = a_result(a_run(composition="continue", sources=(source,)), accuracies(**scores))
        return replace(result, facts={**result.facts, "best_validation_score": validated})

    results = [
        a_result(scores=accuracies(en=60.0, de=50.0)),
        continued("mnli", 70.0, en=61.0, de=50.0),
        continued("squad", 69.0, en=99.0, de=99.0),
    ]
    table = grid(compared("pawsx", results=results), "bottleneck")
    assert cells(table)[CHOSEN]["pawsx"] == Value(0.5, mark="(mnli)") and OF_CHOSEN in table.notes
    assert CHOSEN not in cells(grid(compared("pawsx", results=results[:2]), "bottleneck")), "one is no choice"
    silent = [*results[:2], replace(results[2], facts={})]
    assert CHOSEN not in cells(grid(compared("pawsx", results=silent), "bottleneck"))


def test_an_adapter_as_it_is_is_marked_by_what_it_learned(monkeypatch):
    monkeypatch.setitem(DECLARED, "pocket", replace(DECLARED["pocket"], met=("mnli",)))
    results = [a_result(a_run(task=task, target="tatoeba"), accuracies(de=43.0)) for task in ("csqa", "mnli")]
    (tatoeba,) = compared("tatoeba", results=results)
    assert [row.run.task for row in tatoeba.rows if row.met] == ["mnli"]
    (xnli,) = compared("xnli", results=[a_result(a_run(task="mnli", target="xnli"), accuracies(en=60.0))])
    assert not any(row.met for row in xnli.rows), "what learned the target's own task has no source"


def test_what_was_learned_otherwise_than_as_one_english_task_has_rows_below_the_nine():
    results = [
        a_result(scores=accuracies(en=60.0, de=50.0)),
        a_result(a_run(composition="continue", sources=("squad:mixed",)), accuracies(en=61.0, de=50.0)),
        a_result(a_run(composition="continue", sources=("multitask",)), accuracies(en=62.0, de=50.0)),
        a_result(a_run(task="mnli", target="xnli"), accuracies(en=70.0)),
        a_result(a_run(task="multitask", target="xnli"), accuracies(en=72.0)),
    ]
    read = cells(grid(compared("pawsx", "xnli", results=results), "bottleneck"))
    assert list(read)[10:] == ["multitask", "squad:mixed"]
    assert read["multitask"]["pawsx"] == Value(1.0) and read["squad:mixed"] == {
        "pawsx": Value(0.5),
        "xnli": NOT_RUN,
        "mean": None,
    }
    assert read["multitask"]["xnli"].value == 2.0, "by its head for MNLI, beside what MNLI's own adapter scores"


def test_what_choosing_flatters_is_told_by_halves_of_the_validation_rows():
    def continued(source, halves, **scores):
        result = a_result(a_run(composition="continue", sources=(source,)), accuracies(**scores))
        return with_halves(result, halves)

    def with_halves(result, halves):
        history = [{"step": 5, "halves": [0.0, 0.0]}, {"step": 9, "halves": halves}]
        facts = {**result.facts, "best_validation_score": sum(halves) / 2, "best_step": 9, "history": history}
        return replace(result, facts=facts)

    results = [
        with_halves(a_result(scores=accuracies(en=60.0, de=50.0)), [50.0, 52.0]),
        continued("mnli", [60.0, 54.0], en=61.0, de=50.0),
        continued("squad", [56.0, 58.0], en=99.0, de=99.0),
    ]
    table = grid(compared("pawsx", results=results), "bottleneck")
    on_it, on_the_other = (cells(table)[name]["pawsx"] for name in OF_HALVES)
    # the first half chooses MNLI (+10, and +2 on the other), the second SQuAD (+6, and +6)
    assert (on_it, on_the_other) == (Value(8.0), Value(4.0)) and ABOUT_HALVES in table.notes
    silent = [*results[:2], replace(results[2], facts={**results[2].facts, "history": []})]
    assert OF_HALVES[0] not in cells(grid(compared("pawsx", results=silent), "bottleneck"))
