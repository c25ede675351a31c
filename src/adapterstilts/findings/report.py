"""The tables of results: everything measured on a target, and a summary of several targets. No torch."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain

from adapterstilts import tasks
from adapterstilts.findings.compare import Comparison, Row, language_score, mean
from adapterstilts.findings.published import Published, beside
from adapterstilts.findings.ranks import Ranks, ranks
from adapterstilts.findings.table import Cell, Column, Table, Value
from adapterstilts.runs.results import Result

SAW_TARGET_TRAINING = "*"
SAW = f"{SAW_TARGET_TRAINING} a source adapter was trained on the target's own training task."
MET = "†"
OF_MET = f"{MET} The backbone itself was trained on data of this kind."
OWN = ">"
"""Before the name of the row that was just run."""
MEANS = "Scores are means over seeds"
OF_EACH_SEED = f"{MEANS}; in brackets the average of each seed."
OWN_SEEDS = "Runs of several seeds build on sources of the same seed, so that the sources' own variance counts."
OVER_ROWS = "average ± is its 95 % interval over test rows (bootstrap)."
RANKS = (
    "ranks are those that the 95 % intervals of differences over seeds (paired t) and over test rows (bootstrap) "
    "allow, as far as these are known."
)
GAIN = "gain is the average minus that of the same method on the target alone, or of the backbone as it is"

Filled = tuple[Column, list[Cell]]
"""A column with its cells, one for each system."""


def comparison(compared: Comparison) -> Table:
    """Return the table of a comparison: systems down, languages across."""
    rows, languages, known_ranks = compared.rows, compared.languages, ranks(compared)
    columns = [_filled(Column("system"), partial(_name, compared=compared), rows)]
    for place, language in enumerate(languages):
        # on a narrow terminal they are the last to go, and English the last of them
        column = Column(language, "number", drop=5 + len(languages) - place)
        columns.append(_means(column, partial(language_score, language=language), rows, compared))
    columns += [
        _filled(Column("average", "number"), partial(_average, compared=compared), rows),
        _filled(Column("gain", "gain"), _gain, rows),
        _filled(Column("ranks", "count", drop=5), partial(_ranks, known=known_ranks), rows),
        _means(Column("gap", "number", drop=4), lambda result: result.cross_lingual_gap, rows, compared),
        _means(Column("layer 0", "number", drop=3), _layer0_average, rows, compared),
        _filled(Column("parameters", "count", drop=2), _parameters, rows),
        _means(Column("MB", "number", drop=2), lambda result: result.megabytes, rows, compared),
        _means(Column("seconds", "seconds", drop=1), lambda result: result.train_seconds, rows, compared),
    ]
    styles = {number: "dim" for number, row in enumerate(rows) if not row.results}
    styles |= {number: "bold" for number, row in enumerate(rows) if compared.is_own(row)}
    others = published_beside(compared)
    columns = _with_published(columns, others, {"average": compared.target})
    notes = [*_notes(compared, bool(known_ranks)), *_sources(others)]
    return _table(columns, notes, title(compared), styles)


def published_beside(compared: Comparison) -> list[Published]:
    """Return the published rows of a comparison: none beside some of the languages, as theirs are over all."""
    rows = () if compared.not_measured else beside(compared.backbone)
    return [each for each in rows if compared.target in each.scores]


def _with_published(columns: Sequence[Filled], others: Sequence[Published], targets: Mapping[str, str]) -> list[Filled]:
    """The columns with a row for each of `others`, whose score on a target is in the column that it has there."""

    def cell(heading: str, each: Published) -> Cell:
        if heading == "system":
            return each.label
        target = targets.get(heading, "")
        average, f1 = each.average(target), each.f1(target)
        return average if average is not None or f1 is None else f"F1 {f1:.1f}"

    return [(column, [*cells, *(cell(column.heading, each) for each in others)]) for column, cells in columns]


def _sources(others: Sequence[Published]) -> list[str]:
    return [f"{each.label}: {each.source}; over all of XTREME's languages." for each in others]


def together(comparisons: Sequence[Comparison]) -> Table:
    """Return the tables of comparisons as one for other programs: a column for the target, one for where rows are from.

    What a comparison has no column for is blank.
    """
    tables = [comparison(each) for each in comparisons]
    languages = {language for each in comparisons for language in each.languages}
    every = {column.name: column for each in tables for column in each.columns}
    columns = {name: every[name] for name in sorted(every, key=lambda name: name not in ("system", *languages))}
    rows: list[list[Cell]] = []
    for compared, each in zip(comparisons, tables, strict=True):
        for row in each.rows:
            cells = {column.name: cell for column, cell in zip(each.columns, row, strict=True)}
            rows.append([compared.target, compared.data, *(cells.get(name) for name in columns)])
    return Table([Column("target"), Column("data"), *columns.values()], rows)


def summary(comparisons: Sequence[Comparison]) -> Table:
    """Return one table of several targets: systems with the recipe's settings down, targets across.

    Of each target it has the average, English and the others' mean where both were evaluated, and the gain.
    """
    by_target = [{_kin(row): row for row in _with_the_recipes_settings(compared)} for compared in comparisons]
    kins = list(dict.fromkeys(chain(*by_target)))
    met = {kin for rows in by_target for kin, row in rows.items() if row.met}
    columns: list[Filled] = [(Column("system"), [Value(kin[0], mark=MET) if kin in met else kin[0] for kin in kins])]
    kinds = [
        {_kind(compared) for compared, rows in zip(comparisons, by_target, strict=True) if kin in rows} for kin in kins
    ]
    for compared, rows in zip(comparisons, by_target, strict=True):
        known = [rows.get(kin) for kin in kins]
        not_run = ["not run" if _kind(compared) in those else None for those in kinds]
        columns += _summary_columns(compared, known, not_run)
    sizes = [_sizes([rows[kin] for rows in by_target if kin in rows]) for kin in kins]
    columns.append((Column("parameters", "count", drop=1), sizes))
    names = {_summary_heading(compared): compared.target for compared in comparisons if not compared.not_measured}
    known_backbones = dict.fromkeys(compared.backbone for compared in comparisons)
    others = [each for name in known_backbones for each in beside(name) if {*each.scores} & {*names.values()}]
    return _table(_with_published(columns, others, names), [*_summary_notes(comparisons), *_sources(others)])


def _table(
    columns: Sequence[Filled], notes: Sequence[str], above: str | None = None, styles: Mapping[int, str] | None = None
) -> Table:
    """The columns that have cells."""
    columns = [(column, cells) for column, cells in columns if any(cell is not None for cell in cells)]
    rows = list(zip(*(cells for _, cells in columns), strict=True))
    without_each = {OF_EACH_SEED: f"{MEANS}."}
    return Table([column for column, _ in columns], rows, above, notes, styles or {}, without_each)


def _filled(column: Column, cell_of: Callable[[Row], Cell], rows: Sequence[Row | None]) -> Filled:
    return column, [cell_of(row) if row else None for row in rows]


def _means(
    column: Column, score: Callable[[Result], float | None], rows: Sequence[Row | None], compared: Comparison
) -> Filled:
    return _filled(column, lambda row: mean(map(score, compared.averaged(row))), rows)


def _summary_columns(compared: Comparison, rows: Sequence[Row | None], not_run: Sequence[Cell]) -> list[Filled]:
    name = _summary_heading(compared)
    column, averages = _filled(Column(name, "number"), partial(_marked_average, compared=compared), rows)
    # what was run in some of the languages has no average, and was run
    waiting = [no if row is None or not row.results else None for row, no in zip(rows, not_run, strict=True)]
    columns = [(column, [no if cell is None else cell for cell, no in zip(averages, waiting, strict=True)])]
    if _has_gap(compared):
        english = Column(f"{name} en", "number", drop=2)
        columns.append(_means(english, partial(language_score, language="en"), rows, compared))
        columns.append(_means(Column("others", "number", drop=2, of=name), _others, rows, compared))
    return [*columns, _filled(Column("gain", "gain", of=name), _gain, rows)]


def _summary_heading(compared: Comparison) -> str:
    return compared.target + (f" ({compared.data})" if compared.data else "") + (f" {MET}" if compared.met else "")


def _with_the_recipes_settings(compared: Comparison) -> list[Row]:
    return [row for row in compared.rows if not row.changed]


def _kin(row: Row) -> tuple[str, tuple[str, ...]]:
    """What tells the rows of a summary apart: what a system is, whatever the target."""
    return row.label, row.sources


def _kind(compared: Comparison) -> tuple[str, bool]:
    """What kind of target it is: the same systems can be run on all targets of a kind."""
    task = tasks.get(compared.target)
    return task.role, task.type == "retrieval"


def _name(row: Row, compared: Comparison) -> Cell:
    name = f"{OWN} {row.label}" if compared.is_own(row) else row.label
    mark = (SAW_TARGET_TRAINING if _saw(row) else "") + (MET if row.met else "")
    return Value(name, mark=mark) if mark else name


def _average(row: Row, compared: Comparison) -> Cell:
    averages = compared.averages(row)
    if not averages:
        return None if row.results else "not run"
    average, half_width = statistics.fmean(averages), compared.half_width_over_rows(row)
    each = tuple(averages) if len(averages) > 1 else ()
    return Value(average, half_width, each=each) if each or half_width is not None else average


def _ranks(row: Row, known: Ranks) -> Cell:
    if row.label not in known:
        return None
    best, worst = known[row.label]
    return best if best == worst else Value(None, span=(best, worst))


def _marked_average(row: Row, compared: Comparison) -> Cell:
    average = mean(compared.averages(row))
    return Value(average, mark=SAW_TARGET_TRAINING) if _saw(row) else average


def _gain(row: Row) -> Cell:
    return Value(row.gain.points, row.gain.half_width) if row.gain else None


def _parameters(row: Row) -> Cell:
    return row.results[0].trainable_parameters if row.results else None


def _sizes(rows: Sequence[Row]) -> Cell:
    sizes = [result.trainable_parameters for row in rows for result in row.results]
    if len(set(sizes)) > 1:
        return Value(None, span=(min(sizes), max(sizes)))
    return sizes[0] if sizes else None


def _others(result: Result) -> float | None:
    return mean(language_score(result, language) for language in result.scores if language != "en")


def _layer0_average(result: Result) -> float | None:
    if not result.layer0:
        return None
    return statistics.fmean(next(iter(scores.values())) for scores in result.layer0.values())


def _has_gap(compared: Comparison) -> bool:
    return any(result.cross_lingual_gap is not None for row in compared.rows for result in row.results)


def _saw(row: Row) -> bool:
    return any(result.run.saw_target_training for result in row.results)


def _met(compared: Comparison, rows: Sequence[Row]) -> bool:
    return compared.met or any(row.met for row in rows)


def _summary_notes(comparisons: Sequence[Comparison]) -> list[str]:
    rows = [row for compared in comparisons for row in _with_the_recipes_settings(compared) if row.results]
    counts = sorted({len(row.results) for row in rows})
    seeds = " to ".join(str(count) for count in dict.fromkeys([*counts[:1], *counts[-1:]]))
    said = [f"{title(compared)}." for compared in comparisons]
    said.append(f"Scores are means over {seeds} seed{'' if counts == [1] else 's'}.")
    if any(map(_has_gap, comparisons)):
        said.append("others is the mean over all languages but English.")
    said += [OWN_SEEDS] if any(row.has_own_seeds for row in rows) else []
    said += _gain_notes(rows)
    if any(_saw(row) for row in rows):
        said.append(SAW)
    if any(_met(compared, _with_the_recipes_settings(compared)) for compared in comparisons):
        said.append(OF_MET)
    changed = sum(bool(row.changed) for compared in comparisons for row in compared.rows)
    if changed:
        said.append(
            f"Rows with other settings than the recipe's are left out ({changed}); without --summary they are shown."
        )
    said += precision_notes(rows)
    said += dict.fromkeys(note for compared in comparisons for note in _other_weights_notes(compared))
    return [*said, *(note for compared in comparisons for note in _left_out_notes(compared))]


def _gain_notes(rows: Sequence[Row]) -> list[str]:
    gains = [row.gain for row in rows if row.gain]
    over = [
        words
        for words, of_rows in (("seeds (paired t)", False), ("test rows (bootstrap) where there is one seed", True))
        if any(gain.half_width is not None and gain.over_rows is of_rows for gain in gains)
    ]
    interval = f"; ± is the 95 % interval over {', or '.join(over)}" if over else ""
    return [f"{GAIN}{interval}."] if gains else []


def precision_notes(rows: Iterable[Row]) -> list[str]:
    """Return what is to be said of results that ask for bf16 and could not have it."""
    every = [result for row in rows for result in row.results]
    otherwise = sum(result.computed_otherwise for result in every)
    said = f"{otherwise} of {len(every)} results were computed in fp32 and not in bf16, on a processor without bf16."
    return [said] if otherwise else []


def _other_weights_notes(compared: Comparison) -> list[str]:
    others = sorted({each for row in compared.rows for result in row.results for each in result.other_weights})
    return [f"Made for other weights than {compared.backbone} has: {', '.join(others)}."] if others else []


def _left_out_notes(compared: Comparison) -> list[str]:
    said = f"{compared.left_out} results of other weights of this backbone, or of other rows, are left out."
    return [said] if compared.left_out else []


def title(compared: Comparison) -> str:
    """Return the line above a table: target, metric and backbone."""
    task = tasks.get(compared.target)
    where = f"backbone {compared.backbone}" + (f", data {compared.data}" if compared.data else "")
    alone = f"; in {', '.join(compared.languages)} alone" if compared.not_measured else ""
    mark = f" {MET}" if compared.met else ""
    return f"{task.name}{mark}, {where}: {metric_words(task.metric)}, chance {task.chance:.1f}{alone}"


def _notes(compared: Comparison, ranked: bool) -> Iterator[str]:
    if compared.own is not None:
        rest = f"; {compared.hidden} more rows: --all" if compared.hidden else ""
        yield f"{OWN} this run{rest}."
    waiting = [row for row in compared.rows if not row.results]
    if waiting:
        yield "Not run; these commands run them:"
        yield from (f"    {row.command}" for row in waiting)
    if any(_saw(row) for row in compared.rows):
        yield SAW
    if _met(compared, compared.rows):
        yield OF_MET
    if any(len(row.results) > 1 for row in compared.rows):
        yield OF_EACH_SEED
    if any(row.has_own_seeds for row in compared.rows):
        yield OWN_SEEDS
    yield from _gain_notes(compared.rows)
    if compared.drawn:
        yield OVER_ROWS
    if ranked:
        yield RANKS
    yield from precision_notes(compared.rows)
    machines = {str(result.facts.get("machine")) for row in compared.rows for result in row.results}
    if len(machines) > 1:
        yield "Training seconds come from different machines and do not compare."
    yield from _other_weights_notes(compared)
    yield from _left_out_notes(compared)
    yield from _partial_notes(compared)


def _partial_notes(compared: Comparison) -> Iterator[str]:
    """What is not measured in every language that is compared has no average; gains are over what both have."""
    partial_rows: dict[str, list[str]] = {}
    for row in compared.rows:
        seeds = [str(result.run.seed) for result in row.results if result not in compared.averaged(row)]
        if seeds:
            several = "s" if len(seeds) > 1 else ""
            yield f"Left out, as not measured in every language: {row.label}, seed{several} {', '.join(seeds)}."
        if row.results and not compared.averages(row):
            measured = sorted({language for result in row.results for language in result.scores})
            partial_rows.setdefault(", ".join(measured), []).append(row.label)
    for measured_in, labels in partial_rows.items():
        yield f"Partial, so without an average, in {measured_in} alone: {'; '.join(labels)}."


def metric_words(metric: str) -> str:
    """Return what a reader calls the main score of a task's `metric`."""
    if metric in ("squad", "squad2", "mlqa"):
        return "mean of F1 and exact match"
    return {"accuracy": "accuracy", "token_accuracy": "accuracy"}.get(metric, "F1")
