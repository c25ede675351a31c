"""What is said of the real encoder: the first table, the searches for rates, and the sentences that were tried."""

import json
import math
import re
import runpy
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from records import a_result, a_run, accuracies
from scipy import stats

from adapterstilts import studies, tasks
from adapterstilts.backbones.declared import DECLARED
from adapterstilts.backbones.packages.declared import folder_of
from adapterstilts.base import schema
from adapterstilts.findings import compare, judged, report
from adapterstilts.findings.headline import Headline, System
from adapterstilts.findings.judged import Question
from adapterstilts.findings.search import Search, searches
from adapterstilts.runs import items, words

ROOT = Path(__file__).resolve().parents[1]
CHOICE = yaml.safe_load((ROOT / "docs" / "real.yaml").read_text(encoding="utf-8"))
FETCHED = folder_of("e5-small")
"""Where a user of this machine has it: tests have a cache of their own."""
TRANSCRIPT = runpy.run_path(str(ROOT / "scripts" / "transcript"))


def test_the_lowest_rate_within_a_standard_error_of_the_best_is_chosen():
    found = Search("mnli", "lora", {5e-4: 71.9, 1e-3: 72.0, 2e-3: 70.0}, 9815)
    assert found.standard_error == pytest.approx(100 * math.sqrt(0.72 * 0.28 / 9815))
    assert found.chosen == 5e-4 and not found.is_open
    assert replace(found, scores={5e-4: 71.0, 1e-3: 72.0, 2e-3: 70.0}).chosen == 1e-3


@pytest.mark.parametrize("scores", [{1e-3: 72.0, 2e-3: 70.0}, {5e-4: 70.0, 1e-3: 72.0}])
def test_an_optimum_at_the_edge_is_open(scores):
    assert Search("mnli", "lora", scores, 100).is_open


def _trained(rate, score, **about):
    result = a_result(a_run(changed={"learning_rate": rate}, **about))
    return replace(result, facts={**result.facts, "best_validation_score": score, "validation_rows": 912})


def test_searches_are_those_of_one_system_with_several_rates():
    results = [_trained(rate, 60.0 + rate) for rate in (1e-3, 2e-3)]
    results += [_trained(1e-3, 70.0, method="lora"), _trained(2e-3, 99.0, seed=1)]
    (found,) = searches(results)
    assert (found.task, found.system, found.rows) == ("pawsx", "bottleneck, target only", 912)
    assert list(found.scores) == [1e-3, 2e-3]


@pytest.fixture
def headline():
    systems = (System("a bottleneck", "bottleneck, target only"), System("all of it", "full fine-tuning"))
    return Headline("pocket", ("pawsx", "tydiqa"), systems)


@pytest.fixture
def met(monkeypatch):
    """Pocket as if it had been trained on the data of these tasks."""
    monkeypatch.setitem(DECLARED, "pocket", replace(DECLARED["pocket"], met=("mnli", "tydiqa")))


def test_systems_that_were_not_run_are_named_below_a_table_of_those_that_have_begun(headline):
    begun, whole = (headline.table([a_result()], begun) for begun in (True, False))
    assert [row[0] for row in begun.rows] == ["a bottleneck"] and begun.notes[-1] == "Not run yet: all of it."
    assert [row[0] for row in whole.rows] == ["a bottleneck", "all of it"] and whole.notes == begun.notes[:-1]


def test_what_the_backbone_itself_learned_from_is_marked_in_every_table(headline, met):
    results = [
        a_result(),
        a_result(a_run(composition="continue", sources=("mnli",))),
        a_result(a_run(composition="continue", sources=("csqa",))),
    ]
    pawsx, tydiqa = (compare.compare(tasks.get(name), "pocket", results) for name in ("pawsx", "tydiqa"))
    assert (pawsx.met, tydiqa.met) == (False, True)
    marked = {row.label for row in pawsx.rows if row.met}
    assert marked == {"bottleneck, continued from mnli"}
    systems = tuple(System(row.label, row.label) for row in pawsx.rows)
    for table in (report.comparison(pawsx), report.summary([pawsx]), replace(headline, systems=systems).table(results)):
        assert {row[0].value for row in table.rows if getattr(row[0], "mark", "") == report.MET} == marked
        assert report.OF_MET in table.notes
    assert report.title(tydiqa).startswith("tydiqa †, ")


def test_a_control_without_pretraining_met_nothing():
    assert DECLARED["e5-small"].met and not DECLARED["e5-small-random"].met


def test_the_table_has_means_of_seeds_and_says_what_was_not_run(headline, met):
    results = [a_result(a_run(seed=seed), accuracies(en=80.0 + seed, de=60.0)) for seed in range(3)]
    answers = {language: {"f1": 50.0, "exact_match": 10.0} for language in ("en", "fi")}
    results.append(a_result(a_run(task="tydiqa", method="full"), answers))
    table = headline.table(results)
    assert [column.heading for column in table.columns] == ["system", "pawsx (2)", "tydiqa (2) †"]
    first, second = table.rows
    assert first[0] == "a bottleneck" and first[1].value == 70.5 and first[2] == "not run"
    assert first[1].interval == pytest.approx(4.303 * 0.5 / math.sqrt(3), rel=1e-3)
    assert second[1] == "not run" and second[2].value == 50.0 and second[2].interval is None


def test_a_system_that_lacks_languages_has_no_mean(headline):
    results = [a_result(scores=accuracies(en=80.0, de=60.0)), a_result(method="full", scores=accuracies(de=90.0))]
    assert [row[1] for row in headline.table(results).rows][1] == "in part"


def test_what_was_measured_in_english_alone_is_no_result_on_a_target(headline):
    table = headline.table([a_result(scores=accuracies(en=80.0))])
    assert table.columns[1].heading == "pawsx" and [row[1] for row in table.rows] == ["not run", "not run"]


def test_a_target_without_training_rows_shows_the_source_as_it_is_and_a_blank_where_there_is_none():
    systems = (
        System("alone", "bottleneck, target only"),
        System("via MNLI", "bottleneck, continued from mnli", "bottleneck, mnli alone"),
    )
    as_it_is = a_result(a_run(task="mnli", target="tatoeba"), accuracies(de=40.0))
    table = Headline("pocket", ("pawsx", "tatoeba"), systems).table([a_result(), as_it_is])
    (_, measured, blank), (_, missing, retrieved) = table.rows
    assert measured.value and blank is None and missing == "not run" and retrieved.value == 40.0


ASKED = (
    Question("pawsx", "bottleneck, continued from mnli", "bottleneck, target only"),
    Question("pawsx", "full fine-tuning", "bottleneck, target only"),
    Question("tydiqa", "full fine-tuning", "bottleneck, target only"),
)


def _seeds(method, scores, **about):
    return [
        a_result(a_run(method, seed=seed, **about), accuracies(en=each, de=each)) for seed, each in enumerate(scores)
    ]


def test_named_comparisons_are_judged_together():
    results = [
        *_seeds("bottleneck", [50.0, 51.0, 52.0]),
        *_seeds("bottleneck", [60.0, 61.1, 61.9], composition="continue", sources=("mnli",)),
        *_seeds("full", [50.5, 52.0, 51.0]),
    ]
    first, second, third = judged.answers(ASKED, "pocket", results)
    expected = stats.ttest_rel([60.0, 61.1, 61.9], [50.0, 51.0, 52.0])
    assert first.differs and first.difference == pytest.approx(10.0) and first.p == pytest.approx(expected.pvalue)
    assert not second.differs and second.seeds == 3
    assert third.p is None and third.seeds == 0 and not third.differs
    assert [row[-1] for row in judged.table([first, second, third]).rows] == ["yes", "cannot be told apart", "not run"]
    assert first.over_rows is None


def test_what_is_judged_is_told_over_test_rows_too():
    right = [1, 0, 0, 1] * 50
    results = [
        replace(each, items=dict.fromkeys(each.scores, items.packed([(min(1, one + more), 1) for one in right])))
        for more, each in [
            *((0, each) for each in _seeds("bottleneck", [50.0, 50.0])),
            *((1, each) for each in _seeds("bottleneck", [100.0, 100.0], composition="continue", sources=("mnli",))),
        ]
    ]
    first, _, _ = judged.answers(ASKED, "pocket", results)
    low, high = first.over_rows
    assert 40 < low < 50 < high < 60 and first.difference == 50.0


def test_holm_counts_every_question_and_stops_at_the_first_that_fails():
    nearly = [*_seeds("bottleneck", [50.0, 50.0, 50.0]), *_seeds("full", [51.0, 51.3, 51.8])]
    assert judged.answers(ASKED[1:2], "pocket", nearly)[0].differs
    p = judged.answers(ASKED[1:2], "pocket", nearly)[0].p
    assert 0.05 / 3 < p < 0.05 and not judged.answers(ASKED, "pocket", nearly)[1].differs


def test_systems_with_the_same_scores_cannot_be_told_apart():
    same = [*_seeds("bottleneck", [50.0, 51.0]), *_seeds("full", [50.0, 51.0])]
    (answer,) = judged.answers(ASKED[1:2], "pocket", same)
    assert (answer.difference, answer.half_width, answer.p, answer.differs) == (0.0, 0.0, 1.0, False)


def test_the_study_of_the_real_encoder_names_six_comparisons_of_systems_that_it_runs():
    study = studies.read(studies.recipe_of("e5-small"), "pocket")
    runs = [run for part in study.parts.values() for run in study.runs(part, Path("nowhere"))]
    # on pocket's rows the shipped adapters go by their whole names, since they learned from others
    systems = {(run.target, re.sub(r"e5-small-folder-\w+-(\w+)-s0", r"\1", words.label_of(run))) for run in runs}
    assert len(study.comparisons) == 6
    for asked in study.comparisons:
        assert {(asked.target, asked.first), (asked.target, asked.second)} <= systems


def test_what_readme_shows_names_tasks_that_there_are():
    chosen = schema.checked(Headline, CHOICE, "docs/real.yaml")
    assert set(chosen.targets) == {name for name, task in tasks.all_tasks().items() if task.role == "target"}
    assert {task for declared in DECLARED.values() for task in declared.met} <= tasks.all_tasks().keys()


def test_the_sentences_have_what_is_right_for_them():
    for section in TRANSCRIPT["asked"]():
        task = tasks.get(section["adapter"])
        for line in section["lines"]:
            if task.type == "tagging":
                assert len(line["right"].split()) == len(line["text"].split())
                assert set(line["right"].split()) <= set(task.labels)
            elif task.type == "classification":
                assert line["right"] in task.labels and line["text"].count("\t") == 1
            else:
                _, context = line["text"].split("\t")
                assert all(answer in context for answer in line["right"])


def test_the_sentences_are_in_six_languages_at_least():
    assert len({line["language"] for section in TRANSCRIPT["asked"]() for line in section["lines"]}) >= 6


@pytest.mark.slow
def test_the_shipped_adapters_say_what_readme_shows(tmp_path, monkeypatch):
    if not FETCHED.is_dir():
        pytest.skip("e5-small is not in the cache")
    monkeypatch.setenv("ADAPTERSTILTS_HOME", str(tmp_path))
    folder_of("e5-small").parent.mkdir(parents=True)
    folder_of("e5-small").symlink_to(FETCHED)
    assert TRANSCRIPT["said"]() == json.loads(TRANSCRIPT["SAID"].read_text(encoding="utf-8"))


def test_results_are_found_where_rows_come_from_a_folder_anyway():
    headline = Headline("e5-small", ("bucc2018", "xnli"), (), data="folder")
    assert (headline._data("bucc2018"), headline._data("xnli")) == (None, "folder")


def test_an_adapter_says_its_whole_name_and_the_line_that_makes_it(call):
    _, out, _ = call("zoo", "show", "mnli", "--backbone", "e5-small")
    lines = out.splitlines()
    assert lines[1] == "whole name: e5-small-folder-bottleneck-mnli-s0"
    assert lines[2] == "made by: adapterstilts train mnli --backbone e5-small --data FOLDER"
    assert any(", precision=fp32): " in line for line in lines)
    assert max(map(len, lines[: lines.index("results:")])) < 400


def test_an_adapter_that_is_there_for_another_backbone_is_named(call):
    code, _, err = call("predict", "panx")
    assert code == 1 and "there is one for --backbone e5-small; make one: adapterstilts train panx" in err
