"""Whole runs on rows of a user's folder: what is scored, what is only predicted, what is handed in."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import world

from adapterstilts import cli, execution, tasks
from adapterstilts.base.errors import UserError
from adapterstilts.exchange import catalogue
from adapterstilts.execution import Request
from adapterstilts.runs import results
from adapterstilts.scoring import submission

LABELS = ("contradiction", "entailment", "neutral")
TEXTS = [f"{text[:20]} {number}" for number, text in enumerate(world.SENTENCES * 2)]


def lines(*rows: tuple[str, ...]) -> str:
    return "".join("\t".join(row) + "\n" for row in rows)


def pairs(labels: tuple[str, ...], count: int = 9) -> str:
    """Sentence pairs in XTREME's layout, without a label if there are no `labels`."""
    rows = zip(TEXTS[:count], TEXTS[1 : count + 1], strict=True)
    return lines(*((*row, labels[number % len(labels)]) if labels else row for number, row in enumerate(rows)))


FILES = {
    "xnli/train-en.tsv": pairs(LABELS),
    "xnli/dev-en.tsv": pairs(LABELS),
    "xnli/test-en.tsv": pairs(LABELS),
    "xnli/test-de.tsv": pairs(()),
    "pawsx/train-en.tsv": pairs(("0", "1")),
    "pawsx/dev-en.tsv": pairs(("0", "1")),
    "pawsx/test-en.tsv": pairs(()),
    "pawsx/test-ja.tsv": pairs(()),
    "tatoeba/de-en.de": "".join(f"{text}\n" for text in TEXTS[:3]),
    "tatoeba/de-en.en": "".join(f"{text}\n" for text in sorted(TEXTS[:3])),
    # the English sentence 1 is in two gold pairs, and so is the foreign sentence 3
    **{
        f"bucc2018/de-en.{split}.{end}": text
        for split in ("dev", "test")
        for end, text in {
            "de": lines(*((f"de-{number}", text) for number, text in enumerate(TEXTS[:8]))),
            "en": lines(*((f"en-{number}", text) for number, text in enumerate(TEXTS[:7]))),
            "gold": lines(("de-0", "en-0"), ("de-1", "en-1"), ("de-2", "en-1"), ("de-3", "en-3"), ("de-3", "en-4")),
        }.items()
    },
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder as XTREME leaves it, and a working place in which mnli was trained on it."""
    with pytest.MonkeyPatch.context() as patch:
        world.build(tmp_path_factory.mktemp("world"), patch, own_rows=False)
        for name, text in FILES.items():
            path = Path("download") / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        execution.learn(Request("mnli", data="download"))
        yield Path("download")


def asked(**changes) -> Request:
    return Request("", data="download", **changes)


def test_without_test_rows_the_validation_rows_are_scored_and_it_says_so(folder):
    told = world.Notes()
    result = execution.learn(Request("mnli", data="download", output=Path("again")), told)
    assert told.notes == ["mnli has no test rows with labels in download: its validation rows are scored."]
    assert (list(result.scores), result.provenance["split"]) == (["en"], "validation")
    assert result.provenance["data_revision"].startswith("folder ") and result.provenance["data"] == "folder"


def test_languages_with_labels_are_scored_and_of_the_others_it_is_told(folder):
    told = world.Notes()
    result = execution.evaluate("mnli", "xnli", asked(), told)
    assert list(result.scores) == ["en"] and list(result.examples) == ["en", "de"]
    assert result.average == result.scores["en"]["accuracy"] and result.cross_lingual_gap is None
    assert told.notes == [
        "The test rows of xnli in de have no labels in download, so they can be predicted but not scored: "
        "adapterstilts evaluate mnli --target xnli --data download --submission FOLDER writes the predictions for a "
        "scorer."
    ]
    assert len(Path("runs/predictions", result.adapter, "xnli-folder", "de.jsonl").read_text().splitlines()) == 6
    assert results.read(Path("runs/results", f"{result.adapter}--xnli-folder.json")) == result


def test_rows_from_elsewhere_make_another_adapter_and_another_table(folder, tmp_path, capsys):
    """What pocket's rows taught and what the folder's did stand apart, in files and in tables."""
    given = {"output": tmp_path, "languages": ("en",)}
    usual = execution.learn(Request("xnli", **given))
    other = execution.learn(Request("xnli", data="download", **given))
    assert (usual.adapter, other.adapter) == ("pocket-bottleneck-xnli-s0", "pocket-folder-bottleneck-xnli-s0")
    taken = execution.learn(Request("pawsx", composition="stack", sources=(str(tmp_path / other.adapter),), **given))
    assert taken.sources == (other.adapter,)
    both = [
        execution.evaluate(str(tmp_path / one.adapter), "tatoeba", Request("", output=tmp_path))
        for one in (usual, other)
    ]
    assert [one.changed for one in both] == [{}, {"data": "folder"}]
    execution.evaluate(str(tmp_path / other.adapter), "xnli", Request("", data="download", output=tmp_path))
    with pytest.raises(SystemExit):
        cli.main(["compare", "--output", str(tmp_path)])
    titles = [line for line in capsys.readouterr().out.splitlines() if ", backbone pocket" in line]
    assert [title.partition(":")[0] for title in titles] == [
        "tatoeba, backbone pocket",
        "xnli, backbone pocket, data folder",
    ]


def test_a_tasks_name_means_the_adapter_of_the_rows_that_one_expects(folder, tmp_path):
    for name, data in (("a", "folder"), ("b", "pocket"), ("c", "hub")):
        facts = {"task": "mnli", "method": "lora", "backbone": {"id": "pocket"}, "recipe": {"data": data}}
        (tmp_path / name).mkdir()
        (tmp_path / name / catalogue.FACTS).write_text(json.dumps(facts), encoding="utf-8")
    found = catalogue.plain_adapter("mnli", "pocket", "lora", tmp_path)
    assert found is not None and found.name == "b"


def test_the_same_folder_by_another_path_is_the_same_run(folder):
    told = world.Notes()
    execution.learn(Request("mnli", data=str(folder.resolve())), told)
    assert told.notes == ["This run is done already; delete runs/pocket-folder-bottleneck-mnli-s0 to do it again."]


def test_what_can_only_be_predicted_is_refused_without_a_submission(folder):
    with pytest.raises(UserError, match="can be predicted but not scored: .* --submission FOLDER"):
        execution.evaluate("mnli", "xnli", asked(languages=("de",)))


def test_with_a_submission_it_is_predicted_and_no_score_is_recorded(folder):
    adapter = execution.learn(Request("pawsx", data="download", output=Path("paraphrase"))).adapter
    told = world.Notes()
    result = execution.evaluate(f"paraphrase/{adapter}", None, asked(output=Path("out")), told, Path("handed-in"))
    assert (result.scores, result.average, dict(result.examples)) == ({}, None, {"en": 6, "ja": 6})
    assert told.notes == ["Without labels, so predicted but not scored: pawsx in en, ja."]
    for language in ("en", "ja"):
        written = Path("handed-in/pawsx", f"test-{language}.tsv").read_text().split()
        assert len(written) == 6 and set(written) <= {"0", "1"}
    assert not Path("out/results").exists()


def test_a_training_whose_test_rows_lack_labels_leaves_its_adapter_and_says_what_to_do(folder):
    told = world.Notes()
    result = execution.learn(Request("pawsx", data="download", output=Path("trained")), told)
    assert result.scores == {} and Path("trained", result.adapter).is_dir()
    assert not Path("trained/results").exists()
    assert f"evaluate trained/{result.adapter} --target pawsx" in told.notes[-1]


def test_a_submission_of_mined_pairs_scores_what_mining_does(folder):
    gold = Path("labels/bucc2018/test-de.tsv")
    gold.parent.mkdir(parents=True)
    gold.write_text(FILES["bucc2018/de-en.test.gold"])
    whole = asked(overrides={"test_examples": None})
    result = execution.evaluate("none", "bucc2018", whole, submission_folder=Path("mined"))
    assert 0 < result.scores["de"]["f1"] < 100
    scored, _ = submission.score_language(Path("mined"), Path("labels"), tasks.get("bucc2018"), "de")
    assert scored == pytest.approx(result.scores["de"])


def test_bucc_by_layer_has_the_scores_of_each_and_writes_none(folder):
    whole = asked(overrides={"test_examples": None}, output=Path("by-layer"))
    by_layer = execution.evaluate_layers("none", "bucc2018", whole)
    assert not Path("by-layer").exists()
    for layer in (1, 2):
        one = replace(whole, overrides={**whole.overrides, "retrieval_layer": layer})
        result = execution.evaluate("none", "bucc2018", one)
        assert by_layer.scores[layer] == result.scores and by_layer.averages[layer] == result.average
    assert by_layer.scores[0] == result.layer0 and by_layer.examples == result.examples


def test_without_a_gold_file_bucc_is_mined_and_without_that_of_validation_it_is_not(folder, tmp_path):
    for name in FILES:
        if name.startswith("bucc2018") and name != "bucc2018/de-en.test.gold":
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(FILES[name], encoding="utf-8")
    request = Request("", data=str(tmp_path), overrides={"test_examples": None}, output=tmp_path / "out")
    with pytest.raises(UserError, match="bucc2018 in de have no labels"):
        execution.evaluate("none", "bucc2018", request)
    result = execution.evaluate("none", "bucc2018", request, submission_folder=tmp_path / "mined")
    assert (result.scores, result.layer0) == ({}, {})
    with_gold = execution.evaluate("none", "bucc2018", asked(overrides={"test_examples": None}))
    assert with_gold.scores and (tmp_path / "mined/bucc2018/test-de.tsv").read_text()
    (tmp_path / "bucc2018/de-en.dev.gold").unlink()
    with pytest.raises(UserError, match="no gold pairs, on which the threshold"):
        execution.evaluate("none", "bucc2018", request, submission_folder=tmp_path / "mined")


def test_tatoeba_as_xtreme_sorts_it_is_predicted_by_the_numbers_of_its_lines(folder):
    result = execution.evaluate("none", "tatoeba", asked(), submission_folder=Path("found"))
    assert result.scores == {}
    order = [TEXTS[:3].index(text) for text in sorted(TEXTS[:3])]
    assert Path("found/tatoeba/test-de.tsv").read_text().split() == [str(number) for number in order]


@pytest.mark.parametrize(
    ("word", "target", "sentence"),
    [("mnli", None, "mnli is no task of XTREME"), ("mnli", "udpos", "there is no udpos/test-en.tsv")],
)
def test_what_cannot_be_handed_in_is_refused_before_it_is_predicted(folder, word, target, sentence):
    with pytest.raises(UserError, match=sentence):
        execution.evaluate(word, target, asked(), submission_folder=Path("refused"))
    assert not Path("refused").exists()


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_line_ends_with_where_the_predictions_are(folder, capsys, as_json):
    words = "evaluate mnli --target xnli --data download --language de --output shown --submission shown/all".split()
    adapter = Path("runs/pocket-folder-bottleneck-mnli-s0")
    with pytest.raises(SystemExit) as ended:
        cli.main([*words[:1], str(adapter), *words[2:], *(["--json"] if as_json else [])])
    out = capsys.readouterr().out
    assert ended.value.code == 0 and Path("shown/all/xnli/test-de.tsv").is_file()
    if as_json:
        assert (json.loads(out)["average"], json.loads(out)["scores"]) == (None, {})
    else:
        assert out.splitlines()[0] == "Predictions of xnli in de for XTREME: shown/all"
