"""A study on a Ray cluster of three nodes on this machine, of which one dies in the middle."""

import os
import sys
from pathlib import Path

import ending_process
import pytest

from adapterstilts import studies
from adapterstilts.base.errors import UserError
from adapterstilts.studies import cluster
from adapterstilts.studies.carrying import carry_out
from adapterstilts.studies.cluster import Cluster

LINES = """
parts:
  all:
    what: six runs, and one upon another
    seed: [0, 1, 2, 3, 4]
    runs:
      - train panx --seed {seed}
  upon:
    runs:
      - continue mnli --target pawsx
"""


@pytest.fixture
def plan(tmp_path):
    recipe = tmp_path / "study.yaml"
    recipe.write_text(LINES)
    return studies.plan(studies.read(recipe), tmp_path / "runs")


@pytest.fixture
def nodes(monkeypatch):
    """A head and two more nodes, with room for one run each."""
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster as Nodes

    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), *sys.path]))
    monkeypatch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    started = Nodes(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    yield started, [started.add_node(num_cpus=1) for _ in range(2)]
    started.shutdown()


def begun(output):
    """Each run that was begun, as often as it was, and the node that it was begun on."""
    return [tuple(line.split()) for line in (output / "begun").read_text().splitlines()]


def test_a_node_that_dies_costs_no_run_and_nothing_is_run_again_that_was_done(plan, nodes, monkeypatch, tmp_path):
    started, others = nodes
    monkeypatch.setattr(cluster, "_on_node", ending_process.mark)
    output, ended, lost = tmp_path / "runs", [], None
    for each in carry_out(plan.left, Cluster(output, started.address)):
        ended.append(each.planned.run.id)
        assert each.error is None
        if lost is None:
            by_node = {node: run for run, node in begun(output) if run not in ended}
            dying = next((node for node in others if node.node_id in by_node), None)
            if dying:
                lost, done = by_node[dying.node_id], list(ended)
                started.remove_node(dying, allow_graceful=False)
    assert sorted(ended) == sorted(each.run.id for each in plan.runs)
    runs = [run for run, _ in begun(output)]
    assert runs.count(lost) == 2 and {runs.count(run) for run in done} == {1}


def test_a_node_that_does_not_see_the_output_says_so(plan, nodes, tmp_path):
    started, _ = nodes
    engine = Cluster(tmp_path / "runs", started.address)
    (seen,) = (tmp_path / "runs").glob(".study-*")
    seen.unlink()  # as on a node that has another folder by this name
    errors = [each.error for each in carry_out(plan.left[:1], engine)]
    assert "does not see" in errors[0] and "--output that all share" in errors[0]


def test_without_ray_or_a_cluster_a_sentence_says_what_to_do(tmp_path, monkeypatch):
    pytest.importorskip("ray")
    with pytest.raises(UserError, match="no Ray cluster at 127.0.0.1:1 .*ray start --head"):
        Cluster(tmp_path, "127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r"pip install 'adapterstilts\[ray\]'"):
        Cluster(tmp_path)
