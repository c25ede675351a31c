"""The record, the store and the comparison."""

import dataclasses
import json

import pytest

from adapterstilts import tasks
from adapterstilts.base.errors import UserError
from adapterstilts.findings import compare, report
from adapterstilts.runs import results, systems
from adapterstilts.runs.results import Result

PAWSX = tasks.get("pawsx")


def accuracies(**by_language):
    return {language: {"accuracy": value} for language, value in by_language.items()}


def result(**changes) -> Result:
    scores = changes.pop("scores", accuracies(en=80.0, de=70.0, ja=60.0))
    average, gap = results.summarise(tasks.get(changes.get("target", "pawsx")), scores)
    base = Result(
        adapter="pocket-bottleneck-pawsx-s0",
        target="pawsx",
        backbone="pocket",
        method="bottleneck",
        composition=None,
        sources=(),
        seed=0,
        scores=scores,
        examples={language: 2000 for language in scores},
        average=average,
        cross_lingual_gap=gap,
        trainable_parameters=1234,
        train_seconds=12.0,
        output="runs/pocket-bottleneck-pawsx-s0",
        run="0" * 16,
        trained_on="pawsx",
        provenance={"backbone_fingerprint": "abc", "machine": "x86_64, 2 threads"},
    )
    return dataclasses.replace(base, **changes)


def fusion(**changes) -> Result:
    given = {"adapter": "fusion", "composition": "fuse", "sources": ("squad", "mnli"), **changes}
    return result(**given)


def test_average_and_gap():
    average, gap = results.summarise(PAWSX, accuracies(en=90.0, de=70.0, ja=50.0))
    assert (average, gap) == (70.0, 30.0)


def test_retrieval_has_no_gap():
    assert results.summarise(tasks.get("tatoeba"), accuracies(de=20.0, ja=10.0)) == (15.0, None)


def test_answers_average_f1_and_exact_match():
    scores = {"en": {"f1": 80.0, "exact_match": 60.0}, "de": {"f1": 40.0, "exact_match": 40.0}}
    assert results.summarise(tasks.get("xquad"), scores) == (55.0, 30.0)


def test_a_result_survives_its_file(tmp_path):
    path = results.save(fusion(), tmp_path)
    assert results.read(path) == fusion()
    assert json.loads(path.read_text())["sources"] == ["squad", "mnli"]
    assert [file.name for file in path.parent.iterdir()] == ["fusion--pawsx.json"]


def test_fields_of_a_later_version_are_passed_over(tmp_path):
    path = tmp_path / "new.json"
    path.write_text(json.dumps({**fusion().as_json(), "carbon": 1}))
    assert results.read(path) == fusion()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"adapter": "x"}'])
def test_a_broken_file_is_named(tmp_path, text):
    path = tmp_path / "results" / "broken.json"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(UserError, match="broken.json cannot be read"):
        systems.read_all([tmp_path])


def test_a_failing_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UserError, match="No space left on device"):
        results.save(fusion(), tmp_path)
    assert list((tmp_path / "results").iterdir()) == []


def test_a_run_of_ones_own_replaces_the_shipped_one(tmp_path):
    results.save(fusion(adapter="shipped", average=1.0), tmp_path / "zoo")
    results.save(fusion(adapter="own", sources=("mnli", "squad")), tmp_path / "runs")
    results.save(fusion(adapter="other-seed", seed=1), tmp_path / "zoo")
    found = systems.read_all([tmp_path / "zoo", tmp_path / "runs", tmp_path / "absent"])
    assert sorted(one.adapter for one in found) == ["other-seed", "own"]


def test_the_table_of_a_fusion_has_every_row_of_the_comparison():
    expected = compare.systems_around(PAWSX, systems.system_of(fusion()), ["mnli", "squad"])
    comparison = compare.compare(PAWSX, "pocket", [fusion(), result()], expected)
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
    ("system", "target", "backbone", "label", "command"),
    [
        (
            System("lora", trained_on="pawsx"),
            "pawsx",
            "pocket",
            "lora, target only",
            "train pawsx --method lora",
        ),
        (System("none"), "tatoeba", "pocket", "backbone as it is", "evaluate none --target tatoeba"),
        (
            System("bottleneck", trained_on="mnli"),
            "tatoeba",
            "xlm-roberta-base",
            "bottleneck, mnli alone",
            "evaluate mnli --target tatoeba --backbone xlm-roberta-base",
        ),
        (
            System("lora", "merge", ("mnli", "squad"), changed=(("how", "ties"), ("learning_rate", "0.002"))),
            "tatoeba",
            "pocket",
            "lora, merge of mnli + squad (how=ties, learning_rate=0.002)",
            "merge mnli squad --target tatoeba --method lora --how ties -o learning_rate=0.002",
        ),
        (
            System("head_only", trained_on="pawsx"),
            "pawsx",
            "pocket",
            "head only, target only",
            "train pawsx --method head_only",
        ),
    ],
)
def test_every_system_has_words_and_a_command(system, target, backbone, label, command):
    assert systems.label(system, tasks.get(target)) == label
    assert systems.command(system, tasks.get(target), backbone) == f"adapterstilts {command}"


def test_other_weights_targets_and_backbones_are_not_compared():
    other_weights = result(provenance={"backbone_fingerprint": "zzz"})
    found = [result(), other_weights, result(target="xnli"), result(backbone="xlm-roberta-base")]
    comparison = compare.compare(PAWSX, "pocket", found, like=result())
    assert [row.results for row in comparison.rows] == [(result(),)]
    assert comparison.left_out == 1
    assert "1 results of other weights" in report.comparison(comparison).to_markdown()


def test_results_on_rows_from_elsewhere_have_files_and_tables_of_their_own(tmp_path):
    found = [result(), result(data="hub", seed=1), result(data="folder"), result(data="folder", scores={})]
    for one in found[:3]:
        results.save(one, tmp_path)
    name = "pocket-bottleneck-pawsx-s0--pawsx"
    files = {path.stem for path in (tmp_path / "results").iterdir()}
    assert files == {name, f"{name}-hub", f"{name}-folder"} and len(systems.read_all([tmp_path])) == 3
    for data, one in zip((None, "hub", "folder"), found[:3], strict=True):
        comparison = compare.compare(PAWSX, "pocket", found, [System("lora", trained_on="pawsx")], data)
        assert [row.results for row in comparison.rows] == [(), (one,)] and comparison.left_out == 0
        assert (", data " in report.title(comparison)) == (data is not None)
    assert comparison.rows[0].command == "adapterstilts train pawsx --method lora --data FOLDER"


def test_other_rows_of_the_same_source_are_left_out():
    older = [result(seed=seed, provenance={"data_revision": "pocket 0.9"}) for seed in (1, 2)]
    newer = result(provenance={"data_revision": "pocket 1.0"})
    assert [row.results for row in compare.compare(PAWSX, "pocket", [newer, *older]).rows] == [tuple(older)]
    comparison = compare.compare(PAWSX, "pocket", [newer, *older], like=newer)
    assert [row.results for row in comparison.rows] == [(newer,)] and comparison.left_out == 2


def test_seeds_are_averaged_and_each_is_shown():
    seeds = [result(), result(seed=1, scores=accuracies(en=60.0, de=60.0, ja=60.0))]
    text = report.comparison(compare.compare(PAWSX, "pocket", seeds)).to_markdown()
    assert "| bottleneck, target only | 70.0 | 65.0 | 60.0 | 65.0 [70.0, 60.0] | 7.5 | 1,234 | 12 |" in text


def test_a_gain_is_paired_by_seed_and_has_the_interval_of_students_t():
    alone = [result(seed=seed, scores=accuracies(en=score)) for seed, score in enumerate((70.0, 60.0, 50.0))]
    fused = [fusion(seed=seed, scores=accuracies(en=score)) for seed, score in enumerate((72.0, 61.0, 56.0))]
    only_here = fusion(seed=9, scores=accuracies(en=99.0))
    text = report.comparison(compare.compare(PAWSX, "pocket", [*alone, *fused, only_here])).to_markdown()
    # gains 2, 1, 6: mean 3, standard error sqrt(7/3) = 1.528, t(0.975, 2) = 4.303
    assert "[72.0, 61.0, 56.0, 99.0] | +3.0 ± 6.6 |" in text
    assert "| bottleneck, target only | 60.0 | 60.0 [70.0, 60.0, 50.0] |  |" in text
    one_seed = report.comparison(compare.compare(PAWSX, "pocket", [alone[0], fused[0]])).to_markdown()
    assert "| 72.0 | +2.0 |" in one_seed and "±" not in one_seed.splitlines()[3]


def test_retrieval_gains_over_the_backbone_as_it_is():
    scores = accuracies(de=30.0)
    bare = result(target="tatoeba", method="none", trained_on=None, scores=accuracies(de=40.0))
    found = [bare] + [result(target="tatoeba", trained_on="mnli", seed=seed, scores=scores) for seed in (0, 1)]
    text = report.comparison(compare.compare(tasks.get("tatoeba"), "pocket", found)).to_markdown()
    assert "| bottleneck, mnli alone | 30.0 | 30.0 [30.0, 30.0] | -10.0 ± 0.0 |" in text


def test_what_saw_the_targets_training_is_marked():
    comparison = compare.compare(PAWSX, "pocket", [fusion(source_saw_target_training=True)])
    assert "fusion of mnli + squad *" in report.comparison(comparison).to_markdown()
    assert "* a source adapter was trained on the target's own training task." in report.comparison(comparison).notes


def test_retrieval_shows_its_control():
    scores = accuracies(de=30.0, ja=10.0)
    one = result(target="tatoeba", scores=scores, trained_on="mnli", layer0=accuracies(de=4.0, ja=2.0))
    lines = report.comparison(compare.compare(tasks.get("tatoeba"), "pocket", [one])).to_markdown().splitlines()
    assert lines[0] == "| system | de | ja | average | layer 0 | parameters | seconds |"
    assert lines[2] == "| bottleneck, mnli alone | 30.0 | 10.0 | 20.0 | 3.0 | 1,234 | 12 |"


def test_the_summary_has_targets_across_and_says_what_was_not_run():
    other_rate = result(changed={"learning_rate": 0.1})
    seeds = [result(), result(seed=1, scores=accuracies(en=60.0, de=60.0, ja=60.0)), other_rate]
    seeds.append(fusion(seed=1, source_saw_target_training=True, trainable_parameters=5678))
    scores = {language: {"f1": 50.0, "exact_match": 30.0} for language in ("en", "ar")}
    answers = result(target="tydiqa", trained_on="tydiqa", scores=scores, trainable_parameters=99, data="hub")
    bare = result(target="tatoeba", method="none", trained_on=None, scores=accuracies(de=40.0))
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
        "| bottleneck, fusion of mnli + squad | 70.0 * | 80.0 | 65.0 | +10.0 | not run |  |  |  | 5,678 |",
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


def test_another_setting_on_the_target_alone_is_no_gain():
    comparison = compare.compare(PAWSX, "pocket", [result(), result(changed={"learning_rate": 0.1})])
    assert [row.gain for row in comparison.rows] == [None, None]


def test_a_gain_is_over_the_same_settings_where_they_were_run():
    longer, faster = {"max_steps": 2400}, {"learning_rate": 0.1}
    alone = [result(), result(changed=longer, scores=accuracies(en=79.0, de=69.0, ja=59.0))]
    found = compare.compare(PAWSX, "pocket", [*alone, fusion(), fusion(changed=longer), fusion(changed=faster)])
    gains = {row.system.changed: row.gain.points for row in found.rows if row.gain}
    average = fusion().average
    assert gains == pytest.approx(
        {
            (): average - result().average,
            (("max_steps", "2400"),): average - alone[1].average,
            (("learning_rate", "0.1"),): average - result().average,
        }
    )


def test_controls_of_other_sources_are_rows_of_their_own():
    found = [fusion(control="untrained", sources=sources) for sources in (("mnli", "squad"), ("mnli", "qqp"))]
    assert len(report.summary([compare.compare(PAWSX, "pocket", found)]).rows) == 2
