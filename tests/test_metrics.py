"""The metrics against XTREME's own scorer and the official scripts' own cases."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts import tasks
from adapterstilts.tasks import metrics

_DATA = Path(os.environ.get("ADAPTERSTILTS_TEST_DATA", "../shared/data"))
_MOCK = _DATA / "xtreme-mock-submission"


def _sentences(path: Path) -> list[list[str]]:
    return [block.split("\n") for block in path.read_text(encoding="utf-8").strip().split("\n\n")]


def _read(task: str, language: str) -> tuple[list, list]:
    """Predictions and references of one file of XTREME's mock submission."""
    kind = tasks.get(task).type
    suffix = "json" if kind == "question_answering" else "tsv"
    files = [_MOCK / folder / task / f"test-{language}.{suffix}" for folder in ("predictions", "labels")]
    if kind == "question_answering":
        predicted, labels = (json.loads(file.read_text(encoding="utf-8")) for file in files)
        items = [item for article in labels["data"] for part in article["paragraphs"] for item in part["qas"]]
        answers = [[answer["text"] for answer in item["answers"]] for item in items]
        return [predicted[item["id"]] for item in items], answers
    if kind == "tagging":
        return _sentences(files[0]), _sentences(files[1])
    lines = [file.read_text(encoding="utf-8").strip().splitlines() for file in files]
    if task == "bucc2018":
        return [tuple(line.split("\t")) for line in lines[0]], [tuple(line.split("\t")) for line in lines[1]]
    return lines[0], lines[1]


@pytest.mark.skipif(not _MOCK.is_dir(), reason=f"XTREME's mock submission is not at {_MOCK}")
@pytest.mark.parametrize("task", [name for name, task in tasks.all_tasks().items() if task.role == "target"])
def test_xtremes_own_numbers(task):
    expected = json.loads((_MOCK / "expected.json").read_text())["tasks"][task]
    found = [metrics.compute(tasks.get(task).metric, *_read(task, code), code) for code in tasks.get(task).languages]
    for name, value in expected.items():
        assert sum(scores[name] for scores in found) / len(found) == pytest.approx(value, abs=1e-9), name


@pytest.mark.parametrize(
    ("prediction", "answers", "f1", "exact"),
    [
        ("the Cat.", ["Cat"], 100.0, 100.0),
        ("a black cat", ["cat", "dog"], 200 / 3, 0.0),
        ("dog", ["the cat", "A dog!"], 100.0, 100.0),
        ("cat cat", ["cat"], 200 / 3, 0.0),
        ("", ["cat"], 0.0, 0.0),
        ("die Katze", ["Katze"], 200 / 3, 0.0),  # only English articles go
    ],
)
def test_squad(prediction, answers, f1, exact):
    assert metrics.squad([prediction], [answers]) == pytest.approx({"f1": f1, "exact_match": exact})


def test_squad2_rewards_silence_where_there_is_no_answer():
    assert metrics.squad2(["", "", "cat"], [[], ["cat"], []]) == pytest.approx({"f1": 100 / 3, "exact_match": 100 / 3})


def test_mlqa_knows_each_languages_articles():
    assert metrics.mlqa(["die Katze"], [["Katze"]], "de")["exact_match"] == 100
    assert metrics.mlqa(["北京市"], [["北京"]], "zh")["f1"] == pytest.approx(80)


def test_spans_of_names():
    expected = [["B-PER", "I-PER", "O", "B-LOC"]]
    found = metrics.span_f1([["B-PER", "I-PER", "O", "O"]], expected)
    assert found == pytest.approx({"f1": 200 / 3, "precision": 100, "recall": 50})
    assert metrics.span_f1([["B-PER", "O", "O", "B-LOC"]], expected)["f1"] == pytest.approx(50)


def test_tags_that_share_all_but_the_first_letter_stay_apart():
    assert metrics.span_f1([["CCONJ", "NOUN"]], [["SCONJ", "NOUN"]])["f1"] == pytest.approx(50)


def test_token_accuracy_counts_missing_tags_as_wrong():
    assert metrics.token_accuracy([["A"], ["B"]], [["A", "A"], ["B"]])["accuracy"] == pytest.approx(200 / 3)


def test_answers_score_the_mean_of_f1_and_exact_match():
    assert metrics.main_score("squad", {"f1": 80.0, "exact_match": 60.0}) == 70
    assert metrics.main_score("span_f1", {"f1": 80.0, "precision": 1.0, "recall": 1.0}) == 80


def test_lengths_have_to_agree():
    with pytest.raises(ValueError, match="1 predictions for 2 references"):
        metrics.accuracy(["a"], ["a", "b"])


@given(st.lists(st.sampled_from("abc"), min_size=1))
def test_what_equals_its_reference_scores_100(items):
    assert metrics.accuracy(items, items)["accuracy"] == 100
    assert metrics.token_accuracy([items], [items])["accuracy"] == 100
    assert metrics.mining_f1([(item, "x") for item in items], [(item, "x") for item in items])["f1"] == 100


@given(st.text(), st.lists(st.text(), min_size=1))
def test_answer_scores_stay_in_range(prediction, answers):
    for metric in (metrics.squad, metrics.squad2):
        scores = metric([prediction], [answers])
        assert 0 <= scores["exact_match"] <= 100
        assert 0 <= scores["f1"] <= 100
