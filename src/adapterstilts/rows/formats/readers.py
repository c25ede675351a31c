"""What the tasks' declarations name to read their files in a folder: from paths, and what is wanted, to rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from adapterstilts.rows.formats import Row, Rows, Wanted
from adapterstilts.rows.formats.bucc import read_bucc
from adapterstilts.rows.formats.ccg import read_ccg
from adapterstilts.rows.formats.choices import read_cosmosqa, read_csqa, read_hellaswag
from adapterstilts.rows.formats.conllu import read_conllu
from adapterstilts.rows.formats.labels import NLI
from adapterstilts.rows.formats.nli import read_nli
from adapterstilts.rows.formats.pairs import read_pairs
from adapterstilts.rows.formats.squad import read_squad
from adapterstilts.rows.formats.tables import read_table
from adapterstilts.rows.formats.tagging import read_tagged
from adapterstilts.rows.formats.tatoeba import read_aligned, read_sorted
from adapterstilts.rows.paragraphs import held_out

Paths = Sequence[Path]


def pairs(paths: Paths, wanted: Wanted) -> Iterator[Row]:
    """Pairs of sentences as XTREME writes them."""
    return read_pairs(paths[0], wanted.task.labels, wanted.prefix)


def nli(paths: Paths, wanted: Wanted) -> Rows:
    """The releases of ANLI, SNLI and MNLI."""
    return read_nli(paths, wanted.task.labels, wanted.prefix)


def glue_mnli(paths: Paths, wanted: Wanted) -> Rows:
    """GLUE's table of MNLI."""
    columns = ("sentence1", "sentence2", "gold_label")
    return read_table(paths[0], columns, wanted.task.labels, NLI, wanted.prefix)


def xnli_translated(paths: Paths, wanted: Wanted) -> Rows:
    """MNLI's training pairs as XNLI's makers had them translated."""
    names = {**NLI, "contradictory": "contradiction"}
    return read_table(paths[0], ("premise", "hypo", "label"), wanted.task.labels, names, wanted.prefix)


def glue_qqp(paths: Paths, wanted: Wanted) -> Rows:
    """GLUE's table of QQP."""
    columns, names = ("question1", "question2", "is_duplicate"), {"0": "not_duplicate", "1": "duplicate"}
    return read_table(paths[0], columns, wanted.task.labels, names, wanted.prefix, broken=True)


def xnli_release(paths: Paths, wanted: Wanted) -> Rows:
    """XNLI's own table, which has all languages."""
    columns = ("sentence1", "sentence2", "gold_label")
    return read_table(paths[0], columns, wanted.task.labels, NLI, wanted.prefix, wanted.language)


def pawsx_release(paths: Paths, wanted: Wanted) -> Rows:
    """PAWS-X's own table."""
    columns = ("sentence1", "sentence2", "label")
    return read_table(paths[0], columns, wanted.task.labels, {}, wanted.prefix)


def tagged(paths: Paths, wanted: Wanted) -> Iterator[Row]:
    """A token a line, as XTREME writes it."""
    return read_tagged(paths[0], wanted.task.labels, wanted.prefix)


def wikiann(paths: Paths, wanted: Wanted) -> Iterator[Row]:
    """A token a line, each after its language's code: WikiANN's own files."""
    return read_tagged(paths[0], wanted.task.labels, wanted.prefix, marked=True)


def conllu(paths: Paths, wanted: Wanted) -> Rows:
    """Treebanks."""
    return read_conllu(paths, wanted.task.labels, wanted.language, wanted.prefix)


def ccg(paths: Paths, wanted: Wanted) -> Iterator[Row]:
    """Supertags as jiant has them."""
    return read_ccg(paths[0], wanted.prefix)


def squad(paths: Paths, wanted: Wanted) -> Iterator[Row]:
    """SQuAD's format; the questions of v2.0 may have no answer."""
    return read_squad(paths[0], unanswerable=wanted.task.metric == "squad2")


def tydiqa_training(paths: Paths, wanted: Wanted) -> Iterator[Row]:
    """The English questions of TyDiQA's training file, without those held out, or those alone."""
    return _kept((row for row in read_squad(paths[0]) if row["id"].startswith("english-")), wanted)


def tydiqa_english(paths: Paths, wanted: Wanted) -> Iterator[Row]:
    """The same, of the file that XTREME makes of them."""
    return _kept(read_squad(paths[0], numbered=True), wanted)


def tydiqa_mixed(paths: Paths, wanted: Wanted) -> Iterator[Row]:
    """The questions of one language in TyDiQA's own test file, which has all."""
    name = wanted.task.hub[0].language_names[wanted.language]
    return (row for row in read_squad(paths[0]) if row["id"].startswith(f"{name}-"))


def _kept(rows: Iterator[Row], wanted: Wanted) -> Iterator[Row]:
    """The training rows that `wanted` asks for: those about paragraphs that are held out validate."""
    return (row for row in rows if held_out(row["context"]) == (wanted.split == "validation"))


def cosmosqa(paths: Paths, wanted: Wanted) -> Iterator[Row]:
    """CosmosQA's CSV, or the lines of its test set."""
    return read_cosmosqa(paths[0])


def hellaswag(paths: Paths, wanted: Wanted) -> Iterator[Row]:
    """HellaSwag's lines."""
    return read_hellaswag(paths[0], wanted.prefix)


def csqa(paths: Paths, wanted: Wanted) -> Iterator[Row]:
    """CommonsenseQA's lines."""
    return read_csqa(paths[0])


def bucc(paths: Paths, wanted: Wanted) -> Iterator[Row]:
    """The foreign and the English sentences of BUCC."""
    return read_bucc(paths[0], paths[1])


def tatoeba_aligned(paths: Paths, wanted: Wanted) -> Iterator[Row]:
    """LASER's files, which are aligned."""
    return read_aligned(paths[0], paths[1])


def tatoeba_sorted(paths: Paths, wanted: Wanted) -> Iterator[Row]:
    """XTREME's files, whose English side is sorted."""
    return read_sorted(paths[0], paths[1])
