"""A Hub on loopback: repositories with commits and refs, served as huggingface_hub 0.36 asks for them.

Reading is here: information, trees, refs, files with ranges. A request finds its answer in `ROUTES`, by method and
path; what writes (create, preupload, LFS, commit) takes its place there. `faults` are answers that come before the
right one: as many requests whose path holds the text get the status instead.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

Files = Mapping[str, bytes]


@dataclass
class Repository:
    """Files by commit, and commits by ref ('main', 'refs/convert/parquet'); `closed` answers 401 or 403."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    closed: int | None = None
    gated: bool = False

    def commit(self, files: Files, ref: str = "main", sha: str | None = None) -> str:
        """Add a commit with these files alone, and let `ref` be it."""
        digest = hashlib.sha1(repr((ref, len(self.commits), sorted(files))).encode())
        sha = sha or digest.hexdigest()
        self.commits[sha] = dict(files)
        self.refs[ref] = sha
        return sha


@dataclass
class Answer:
    """A status, headers and a body: JSON where it is not bytes."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)


def missing(code: str, status: int = 404, **headers: str) -> Answer:
    """The Hub's way to say what is not there."""
    return Answer(status, {"error": code}, {"X-Error-Code": code, **headers})


class Hub:
    """What is on the server: `repositories` by (kind, id), kind 'datasets' or 'models'; the requests so far."""

    def __init__(self) -> None:
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.faults: list[list[Any]] = []
        self.requests: list[str] = []
        self.url = ""

    def dataset(self, identifier: str) -> Repository:
        """The data set's repository, new where there is none."""
        return self.repositories.setdefault(("datasets", identifier), Repository())

    def fail(self, text: str, status: int, times: int = 1) -> None:
        """Answer the next `times` requests whose path holds `text` with `status`."""
        self.faults.append([text, status, times])

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        """The answer to one request."""
        url = urlsplit(target)
        self.requests.append(f"{method} {url.path}")
        for fault in self.faults:
            if fault[2] and fault[0] in target:
                fault[2] -= 1
                return Answer(fault[1], {"error": "a fault of the test's"})
        for methods, pattern, handle in ROUTES:
            found = pattern.fullmatch(url.path)
            if method in methods and found:
                named = {name: unquote(value or "") for name, value in found.groupdict().items()}
                return handle(self, named, Request(parse_qs(url.query), headers))
        return Answer(404, {"error": f"no route for {method} {target}"})

    def resolve(self, named: Mapping[str, str]) -> tuple[str, dict[str, bytes]] | Answer:
        """The commit that a request names and its files, or why there is none."""
        repository = self.repositories.get((named.get("kind") or "models", named["id"]))
        if repository is None:
            return missing("RepoNotFound", 401)
        if repository.closed:
            return missing("GatedRepo" if repository.gated else "RepoNotFound", repository.closed)
        revision = named.get("revision") or "main"
        sha = repository.refs.get(revision, revision)
        if sha not in repository.commits:
            return missing("RevisionNotFound")
        return sha, repository.commits[sha]


@dataclass(frozen=True)
class Request:
    """What else a request says."""

    query: Mapping[str, list[str]]
    headers: Mapping[str, str]


Handler = Callable[[Hub, Mapping[str, str], Request], Answer]


def information(hub: Hub, named: Mapping[str, str], request: Request) -> Answer:
    """What a repository is at a revision."""
    found = hub.resolve(named)
    if isinstance(found, Answer):
        return found
    sha, files = found
    about = {"id": named["id"], "_id": sha[:24], "sha": sha, "private": False, "tags": [], "downloads": 0, "likes": 0}
    return Answer(body={**about, "siblings": [{"rfilename": name} for name in sorted(files)]})


def tree(hub: Hub, named: Mapping[str, str], request: Request) -> Answer:
    """The files and folders below one, or all."""
    found = hub.resolve(named)
    if isinstance(found, Answer):
        return found
    sha, files = found
    folder = named["path"].strip("/")
    inside = {name: body for name, body in files.items() if not folder or name.startswith(f"{folder}/")}
    if folder and not inside:
        return missing("EntryNotFound", **{"X-Repo-Commit": sha})
    return Answer(body=entries(inside, folder, request.query.get("recursive", [""])[0].lower() == "true"))


def entries(files: Files, folder: str, recursive: bool) -> list[dict[str, Any]]:
    """What `tree` lists."""
    depth = folder.count("/") + 2 if folder else 1
    listed: dict[str, dict[str, Any]] = {}
    for name, body in sorted(files.items()):
        steps = name.split("/")
        for length in range(depth, len(steps)):
            if recursive or length == depth:
                path = "/".join(steps[:length])
                listed[path] = {"type": "directory", "path": path, "size": 0, "oid": blob(path.encode())}
        if recursive or len(steps) == depth:
            listed[name] = {"type": "file", "path": name, "size": len(body), "oid": blob(body)}
    return list(listed.values())


def blob(body: bytes) -> str:
    """Git's name of a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()


def refs(hub: Hub, named: Mapping[str, str], request: Request) -> Answer:
    """The branches, and what the Hub made of them."""
    found = hub.resolve({**named, "revision": ""})
    if isinstance(found, Answer):
        return found
    repository = hub.repositories[named["kind"], named["id"]]
    listed = [{"name": ref, "ref": ref, "targetCommit": sha} for ref, sha in repository.refs.items()]
    made = [one for one in listed if one["ref"].startswith("refs/convert")]
    return Answer(body={"branches": [one for one in listed if one not in made], "tags": [], "converts": made})


def resolve_file(hub: Hub, named: Mapping[str, str], request: Request) -> Answer:
    """A file, whole or from a byte on."""
    found = hub.resolve({**named, "kind": "datasets" if named["kind"] else "models"})
    if isinstance(found, Answer):
        return found
    sha, files = found
    if named["path"] not in files:
        return missing("EntryNotFound", **{"X-Repo-Commit": sha})
    body = files[named["path"]]
    headers = {"X-Repo-Commit": sha, "ETag": f'"{blob(body)}"', "Accept-Ranges": "bytes"}
    start = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range") or "")
    if start is None:
        return Answer(200, body, headers)
    first, last = int(start[1]), int(start[2] or len(body) - 1)
    headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
    return Answer(206, body[first : last + 1], headers)


_API = r"/api/(?P<kind>datasets|models)/(?P<id>[^/]+/[^/]+)"
ROUTES: list[tuple[str, re.Pattern[str], Handler]] = [
    ("GET", re.compile(rf"{_API}(/revision/(?P<revision>[^/]+))?"), information),
    ("GET", re.compile(rf"{_API}/tree/(?P<revision>[^/]+)(?P<path>/.*)?"), tree),
    ("GET", re.compile(rf"{_API}/refs"), refs),
    (
        "GET HEAD",
        re.compile(r"/(?P<kind>datasets/)?(?P<id>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)"),
        resolve_file,
    ),
]


@contextmanager
def serving() -> Iterator[Hub]:
    """A Hub that answers on loopback, at its `url`."""
    hub = Hub()

    class _Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # headers and body are two packets: one must not wait until the other is acknowledged
        disable_nagle_algorithm = True

        def _respond(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = hub.answer(self.command, self.path, self.headers)
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            kind = "application/octet-stream" if isinstance(answer.body, bytes) else "application/json"
            for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _respond

        def log_message(self, *arguments: Any) -> None:
            """Nothing: a test's output is its own."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def use(hub_url: str, home: Path, patch: pytest.MonkeyPatch) -> None:
    """Let this process's libraries, already imported or not, ask `hub_url` and keep what they get in `home`."""
    import datasets
    from huggingface_hub import constants, file_download

    patch.setattr(constants, "ENDPOINT", hub_url)
    patch.setattr(file_download, "HUGGINGFACE_CO_URL_TEMPLATE", hub_url + "/{repo_id}/resolve/{revision}/{filename}")
    patch.setattr(constants, "HF_HUB_CACHE", str(home / "hub"))
    patch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    patch.setattr(constants, "HF_TOKEN_PATH", str(home / "token"))
    patch.setattr(datasets.config, "HF_DATASETS_CACHE", home / "datasets")
    patch.setattr(datasets.config, "HF_ENDPOINT", hub_url)
    patch.setattr(datasets.config, "HUB_DATASETS_URL", hub_url + "/datasets/{repo_id}/resolve/{revision}/{path}")


def environment(hub_url: str, home: Path) -> dict[str, str]:
    """The same for a process of its own."""
    return {
        "HF_ENDPOINT": hub_url,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_TOKEN": "hf_test",
    }


def parquet(columns: Mapping[str, list[Any]], features: Any = None) -> bytes:
    """The columns as a parquet file, with `features` (`datasets.Features`) in its header where given."""
    import pyarrow
    import pyarrow.parquet

    schema = None if features is None else features.arrow_schema
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(dict(columns), schema=schema), file)
    return file.getvalue()
