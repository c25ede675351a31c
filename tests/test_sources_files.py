"""Rows from a user's folder: XTREME's layout, the releases' own names, and what is said of what is missing."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from adapterstilts import tasks
from adapterstilts.base.errors import UserError
from adapterstilts.rows import folder, reading

DATA = Path(os.environ.get("ADAPTERSTILTS_TEST_DATA", Path(__file__).parents[1] / "../shared/data"))
COLUMNS = {
    "classification": {"id", "sentence1", "sentence2", "label"},
    "multiple_choice": {"id", "context", "question", "choices", "label"},
    "tagging": {"id", "tokens", "tags"},
    "question_answering": {"id", "context", "question", "answers"},
    "retrieval": {"id", "sentence1", "sentence2"},
}
REAL = [
    ("xtreme", "xnli", "validation", "en de sw zh", 2490),
    ("xtreme", "pawsx", "validation", "en de ko zh", 2000),
    ("xtreme", "panx", "validation", "en ar de zh", 10_000),
    ("xtreme", "panx", "train", "en", 20_000),
    ("xtreme", "udpos", "train", "en", 21_253),
    ("xtreme", "squad", "validation", "en", 10_570),
    ("xtreme", "squad2", "validation", "en", 11_873),
    ("xtreme", "xquad", "test", "en ar de zh", 1190),
    ("xtreme", "mlqa", "validation", "en", 1148),
    ("xtreme", "tydiqa", "train", "en", 3340),
    ("xtreme", "tydiqa", "validation", "en", 356),
    ("xtreme", "tatoeba", "test", "fr de hi ja zh", 1000),
    ("xtreme", "tatoeba", "test", "sw", 390),
    ("xtreme", "bucc2018", "validation", "zh", 8624 + 13_589 - 257),
    ("conllu", "udpos", "test", "en", 2077),
    ("conllu", "udpos", "test", "de", 977),
    ("conllu", "udpos", "test", "fr", 416),
    ("english", "mnli", "validation", "en", 9815),
    ("english", "cosmosqa", "validation", "en", 2985),
]


def real(name: str) -> Path:
    """A folder of the real files; the test is skipped where they are not."""
    if not (DATA / name).is_dir():
        pytest.skip(f"the benchmarks' files are not at {DATA} (ADAPTERSTILTS_TEST_DATA)")
    return DATA / name


def write(root: Path, **files: str) -> Path:
    """`root`, with text files of these names."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return root


def load(name: str, split: str, language: str, root: Path, limit: int | None = None) -> list[dict]:
    return folder.load(tasks.get(name), split, language, root, limit)


@pytest.mark.parametrize(("where", "name", "split", "languages", "count"), REAL)
def test_real_files_are_read_whole_with_their_labels(where, name, split, languages, count):
    root, task = real(where), tasks.get(name)
    assert set(languages.split()) <= set(folder.languages_of(task, root, split))
    language = languages.split()[0]
    rows = folder.load(task, split, language, root)
    assert len(rows) == len({row["id"] for row in rows}) == count
    assert all(set(row) == COLUMNS[task.type] for row in rows)
    if task.type == "classification":
        assert {row["label"] for row in rows} == set(task.labels)
    if task.type == "tagging":
        assert {tag for row in rows for tag in row["tags"]} <= set(task.labels)
        assert all(len(row["tokens"]) == len(row["tags"]) for row in rows)
    assert folder.first(task, split, language, root) == rows[0]


def test_xtremes_quotation_marks_are_read_as_they_were_before_it_wrote_them():
    texts = [row["sentence1"] for row in load("pawsx", "validation", "ko", real("xtreme"))]
    assert any(text.startswith('"Macpelah Cemetery" 또는 "Macphelah Cemetery"로') for text in texts)
    assert not any('""' in text for text in texts)


def test_multiword_tokens_of_real_treebanks_are_fused():
    rows = load("udpos", "test", "fr", real("conllu"))
    assert rows[1]["tokens"][9:13] == ['"', "décentrement", "du", "Sujet"]
    assert rows[1]["tags"][9:13] == ["PUNCT", "NOUN", "ADP", "NOUN"]
    german = load("udpos", "test", "de", real("conllu"))
    assert Counter(token for row in german for token in row["tokens"])["im"] > 50


def test_squad2_has_questions_without_an_answer_and_says_so():
    rows = load("squad2", "validation", "en", real("xtreme"))
    assert sum(not row["answers"]["text"] for row in rows) == 5945


def test_gold_pairs_of_bucc_keep_both_ids_and_every_sentence_is_there_once():
    rows = load("bucc2018", "validation", "zh", real("xtreme"))
    pairs = [row for row in rows if None not in row.values()]
    gold = (DATA / "xtreme/bucc2018/zh-en.dev.gold").read_text(encoding="utf-8").splitlines()
    assert sorted(row["id"] for row in pairs) == sorted(gold)
    assert sum(row["sentence1"] is not None for row in rows) == 13_589
    assert sum(row["sentence2"] is not None for row in rows) == 8624
    sample = load("bucc2018", "validation", "zh", real("xtreme"), limit=1000)
    assert 5 < sum(None not in row.values() for row in sample) < 20


def test_ids_of_aligned_tatoeba_are_xtremes_answers_once_the_english_side_is_sorted():
    expected = (real("xtreme-mock-submission") / "labels/tatoeba/test-de.tsv").read_text().split()
    rows = sorted(load("tatoeba", "test", "de", real("xtreme")), key=lambda row: row["sentence1"])
    assert [row["id"] for row in rows[: len(expected)]] == expected


def test_xtremes_tatoeba_alone_has_no_alignment_so_no_row_has_both_sides():
    rows = load("tatoeba", "test", "de", real("xtreme/tatoeba"))
    assert len(rows) == 2000
    english, foreign = ([row for row in rows if row[side] is not None] for side in ("sentence1", "sentence2"))
    assert len(english) == len(foreign) == 1000 and len({row["id"] for row in rows}) == 2000
    lines = (DATA / "xtreme/tatoeba/de-en.de").read_text(encoding="utf-8").splitlines()
    assert all(row["sentence2"] == lines[int(row["id"])] for row in foreign)


def test_the_held_out_tenth_and_the_rest_are_all_of_tydiqas_english():
    parts = [load("tydiqa", split, "en", real("xtreme")) for split in ("train", "validation")]
    ids, contexts = ([{row[name] for row in part} for part in parts] for name in ("id", "context"))
    assert not ids[0] & ids[1] and len(ids[0] | ids[1]) == 3696
    assert not contexts[0] & contexts[1]


def test_the_parts_of_anli_plus_that_are_there_are_found_and_the_others_are_named():
    task, root = tasks.get("anli_plus"), real("english")
    rows, absent = folder.found(task, "test", "en", root)
    assert len(rows) == 3200 and len(absent) == 1 and "snli_1.0_test.jsonl" in absent[0]
    rows, absent = folder.found(task, "validation", "en", root)
    assert len(rows) == 9815 + 9842 and "anli_v1.0/R3/dev.jsonl" in absent[0]
    with pytest.raises(UserError, match="anli_v1.0/R1/dev.jsonl"):
        folder.load(task, "validation", "en", root)


# the data sets that no real file is at hand for, in their true schemas

SQUAD = json.dumps(
    {
        "version": "1.1",
        "data": [
            {
                "title": "Oslo",
                "paragraphs": [
                    {
                        "context": "Oslo is the capital.",
                        "qas": [
                            {
                                "id": "english-11-0",
                                "question": "What is Oslo?",
                                "answers": [{"text": "the capital", "answer_start": 8}],
                            }
                        ],
                    }
                ],
            }
        ],
    }
)
MULTINLI = {
    "annotator_labels": ["neutral"],
    "genre": "fiction",
    "gold_label": "neutral",
    "pairID": "1n",
    "sentence1": "It rained.",
    "sentence1_parse": "(ROOT)",
    "sentence2": "It was cold.",
}


def lines(*entries: dict) -> str:
    return "".join(json.dumps(entry) + "\n" for entry in entries)


def test_mnli_snli_and_anli_are_read_from_their_releases(tmp_path):
    anli = {"uid": "u", "context": "A cat sat.", "hypothesis": "A cat.", "label": "e", "reason": ""}
    none = {**MULTINLI, "gold_label": "-"}
    files = {
        f"anli_v1.0/R{number}/train.jsonl": lines({**anli, "label": label}) for number, label in enumerate("enc", 1)
    }
    files["multinli_1.0/multinli_1.0_train.jsonl"] = lines(MULTINLI, none)
    files["snli_1.0/snli_1.0_train.jsonl"] = lines({**MULTINLI, "gold_label": "contradiction"}, none)
    rows = load("anli_plus", "train", "en", write(tmp_path, **files))
    assert [row["label"] for row in rows] == ["entailment", "neutral", "contradiction", "neutral", "contradiction"]
    assert rows[3] == {
        "id": "train-1-0",
        "sentence1": "It rained.",
        "sentence2": "It was cold.",
        "label": "neutral",
    }
    assert len({row["id"] for row in rows}) == 5
    assert [row["label"] for row in load("mnli", "train", "en", tmp_path)] == ["neutral"]


def test_glues_tables_are_read_by_the_names_of_their_columns(tmp_path):
    qqp = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n"
    qqp += '0\t1\t2\tIs "it\tIs it?\t1\n1\t3\t4\tbroken\nin two?\tWhy?\t0\n'
    mnli = "index\tgenre\tsentence1\tsentence2\tlabel1\tgold_label\n0\tx\tA.\tB.\tneutral\tentailment\n"
    root = write(tmp_path, **{"QQP/dev.tsv": qqp, "MNLI/dev_matched.tsv": mnli})
    rows = load("qqp", "validation", "en", root)
    assert [(row["sentence1"], row["sentence2"], row["label"]) for row in rows] == [('Is "it', "Is it?", "duplicate")]
    assert [row["label"] for row in load("mnli", "validation", "en", root)] == ["entailment"]


def test_xnlis_own_release_is_one_table_of_all_languages(tmp_path):
    header = "language\tgold_label\tsentence1_parse\tsentence1\tsentence2\tlabel1\n"
    text = header + "de\tcontradictory\t\tEs regnet.\tEs ist trocken.\tneutral\nen\tneutral\t\tIt rains.\tOh.\t\n"
    root = write(tmp_path, **{"XNLI-1.0/xnli.test.tsv": text})
    assert load("xnli", "test", "de", root) == [
        {"id": "test-0", "sentence1": "Es regnet.", "sentence2": "Es ist trocken.", "label": "contradiction"}
    ]
    with pytest.raises(UserError, match="xnli.test.tsv has no test rows"):
        load("xnli", "test", "sw", root)


def test_xnlis_training_file_of_xtreme_is_mnlis(tmp_path):
    root = write(tmp_path, **{"xnli/train-en.tsv": "A man.\tA person.\tentailment\r\n"})
    assert [row["label"] for row in load("mnli", "train", "en", root)] == ["entailment"]


def test_pawsx_and_panx_are_read_from_their_own_releases(tmp_path):
    pawsx = "id\tsentence1\tsentence2\tlabel\n1\tA.\tB.\t1\n"
    root = write(tmp_path, **{"x-final/fr/test_2k.tsv": pawsx, "panx_dataset/te-dev": "te::\tO\nte:ఢిల్లీ\tB-LOC\n\n"})
    assert [row["label"] for row in load("pawsx", "test", "fr", root)] == ["1"]
    assert load("panx", "validation", "te", root) == [
        {"id": "validation-0", "tokens": [":", "ఢిల్లీ"], "tags": ["O", "B-LOC"]}
    ]


def test_all_treebanks_of_a_language_are_read_in_the_order_of_their_names(tmp_path):
    word = "1\t{}\t_\tNOUN\t_\t_\t0\troot\t_\t_\n\n"
    names = {"UD_Hindi-PUD/hi_pud": "दो", "UD_Hindi-HDTB/hi_hdtb": "एक"}
    files = {f"ud-treebanks-v2.5/{name}-ud-test.conllu": word.format(form) for name, form in names.items()}
    rows = load("udpos", "test", "hi", write(tmp_path, **files))
    assert [row["tokens"] for row in rows] == [["एक"], ["दो"]] and len({row["id"] for row in rows}) == 2


@pytest.mark.parametrize(
    ("name", "split", "language", "file"),
    [
        ("squad", "train", "en", "squad/train-v1.1.json"),
        ("squad2", "train", "en", "train-v2.0.json"),
        ("xquad", "test", "th", "xquad.th.json"),
        ("mlqa", "test", "vi", "mlqa/MLQA_V1/test/test-context-vi-question-vi.json"),
        ("tydiqa", "test", "te", "tydiqa/tydiqa-goldp-v1.1-dev/tydiqa.goldp.te.dev.json"),
        ("tydiqa", "test", "en", "tydiqa-goldp-v1.1-dev/tydiqa-goldp-dev-english.json"),
        ("tydiqa", "test", "en", "tydiqa-goldp-v1.1-dev.json"),
    ],
)
def test_questions_are_read_under_each_of_their_names(name, split, language, file, tmp_path):
    (row,) = load(name, split, language, write(tmp_path, **{file: SQUAD}))
    assert row["answers"] == {"text": ["the capital"], "answer_start": [8]} and row["id"] == "english-11-0"


def test_of_tydiqas_training_file_only_english_questions_are_taken(tmp_path):
    answers = [{"text": "a", "answer_start": 0}]
    asked = [
        {"context": f"a {number}", "qas": [{"id": f"{name}-{number}-0", "question": "?", "answers": answers}]}
        for name in ("english", "korean")
        for number in range(50)
    ]
    text = json.dumps({"data": [{"paragraphs": asked}]})
    root = write(tmp_path, **{"tydiqa/tydiqa-goldp-v1.1-train/tydiqa-goldp-v1.1-train.json": text})
    ids = [row["id"] for split in ("train", "validation") for row in load("tydiqa", split, "en", root)]
    assert sorted(ids) == sorted(f"english-{number}-0" for number in range(50))
    with pytest.raises(UserError, match='"tydiqa" has no train rows in "ko"'):
        load("tydiqa", "train", "ko", root)


def test_hellaswag_and_commonsenseqa_are_read_from_their_releases(tmp_path):
    swag = {
        "ind": 4,
        "ctx_a": "A man sits.",
        "ctx_b": "he",
        "ctx": "A man sits. he",
        "endings": list("abcd"),
        "label": 2,
    }
    asked = {"stem": "Where?", "question_concept": "x", "choices": [{"label": one, "text": one * 2} for one in "ABCDE"]}
    files = {
        "hellaswag/hellaswag_val.jsonl": lines(swag, swag),
        "hellaswag/hellaswag_test.jsonl": lines({key: value for key, value in swag.items() if key != "label"}),
        "csqa/dev_rand_split.jsonl": lines({"answerKey": "E", "id": "q", "question": asked}),
        "csqa/test_rand_split_no_answers.jsonl": lines({"id": "q", "question": asked}),
    }
    root = write(tmp_path, **files)
    first, second = load("hellaswag", "validation", "en", root)
    assert (first["context"], first["choices"][2], first["label"]) == ("A man sits.", "he c", 2)
    assert first["id"] != second["id"]
    assert "label" not in load("hellaswag", "test", "en", root)[0]
    (row,) = load("csqa", "validation", "en", root)
    assert (row["question"], row["choices"][4], row["label"]) == ("Where?", "EE", 4)
    assert "label" not in load("csqa", "test", "en", root)[0]


def test_ccg_is_read_as_jiant_reads_it_with_the_tags_of_its_list(tmp_path):
    text = "Dogs bark .\tN S\\NP .\n"
    root = write(tmp_path, **{"ccg/ccg.train": text})
    ccg = tasks.get("ccg")
    assert reading.labelled(ccg, str(root)).labels == (".", "N", "S\\NP")
    write(tmp_path, **{"ccg/tags_to_id.json": json.dumps({"S\\NP": "1", "N": 0, ".": 2, "NP/N": 3})})
    assert reading.labelled(ccg, str(root)).labels == ("N", "S\\NP", ".", "NP/N")
    assert load("ccg", "train", "en", root) == [
        {"id": "train-0", "tokens": ["Dogs", "bark", "."], "tags": ["N", "S\\NP", "."]}
    ]


def test_without_ccg_the_error_says_how_to_get_it(tmp_path):
    with pytest.raises(UserError, match=r"no ccg/ccg.train.*LDC2005T13.*: a sentence a line"):
        load("ccg", "train", "en", tmp_path)


def test_bucc_is_read_from_its_own_release_and_without_gold_no_row_has_both_sides(tmp_path):
    files = {
        "fr-en.sample.fr": "fr-1\tUn.\nfr-2\tDeux.\n",
        "fr-en.sample.en": "en-1\tOne.\n",
        "fr-en.sample.gold": "fr-2\ten-1\n",
    }
    root = write(tmp_path, **{f"bucc2018/fr-en/{name}": text for name, text in files.items()})
    assert load("bucc2018", "validation", "fr", root) == [
        {"id": "fr-1", "sentence1": None, "sentence2": "Un."},
        {"id": "fr-2\ten-1", "sentence1": "One.", "sentence2": "Deux."},
    ]
    (root / "bucc2018/fr-en/fr-en.sample.gold").unlink()
    assert {row["id"] for row in load("bucc2018", "validation", "fr", root)} == {"fr-1", "fr-2", "en-1"}


def test_lasers_aligned_tatoeba_is_preferred_to_xtremes_sorted_one(tmp_path):
    files = {"tatoeba/sw-en.sw": "b\na\n", "tatoeba/sw-en.en": "A\nB\n"}
    root = write(tmp_path, **files)
    assert len(load("tatoeba", "test", "sw", root)) == 4
    write(tmp_path, **{"tatoeba/tatoeba.swh-eng.swh": "b\na\n", "tatoeba/tatoeba.swh-eng.eng": "B\nA\n"})
    assert load("tatoeba", "test", "sw", root) == [
        {"id": "0", "sentence1": "B", "sentence2": "b"},
        {"id": "1", "sentence1": "A", "sentence2": "a"},
    ]


def test_what_is_missing_is_named_file_by_file(tmp_path):
    root = write(tmp_path, **{"tatoeba-laser/tatoeba.fra-eng.fra": "Un.\n", "xnli/dev-de.tsv": "A.\tB.\tneutral\n"})
    with pytest.raises(
        UserError, match="no tatoeba-laser/tatoeba.fra-eng.eng beside tatoeba-laser/tatoeba.fra-eng.fra;"
    ):
        load("tatoeba", "test", "fr", root)
    with pytest.raises(UserError, match="no xnli/test-de.tsv, nor XNLI-1.0/xnli.test.tsv"):
        load("xnli", "test", "de", root)
    assert folder.missing(tasks.get("xnli"), "validation", "de", root) == ()
    assert len(folder.missing(tasks.get("anli_plus"), "train", "en", root)) == 3
    assert folder.languages_of(tasks.get("xnli"), root) == ()
    assert folder.languages_of(tasks.get("xnli"), root, "validation") == ("de",)


def test_a_data_sets_own_folder_may_be_given(tmp_path):
    root = write(tmp_path, **{"xnli/dev-de.tsv": "A.\tB.\tneutral\n"})
    assert load("xnli", "validation", "de", root / "xnli") == load("xnli", "validation", "de", root)


def test_a_folder_a_split_or_a_language_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UserError, match="no folder"):
        load("xnli", "test", "de", tmp_path / "none")
    with pytest.raises(UserError, match='"squad" has no test files; it has train, validation'):
        load("squad", "test", "en", tmp_path)
    with pytest.raises(UserError, match='has no test rows in "dee". It has en, ar,'):
        load("xnli", "test", "dee", tmp_path)


def test_every_task_has_a_place_for_its_files(tmp_path):
    for task in tasks.all_tasks().values():
        assert (
            folder.languages_of(task, tmp_path, "validation" if task.name in ("qqp", "squad", "squad2") else "test")
            == ()
        )
