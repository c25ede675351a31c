"""Whole runs on rows of a user's folder: what is scored, what is only predicted, what is handed in."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import world
from records import a_run

from adapterstilts import cli, execution, tasks
from adapterstilts.adapter import model
from adapterstilts.adapter.facts import FACTS, Facts, text_of
from adapterstilts.base.errors import UserError
from adapterstilts.exchange import catalogue
from adapterstilts.exchange.at_hand import AtHand
from adapterstilts.execution import How
from adapterstilts.runs import asked, results, words
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
        world.learn("mnli", data="download")
        yield Path("download")


def evaluate(word, target=None, progress=world.SILENT, submission=None, **changes):
    """Evaluate on the folder's rows."""
    return world.evaluate(word, target, progress, submission, **{"data": "download", **changes})


WHOLE = {"test_examples": None}


def test_without_test_rows_the_validation_rows_are_scored_and_it_says_so(folder):
    told = world.Notes()
    result = world.learn("mnli", progress=told, data="download", output=Path("again"))
    assert told.notes == ["mnli has no test rows with labels in download: its validation rows are scored."]
    assert (list(result.scores), result.facts["split"]) == (["en"], "validation")
    for rows in (result.run.rows, result.run.evaluation.rows):
        assert rows.source == "folder" and rows.revision.startswith("folder ")
    assert "download" not in json.dumps(result.as_json())


def test_languages_with_labels_are_scored_and_of_the_others_it_is_told(folder):
    told = world.Notes()
    result = evaluate("mnli", "xnli", told)
    assert list(result.scores) == ["en"] and list(result.examples) == ["en", "de"]
    assert result.average == result.scores["en"]["accuracy"] and result.cross_lingual_gap is None
    assert told.notes == [
        "The test rows of xnli in de have no labels in download, so they can be predicted but not scored; "
        "this writes the predictions for a scorer: adapterstilts evaluate pocket-folder-bottleneck-mnli-s0 --target "
        "xnli --data download --submission FOLDER"
    ]
    assert len(Path("runs/predictions", result.adapter, "xnli-folder", "de.jsonl").read_text().splitlines()) == 6
    assert results.read(Path("runs/results", f"{result.adapter}--xnli-folder.json")) == result


def test_rows_from_elsewhere_make_another_adapter_and_another_table(folder, tmp_path, capsys):
    """What pocket's rows taught and what the folder's did stand apart, in files and in tables."""
    given = {"output": tmp_path, "languages": ("en",)}
    usual = world.learn("xnli", **given)
    other = world.learn("xnli", data="download", **given)
    assert (usual.adapter, other.adapter) == ("pocket-bottleneck-xnli-s0", "pocket-folder-bottleneck-xnli-s0")
    taken = world.learn("pawsx", composition="stack", sources=(str(tmp_path / other.adapter),), **given)
    assert words.words_of_sources(taken.run) == (other.adapter,)
    both = [world.evaluate(str(tmp_path / one.adapter), "tatoeba", output=tmp_path) for one in (usual, other)]
    assert [words.changed(one.run) for one in both] == [{}, {"data": "folder"}]
    evaluate(str(tmp_path / other.adapter), "xnli", output=tmp_path)
    with pytest.raises(SystemExit):
        cli.main(["compare", "--output", str(tmp_path)])
    titles = [line for line in capsys.readouterr().out.splitlines() if ", backbone pocket" in line]
    assert [(title.partition(":")[0], "in en alone" in title) for title in titles] == [
        ("pawsx, backbone pocket", True),
        ("tatoeba, backbone pocket", False),
        ("xnli, backbone pocket", True),
        ("xnli, backbone pocket, data folder", False),
    ]


def test_two_folders_do_not_share_an_output(folder, tmp_path, monkeypatch):
    """Both are called 'folder' in names; the second run is refused, and nothing of the first is touched."""
    other = shutil.copytree(folder, tmp_path / "other")
    (other / "xnli/train-en.tsv").write_text(pairs(LABELS[::-1]), encoding="utf-8")
    (other / "xnli/dev-en.tsv").write_text(pairs(LABELS[::-1]), encoding="utf-8")
    first = world.learn("mnli", data=str(folder), output=tmp_path / "runs")
    before = kept(tmp_path / "runs")
    # before anything is loaded, naming everything that would have to go
    with monkeypatch.context() as patch, pytest.raises(UserError, match="are of another run, and are never") as raised:
        patch.setattr(model, "build", None)
        world.learn("mnli", data=str(other), output=tmp_path / "runs")
    said = str(raised.value)
    assert all(f"/runs/{place}{first.adapter}" in said for place in ("", "results/", "predictions/"))
    assert f'(rows.revision: "{first.run.rows.revision}" there, "folder ' in said and said.count(" there, ") == 1
    with monkeypatch.context() as patch, pytest.raises(UserError, match="are of another run, and are never") as raised:
        patch.setattr(model, "from_adapter", None)
        world.evaluate(first.adapter, "mnli", data=str(other), output=tmp_path / "runs")
    assert "evaluation.rows.revision: " in str(raised.value) and str(raised.value).count(" there, ") == 1
    assert kept(tmp_path / "runs") == before


def kept(folder):
    """Every file with its bytes; a lock, which stays when it is free, is no part of a run."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and ".locks" not in path.parts)
    return {path: path.read_bytes() for path in files}


def test_a_tasks_name_means_the_adapter_of_the_rows_that_one_expects(tmp_path):
    for name, data in (("a", "folder"), ("b", "pocket"), ("c", "hub")):
        run = a_run("lora", "mnli", data=data).adapter
        (tmp_path / name).mkdir()
        text = text_of(Facts(name, run, run.backbone, {}, tasks.get("mnli").labels, "0" * 64, {}, {}))
        (tmp_path / name / FACTS).write_text(text, encoding="utf-8")
    found = catalogue.find("mnli", "pocket", "lora", tmp_path)
    assert found is not None and found.name in ("b", "lora-mnli")
    fitting = [entry for entry in catalogue.entries(tmp_path, "pocket") if entry.folder.parent == tmp_path]
    assert [entry.name for entry in fitting if entry.usual] == ["b"] and len(fitting) == 3


def test_the_same_folder_by_another_path_is_the_same_run(folder):
    told = world.Notes()
    world.learn("mnli", progress=told, data=str(folder.resolve()))
    assert told.notes == ["This run is done already; delete runs/pocket-folder-bottleneck-mnli-s0 to do it again."]


def test_what_can_only_be_predicted_is_refused_without_a_submission(folder):
    with pytest.raises(UserError, match="can be predicted but not scored; .* --submission FOLDER$"):
        evaluate("mnli", "xnli", languages=("de",))


def test_with_a_submission_it_is_predicted_and_no_score_is_recorded(folder):
    adapter = world.learn("pawsx", data="download", output=Path("paraphrase")).adapter
    told = world.Notes()
    result = evaluate(f"paraphrase/{adapter}", None, told, Path("handed-in"), output=Path("out"))
    assert (result.scores, result.average, dict(result.examples)) == ({}, None, {"en": 6, "ja": 6})
    assert told.notes == ["Without labels, so predicted but not scored: pawsx in en, ja."]
    for language in ("en", "ja"):
        written = Path("handed-in/pawsx", f"test-{language}.tsv").read_text().split()
        assert len(written) == 6 and set(written) <= {"0", "1"}
    assert not Path("out/results").exists()


def test_a_training_whose_test_rows_lack_labels_leaves_its_adapter_and_says_what_to_do(folder):
    told = world.Notes()
    result = world.learn("pawsx", progress=told, data="download", output=Path("trained"))
    assert result.scores == {} and Path("trained", result.adapter).is_dir()
    assert not Path("trained/results").exists()
    hint = f"evaluate {result.adapter} --target pawsx --data download --output trained --submission FOLDER"
    assert told.notes[-1].endswith(hint)


def test_a_submission_of_mined_pairs_scores_what_mining_does(folder):
    gold = Path("labels/bucc2018/test-de.tsv")
    gold.parent.mkdir(parents=True)
    gold.write_text(FILES["bucc2018/de-en.test.gold"])
    result = evaluate("none", "bucc2018", submission=Path("mined"), settings=WHOLE)
    assert 0 < result.scores["de"]["f1"] < 100
    scored, _ = submission.score_language(Path("mined"), Path("labels"), tasks.get("bucc2018"), "de")
    assert scored == pytest.approx(result.scores["de"])


def test_bucc_by_layer_has_the_scores_of_each_and_writes_none(folder):
    output = Path("by-layer")
    run = asked.evaluating(AtHand(output), "none", "bucc2018", data="download", settings=WHOLE)
    by_layer = execution.evaluate_layers(run, How(output))
    assert not output.exists()
    for layer in (1, 2):
        result = evaluate("none", "bucc2018", settings={**WHOLE, "retrieval_layer": layer}, output=output)
        assert by_layer.scores[layer] == result.scores and by_layer.averages[layer] == result.average
    assert by_layer.scores[0] == result.layer0 and by_layer.examples == result.examples


def test_without_a_gold_file_bucc_is_mined_and_without_that_of_validation_it_is_not(folder, tmp_path):
    for name in FILES:
        if name.startswith("bucc2018") and name != "bucc2018/de-en.test.gold":
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(FILES[name], encoding="utf-8")
    about = {"data": str(tmp_path), "settings": WHOLE, "output": tmp_path / "out"}
    with pytest.raises(UserError, match="bucc2018 in de have no labels"):
        evaluate("none", "bucc2018", **about)
    result = evaluate("none", "bucc2018", submission=tmp_path / "mined", **about)
    assert (result.scores, result.layer0) == ({}, {})
    with_gold = evaluate("none", "bucc2018", settings=WHOLE)
    assert with_gold.scores and (tmp_path / "mined/bucc2018/test-de.tsv").read_text()
    (tmp_path / "bucc2018/de-en.dev.gold").unlink()
    with pytest.raises(UserError, match="no gold pairs, on which the threshold"):
        evaluate("none", "bucc2018", submission=tmp_path / "mined", **{**about, "output": tmp_path / "other"})


def test_tatoeba_as_xtreme_sorts_it_is_predicted_by_the_numbers_of_its_lines(folder):
    result = evaluate("none", "tatoeba", submission=Path("found"))
    assert result.scores == {}
    order = [TEXTS[:3].index(text) for text in sorted(TEXTS[:3])]
    assert Path("found/tatoeba/test-de.tsv").read_text().split() == [str(number) for number in order]


@pytest.mark.parametrize(
    ("word", "target", "sentence"),
    [("mnli", None, "mnli is no task of XTREME"), ("mnli", "udpos", "there is no udpos/test-en.tsv")],
)
def test_what_cannot_be_handed_in_is_refused_before_it_is_predicted(folder, word, target, sentence):
    with pytest.raises(UserError, match=sentence):
        evaluate(word, target, submission=Path("refused"))
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
