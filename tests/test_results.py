"""The record, the store and the comparison."""

import csv
import io
import json
from dataclasses import replace

import pytest
from records import a_fusion, a_result, a_run, accuracies
from scipy import stats

from adapterstilts import tasks
from adapterstilts.base.errors import UserError
from adapterstilts.cli import drawing
from adapterstilts.findings import compare, report
from adapterstilts.runs import related, results

PAWSX = tasks.get("pawsx")


def test_average_and_gap():
    result = a_result(scores=accuracies(en=90.0, de=70.0, ja=50.0))
    assert (result.average, result.cross_lingual_gap) == (70.0, 30.0)


def test_what_was_only_predicted_has_neither():
    result = a_result(scores={}, examples={"en": 20})
    assert (result.average, result.cross_lingual_gap) == (None, None)


def test_without_english_or_without_others_there_is_no_gap():
    assert a_result(scores=accuracies(de=70.0, ja=50.0)).cross_lingual_gap is None
    assert a_result(scores=accuracies(en=70.0)).cross_lingual_gap is None


def test_retrieval_has_no_gap():
    result = a_result(task="mnli", target="tatoeba", scores=accuracies(de=20.0, ja=10.0))
    assert (result.average, result.cross_lingual_gap) == (15.0, None)


def test_answers_average_f1_and_exact_match():
    scores = {"en": {"f1": 80.0, "exact_match": 60.0}, "de": {"f1": 40.0, "exact_match": 40.0}}
    result = a_result(task="squad", target="xquad", scores=scores)
    assert (result.average, result.cross_lingual_gap) == (55.0, 30.0)


@pytest.mark.parametrize("method", ["bottleneck", "lora"])
def test_a_result_survives_its_file(tmp_path, method):
    result = a_fusion(method=method, adapter="fusion")
    path = results.save(result, tmp_path)
    assert results.read(path) == result
    assert [source["task"] for source in json.loads(path.read_text())["run"]["sources"]] == ["mnli", "squad"]
    assert [file.name for file in path.parent.iterdir()] == ["fusion--pawsx.json"]


def test_of_tasks_that_are_ours_nothing_is_declared():
    assert "declarations" not in a_fusion().as_json()


def test_what_follows_from_a_result_is_told_and_not_stored():
    result = a_fusion()
    derived = {"target": "pawsx", "system": "bottleneck, fusion of mnli + squad"}
    derived |= {"average": 70.0, "cross_lingual_gap": 15.0}
    assert result.told() == {**result.as_json(), **derived}
    assert not derived.keys() & result.as_json().keys()


def test_fields_of_a_later_version_are_passed_over(tmp_path):
    path = tmp_path / "new.json"
    content = a_fusion().as_json()
    path.write_text(json.dumps({**content, "carbon": 1, "run": {**content["run"], "carbon": 1}}))
    assert results.read(path) == a_fusion()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "broken.json"),
        ("{", "broken.json"),
        ("[]", "broken.json"),
        ('{"adapter": "x"}', "has the format 1; this release reads format 2"),
        ('{"format": 2, "adapter": "x"}', "broken.json"),
    ],
)
def test_a_broken_file_is_named(tmp_path, text, sentence):
    path = tmp_path / "results" / "broken.json"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(UserError, match=sentence) as raised:
        results.read_all([tmp_path])
    assert "broken.json" in str(raised.value)


def test_what_cannot_be_read_costs_no_other_result(tmp_path):
    results.save(a_fusion(), tmp_path)
    of_adapter = a_fusion().as_json() | {"run": a_run().adapter.facts()}
    of_another_metric = a_fusion(scores={"en": {"f1": 1.0}}).as_json()
    for name, content in {"a": {}, "b": of_adapter, "c": of_another_metric, "d": {"format": 2}}.items():
        (tmp_path / "results" / f"{name}.json").write_text(json.dumps(content))
    skipped = []
    assert results.read_all([tmp_path], skipped.append) == [a_fusion()]
    assert [str(error).split(".json")[0][-1] for error in skipped] == ["a", "b", "c", "d"]
    assert "has the format 1" in str(skipped[0]) and "measures nothing" in str(skipped[1])
    assert "lacks the score 'accuracy' of pawsx" in str(skipped[2])


def test_a_run_that_was_changed_in_its_file_is_not_believed(tmp_path):
    path = results.save(a_fusion(), tmp_path)
    path.write_text(
        path.read_text().replace('"batch_size": 32', '"batch_size": 16', 1).replace('"seed": 0', '"seed": 9')
    )
    with pytest.raises(UserError, match="it was changed"):
        results.read(path)


def test_a_failing_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UserError, match="No space left on device"):
        results.save(a_fusion(), tmp_path)
    assert list((tmp_path / "results").iterdir()) == []


def test_a_run_of_ones_own_replaces_the_shipped_one(tmp_path):
    results.save(a_fusion(adapter="shipped", scores=accuracies(en=1.0)), tmp_path / "zoo")
    results.save(a_fusion(adapter="own", sources=("mnli", "squad")), tmp_path / "runs")
    results.save(a_fusion(adapter="other-seed", seed=1), tmp_path / "zoo")
    found = results.read_all([tmp_path / "zoo", tmp_path / "runs", tmp_path / "absent"])
    assert sorted(one.adapter for one in found) == ["other-seed", "own"]


def test_a_result_is_replaced_by_the_same_run_and_by_no_other(tmp_path):
    path = results.save(a_fusion(scores=accuracies(en=1.0)), tmp_path)
    assert results.save(a_fusion(), tmp_path) == path
    with pytest.raises(UserError) as raised:
        results.save(a_fusion(revision="2", fingerprint="xyz"), tmp_path)
    assert str(raised.value) == (
        f"{path} is of another run, and is never replaced "
        '(backbone.fingerprint: "abc" there, "xyz" asked; '
        'evaluation.rows.revision: "pocket 1" there, "pocket 2" asked; '
        'rows.revision: "pocket 1" there, "pocket 2" asked; '
        'sources[0].backbone.fingerprint: "abc" there, "xyz" asked; '
        'sources[0].rows.revision: "pocket 1" there, "pocket 2" asked; '
        'sources[1].backbone.fingerprint: "abc" there, "xyz" asked; '
        'sources[1].rows.revision: "pocket 1" there, "pocket 2" asked); give another --output, or remove it.'
    )
    assert results.read(path) == a_fusion()


def test_the_table_of_a_fusion_has_every_row_of_the_comparison():
    expected = related.around(a_run(composition="fuse", sources=("mnli", "squad")))
    comparison = compare.compare(PAWSX, "pocket", [a_fusion(), a_result()], expected)
    assert [(row.label, row.command) for row in comparison.rows if not row.results] == [
        (
            "bottleneck, target only, parameters of the fusion of mnli + squad",
            "adapterstilts fuse mnli squad --target pawsx --control parameters",
        ),
        (
            "bottleneck, fusion of 2 untrained adapters",
            "adapterstilts fuse mnli squad --target pawsx --control untrained",
        ),
        ("bottleneck, stack on mnli", "adapterstilts stack mnli --target pawsx"),
        ("bottleneck, stack on squad", "adapterstilts stack squad --target pawsx"),
        ("full fine-tuning", "adapterstilts baseline pawsx"),
        ("full fine-tuning via mnli", "adapterstilts baseline pawsx --via mnli"),
        ("full fine-tuning via squad", "adapterstilts baseline pawsx --via squad"),
    ]
    assert [row.label for row in comparison.rows if row.results] == [
        "bottleneck, target only",
        "bottleneck, fusion of mnli + squad",
    ]
    assert comparison.languages == ("en", "de", "ja")


@pytest.mark.parametrize(
    ("run", "label", "command"),
    [
        (
            a_run("lora"),
            "lora, target only",
            "train pawsx --method lora",
        ),
        (a_run("none", target="tatoeba"), "backbone as it is", "evaluate none --target tatoeba"),
        (
            a_run(task="mnli", target="tatoeba", backbone="xlm-roberta-base", trained_from="hub", data="hub"),
            "bottleneck, mnli alone",
            "evaluate mnli --target tatoeba --backbone xlm-roberta-base",
        ),
        (
            a_run("lora", None, "merge", ("mnli", "squad"), target="tatoeba", changed={"how": "ties", "density": 0.5}),
            "lora, merge of mnli + squad (density=0.5, how=ties)",
            "merge mnli squad --target tatoeba --method lora --how ties -o density=0.5",
        ),
        (
            a_run("head_only", changed={"learning_rate": 0.002}),
            "head only, target only (learning_rate=0.002)",
            "train pawsx --method head_only -o learning_rate=0.002",
        ),
    ],
)
def test_every_run_has_words_and_a_command(run, label, command):
    row = compare.Row(run, ())
    assert (row.label, row.command) == (label, f"adapterstilts {command}")


def test_other_weights_targets_and_backbones_are_not_compared():
    other_weights = a_result(fingerprint="zzz")
    found = [a_result(), other_weights, a_result(task="mnli", target="xnli"), a_result(backbone="xlm-roberta-base")]
    comparison = compare.compare(PAWSX, "pocket", found, like=a_result())
    assert [row.results for row in comparison.rows] == [(a_result(),)]
    assert comparison.left_out == 1
    assert "1 results of other weights" in report.comparison(comparison).to_markdown()


def test_what_asked_for_bf16_and_was_computed_in_fp32_is_told():
    in_bf16 = a_result(changed={"precision": "bf16"}, seed=1, evaluated_with={"precision": "bf16"})
    otherwise = [replace(in_bf16, facts={**in_bf16.facts, fact: "fp32"}) for fact in ("trained_in", "evaluated_in")]
    in_fp32 = replace(a_result(), facts={"trained_in": "fp32", "evaluated_in": "fp32"})
    assert [each.computed_otherwise for each in (in_bf16, *otherwise, in_fp32)] == [False, True, True, False]
    comparison = compare.compare(PAWSX, "pocket", [in_fp32, otherwise[0]])
    told = "1 of 2 results were computed in fp32 and not in bf16, on a processor without bf16."
    assert told in report.comparison(comparison).notes


def test_results_on_rows_from_elsewhere_have_files_and_tables_of_their_own(tmp_path):
    only_predicted = a_result(data="folder", seed=1, scores={})
    found = [a_result(), a_result(data="hub"), a_result(data="folder"), only_predicted]
    for one in found[:3]:
        results.save(one, tmp_path)
    files = {path.stem for path in (tmp_path / "results").iterdir()}
    assert files == {
        "pocket-bottleneck-pawsx-s0--pawsx",
        "pocket-hub-bottleneck-pawsx-s0--pawsx-hub",
        "pocket-folder-bottleneck-pawsx-s0--pawsx-folder",
    }
    assert len(results.read_all([tmp_path])) == 3
    for data, one in zip((None, "hub", "folder"), found[:3], strict=True):
        comparison = compare.compare(PAWSX, "pocket", found, [a_run("lora", data=data)], data)
        assert [row.results for row in comparison.rows] == [(), (one,)] and comparison.left_out == 0
        assert (", data " in report.title(comparison)) == (data is not None)
    assert comparison.rows[0].command == "adapterstilts train pawsx --method lora --data FOLDER"


def test_other_rows_of_the_same_source_are_left_out():
    older = [a_result(seed=seed, revision="0.9") for seed in (1, 2)]
    newer = a_result(revision="1.0")
    assert [row.results for row in compare.compare(PAWSX, "pocket", [newer, *older]).rows] == [tuple(older)]
    comparison = compare.compare(PAWSX, "pocket", [newer, *older], like=newer)
    assert [row.results for row in comparison.rows] == [(newer,)] and comparison.left_out == 2


def test_seeds_are_averaged_and_each_is_shown():
    seeds = [a_result(), a_result(seed=1, scores=accuracies(en=60.0, de=60.0, ja=60.0))]
    text = report.comparison(compare.compare(PAWSX, "pocket", seeds)).to_markdown()
    assert "| bottleneck, target only | 70.0 | 65.0 | 60.0 | 65.0 [70.0, 60.0] | 7.5 | 1,234 | 12 |" in text


def test_a_gain_is_paired_by_seed_and_has_the_interval_of_students_t():
    alone = [a_result(seed=seed, scores=accuracies(en=score)) for seed, score in enumerate((70.0, 60.0, 50.0))]
    fused = [a_fusion(seed=seed, scores=accuracies(en=score)) for seed, score in enumerate((72.0, 61.0, 56.0))]
    only_here = a_fusion(seed=9, scores=accuracies(en=99.0))
    text = report.comparison(compare.compare(PAWSX, "pocket", [*alone, *fused, only_here])).to_markdown()
    # gains 2, 1, 6: mean 3, standard error sqrt(7/3) = 1.528, t(0.975, 2) = 4.303
    assert "[72.0, 61.0, 56.0, 99.0] | +3.0 ± 6.6 |" in text
    assert "| bottleneck, target only | 60.0 | 60.0 [70.0, 60.0, 50.0] |  |" in text
    one_seed = report.comparison(compare.compare(PAWSX, "pocket", [alone[0], fused[0]])).to_markdown()
    assert "| 72.0 | +2.0 |" in one_seed and "±" not in one_seed.splitlines()[3]


def test_retrieval_gains_over_the_backbone_as_it_is():
    scores = accuracies(de=30.0)
    bare = a_result(target="tatoeba", method="none", scores=accuracies(de=40.0))
    found = [bare] + [a_result(task="mnli", target="tatoeba", seed=seed, scores=scores) for seed in (0, 1)]
    text = report.comparison(compare.compare(tasks.get("tatoeba"), "pocket", found)).to_markdown()
    assert "| bottleneck, mnli alone | 30.0 | 30.0 [30.0, 30.0] | -10.0 ± 0.0 |" in text


def test_what_saw_the_targets_training_is_marked():
    comparison = compare.compare(PAWSX, "pocket", [a_fusion(sources=("mnli", "pawsx", "squad"))])
    assert "fusion of mnli + pawsx + squad *" in report.comparison(comparison).to_markdown()
    assert "* a source adapter was trained on the target's own training task." in report.comparison(comparison).notes


def test_retrieval_shows_its_control():
    scores = accuracies(de=30.0, ja=10.0)
    one = a_result(task="mnli", target="tatoeba", scores=scores, layer0=accuracies(de=4.0, ja=2.0))
    lines = report.comparison(compare.compare(tasks.get("tatoeba"), "pocket", [one])).to_markdown().splitlines()
    assert lines[0] == "| system | de | ja | average | layer 0 | parameters | seconds |"
    assert lines[2] == "| bottleneck, mnli alone | 30.0 | 10.0 | 20.0 | 3.0 | 1,234 | 12 |"


def test_the_summary_has_targets_across_and_says_what_was_not_run():
    other_rate = a_result(changed={"learning_rate": 0.1})
    seeds = [a_result(), a_result(seed=1, scores=accuracies(en=60.0, de=60.0, ja=60.0)), other_rate]
    seeds.append(a_fusion(seed=1, sources=("mnli", "pawsx", "squad"), trainable_parameters=5678))
    scores = {language: {"f1": 50.0, "exact_match": 30.0} for language in ("en", "ar")}
    answers = a_result(task="tydiqa", scores=scores, trainable_parameters=99, data="hub")
    bare = a_result(target="tatoeba", method="none", scores=accuracies(de=40.0))
    comparisons = [
        compare.compare(PAWSX, "pocket", seeds),
        compare.compare(tasks.get("tydiqa"), "pocket", [answers], data="hub"),
        compare.compare(tasks.get("tatoeba"), "pocket", [bare]),
    ]
    assert report.summary(comparisons).to_markdown().splitlines() == [
        "| system | pawsx | pawsx en | others | gain "
        "| tydiqa (hub) | tydiqa (hub) en | others | tatoeba | parameters |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
        "| bottleneck, target only | 65.0 | 70.0 | 62.5 |  | 40.0 | 40.0 | 40.0 |  | 99 to 1,234 |",
        "| bottleneck, fusion of mnli + pawsx + squad | 70.0 * | 80.0 | 65.0 | +10.0 | not run |  |  |  | 5,678 |",
        "| backbone as it is |  |  |  |  |  |  |  | 40.0 | 1,234 |",
        "",
        "pawsx, backbone pocket: accuracy, chance 50.0.",
        "tydiqa, backbone pocket, data hub: mean of F1 and exact match, chance 0.0.",
        "tatoeba, backbone pocket: accuracy, chance 0.1.",
        "Scores are means over 1 to 2 seeds.",
        "others is the mean over all languages but English.",
        f"{report.GAIN}.",
        report.SAW,
        "Rows with other settings than the recipe's are left out (1); without --summary they are shown.",
    ]


def test_a_summary_of_nothing_that_the_recipe_says_is_empty(capsys):
    changed = a_result(task="mnli", changed={"max_steps": 1})
    drawing.print_summary([compare.compare(tasks.get("mnli"), "pocket", [changed])], drawing.TERMINAL)
    assert "bottleneck" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"examples": {"en": 5}}, 'how many examples of "de"'),
        ({"examples": {"en": -5}}, '"examples.en" is -5'),
        ({"trainable_parameters": -1}, "trainable_parameters"),
        ({"train_seconds": "long"}, "train_seconds"),
        ({"layer0": {"en": {}}}, "lacks the score"),
        ({"scores": {"en": {"accuracy": 10**400}}}, "not finite"),
    ],
)
def test_a_result_that_does_not_hold_together_is_refused(changes, said, tmp_path):
    path = results.save(a_result(task="mnli"), tmp_path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    with pytest.raises(UserError, match=said):
        results.read(path)


def test_another_setting_on_the_target_alone_is_no_gain():
    comparison = compare.compare(PAWSX, "pocket", [a_result(), a_result(changed={"learning_rate": 0.1})])
    assert [row.gain for row in comparison.rows] == [None, None]


def test_a_gain_is_over_the_same_settings_where_they_were_run():
    longer, faster = {"max_steps": 2400}, {"learning_rate": 0.1}
    alone = [a_result(), a_result(changed=longer, scores=accuracies(en=79.0, de=69.0, ja=59.0))]
    found = compare.compare(PAWSX, "pocket", [*alone, a_fusion(), a_fusion(changed=longer), a_fusion(changed=faster)])
    gains = {tuple(row.changed.items()): row.gain.points for row in found.rows if row.gain}
    average = a_fusion().average
    assert gains == pytest.approx(
        {
            (): average - a_result().average,
            (("max_steps", 2400),): average - alone[1].average,
            (("learning_rate", 0.1),): average - a_result().average,
        }
    )


def test_controls_of_other_sources_are_rows_of_their_own():
    found = [a_fusion(control="untrained", sources=sources) for sources in (("mnli", "squad"), ("mnli", "qqp"))]
    assert len(report.summary([compare.compare(PAWSX, "pocket", found)]).rows) == 2


def gain_of(result, reference):
    """The gain of the row of `result` over that of `reference`."""
    rows = compare.compare(PAWSX, "pocket", [reference, result]).rows
    return next(row.gain for row in rows if row.results == (result,))


def test_a_gain_is_over_the_languages_that_both_were_measured_on():
    everywhere = a_result(scores=accuracies(en=80.0, de=20.0, ja=20.0))
    assert gain_of(a_fusion(scores=accuracies(en=80.0)), everywhere).points == 0
    assert gain_of(a_fusion(scores=accuracies(en=83.0, de=21.0)), everywhere).points == pytest.approx(2)
    assert gain_of(a_fusion(scores=accuracies(fr=80.0)), everywhere) is None


def test_languages_with_other_numbers_of_test_rows_are_not_paired():
    alone = a_result(scores=accuracies(en=80.0, de=20.0), examples={"en": 2000, "de": 2000})
    fewer = a_fusion(scores=accuracies(en=81.0, de=90.0), examples={"en": 2000, "de": 10})
    assert gain_of(fewer, alone).points == pytest.approx(1)
    assert gain_of(a_fusion(scores=accuracies(en=81.0), examples={"en": 10}), alone) is None


def test_an_average_is_only_of_results_that_have_every_language():
    partial = [a_fusion(scores=accuracies(en=80.0)), a_fusion(seed=1, scores=accuracies(en=90.0, de=70.0, ja=50.0))]
    comparison = compare.compare(PAWSX, "pocket", [a_result(), *partial, stacked_in_english()])
    averages = {row.label: comparison.averages(row) for row in comparison.rows}
    assert averages["bottleneck, fusion of mnli + squad"] == [70.0]
    assert averages["bottleneck, stack on mnli"] == []
    # nor is a cell beside it, or its gain, the mean of other seeds
    fused = next(row for row in comparison.rows if row.label == "bottleneck, fusion of mnli + squad")
    assert [result.run.seed for result in comparison.averaged(fused)] == [1] and fused.gain is None
    text = report.comparison(comparison).to_markdown()
    assert "| bottleneck, fusion of mnli + squad | 90.0 |" in text
    assert "Left out, as not measured in every language: bottleneck, fusion of mnli + squad, seed 0." in text
    line, note = (line for line in report.comparison(comparison).to_markdown().splitlines() if "stack on mnli" in line)
    assert note == "Partial, so without an average, in en alone: bottleneck, stack on mnli."
    assert line.startswith("| bottleneck, stack on mnli | 99.0 |  |  |  | +19.0 |")
    lines = report.summary([comparison]).to_markdown().splitlines()
    assert any(line.startswith("| bottleneck, stack on mnli |  | 99.0 |  | +19.0 |") for line in lines)


def test_comparisons_are_one_table_for_other_programs():
    several = [
        compare.compare(tasks.get(name), "pocket", [a_result(target=name, scores=scores)])
        for name, scores in (("pawsx", accuracies(en=80.0, de=70.0)), ("xnli", accuracies(en=60.0, sw=50.0)))
    ]
    heading, *rows = csv.reader(io.StringIO(report.together(several).to_csv()))
    assert heading[:6] == ["target", "data", "system", "en", "de", "sw"]
    cells = {row[0]: dict(zip(heading, row, strict=True)) for row in rows}
    assert {name: (each["en"], each["de"], each["sw"]) for name, each in cells.items()} == {
        "pawsx": ("80.0", "70.0", ""),
        "xnli": ("60.0", "", "50.0"),
    }


def stacked_in_english():
    return a_result(composition="stack", sources=("mnli",), scores=accuracies(en=99.0))


def test_the_interval_of_a_gain_is_that_of_the_paired_t_test():
    alone, fused = [71.5, 60.25, 55.0, 80.0], [72.0, 66.5, 54.0, 91.0]
    found = [a_result(seed=seed, scores=accuracies(en=score)) for seed, score in enumerate(alone)]
    found += [a_fusion(seed=seed, scores=accuracies(en=score)) for seed, score in enumerate(fused)]
    (gain,) = (row.gain for row in compare.compare(PAWSX, "pocket", found).rows if row.gain)
    interval = stats.ttest_rel(fused, alone).confidence_interval(0.95)
    assert (gain.points - gain.half_width, gain.points + gain.half_width) == pytest.approx(tuple(interval))
    assert gain.seeds == 4


def _continued(seed, source_seed, score):
    source = a_run(task="mnli", seed=source_seed).adapter
    run = a_run(composition="continue", sources=(source,), seed=seed)
    return a_result(run, accuracies(en=score, de=score))


def test_seeds_that_build_on_sources_of_the_same_seed_are_one_row():
    alone = [a_result(a_run(seed=seed), accuracies(en=50.0 + seed, de=50.0)) for seed in range(3)]
    own = [_continued(seed, seed, 60.0 + seed) for seed in range(3)]
    compared = compare.compare(tasks.get("pawsx"), "pocket", [*alone, *own])
    assert [row.label for row in compared.rows] == ["bottleneck, target only", "bottleneck, continued from mnli"]
    row = compared.rows[1]
    assert [result.run.seed for result in row.results] == [0, 1, 2] and row.has_own_seeds
    assert row.gain.seeds == 3 and row.gain.points == pytest.approx(10.5)
    assert report.OWN_SEEDS in report.comparison(compared).notes


def test_one_source_for_all_seeds_stands_beside_sources_of_the_same_seed():
    results = [_continued(seed, source, 60.0) for seed, source in ((0, 0), (1, 0), (1, 1))]
    compared = compare.compare(tasks.get("pawsx"), "pocket", results)
    seeds = {row.label: [result.run.seed for result in row.results] for row in compared.rows}
    assert seeds == {
        "bottleneck, continued from mnli": [0, 1],
        "bottleneck, continued from mnli, sources of the same seed": [0, 1],
    }
