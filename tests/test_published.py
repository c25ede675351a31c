"""Figures of others beside ours: each with its source, and none where it would be another measure."""

import json

import pytest
from click.testing import CliRunner
from records import a_result, a_run, accuracies

from adapterstilts import tasks
from adapterstilts.cli import cli
from adapterstilts.findings import compare, published, report
from adapterstilts.findings.headline import Headline, System
from adapterstilts.findings.published import Published
from adapterstilts.runs import results


@pytest.fixture
def others(monkeypatch):
    rows = (
        Published("Others", "pocket", "a paper, table 1", {"pawsx": 84.6, "xquad": {"f1": 70.0, "exact_match": 50.0}}),
        Published("F1 alone", "pocket", "a page", {"xquad": {"f1": 68.2}}),
        Published("Elsewhere", "e5-small", "a page", {"pawsx": 99.0}),
    )
    monkeypatch.setattr(published, "_all", lambda _: rows)
    return rows


@pytest.mark.parametrize("backbone", ["xlm-roberta-large", "e5-small"])
def test_what_is_shipped_says_where_it_was_read(backbone):
    rows = published.beside(backbone)
    assert rows
    for each in rows:
        assert each.source and set(each.scores) <= {name for name, task in tasks.shipped().items() if task.of_xtreme}
        assert all(0 < each.f1(target) < 100 for target in each.scores)
    assert not published.beside("pocket")


def test_a_comparison_ends_with_them_and_their_sources(others):
    compared = compare.compare(tasks.get("pawsx"), "pocket", [a_result()])
    table = report.comparison(compared)
    headings = [column.heading for column in table.columns]
    assert table.rows[-1][0] == "published: Others" and table.rows[-1][headings.index("average")] == 84.6
    assert any(note.startswith("published: Others: a paper, table 1;") for note in table.notes)
    assert not any("Elsewhere" in str(row[0]) for row in table.rows)


def test_beside_some_of_the_languages_there_are_none(others):
    some = results.with_left_out(a_result(scores=accuracies(en=60.0)), ["de"])
    compared = compare.compare(tasks.get("pawsx"), "pocket", [some], like=some)
    assert compared.not_measured == ("de",)
    for table in (report.comparison(compared), report.summary([compared])):
        assert not any("published" in str(text) for text in [*table.notes, *(row[0] for row in table.rows)])


def test_of_answers_the_average_is_that_of_f1_and_exact_match_and_f1_alone_says_so(others):
    both, alone = others[:2]
    assert (both.average("xquad"), alone.average("xquad")) == (60.0, None)
    scores = {"en": {"f1": 40.0, "exact_match": 20.0}}
    compared = compare.compare(tasks.get("xquad"), "pocket", [a_result(a_run(task="squad", target="xquad"), scores)])
    rows = {row[0]: row for row in report.comparison(compared).rows}
    assert 60.0 in rows["published: Others"] and "F1 68.2" in rows["published: F1 alone"]
    summary = {row[0]: row for row in report.summary([compared]).rows}
    assert summary["published: Others"][1] == 60.0
    systems = (System("bottleneck", "bottleneck, target only"),)
    headline = Headline("pocket", ("pawsx", "xquad"), systems).table([a_result()])
    assert [list(row) for row in headline.rows[-2:]] == [
        ["published: Others", 84.6, 70.0],
        ["published: F1 alone", None, 68.2],
    ]


def test_json_has_them_too(others, tmp_path):
    a_result(scores=accuracies(en=60.0))
    ended = CliRunner().invoke(cli, ["compare", "pawsx", "--json", "--output", str(tmp_path)])
    (comparison,) = json.loads(ended.stdout)["comparisons"]
    assert [each["name"] for each in comparison["published"]] == ["Others"]
