"""`adapterstilts data`: what is found of a task, as it is counted, read and encoded."""

from __future__ import annotations

import json

import pytest
from test_sources import write
from test_sources_files import real

from adapterstilts import tasks
from adapterstilts.base.errors import UserError
from adapterstilts.exchange.at_hand import AtHand
from adapterstilts.pocket.tasks import SIZES


@pytest.fixture
def call(call):
    """Run the verb; return its exit code, standard output and standard error."""
    return lambda *words: call("data", *map(str, words))


@pytest.fixture
def found(call):
    """What the verb prints as JSON."""

    def run(*words: object) -> dict:
        code, out, err = call(*words, "--json")
        assert code == 0, err
        return json.loads(out)

    return run


@pytest.mark.parametrize("name", tasks.all_tasks())
def test_every_task_is_counted_and_encoded(found, monkeypatch, name):
    for split in SIZES[name]:
        monkeypatch.setitem(SIZES[name], split, 4)
    task = tasks.get(name)
    language = "en" if "en" in task.languages else "de"
    shown = found(name, "--language", language)
    assert (shown["task"], shown["source"], shown["missing"]) == (name, "pocket", {})
    assert shown["revision"].startswith("pocket ")
    assert shown["splits"] == {split: {language: 4} for split in SIZES[name]}
    labels = shown["labels"]["test"][language]
    assert sum(labels.values()) == 4 if task.type != "tagging" else sum(labels.values()) > 4
    assert len(shown["examples"]) == 3
    for example in shown["examples"]:
        row = example["row"]
        for feature in example["encoded"]:
            first = feature["tokens"] if isinstance(feature["tokens"][0], str) else feature["tokens"][0]
            assert first[0] == "<s>" and first[-1] == "</s>"
            if task.type in ("classification", "multiple_choice"):
                assert feature["label"] == row["label"]
            if task.type == "multiple_choice":
                assert len(feature["tokens"]) == len(row["choices"])
        if task.type == "tagging":
            tags = [tag for feature in example["encoded"] for tag in feature["labels"] if tag is not None]
            assert tags == row["tags"]
        if task.type == "question_answering" and row["answers"]["text"]:
            assert row["answers"]["text"][0] in [feature["span"] for feature in example["encoded"]]


def test_the_text_has_counts_labels_and_examples(call, monkeypatch):
    monkeypatch.setitem(SIZES, "panx", {"train": 6, "test": 3})
    code, out, err = call("panx")
    lines = out.splitlines()
    assert (code, err) == (0, "read panx (13 sets)\n")
    assert lines[0].startswith("panx from pocket, revision pocket ")
    assert lines[1].split() == ["language", "train", "test"] and lines[2].split() == ["en", "6", "3"]
    assert any(line.startswith("labels of train: O ") for line in lines)
    assert sum(line == "as encoded for pocket:" for line in lines) == 3
    assert any("/B-" in line for line in lines if line.startswith("  tokens: <s>"))


def test_a_folder_is_shown_with_what_it_lacks_and_what_has_no_labels(call, found, tmp_path):
    data = write(tmp_path, **{"xnli/test-de.tsv": "A.\tB.\nC.\tD.\n", "xnli/dev-de.tsv": "A.\tB.\tneutral\n"})
    shown = found("xnli", "--data", data)
    assert shown["source"] == data and shown["revision"].startswith("folder ")
    assert shown["splits"] == {"validation": {"de": 1}, "test": {"de": 2}}
    assert shown["labels"]["test"] == {"de": {"unlabelled": 2}}
    assert "de" not in shown["missing"]["test"] and "no xnli/test-sw.tsv" in shown["missing"]["test"]["sw"][0]
    assert found("xnli", "--data", data, "--split", "test")["splits"] == {"test": {"de": 2}}
    out = call("xnli", "--data", data)[1]
    assert "not there: test in en, ar," in out and "for en, there is no xnli/test-en.tsv" in out


def test_the_parts_of_anli_plus_that_are_there_are_counted(found, tmp_path):
    entry = '{"sentence1": "A.", "sentence2": "B.", "gold_label": "neutral"}\n'
    data = write(tmp_path, **{"snli_1.0/snli_1.0_dev.jsonl": entry})
    shown = found("anli_plus", "--data", data)
    assert shown["splits"] == {"validation": {"en": 1}} and len(shown["missing"]["validation"]["en"]) == 2


def test_ccg_is_shown_without_its_training_rows(found, tmp_path):
    shown = found("ccg", "--data", write(tmp_path, **{"ccg/ccg.dev": "Dogs bark\tN S\\NP\n"}))
    assert shown["labels"] == {"validation": {"en": {"N": 1, "S\\NP": 1}}}
    assert [tag for tag in shown["examples"][0]["encoded"][0]["labels"] if tag] == ["N", "S\\NP"]


def test_bucc_is_counted_by_its_pairs(found, tmp_path):
    files = {"fr-en.dev.fr": "fr-1\tUn.\nfr-2\tDeux.\n", "fr-en.dev.en": "en-1\tOne.\n", "fr-en.dev.gold": "fr-2\ten-1"}
    shown = found("bucc2018", "--data", write(tmp_path, **files))
    assert shown["labels"] == {"validation": {"fr": {"pairs": 1, "foreign alone": 1}}}
    assert [len(example["encoded"]) for example in shown["examples"]] == [1, 2]


def test_real_questions_decode_to_their_answers(found):
    shown = found("xquad", "--data", real("xtreme"), "--language", "zh")
    assert shown["splits"] == {"test": {"zh": 1190}}
    for example in shown["examples"]:
        # pocket's tokenizer has one token for all the letters in a row that it does not know
        spans = [feature["span"] or "" for feature in example["encoded"]]
        assert any(example["row"]["answers"]["text"][0] in span for span in spans)


@pytest.mark.parametrize(
    ("data", "said"),
    [("", "is no path"), ("~nosuchuser/x", 'no user "nosuchuser"'), ("a" * 5000, "at most 255 letters")],
)
def test_what_is_no_place_of_rows_never_stands_for_the_usual_one(tmp_path, data, said):
    with pytest.raises(UserError, match=said):
        AtHand(tmp_path).rows(tasks.get("squad"), data, "pocket")


def test_what_other_splits_have_is_said_where_one_is_missing(call, tmp_path):
    pair = "a\tb\tneutral\n"
    write(tmp_path, **{"xnli/dev-en.tsv": pair, "xnli/dev-de.tsv": pair})
    code, out, err = call("xnli", "--data", tmp_path, "--split", "test")
    assert (code, out) == (1, "") and err.rstrip().endswith("other rows are there: validation in en, de.")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("xnli --data {}", "there is no xnli/test-en.tsv, nor"),
        ("xnli --data {} --language sw --split validation", "there is no xnli/dev-sw.tsv, nor"),
        ("xnli --data {} --split train", '"xnli" has no train files'),
        ("xnli --data {} --language ja", 'xnli has no language "ja".'),
        ("ccg --data {}", "CCGbank is licensed (LDC2005T13)"),
        ("squad --data {}/none", "There is no folder"),
        ("squad --language de", 'squad has no language "de".'),
        ("squad --backbone {}", "could not be loaded"),
        ("squda", 'Did you mean "squad"?'),
    ],
)
def test_a_fault_is_one_sentence(call, monkeypatch, tmp_path, words, sentence):
    monkeypatch.setitem(SIZES, "squad", {"train": 1, "test": 1})
    if "--backbone" in words:
        words += " --data pocket"
    code, out, err = call(*words.format(tmp_path).split())
    told = err.splitlines()[-1]
    assert (code, out) == (1, "") and told.startswith("Error: ") and sentence in told
