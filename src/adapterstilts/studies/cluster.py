"""The engine of a Ray cluster (Moritz et al. 2018, https://arxiv.org/abs/1712.05889): each run is a task of it.

Ray is an extra: ``pip install 'adapterstilts[ray]'``. Its nodes have this package and see the output folder by the same
path. A task whose worker or node dies is begun again on another, where it goes on from the run's last checkpoint.
"""

from __future__ import annotations

import os
import socket
import uuid
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from adapterstilts.base import digests, files
from adapterstilts.base.errors import UserError
from adapterstilts.runs import words
from adapterstilts.studies.carrying import Finished
from adapterstilts.studies.planning import Planned
from adapterstilts.studies.remote import Remote
from adapterstilts.studies.workers import one

RETRIES = 3
"""How often a run is begun again whose worker or node died."""


class Cluster:
    """A Ray cluster at `address`, or one that is started on this machine; a run has a GPU where there are any.

    `output` is a folder that all nodes share, or `remote` says where each takes what is in it from, and gives it to.
    UserError if Ray is not installed, or no cluster is there.
    """

    def __init__(self, output: Path, address: str | None = None, remote: Remote | None = None) -> None:
        try:
            self._ray: Any = import_module("ray")
        except ImportError as error:
            raise UserError("The engine ray needs Ray: pip install 'adapterstilts[ray]'.") from error
        self._output, self._url = output.resolve(), remote and remote.url
        _check_answers(address)
        files.check_writable(self._output)
        # what the variables of this project say here, they say on every node
        own = {name: value for name, value in os.environ.items() if name.startswith("ADAPTERSTILTS_")}
        try:
            self._ray.init(address=address, log_to_driver=False, runtime_env={"env_vars": own}, logging_level="error")
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise _no_cluster(address, error) from error
        gpus = 1 if self._ray.cluster_resources().get("GPU") else 0
        options = {"num_cpus": 1, "num_gpus": gpus, "max_retries": RETRIES, "scheduling_strategy": "SPREAD"}
        # by it a node knows that it sees this folder, and not one of its own by that name
        self._seen = self._output / f".study-{uuid.uuid4().hex}"
        files.write_text(self._seen, "")
        self._one = self._ray.remote(**options)(_on_node)
        self._one_of_url = self._ray.remote(**options)(_with_copies)
        self._computing: dict[Any, Planned] = {}

    def has_room(self) -> bool:
        """Return True: Ray lets runs wait until a node has room."""
        return True

    def start(self, planned: Planned, wait: bool) -> None:
        """Give a run to the cluster."""
        trusted = digests.are_trusted()
        if self._url is not None:
            task = self._one_of_url.remote(planned, self._url, trusted)
        else:
            task = self._one.remote(planned, self._seen, wait, trusted)
        self._computing[task] = planned

    def ended(self) -> list[Finished]:
        """Wait for a run to end, and return what became of it."""
        (reference, *_), _ = self._ray.wait(list(self._computing), num_returns=1)
        planned = self._computing.pop(reference)
        try:
            ended: Finished = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError:
            raise
        except self._ray.exceptions.RayError as error:
            said = str(error).strip().splitlines()[0]
            return [Finished(planned, None, f"its worker or node died {RETRIES + 1} times ({said}).", 0.0)]
        return [replace(ended, planned=planned)]

    def close(self) -> None:
        """Cancel what is computed, and leave the cluster."""
        for reference in self._computing:
            self._ray.cancel(reference, force=True)
        self._ray.shutdown()
        self._seen.unlink(missing_ok=True)


def _check_answers(address: str | None) -> None:
    """Raise `UserError` if nothing answers at HOST:PORT: Ray itself tries for minutes."""
    host, colon, port = (address or "").removeprefix("ray://").rpartition(":")
    if colon and port.isdecimal():
        try:
            socket.create_connection((host, int(port)), timeout=10).close()
        except (OSError, OverflowError) as error:
            raise _no_cluster(address, error) from error


def _no_cluster(address: str | None, error: Exception) -> UserError:
    return UserError(f"There is no Ray cluster at {address} ({error}); start one: ray start --head.")


def _with_copies(planned: Planned, url: str, trusted: bool) -> Finished:
    try:
        remote = Remote(url)
        # the weights of a whole study are too much for each node
        remote.pull({words.name_of(each) for each in planned.run.graph()})
        ended = one(planned, remote.folder, True, trusted)
        remote.push()
    except UserError as error:
        return Finished(planned, None, str(error), 0.0)
    return ended


def _on_node(planned: Planned, seen: Path, wait: bool, trusted: bool) -> Finished:
    if not seen.is_file():
        node = socket.gethostname()
        error = f"the node {node} does not see {seen.parent}: give an --output that all share."
        return Finished(planned, None, error, 0.0)
    return one(planned, seen.parent, wait, trusted)
