"""What test rows and seeds determine: intervals that hold what they promise, and the ranks that they allow."""

from dataclasses import replace

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records import a_result, a_run, accuracies

from adapterstilts import tasks
from adapterstilts.base.errors import UserError
from adapterstilts.findings import compare, report
from adapterstilts.findings.intervals import DRAWS, drawn_averages, interval_of
from adapterstilts.findings.ranks import ranks
from adapterstilts.runs import items
from adapterstilts.tasks import metrics

PAWSX = tasks.get("pawsx")
TAGS = st.lists(st.sampled_from(["O", "B-PER", "I-PER", "B-LOC", "NOUN", "VERB"]), min_size=1, max_size=6)
TEXTS = st.text(alphabet="ab c.,", max_size=8)
PAIRS = {
    "accuracy": st.tuples(st.sampled_from("ab"), st.sampled_from("ab")),
    "token_accuracy": st.tuples(TAGS, TAGS),
    "span_f1": TAGS.flatmap(lambda tags: st.tuples(st.permutations(tags), st.just(tags))),
    "squad": st.tuples(TEXTS, st.lists(TEXTS, min_size=1, max_size=3)),
    "squad2": st.tuples(TEXTS, st.lists(TEXTS, max_size=3)),
    "mlqa": st.tuples(TEXTS, st.lists(TEXTS, min_size=1, max_size=3)),
}


@pytest.mark.parametrize("metric", PAIRS)
@settings(deadline=None)  # the first call imports seqeval
@given(data=st.data())
def test_the_rows_of_a_score_make_the_score(metric, data):
    predictions, references = zip(*data.draw(st.lists(PAIRS[metric], min_size=1, max_size=8)), strict=True)
    shares = metrics.shares(metric, predictions, references, "de")
    assert len(shares) == len(predictions)
    right, whole = (sum(numbers) for numbers in zip(*shares, strict=True))
    expected = metrics.main_score(metric, metrics.compute(metric, predictions, references, "de"))
    assert (100 * right / whole if whole else 0.0) == pytest.approx(expected)


@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 2000)), max_size=50))
def test_counts_are_packed_without_loss(rows):
    assert items.unpacked(items.packed(rows)).T.tolist() == [list(row) for row in rows]


@pytest.mark.parametrize("text", ["", "x", "AAAA", items.packed([(1, 1)])[:-4], "é"])
def test_what_nobody_packed_is_refused(text):
    with pytest.raises(UserError, match="measure it again"):
        items.unpacked(text)


def _measured(right, seed=0, **about):
    """A result whose rows are right (1) or not (0), by language."""
    result = a_result(
        a_run(seed=seed, **about), accuracies(**{code: 100 * numpy.mean(each) for code, each in right.items()})
    )
    packed = {code: items.packed([(one, 1) for one in each]) for code, each in right.items()}
    return replace(result, items=packed)


@pytest.mark.parametrize("parallel", [True, False])
def test_the_interval_over_rows_covers_the_truth_as_often_as_it_promises(parallel):
    """Rows are more or less hard, and where they are translations of each other as hard in both languages."""
    random = numpy.random.default_rng(0)
    task, covered, worlds = replace(PAWSX, parallel=parallel), 0, 500
    for _ in range(worlds):
        hard = {code: random.random(300) for code in ("en", "de")}
        if parallel:
            hard["de"] = hard["en"]
        result = _measured({code: (random.random(300) < each).astype(int) for code, each in hard.items()})
        (drawn,) = drawn_averages([result], task, ("en", "de")).values()
        low, high = interval_of(drawn)
        covered += low <= 50.0 <= high
    assert 0.93 <= covered / worlds <= 0.97


def test_joint_draws_matter_where_rows_are_translations():
    random = numpy.random.default_rng(0)
    right = (random.random(500) < 0.5).astype(int)
    result = _measured({"en": right, "de": right})
    width = {}
    for parallel in (True, False):
        (drawn,) = drawn_averages([result], replace(PAWSX, parallel=parallel), ("en", "de")).values()
        low, high = interval_of(drawn)
        width[parallel] = high - low
    assert width[True] == pytest.approx(2**0.5 * width[False], rel=0.1)


def test_the_interval_over_seeds_covers_the_truth_as_often_as_it_promises():
    random = numpy.random.default_rng(0)
    covered, worlds = 0, 2000
    for _ in range(worlds):
        scores = random.normal(60.0, 2.0, 3)
        covered += abs(scores.mean() - 60.0) <= compare.half_width(list(scores))
    assert 0.93 <= covered / worlds <= 0.97


def test_draws_are_the_same_for_all_systems_and_at_each_call():
    right = (numpy.arange(200) % 3 == 0).astype(int)
    first, second = _measured({"en": right}), _measured({"en": 1 - right}, method="lora")
    drawn = drawn_averages([first, second], PAWSX, ("en",))
    assert numpy.allclose(drawn[first.run.id] + drawn[second.run.id], 100.0)
    assert len(drawn[first.run.id]) == DRAWS
    assert numpy.array_equal(drawn_averages([second], PAWSX, ("en",))[second.run.id], drawn[second.run.id])


def test_what_does_not_tell_of_its_rows_or_of_others_than_most_is_not_drawn():
    right = numpy.ones(20, dtype=int)
    usual = [_measured({"en": right}, method=method) for method in ("bottleneck", "lora")]
    short, silent = _measured({"en": right[:5]}, method="full"), a_result(a_run("head_only"))
    assert drawn_averages([*usual, short, silent], PAWSX, ("en",)).keys() == {each.run.id for each in usual}
    assert drawn_averages([silent], PAWSX, ("en",)) == {}


def test_a_gain_of_one_seed_has_the_interval_over_rows_and_ranks_say_who_may_be_first():
    random = numpy.random.default_rng(1)
    base = (random.random(1000) < 0.5).astype(int)
    better = numpy.where(random.random(1000) < 0.3, 1, base)
    near = numpy.where(random.random(1000) < 0.01, 1 - base, base)
    results = [
        _measured({"en": base}),
        _measured({"en": better}, composition="continue", sources=("mnli",)),
        _measured({"en": near}, composition="continue", sources=("squad",)),
    ]
    compared = compare.compare(PAWSX, "pocket", results)
    alone, mnli, squad = compared.rows
    assert alone.gain is None and mnli.gain.over_rows and mnli.gain.points > mnli.gain.half_width > 0
    assert squad.gain.half_width > abs(squad.gain.points)
    assert ranks(compared) == {mnli.label: (1, 1), alone.label: (2, 3), squad.label: (2, 3)}
    table = report.comparison(compared)
    assert {"average", "ranks"} <= {column.heading for column in table.columns}
    assert report.RANKS in table.notes and report.OVER_ROWS in table.notes


def test_one_seed_without_rows_has_no_rank():
    compared = compare.compare(PAWSX, "pocket", [a_result(), a_result(a_run("lora"), accuracies(en=99.0, de=99.0))])
    assert ranks(compared) == {}
    assert "ranks" not in {column.heading for column in report.comparison(compared).columns}
