"""Rows and features that are kept: equal to those that are read and encoded, and made again whenever in doubt."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import doubles
import encoder_kinds
import numpy
import pytest
import test_own_tasks
import world
from hypothesis import given, settings
from hypothesis import strategies as st
from test_sources_files import real
from test_task_types import TASKS, TEXT
from world import Notes

from adapterstilts import cli, execution, tasks
from adapterstilts.backbones import loading
from adapterstilts.backbones.tokenizers import Tokenizer, digest_of
from adapterstilts.base import cache, digests, files
from adapterstilts.base.errors import UserError
from adapterstilts.rows import hub, kept, reading
from adapterstilts.rows.labelled import LABELS
from adapterstilts.tasks import own, types
from adapterstilts.tasks.types import batching
from adapterstilts.tasks.types.features import Features

LINE = '{"gold_label": "neutral", "sentence1": "A man sleeps.", "sentence2": "He is tired."}\n'
NO_GOLD = LINE.replace("neutral", "-")
MNLI = tasks.get("mnli")


@pytest.fixture(autouse=True)
def entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where an empty cache keeps rows and features, which remembers files however new they are."""
    monkeypatch.setenv("ADAPTERSTILTS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(digests, "SETTLED", 0)
    return tmp_path / "home" / "features"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with MNLI's validation rows, two of which count."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "multinli_1.0_dev_matched.jsonl").write_text(LINE + NO_GOLD + LINE)
    return tmp_path / "data"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The languages that were read so far."""
    read: list[str] = []
    original = reading.load

    def counted(task: tasks.Task, split: str, language: str, *more: Any) -> list[dict[str, Any]]:
        read.append(language)
        return original(task, split, language, *more)

    monkeypatch.setattr(reading, "load", counted)
    return read


def tokenizer(pieces: int | None = None) -> Tokenizer:
    own = doubles.tokenizer() if pieces is None else doubles.trained_tokenizer(doubles.SENTENCES, pieces)
    return Tokenizer(lambda: own)


def load(data: Path, limit: int | None = None, notes: Notes | None = None) -> Sequence[Any]:
    return kept.load(MNLI, "validation", ("en",), str(data), limit, notes or Notes())["en"]


def encode(rows: Sequence[Any], task: tasks.Task = MNLI, length: int = 32, pieces: int | None = None) -> Features:
    features = kept.features_of(types.get(task.type), task, rows, tokenizer(pieces), length, labelled=True)
    assert isinstance(features, Features)
    return features


# features as columns

WORD = TEXT.filter(bool)
ROWS = {
    "classification": st.fixed_dictionaries(
        {"sentence1": TEXT, "sentence2": st.none() | TEXT, "label": st.none() | st.sampled_from(["no", "yes"])}
    ),
    "multiple_choice": st.fixed_dictionaries(
        {"context": TEXT, "question": TEXT, "choices": st.lists(TEXT, min_size=1, max_size=3), "label": st.just(0)}
    ),
    "tagging": st.lists(WORD, max_size=8).map(lambda words: {"tokens": words, "tags": ["O"] * len(words)}),
    "question_answering": st.tuples(WORD, TEXT).map(
        lambda texts: {
            "context": texts[0],
            "question": texts[1],
            "answers": {"text": [texts[0][:3]], "answer_start": [0]},
        }
    ),
    "retrieval": st.fixed_dictionaries({"sentence1": st.none() | TEXT, "sentence2": st.none() | TEXT}),
}


def digest_of_release_1(features: Sequence[types.Feature]) -> str:
    """As it was taken of dicts: a checkpoint that began with it goes on."""
    sha256 = hashlib.sha256()
    flat = list(chain.from_iterable(lists_of(feature) for feature in features))
    sha256.update(numpy.array([len(ids) for ids in flat], dtype="<i4").tobytes())
    sha256.update(numpy.array(list(chain.from_iterable(flat)), dtype="<i4").tobytes())
    for feature in features:
        rest = {key: value for key, value in feature.items() if key not in ("input_ids", "offsets")}
        sha256.update(json.dumps(rest, sort_keys=True, default=lambda value: [value.start, value.stop]).encode())
    return sha256.hexdigest()


def lists_of(feature: types.Feature) -> list[list[int]]:
    ids = feature["input_ids"]
    return ids if ids and isinstance(ids[0], list) else [ids]


@pytest.mark.parametrize("name", types.NAMES)
@pytest.mark.parametrize("labelled", [True, False])
@given(drawn=st.data())
@settings(max_examples=25, deadline=None)
def test_columns_are_the_features(name: str, labelled: bool, drawn: st.DataObject) -> None:
    rows = drawn.draw(st.lists(ROWS[name], max_size=6))
    if not labelled:
        rows = [{key: row[key] for key in row if key not in LABELS} for row in rows]
    features = types.get(name).encode(rows, doubles.tokenizer(), TASKS[name], 16)
    columns = Features.of(features)
    assert columns.digest() == batching.digest(features) == digest_of_release_1(features)
    again = Features.from_bytes(columns.to_bytes())
    assert list(again) == list(columns) == features and again[:2] == features[:2]
    assert again.digest() == columns.digest()
    for either in (again, features):
        assert batching.lengths_of(either).tolist() == [max(map(len, lists_of(each))) for each in features]
        assert batching.token_counts_of(either).tolist() == [sum(map(len, lists_of(each))) for each in features]
        pieces = {piece for each in features for ids in lists_of(each) for piece in ids}
        assert batching.pieces_of(either).tolist() == sorted(pieces)


def test_columns_end_where_the_features_do() -> None:
    columns = Features.of(
        types.get("tagging").encode(doubles.rows("tagging"), doubles.tokenizer(), TASKS["tagging"], 16)
    )
    assert columns[-1] == columns[len(columns) - 1]
    with pytest.raises(IndexError):
        columns[len(columns)]


# what is kept, and for whom


def test_rows_and_features_are_read_and_encoded_once(data: Path, reads: list[str], monkeypatch: Any) -> None:
    first, again = Notes(), Notes()
    rows = load(data, notes=first)
    features = encode(rows)
    assert list(rows) == reading.load(MNLI, "validation", "en", str(data)) and len(rows) == 2
    assert list(features) == types.get("classification").encode(list(rows), doubles.tokenizer(), MNLI, 32)
    reads.clear()
    monkeypatch.setattr(types.get("classification"), "encode", None)
    rows_again = load(data, notes=again)
    assert list(encode(rows_again)) == list(features) and encode(rows_again).digest() == features.digest()
    assert list(rows_again) == list(rows) and again.notes == first.notes != [] and not reads


@pytest.mark.parametrize("source", ["pocket", "real"])
@pytest.mark.parametrize("name", ["panx", "mnli", "squad", "csqa", "tatoeba"])
def test_each_type_is_kept_from_each_source(name: str, source: str, reads: list[str]) -> None:
    task, data = tasks.get(name), source if source == "pocket" else str(real(source))
    split, language = ("test", "de") if name == "tatoeba" else ("train", "en")
    either = [kept.load(task, split, (language,), data, 5)[language] for _ in range(2)]
    assert reads == [language]
    assert list(either[0]) == list(either[1]) == reading.load(task, split, language, data, 5)
    plain = types.get(task.type).encode(list(either[0]), doubles.tokenizer(), task, 32)
    assert [list(encode(rows, task)) for rows in either] == [plain, plain]


def test_the_hub_s_are_kept_by_their_commit(reads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    commits = ["me/mnli@1"]
    monkeypatch.setattr(hub, "revision", lambda task: commits[-1])
    monkeypatch.setattr(hub, "load", lambda *_: [{"id": commits[-1], "label": "neutral"}])
    for _ in range(2):
        assert kept.load(MNLI, "train", ("en",), "hub")["en"][0]["id"] == "me/mnli@1"
    commits.append("me/mnli@2")
    assert kept.load(MNLI, "train", ("en",), "hub")["en"][0]["id"] == "me/mnli@2" and len(reads) == 2
    monkeypatch.setattr(hub, "revision", lambda task: reading.path_of(""))  # no network
    assert kept.load(MNLI, "train", ("en",), "hub")["en"][0]["id"] == "me/mnli@2" and len(reads) == 3


def test_a_user_s_own_are_kept_by_declaration_and_files(tmp_path: Path, reads: list[str]) -> None:
    def first(**changes: str) -> Any:
        task = own.read(test_own_tasks.write(tmp_path, **changes))
        return kept.load(task, "test", ("de",), "pocket")["de"][0]

    expected = reading.load(own.read(test_own_tasks.write(tmp_path)), "test", "de")[0]
    reads.clear()
    assert first() == first() == expected and len(reads) == 1
    turned = first(
        declaration=test_own_tasks.YAML.replace("premise", "x")
        .replace("hypothesis", "premise")
        .replace("x,", "hypothesis,")
    )
    assert turned["sentence1"] == expected["sentence2"] and len(reads) == 2
    assert first(**{"test.de.csv": test_own_tasks.PAIRS.replace("A paid", "C paid")})["sentence1"] == "C paid B."


def test_the_rows_to_choose_by_are_kept_with_what_is_said_of_them(data: Path, reads: list[str]) -> None:
    plain = reading.validation_rows(MNLI, tasks.get("xnli"), str(data), 1)
    first, again = (kept.validation_rows(MNLI, tasks.get("xnli"), str(data), 1) for _ in range(2))
    for checked in (first, again):
        assert replace(checked, rows=list(checked.rows)) == plain
    assert len(reads) == 2  # the plain ones and the first


def test_labels_that_training_rows_bring_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    ccg = tasks.get("ccg")
    first = kept.labelled(ccg, "pocket")
    assert first == reading.labelled(ccg, "pocket") and len(first.labels) > 10
    monkeypatch.setattr(reading, "labelled", None)
    assert kept.labelled(ccg, "pocket") == first and kept.labelled(MNLI, "pocket") is MNLI


@pytest.mark.parametrize("change", ["content", "limit", "code"])
def test_other_rows_are_read_again(change: str, data: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    load(data)
    if change == "content":
        (data / "multinli_1.0_dev_matched.jsonl").write_text(LINE)
    elif change == "code":
        monkeypatch.setattr(kept, "_code", lambda: ["of another release"])
    rows = load(data, 1 if change != "code" else None)
    assert len(reads) == 2 and len(rows) == (2 if change == "code" else 1)


def test_other_features_are_encoded_again(data: Path, entries: Path) -> None:
    rows = load(data)
    encode(rows)
    before = len(list(entries.iterdir()))
    encode(rows, length=8)
    encode(rows, pieces=300)
    turned = encode(rows, replace(MNLI, labels=MNLI.labels[::-1]))
    kept.features_of(types.get("classification"), MNLI, rows, tokenizer(), 32, labelled=False)
    assert len(list(entries.iterdir())) == before + 4
    assert turned[0]["label"] == len(MNLI.labels) - 1 - encode(rows)[0]["label"]


def test_what_a_user_gives_is_not_kept(entries: Path) -> None:
    kept.features_of(types.get("classification"), MNLI, doubles.rows("retrieval"), tokenizer(), 32, labelled=False)
    assert not entries.exists()


def test_rows_that_json_would_change_are_not_kept(monkeypatch: pytest.MonkeyPatch, entries: Path) -> None:
    for value in ((1, 2), float("nan"), {1: 2}, object()):
        monkeypatch.setattr(reading, "load", lambda *_, value=value: [{"id": "1", "extra": value}])
        (row,) = kept.load(MNLI, "train", ("en",), "pocket")["en"]
        assert row["extra"] is value and not entries.exists()


def test_rows_whose_files_change_while_they_are_read_are_not_kept(data: Path, entries: Path, monkeypatch: Any) -> None:
    original = reading.load

    def written_meanwhile(*words: Any) -> list[dict[str, Any]]:
        rows = original(*words)
        (data / "multinli_1.0_dev_matched.jsonl").write_text(LINE)
        return rows

    monkeypatch.setattr(reading, "load", written_meanwhile)
    assert len(load(data)) == 2 and not entries.exists()


def test_what_cannot_be_read_says_so_each_time(data: Path) -> None:
    for _ in range(2):
        with pytest.raises(UserError, match='has not all train rows of "mnli"'):
            kept.load(MNLI, "train", ("en",), str(data))


# entries that cannot be trusted, and disks that cannot be written


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "another's", "a folder"])
def test_a_damaged_entry_is_made_again(damage: str, data: Path, entries: Path) -> None:
    expected = list(encode(load(data)))
    paths = sorted(entries.iterdir())
    contents = [path.read_bytes() for path in paths]
    for number, (path, content) in enumerate(zip(paths, contents, strict=True)):
        if damage == "a folder":
            path.unlink()
            path.mkdir()
            continue
        half = len(content) // 2
        damaged = {
            "cut": content[:half],
            "changed": content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :],
            "empty": b"",
            "another's": contents[number - 1],
        }
        path.write_bytes(damaged[damage])
    assert list(encode(load(data))) == expected and list(load(data)) == list(load(data))
    if damage != "a folder":
        assert [path.read_bytes() for path in sorted(entries.iterdir())] == contents


def test_a_cache_that_cannot_be_written_remembers_nothing(data: Path, tmp_path: Path, reads: list[str]) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    expected = list(encode(load(data)))
    assert list(encode(load(data))) == expected and len(reads) == 2


def test_a_full_disk_leaves_nothing_behind(data: Path, entries: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "flush", full)
    assert len(encode(load(data))) == 2 and list(entries.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="rights are others there")
def test_nobody_else_may_read_what_is_kept(entries: Path) -> None:
    cache.keep(cache.key_of("x"), b"a row")
    assert [path.stat().st_mode & 0o777 for path in entries.iterdir()] == [0o600]


def test_writers_at_the_same_time_leave_a_whole_entry(entries: Path) -> None:
    key = cache.key_of("x")
    program = (
        "import sys; from adapterstilts.base import cache\n"
        f"for _ in range(30):\n    cache.keep({key!r}, sys.argv[1].encode() * 50_000)\n"
        f"    assert bytes(cache.read({key!r}))[:2] in (b'ab', b'cd')\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", program, word]) for word in ("ab", "cd")]
    assert [writer.wait() for writer in writers] == [0, 0]
    entry = cache.read(key)
    assert entry is not None and bytes(entry) in (b"ab" * 50_000, b"cd" * 50_000)
    assert [path.name for path in entries.iterdir()] == [key]


def test_entries_that_were_not_used_for_longest_go_first(entries: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "LARGEST", 3 * 132)
    keys = [cache.key_of(number) for number in range(4)]
    for number, key in enumerate(keys[:3]):
        cache.keep(key, bytes(100))
        os.utime(entries / key, (number, number))
    assert cache.read(keys[0]) is not None
    cache.keep(keys[3], bytes(100))
    assert {path.name for path in entries.iterdir()} == {keys[0], keys[2], keys[3]}
    cache.keep(cache.key_of("too large"), bytes(400))
    assert len(list(entries.iterdir())) == 3


def test_what_is_distrusted_is_made_again(data: Path, reads: list[str], entries: Path) -> None:
    load(data)
    before = {path: path.stat().st_ino for path in entries.iterdir()}
    with digests.distrusted():
        load(data)
    assert len(reads) == 2 and all(path.stat().st_ino != before[path] for path in entries.iterdir())
    load(data)
    assert len(reads) == 2


# whole runs


@pytest.fixture
def work(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    return world.build(tmp_path_factory.mktemp("world"), monkeypatch)


@pytest.mark.parametrize("task", ["mnli", "panx", "squad", "csqa"])
def test_a_second_run_reads_and_encodes_nothing(task: str, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = world.learn(task)
    monkeypatch.setattr(reading, "load", None)
    monkeypatch.setattr(types.get(tasks.get(task).type), "encode", None)
    again = world.learn(task, output=Path("again"))
    assert again.scores == first.scores
    names = [path.relative_to("runs") for path in Path("runs").rglob("*.safetensors")]
    assert len(names) == 1
    assert Path("again", names[0]).read_bytes() == Path("runs", names[0]).read_bytes()


def test_to_predict_keeps_nothing_of_the_lines(work: Path) -> None:
    world.learn("mnli")
    kept_before = sorted((work.parent / "home" / "features").iterdir())
    loaded = execution.Predictor("mnli", "pocket", "bottleneck", Path("runs"))
    assert len(list(loaded.predict([{"id": "1", "sentence1": "A man sleeps.", "sentence2": "He is tired."}]))) == 1
    assert sorted((work.parent / "home" / "features").iterdir()) == kept_before


def test_to_verify_is_to_read_again(work: Path, reads: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    world.learn("mnli")
    for words, languages in ((), []), (("--verify",), list(world.LANGUAGES)):
        reads.clear()
        with pytest.raises(SystemExit, match="0"):
            cli.main(["evaluate", "mnli", *words])
        assert reads == languages
    assert digests.are_trusted()


# the tokenizer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return encoder_kinds.save("XLM-R", tmp_path / "encoder")


def test_a_known_tokenizer_is_loaded_when_it_is_needed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    original = loading._tokenizer
    monkeypatch.setattr(loading, "_tokenizer", lambda *words: loaded.append("") or original(*words))
    first = loading.load_backbone(str(folder)).tokenizer
    assert len(loaded) == 1 and first.digest == digest_of(first.loaded)
    padding = first.pad_token_id
    again = loading.load_backbone(str(folder)).tokenizer
    assert again.digest == first.digest and again.pad_token_id == padding == first.loaded.pad_token_id
    assert len(loaded) == 1
    assert again("A man sleeps.")["input_ids"] == first("A man sleeps.")["input_ids"] and len(again) == len(first)
    assert len(loaded) == 2


def test_another_tokenizer_has_another_digest(folder: Path) -> None:
    before = loading.load_backbone(str(folder)).tokenizer.digest
    path = folder / "tokenizer.json"
    facts = json.loads(path.read_text())
    facts["normalizer"] = {"type": "Lowercase"}
    path.write_text(json.dumps(facts))
    assert loading.load_backbone(str(folder)).tokenizer.digest != before
    path.write_text("{")
    with pytest.raises(UserError, match="tokenizer of the backbone"):
        loading.load_backbone(str(folder))


def test_use_does_not_change_a_digest() -> None:
    own = doubles.trained_tokenizer(doubles.SENTENCES, 300)
    before = digest_of(own)
    own(["A man sleeps.", "He"], padding=True, truncation=True, max_length=3)
    assert digest_of(own) == before
