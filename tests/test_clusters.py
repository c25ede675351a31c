"""The files of docs/clusters, tried as far as one machine allows."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from adapterstilts.cli import cli
from adapterstilts.studies import shipped

FOLDER = Path(__file__).parents[1] / "docs" / "clusters"
LINES = """
parts:
  all:
    languages: [en]
    seed: [0, 1]
    runs:
      - train csqa --seed {seed} -o train_examples=12 -o validation_examples=6 -o test_examples=6 -o max_steps=2
"""
# SLURM's commands, for a job of two nodes that are this machine: what srun is given is run here, its options aside
SRUN = """#!/bin/bash
while [[ $1 == --* ]]; do shift; done
exec "$@"
"""
SCONTROL = "#!/bin/bash\necho here\necho there\n"
HOSTNAME = "#!/bin/bash\necho 127.0.0.1\n"


@pytest.mark.slow
def test_a_study_runs_by_the_file_for_slurm(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, text in (("srun", SRUN), ("scontrol", SCONTROL), ("hostname", HOSTNAME)):
        (commands / name).write_text(text)
        (commands / name).chmod(0o755)
    (tmp_path / "study.yaml").write_text(LINES)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(commands), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "OMP_NUM_THREADS": "1",
        "RAY_PORT": str(port),
        "SLURM_JOB_NODELIST": "here,there",
        "SLURM_JOB_NUM_NODES": "2",
        "SLURM_CPUS_PER_TASK": "1",
    }
    study = [str(tmp_path / "study.yaml"), "--output", str(tmp_path / "runs")]
    ended = subprocess.run(
        ["bash", str(FOLDER / "slurm.sh"), *study], env=environment, capture_output=True, text=True, timeout=300
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert len(list((tmp_path / "runs" / "results").glob("*.json"))) == 2


def test_the_file_for_kubernetes_runs_a_command_of_this_release() -> None:
    content = yaml.safe_load((FOLDER / "kubernetes.yaml").read_text())
    assert (content["apiVersion"], content["kind"]) == ("ray.io/v1", "RayJob")
    _, verb, recipe, *options = shlex.split(content["spec"]["entrypoint"])
    assert recipe in shipped()
    known = CliRunner().invoke(cli, [verb, "--help"]).output
    assert all(option in known for option in options if option.startswith("--"))
    cluster = content["spec"]["rayClusterSpec"]
    pods = [cluster["headGroupSpec"]["template"]["spec"], cluster["workerGroupSpecs"][0]["template"]["spec"]]
    for pod in pods:
        (container,) = pod["containers"]
        assert [each["name"] for each in container["volumeMounts"]] == [each["name"] for each in pod["volumes"]]
        assert container["volumeMounts"][0]["mountPath"] == "/shared"
    image = (FOLDER / "Dockerfile").read_text()
    assert re.search(r"^FROM rayproject/ray:(\S+)-py3", image, re.MULTILINE)[1] == cluster["rayVersion"]  # type: ignore[index]
