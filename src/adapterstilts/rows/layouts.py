"""Where each task's files are in a user's folder, and which format they have: data, no code that looks.

A part of a split is in one of several layouts, the first that is there: as XTREME's download_data.sh leaves
it, as the data set's own release names it, or under a plain name. Only ANLI+ has several parts. A file's name
may hold ``{language}`` (XTREME's code), ``{name}`` (the data set's own word for it) and, for treebanks, ``*``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from adapterstilts.rows.formats import (
    Row,
    Wanted,
    bucc,
    ccg,
    choices,
    conllu,
    nli,
    pairs,
    squad,
    tables,
    tagging,
    tatoeba,
)
from adapterstilts.rows.formats.labels import NLI
from adapterstilts.rows.paragraphs import held_out
from adapterstilts.tasks import Task, get

Reader = Callable[[Sequence[Path], Wanted], Iterator[Row]]


@dataclass(frozen=True)
class Layout:
    """Files that together hold a part, and what reads them; `names` are the data set's words for languages."""

    files: tuple[str, ...]
    read: Reader
    names: Mapping[str, str] = field(default_factory=dict)


Part = tuple[Layout, ...]
"""The layouts in which a part may be there, the preferred one first."""


def _pairs(paths: Sequence[Path], wanted: Wanted) -> Iterator[Row]:
    return pairs.read_pairs(paths[0], wanted.task.labels, wanted.prefix)


def _glue_mnli(paths: Sequence[Path], wanted: Wanted) -> Iterator[Row]:
    columns = ("sentence1", "sentence2", "gold_label")
    return tables.read_table(paths[0], columns, wanted.task.labels, NLI, wanted.prefix)


def _glue_qqp(paths: Sequence[Path], wanted: Wanted) -> Iterator[Row]:
    columns, names = ("question1", "question2", "is_duplicate"), {"0": "not_duplicate", "1": "duplicate"}
    return tables.read_table(paths[0], columns, wanted.task.labels, names, wanted.prefix, broken=True)


def _xnli_release(paths: Sequence[Path], wanted: Wanted) -> Iterator[Row]:
    columns = ("sentence1", "sentence2", "gold_label")
    return tables.read_table(paths[0], columns, wanted.task.labels, NLI, wanted.prefix, wanted.language)


def _pawsx_release(paths: Sequence[Path], wanted: Wanted) -> Iterator[Row]:
    columns = ("sentence1", "sentence2", "label")
    return tables.read_table(paths[0], columns, wanted.task.labels, {}, wanted.prefix)


def _nli(paths: Sequence[Path], wanted: Wanted) -> Iterator[Row]:
    return nli.read_nli(paths, wanted.task.labels, wanted.prefix)


def _tagged(paths: Sequence[Path], wanted: Wanted) -> Iterator[Row]:
    return tagging.read_tagged(paths[0], wanted.task.labels, wanted.prefix)


def _wikiann(paths: Sequence[Path], wanted: Wanted) -> Iterator[Row]:
    return tagging.read_tagged(paths[0], wanted.task.labels, wanted.prefix, marked=True)


def _conllu(paths: Sequence[Path], wanted: Wanted) -> Iterator[Row]:
    return conllu.read_conllu(paths, wanted.task.labels, wanted.language, wanted.prefix)


def _squad(paths: Sequence[Path], wanted: Wanted) -> Iterator[Row]:
    return squad.read_squad(paths[0], unanswerable=wanted.task.metric == "squad2")


def _kept(rows: Iterator[Row], wanted: Wanted) -> Iterator[Row]:
    """The training rows that `wanted` asks for: those about paragraphs that are held out validate."""
    return (row for row in rows if held_out(row["context"]) == (wanted.split == "validation"))


def _tydiqa_training(paths: Sequence[Path], wanted: Wanted) -> Iterator[Row]:
    return _kept((row for row in squad.read_squad(paths[0]) if row["id"].startswith("english-")), wanted)


def _tydiqa_english(paths: Sequence[Path], wanted: Wanted) -> Iterator[Row]:
    return _kept(squad.read_squad(paths[0], numbered=True), wanted)


def _tydiqa_mixed(paths: Sequence[Path], wanted: Wanted) -> Iterator[Row]:
    name = _TYDIQA_NAMES[wanted.language]
    return (row for row in squad.read_squad(paths[0]) if row["id"].startswith(f"{name}-"))


def _of_one(read: Callable[[Path], Iterator[Row]]) -> Reader:
    return lambda paths, wanted: read(paths[0])


def _of_one_with_prefix(read: Callable[[Path, str], Iterator[Row]]) -> Reader:
    return lambda paths, wanted: read(paths[0], wanted.prefix)


def _of_two(read: Callable[[Path, Path], Iterator[Row]]) -> Reader:
    return lambda paths, wanted: read(paths[0], paths[1])


def _any_of(read: Reader, *files: str) -> Part:
    return tuple(Layout((file,), read) for file in files)


_TYDIQA_NAMES = get("tydiqa").hub[0].language_names


def _mnli(plain: str, release: str, glue: str, *xtreme: str) -> Part:
    release = f"multinli_1.0_{release}.jsonl"
    return (
        *_any_of(_nli, f"multinli_1.0/{release}", release, f"english/mnli.{plain}.jsonl", f"mnli.{plain}.jsonl"),
        *_any_of(_glue_mnli, f"MNLI/{glue}.tsv"),
        *_any_of(_pairs, *xtreme),
    )


def _snli(split: str) -> Part:
    release = f"snli_1.0_{split}.jsonl"
    return _any_of(_nli, f"snli_1.0/{release}", release, f"english/snli.{split}.jsonl", f"snli.{split}.jsonl")


def _anli(split: str) -> Part:
    rounds = tuple(f"R{number}/{split}.jsonl" for number in (1, 2, 3))
    return (
        Layout(tuple(f"anli_v1.0/{file}" for file in rounds), _nli),
        Layout(rounds, _nli),
        *_any_of(_nli, f"english/anli.{split}.jsonl", f"anli.{split}.jsonl"),
    )


# XTREME's folder has MNLI's training set as XNLI's, and its validation set is XNLI's English one
_MNLI_TRAIN = _mnli("train", "train", "train", "xnli/train-en.tsv")
_MNLI_VALIDATION = _mnli("dev", "dev_matched", "dev_matched", "xnli/dev-en.tsv")


def _xnli(split: str) -> Part:
    release = f"xnli.{split}.tsv"
    return (
        *_any_of(_pairs, f"xnli/{split}-{{language}}.tsv"),
        *_any_of(_xnli_release, f"XNLI-1.0/{release}", release),
    )


def _pawsx(ours: str, release: str, language: str) -> Part:
    return (
        *_any_of(_pairs, f"pawsx/{ours}-{language}.tsv"),
        *_any_of(_pawsx_release, f"x-final/{language}/{release}.tsv", f"pawsx/{language}/{release}.tsv"),
    )


def _udpos(split: str, language: str) -> Part:
    treebanks = f"{language}_*-ud-{split}.conllu"
    return (
        *_any_of(_tagged, f"udpos/{split}-{language}.tsv"),
        *_any_of(_conllu, *(f"{folder}{treebanks}" for folder in ("ud-treebanks-*/UD_*/", "UD_*/", "conllu/", ""))),
    )


def _panx(split: str, language: str) -> Part:
    return (
        *_any_of(_tagged, f"panx/{split}-{language}.tsv"),
        *_any_of(_wikiann, f"panx_dataset/{language}-{split}", f"panx/{language}/{split}"),
    )


def _squad_files(name: str) -> Part:
    return _any_of(_squad, f"squad/{name}", name)


def _mlqa(split: str) -> Part:
    name = f"{split}-context-{{language}}-question-{{language}}.json"
    return _any_of(_squad, f"mlqa/MLQA_V1/{split}/{name}", f"MLQA_V1/{split}/{name}", name)


_TYDIQA_TRAIN: Part = (
    *_any_of(
        _tydiqa_training,
        "tydiqa/tydiqa-goldp-v1.1-train/tydiqa-goldp-v1.1-train.json",
        "tydiqa/tydiqa-goldp-v1.1-train.json",
        "tydiqa-goldp-v1.1-train.json",
    ),
    *_any_of(
        _tydiqa_english, "tydiqa/tydiqa-goldp-v1.1-train/tydiqa.goldp.en.train.json", "tydiqa.goldp.en.train.json"
    ),
)
_TYDIQA_FOLDER = "tydiqa-goldp-v1.1-dev"
_TYDIQA_TEST: Part = (
    *_any_of(
        _squad,
        f"tydiqa/{_TYDIQA_FOLDER}/tydiqa.goldp.{{language}}.dev.json",
        f"{_TYDIQA_FOLDER}/tydiqa.goldp.{{language}}.dev.json",
        "tydiqa.goldp.{language}.dev.json",
    ),
    *(
        Layout((f"{folder}tydiqa-goldp-dev-{{name}}.json",), _squad, _TYDIQA_NAMES)
        for folder in (f"tydiqa/{_TYDIQA_FOLDER}/", f"{_TYDIQA_FOLDER}/", "")
    ),
    *_any_of(_tydiqa_mixed, f"tydiqa/{_TYDIQA_FOLDER}.json", f"{_TYDIQA_FOLDER}.json"),
)


def _bucc(xtreme: str, release: str) -> Part:
    read = _of_two(bucc.read_bucc)
    places = [
        f"{folder}{{language}}-en.{split}"
        for split, folders in (
            (xtreme, ("bucc2018/", "")),
            (release, ("bucc2018/{language}-en/", "{language}-en/", "bucc2018/", "")),
        )
        for folder in folders
    ]
    return tuple(Layout((f"{place}.{{language}}", f"{place}.en"), read) for place in places)


def _tatoeba(names: Mapping[str, str]) -> Part:
    aligned = _of_two(tatoeba.read_aligned)
    folders = ("tatoeba-laser/", "LASER-*/data/tatoeba/v1/", "tatoeba/v1/", "tatoeba/", "")
    files = ("tatoeba.{name}-eng.{name}", "tatoeba.{name}-eng.eng")
    of_laser = (Layout((f"{folder}{files[0]}", f"{folder}{files[1]}"), aligned, names) for folder in folders)
    ours = Layout(("tatoeba/{language}-en.{language}", "tatoeba/{language}-en.en"), _of_two(tatoeba.read_sorted))
    return (*of_laser, ours)


def _cosmosqa(*files: str) -> Part:
    return _any_of(_of_one(choices.read_cosmosqa), *files)


def _hellaswag(split: str) -> Part:
    name = f"hellaswag_{split}.jsonl"
    return _any_of(_of_one_with_prefix(choices.read_hellaswag), f"hellaswag/{name}", name)


def _csqa(name: str) -> Part:
    return _any_of(_of_one(choices.read_csqa), f"csqa/{name}", f"commonsenseqa/{name}", name)


def _ccg(split: str) -> Part:
    return _any_of(_of_one_with_prefix(ccg.read_ccg), f"ccg/ccg.{split}", f"CCG/ccg.{split}", f"ccg.{split}")


def parts_of(task: Task) -> dict[str, tuple[Part, ...]]:
    """The parts of each split of `task`; a split that its files do not have is not there.

    Training files are named in English only: nothing is trained on in another language.
    """
    names = task.hub[0].language_names if task.hub else {}
    one: dict[str, dict[str, Part]] = {
        "mnli": {
            "train": _MNLI_TRAIN,
            "validation": _MNLI_VALIDATION,
            "test": _mnli("test", "dev_mismatched", "dev_mismatched"),
        },
        "qqp": {
            "train": _any_of(_glue_qqp, "QQP/train.tsv", "qqp/train.tsv"),
            "validation": _any_of(_glue_qqp, "QQP/dev.tsv", "qqp/dev.tsv"),
        },
        "squad": {"train": _squad_files("train-v1.1.json"), "validation": _squad_files("dev-v1.1.json")},
        "squad2": {"train": _squad_files("train-v2.0.json"), "validation": _squad_files("dev-v2.0.json")},
        "hellaswag": {"train": _hellaswag("train"), "validation": _hellaswag("val"), "test": _hellaswag("test")},
        "ccg": {"train": _ccg("train"), "validation": _ccg("dev"), "test": _ccg("test")},
        "cosmosqa": {
            "train": _cosmosqa("cosmosqa/train.csv", "english/cosmosqa.train.csv", "cosmosqa.train.csv"),
            "validation": _cosmosqa("cosmosqa/valid.csv", "english/cosmosqa.valid.csv", "cosmosqa.valid.csv"),
            "test": _cosmosqa("cosmosqa/test.jsonl", "cosmosqa.test.jsonl"),
        },
        "csqa": {
            "train": _csqa("train_rand_split.jsonl"),
            "validation": _csqa("dev_rand_split.jsonl"),
            "test": _csqa("test_rand_split_no_answers.jsonl"),
        },
        "xnli": {"validation": _xnli("dev"), "test": _xnli("test")},
        "pawsx": {
            "train": _pawsx("train", "train", "en"),
            "validation": _pawsx("dev", "dev_2k", "{language}"),
            "test": _pawsx("test", "test_2k", "{language}"),
        },
        "udpos": {
            "train": _udpos("train", "en"),
            "validation": _udpos("dev", "{language}"),
            "test": _udpos("test", "{language}"),
        },
        "panx": {
            "train": _panx("train", "en"),
            "validation": _panx("dev", "{language}"),
            "test": _panx("test", "{language}"),
        },
        "xquad": {"test": _any_of(_squad, "xquad/xquad.{language}.json", "xquad.{language}.json")},
        "mlqa": {"validation": _mlqa("dev"), "test": _mlqa("test")},
        "tydiqa": {"train": _TYDIQA_TRAIN, "validation": _TYDIQA_TRAIN, "test": _TYDIQA_TEST},
        "bucc2018": {"validation": _bucc("dev", "sample"), "test": _bucc("test", "training")},
        "tatoeba": {"test": _tatoeba(names)},
    }
    if task.name == "anli_plus":
        return {
            "train": (_anli("train"), _MNLI_TRAIN, _snli("train")),
            "validation": (_anli("dev"), _MNLI_VALIDATION, _snli("dev")),
            "test": (_anli("test"), _snli("test")),
        }
    return {split: (part,) for split, part in one[task.name].items()}
