"""Bad and unusual input: refused naming file and line, or read as the format demands."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapterstilts import tasks
from adapterstilts.base.errors import UserError
from adapterstilts.rows import folder

FILES = {
    "xnli": ("validation", "de", "xnli/dev-de.tsv"),
    "pawsx": ("validation", "de", "pawsx/dev-de.tsv"),
    "panx": ("validation", "de", "panx/dev-de.tsv"),
    "udpos": ("validation", "de", "conllu/de_gsd-ud-dev.conllu"),
    "xquad": ("test", "de", "xquad/xquad.de.json"),
    "squad": ("validation", "en", "squad/dev-v1.1.json"),
    "mnli": ("validation", "en", "mnli.dev.jsonl"),
    "hellaswag": ("validation", "en", "hellaswag_val.jsonl"),
    "csqa": ("validation", "en", "dev_rand_split.jsonl"),
    "cosmosqa": ("validation", "en", "cosmosqa.valid.csv"),
    "qqp": ("validation", "en", "QQP/dev.tsv"),
    "ccg": ("validation", "en", "ccg.dev"),
}
QUESTION = {"id": "q1", "question": "Who?", "answers": [{"text": "Ann", "answer_start": 0}]}
CSV = "id,context,question,answer0,answer1,answer2,answer3,label\n"
QQP = "question1\tquestion2\tis_duplicate\n"
PAIR = {"premise": "a", "hypothesis": "b", "label": "neutral"}


def squad(*questions: dict, context: str = "Ann sang.") -> str:
    return json.dumps({"data": [{"paragraphs": [{"context": context, "qas": list(questions)}]}]})


def word(number: object, form: str, tag: str = "NOUN", head: object = 0, deps: str = "_") -> str:
    return f"{number}\t{form}\t_\t{tag}\t_\t_\t{head}\t_\t{deps}\t_\n"


def read(root: Path, name: str, content: str | bytes) -> list[dict]:
    split, language, file = FILES[name]
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder.load(tasks.get(name), split, language, root)


REFUSED = [
    ("xnli", "A.\tB.\tneutral\nA.\tB.\tperhaps\n", 'dev-de.tsv, line 2: the label is "perhaps"'),
    ("xnli", "A.\tB.\t1\n", 'line 1: the label is "1": it must be contradiction, entailment or neutral'),
    ("xnli", "A.\tB.\tneutral\nA.\tB.\n", "line 2: there is no label and the lines above have one"),
    ("xnli", "A.\tB.\nC.\tD.\n", "dev-de.tsv has no labels"),
    ("xnli", "A.\tB.\tneutral\tx\n", "line 1: there are 4 columns"),
    ("pawsx", "A.\tB.\t2\n", 'line 1: the label is "2": it must be 0 or 1'),
    ("panx", "Ann\tB-PER\nX\tB-MISC\n", 'dev-de.tsv, line 2: the tag is "B-MISC"'),
    ("panx", "Ann\tB-PER\nX\n", "line 2: there is no label"),
    ("panx", "Ann\tB-PER\tx\n", "line 1: there are 3 columns"),
    ("panx", "Ann\n", "dev-de.tsv has no labels"),
    ("udpos", word(1, "Haus", "NOMEN"), 'de_gsd-ud-dev.conllu, line 1: the tag is "NOMEN"'),
    ("udpos", "1\tHaus\n", "line 1: there are 2 columns"),
    ("udpos", word(1, "a") + word(3, "b", head=1), "line 2: the word's number is 3: it must be 2"),
    ("udpos", word("x", "a"), 'line 1: the numbers are "x" and "0"'),
    ("udpos", word("1-2", "im", "_", "_") + word(1, "in"), "line 2: the sentence that ends here has no words 1 to 2"),
    ("udpos", "# nothing\n", "has no validation rows"),
    ("xquad", squad({**QUESTION, "answers": [{"text": "Bob", "answer_start": 0}]}), 'question "q1": the answer "Bob"'),
    ("xquad", squad({**QUESTION, "answers": [{"text": "Ann", "answer_start": 1}]}), "is not at character 1"),
    ("xquad", squad({**QUESTION, "answers": [{"text": "g.", "answer_start": -2}]}), "is not at character -2"),
    ("xquad", squad(QUESTION, QUESTION), 'two questions with the id "q1"'),
    ("xquad", squad({"question": "Who?"}), "question 1: this is not in SQuAD's format (there is no 'id')"),
    ("xquad", '{"data": [{}]}', "this is not in SQuAD's format"),
    ("xquad", "[1]", "this is not in SQuAD's format"),
    ("xquad", '{"data":\n}', "xquad.de.json, line 2: this is not JSON"),
    ("squad", squad({**QUESTION, "answers": []}), "dev-v1.1.json has no labels"),
    ("mnli", '{"premise": "a"\n', "mnli.dev.jsonl, line 1: this is not JSON"),
    ("mnli", "[]\n", "line 1: this is not a JSON object"),
    (
        "mnli",
        json.dumps({"premise": "a", "label": "neutral"}),
        'line 1: there must be texts "premise" and "hypothesis"',
    ),
    ("mnli", json.dumps({**PAIR, "label": 1}), 'line 1: the label is "1"'),
    ("mnli", json.dumps(PAIR) + "\n" + json.dumps({**PAIR, "label": None}), "line 2: there is no label"),
    ("hellaswag", '{"ctx_a": "A."}\n', "hellaswag_val.jsonl, line 1: there is no 'endings'"),
    ("hellaswag", '{"ctx_a": "A.", "ctx_b": "", "endings": ["a", "b"], "label": 2}', "line 1: the label is 2"),
    (
        "hellaswag",
        '{"ctx_a": "A.", "ctx_b": "", "endings": ["a", "b"], "label": "x"}',
        "line 1: this is not a question",
    ),
    (
        "csqa",
        '{"id": "1", "answerKey": "F", "question": {"stem": "?", "choices": [{"label": "A", "text": "a"}]}}',
        'dev_rand_split.jsonl, line 1: this is not a question with its choices (the answer "F"',
    ),
    ("cosmosqa", CSV + "1,c,q,a,b,c,d,0\n1,c,q,a,b,c,d,0\n", 'cosmosqa.valid.csv, line 3: the id "1" is there twice'),
    ("cosmosqa", CSV + "1,c,q,a,b,c,d,4\n", "line 2: the label is 4: it must be 0 to 3"),
    ("cosmosqa", CSV + "1,c,q\n", "line 2: there are 3 columns: it must be the 8 of line 1"),
    ("cosmosqa", CSV + '1,"c,q,a,b,c,d,0\n', "this is not CSV"),
    ("cosmosqa", "id,context\n1,c\n", "line 2: there is no 'answer0'"),
    ("qqp", QQP + "A?\tB?\t2\n", 'dev.tsv, line 2: the label is "2"'),
    ("qqp", "a\tb\nA?\tB?\n", 'dev.tsv, line 1: there is no column "question1"'),
    ("qqp", "A?\tB?\t1\n", "line of names before it: question1, question2, is_duplicate, between tabs."),
    ("cosmosqa", "1,c,q,a,b,e,d,0\n2,c,q,a,b,e,d,0\n", "line of names before it: id, context, question, answer0, "),
    ("qqp", QQP + "A?\tB?\t1\tx\n", "line 2: there are 4 columns: it must be the 3 of line 1"),
    ("ccg", "Dogs bark\tN\n", "ccg.dev, line 1: there are 2 words and 1 tags"),
]


@pytest.mark.parametrize(("name", "content", "message"), REFUSED)
def test_what_is_wrong_is_refused_naming_file_and_line(name, content, message, tmp_path):
    with pytest.raises(UserError) as raised:
        read(tmp_path, name, content)
    assert message in str(raised.value) and Path(FILES[name][2]).name in str(raised.value)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_file_is_refused_naming_it(name, content, tmp_path):
    with pytest.raises(UserError, match=Path(FILES[name][2]).name):
        read(tmp_path, name, content)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", ["Grüße\tGrüße\tneutral\n".encode("latin-1"), "a\tb\n".encode("utf-16")])
def test_another_encoding_is_refused_naming_the_line(name, content, tmp_path):
    with pytest.raises(UserError, match=r"line 1: this is not UTF-8"):
        read(tmp_path, name, content)


GOOD = {
    "xnli": "A.\tB.\tneutral\nC.\tD.\tentailment\n",
    "pawsx": "A.\tB.\t0\n",
    "panx": "Ann\tB-PER\nsang\tO\n\nX\tO\n",
    "udpos": "# c\n" + word(1, "Haus") + "\n" + word(1, "Hof") + "\n",
    "xquad": squad(QUESTION),
    "mnli": json.dumps(PAIR) + "\n",
    "squad": squad(QUESTION),
    "hellaswag": '{"ctx_a": "A.", "ctx_b": "", "endings": ["a", "b"], "label": 1}\n',
    "csqa": '{"id": "1", "answerKey": "A", "question": {"stem": "?", "choices": [{"label": "A", "text": "a"}]}}\n',
    "cosmosqa": CSV + '1,"c, ""d""",q,a,b,c,d,0\n',
    "qqp": QQP + "A?\tB?\t1\n",
    "ccg": "Dogs bark\tN S\\NP\n",
}


@pytest.mark.parametrize("name", GOOD)
def test_a_byte_order_mark_and_crlf_change_nothing(name, tmp_path):
    plain = read(tmp_path, name, GOOD[name])
    assert read(tmp_path, name, b"\xef\xbb\xbf" + GOOD[name].encode()) == plain
    assert read(tmp_path, name, GOOD[name].replace("\n", "\r\n")) == plain
    assert read(tmp_path, name, GOOD[name].rstrip("\n")) == plain


@pytest.mark.parametrize(
    ("name", "language", "file", "content", "column"),
    [
        ("xnli", "de", "xnli/test-de.tsv", "A.\tB.\n", "label"),
        ("panx", "de", "panx/test-de.tsv", "Ann\nsang\n\nX\n", "tags"),
        (
            "xquad",
            "de",
            "xquad/xquad.de.json",
            squad({**QUESTION, "answers": [{"text": "", "answer_start": 0}]}),
            "answers",
        ),
        ("cosmosqa", "en", "cosmosqa/test.jsonl", json.dumps(dict.fromkeys(CSV.strip().split(",")[:-1], "x")), "label"),
    ],
)
def test_unlabelled_test_files_give_rows_without_the_labels_column(name, language, file, content, column, tmp_path):
    (tmp_path / file).parent.mkdir()
    (tmp_path / file).write_text(content, encoding="utf-8")
    rows = folder.load(tasks.get(name), "test", language, tmp_path)
    assert rows and not any(column in row for row in rows)


def test_labels_in_a_part_of_a_test_file_are_refused(tmp_path):
    (tmp_path / "xnli").mkdir()
    (tmp_path / "xnli/test-de.tsv").write_text("A.\tB.\nA.\tB.\tneutral\n")
    with pytest.raises(UserError, match=r"test-de.tsv, line 2: there is a label and the lines above have none"):
        folder.load(tasks.get("xnli"), "test", "de", tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("panx", "wort\tO\n" * 5000),
        ("udpos", "".join(word(number, "wort", head=number - 1) for number in range(1, 5001))),
        ("ccg", "wort " * 4999 + "wort\t" + "N " * 5000 + "\n"),
    ],
)
def test_a_sentence_of_5000_tokens_is_read_whole(name, content, tmp_path):
    (row,) = read(tmp_path, name, content)
    assert len(row["tokens"]) == len(row["tags"]) == 5000


def test_tatoeba_sides_of_unequal_length_are_refused_naming_both(tmp_path):
    for layout, foreign, english in (
        ("tatoeba", "de-en.de", "de-en.en"),
        ("tatoeba-laser", *["tatoeba.deu-eng." + one for one in ("deu", "eng")]),
    ):
        root = tmp_path / layout
        root.mkdir()
        (root / foreign).write_text("Eins.\nZwei.\n", encoding="utf-8")
        (root / english).write_text("One.\n", encoding="utf-8")
        with pytest.raises(UserError, match=f"{foreign} has 2 lines and .*{english} has 1"):
            folder.load(tasks.get("tatoeba"), "test", "de", tmp_path)


SIDES = {
    "tatoeba": ("test", {"tatoeba/de-en.de": "Größe.\nZwei.\n", "tatoeba/de-en.en": "One.\nTwo.\n"}),
    "bucc2018": (
        "validation",
        {
            "de-en.dev.de": "de-1\tGröße.\nde-2\tZwei.\n",
            "de-en.dev.en": "en-1\tOne.\nen-2\tTwo.\n",
            "de-en.dev.gold": "de-1\ten-2\n",
        },
    ),
}


def read_sides(root: Path, name: str, changed: dict[str, bytes]) -> list[dict]:
    split, files = SIDES[name]
    for file, content in {**{file: text.encode() for file, text in files.items()}, **changed}.items():
        (root / file).parent.mkdir(exist_ok=True)
        (root / file).write_bytes(content)
    return folder.load(tasks.get(name), split, "de", root)


@pytest.mark.parametrize(("name", "file"), [(name, file) for name, (_, files) in SIDES.items() for file in files])
@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", " is empty"), (b"\n", " is empty"), ("de-1\tGröße\n".encode("latin-1"), ", line 1: this is not UTF-8")],
)
def test_an_empty_side_or_one_in_another_encoding_is_refused_naming_it(name, file, content, message, tmp_path):
    with pytest.raises(UserError, match=f"{Path(file).name}{message}"):
        read_sides(tmp_path, name, {file: content})


@pytest.mark.parametrize("name", SIDES)
def test_a_byte_order_mark_and_crlf_change_no_side(name, tmp_path):
    plain = read_sides(tmp_path, name, {})
    marked = {file: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() for file, text in SIDES[name][1].items()}
    assert read_sides(tmp_path, name, marked) == plain


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"de": "de-1\tA\nde-1\tB\n"}, 'de-en.dev.de, line 2: the id "de-1" is there twice'),
        ({"de": "de-1 A\n"}, "dev.de, line 1: there is one column"),
        ({"en": "en-1\tOne\tmore\n"}, "dev.en, line 1: there are 3 columns"),
        ({"gold": "de-1\ten-7\n"}, 'dev.gold, line 1: the id "en-7" is not in the sentences'),
        ({"gold": "de-1\n"}, "dev.gold, line 1: there is one column"),
    ],
)
def test_bad_bucc_files_are_refused_naming_file_and_line(files, message, tmp_path):
    for suffix, text in {"de": "de-1\tEins.\n", "en": "en-1\tOne.\n", **files}.items():
        (tmp_path / f"de-en.dev.{suffix}").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        folder.load(tasks.get("bucc2018"), "validation", "de", tmp_path)


def test_a_tag_that_ccgs_list_lacks_is_refused(tmp_path):
    (tmp_path / "tags_to_id.json").write_text('{"N": 0}')
    with pytest.raises(UserError, match=r'ccg.dev, line 1: the tag is "S": it must be one of those in tags_to_id.json'):
        read(tmp_path, "ccg", "Dogs bark\tN S\n")


def test_a_fused_token_takes_the_highest_words_tag_and_of_equals_that_of_the_languages_order(tmp_path):
    alone = word("1-2", "zum", "_", "_") + word(1, "zu", "ADP", 3) + word(2, "dem", "DET", 3) + word(3, "Haus")
    assert read(tmp_path, "udpos", alone)[0]["tags"] == ["ADP", "NOUN"]
    under = word("1-2", "zum", "_", "_") + word(1, "zu", "ADP", 2) + word(2, "dem", "DET", 3) + word(3, "Haus")
    assert read(tmp_path, "udpos", under)[0]["tags"] == ["DET", "NOUN"]
    enhanced = word("1-2", "zum", "_", "_") + word(1, "zu", "ADP", 3, "3:x|4:y") + word(2, "dem", "DET", 3, "3:x")
    enhanced += word(3, "Haus") + word(4, "da", "ADV", 3)
    (row,) = read(tmp_path, "udpos", enhanced)
    assert (row["tokens"], row["tags"]) == (["zum", "Haus", "da"], ["DET", "NOUN", "ADV"])


def test_empty_nodes_missing_words_and_non_joiners_are_left_out_as_xtreme_does(tmp_path):
    hidden = word(1, "_") + word(2, "_", head=1) + "\n"
    partly = word(1, "_") + word(2, "a", head=1) + word(3, "b", head=1) + "\n"
    spaced = word(1, "10 000", "NUM") + word("1.1", "leer") + word(2, "a\u200cb", head=1) + "\n"
    rows = read(tmp_path, "udpos", hidden + partly + spaced)
    assert [row["tokens"] for row in rows] == [["_", "a", "b"], ["10000", "ab"]]


def test_a_file_with_loose_quotation_marks_is_read_as_it_is(tmp_path):
    (row, _) = read(tmp_path, "xnli", '"A" is ""\tB "\tneutral\n"C"\tD\tneutral\n')
    assert (row["sentence1"], row["sentence2"]) == ('"A" is ""', 'B "')


# a NUL is taken for UTF-16
TEXT = st.text(st.characters(exclude_characters="\t\n\r\ufeff\0", exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT, st.sampled_from(["0", "1"])), min_size=1, max_size=5))
def test_any_sentences_that_csv_writes_come_back(tmp_path_factory, written):
    file = io.StringIO()
    csv.writer(file, delimiter="\t").writerows(written)
    rows = read(tmp_path_factory.mktemp("pairs"), "pawsx", file.getvalue())
    assert [(row["sentence1"], row["sentence2"], row["label"]) for row in rows] == written


WORD = st.text(
    st.characters(exclude_categories=["Cs", "Zs", "Zl", "Zp", "Cc"], exclude_characters="\ufeff"),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.tuples(WORD, st.sampled_from(["O", "B-PER"])), min_size=1, max_size=6), min_size=1, max_size=4)
)
def test_any_tagged_words_come_back(tmp_path_factory, written):
    text = "\n".join("".join(f"{token}\t{tag}\n" for token, tag in sentence) for sentence in written)
    rows = read(tmp_path_factory.mktemp("tags"), "panx", text)
    assert [list(zip(row["tokens"], row["tags"], strict=True)) for row in rows] == written


@settings(max_examples=40, deadline=None)
@given(TEXT, TEXT.filter(bool), TEXT)
def test_an_answer_in_any_script_is_found_at_its_character(tmp_path_factory, before, answer, after):
    question = {**QUESTION, "answers": [{"text": answer, "answer_start": len(before)}]}
    (row,) = read(tmp_path_factory.mktemp("squad"), "xquad", squad(question, context=before + answer + after))
    (start,), (text,) = row["answers"]["answer_start"], row["answers"]["text"]
    assert row["context"][start : start + len(text)] == answer
