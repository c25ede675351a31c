"""A Hub on loopback: repositories with commits and refs, served as huggingface_hub 0.36 asks for them.

Reading: information, trees, refs, files with ranges, models by author. Writing: create, preupload, LFS, commit. A
request finds its answer in `ROUTES`, by method and path. `faults` are answers that come before the right one: as many
requests whose path holds the text get the status instead; `cut` ends the connection in the middle of a body, `stall`
leaves it open and says no more, `spoil` changes its bytes.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import yaml

Files = Mapping[str, bytes]


@dataclass
class Repository:
    """Files by commit, and commits by ref ('main', 'refs/convert/parquet'); `closed` answers 401 or 403."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    closed: int | None = None
    gated: bool = False
    private: bool = False

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
    cut: bool = False
    stalls: bool = False


def missing(code: str, status: int = 404, **headers: str) -> Answer:
    """The Hub's way to say what is not there."""
    return Answer(status, {"error": code}, {"X-Error-Code": code, **headers})


class Hub:
    """What is on the server: `repositories` by (kind, id), kind 'datasets' or 'models'; the requests so far."""

    def __init__(self) -> None:
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.faults: list[list[Any]] = []
        self.requests: list[str] = []
        self.blobs: dict[str, bytes] = {}
        self.collections: dict[str, list[str]] = {}
        self.token: str | None = None
        self.url = ""
        self.stalled, self.over = threading.Event(), threading.Event()

    def dataset(self, identifier: str) -> Repository:
        """The data set's repository, new where there is none."""
        return self.repositories.setdefault(("datasets", identifier), Repository())

    def fail(self, text: str, status: int, times: int = 1) -> None:
        """Answer the next `times` requests whose path holds `text` with `status`."""
        self.faults.append([text, lambda _: Answer(status, {"error": "a fault of the test's"}), times, ""])

    def cut(self, text: str, times: int = 1) -> None:
        """Send half of the body to the next `times` GETs whose path holds `text`, then end the connection."""
        self.faults.append([text, lambda answer: replace(answer, cut=True), times, "GET"])

    def stall(self, text: str, times: int = 1) -> None:
        """Send half of the body to the next `times` GETs whose path holds `text`, then nothing more."""
        self.faults.append([text, lambda answer: replace(answer, stalls=True), times, "GET"])

    def spoil(self, text: str, times: int = 1) -> None:
        """Send as many bytes, but other ones, to the next `times` GETs whose path holds `text`."""
        self.faults.append([text, lambda answer: replace(answer, body=answer.body[::-1]), times, "GET"])

    def confuse(self, text: str, times: int = 1) -> None:
        """Answer the next `times` requests whose path holds `text` with JSON of another shape."""
        self.faults.append([text, lambda answer: replace(answer, body=[["of", "another", "shape"]]), times, ""])

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """The answer to one request."""
        url = urlsplit(target)
        self.requests.append(f"{method} {url.path}")
        for fault in self.faults:
            text, change, left, only = fault
            if left and text in target and method.startswith(only):
                fault[2] -= 1
                return change(self.right_answer(method, target, headers, body))
        return self.right_answer(method, target, headers, body)

    def right_answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer without faults."""
        url = urlsplit(target)
        writing = method in ("POST", "PUT")
        if (
            self.token
            and writing
            and not headers.get("Authorization", "").endswith(self.token)
            and "/blob/" not in target
        ):
            return Answer(401, {"error": "log in"})
        for methods, pattern, handle in ROUTES:
            found = pattern.fullmatch(url.path)
            if method in methods.split() and found:
                named = {name: unquote(value or "") for name, value in found.groupdict().items()}
                return handle(self, named, Request(parse_qs(url.query), headers, body))
        return Answer(404, {"error": f"no route for {method} {target}"})

    def resolve(self, named: Mapping[str, str]) -> tuple[str, dict[str, bytes]] | Answer:
        """The commit that a request names and its files, or why there is none."""
        repository = self.repositories.get((named.get("kind") or "models", named["id"]))
        if repository is None:
            return missing("RepoNotFound", 404 if self.token else 401)  # 401 for those who have not logged in
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
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


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
            if is_large(name):
                oid = hashlib.sha256(body).hexdigest()
                listed[name]["lfs"] = {"oid": oid, "size": len(body), "pointerSize": 130}
    return list(listed.values())


def is_large(name: str) -> bool:
    """Whether the Hub keeps a file by LFS."""
    return name.endswith((".safetensors", ".bin", ".parquet"))


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
    if is_large(named["path"]):
        headers |= {"X-Linked-Etag": f'"{hashlib.sha256(body).hexdigest()}"', "X-Linked-Size": str(len(body))}
    start = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range") or "")
    if start is None:
        return Answer(200, body, headers)
    first, last = int(start[1]), int(start[2] or len(body) - 1)
    headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
    return Answer(206, body[first : last + 1], headers)


def create(hub: Hub, named: Mapping[str, str], request: Request) -> Answer:
    """A new repository, without a commit."""
    identifier = f"{request.json.get('organization') or 'me'}/{request.json['name']}"
    kind = f"{request.json.get('type') or 'model'}s"
    if identifier.startswith("nobody/"):
        return Answer(403, {"error": "You don't have the rights to create a model under this namespace"})
    if (kind, identifier) in hub.repositories:
        return Answer(409, {"error": "You already created this model repo"})
    made = hub.repositories[kind, identifier] = Repository(private=bool(request.json.get("private")))
    made.commit({".gitattributes": b"*.safetensors filter=lfs"})
    return Answer(body={"url": f"{hub.url}/{identifier}"})


def preupload(hub: Hub, named: Mapping[str, str], request: Request) -> Answer:
    """Which files go by LFS."""
    found = hub.resolve(named)
    if isinstance(found, Answer):
        return found
    modes = [
        {"path": file["path"], "uploadMode": "lfs" if is_large(file["path"]) else "regular", "shouldIgnore": False}
        for file in request.json["files"]
    ]
    return Answer(body={"files": modes})


def batch(hub: Hub, named: Mapping[str, str], request: Request) -> Answer:
    """Where large files are to be put; nothing to do for those that are there."""
    objects = [
        {
            "oid": one["oid"],
            "size": one["size"],
            **({} if one["oid"] in hub.blobs else {"actions": {"upload": {"href": f"{hub.url}/blob/{one['oid']}"}}}),
        }
        for one in request.json["objects"]
    ]
    return Answer(body={"transfer": "basic", "objects": objects})


def put(hub: Hub, named: Mapping[str, str], request: Request) -> Answer:
    """The bytes of a large file."""
    if hashlib.sha256(request.body).hexdigest() != named["oid"]:
        return Answer(400, {"error": "other bytes"})
    hub.blobs[named["oid"]] = request.body
    return Answer()


def commit(hub: Hub, named: Mapping[str, str], request: Request) -> Answer:
    """A new commit on a branch; 412 if it was made on top of another one."""
    found = hub.resolve(named)
    if isinstance(found, Answer):
        return found
    sha, files = found
    lines = [json.loads(line) for line in request.body.splitlines()]
    (header,) = (line["value"] for line in lines if line["key"] == "header")
    if header.get("parentCommit") not in (None, sha):
        return Answer(412, {"error": "A commit has happened since"})
    changed = dict(files)
    for line in lines:
        value = line["value"]
        if line["key"] == "file":
            changed[value["path"]] = base64.b64decode(value["content"])
        elif line["key"] == "lfsFile":
            changed[value["path"]] = hub.blobs[value["oid"]]
    made = hub.repositories[named["kind"], named["id"]].commit(changed, named["revision"])
    return Answer(body={"success": True, "commitOid": made, "commitUrl": f"{hub.url}/{named['id']}/commit/{made}"})


def models(hub: Hub, named: Mapping[str, str], request: Request) -> Answer:
    """The models of an author with all the tags that are asked for."""
    (author,), wanted = request.query["author"], set(request.query.get("filter", ()))
    listed = []
    for (kind, identifier), repository in hub.repositories.items():
        files = repository.commits[repository.refs["main"]]
        text = files.get("README.md", b"").decode()
        header = yaml.safe_load(text.split("---")[1]) if text.startswith("---") else {}
        tags = [*header.get("tags", ()), *([f"license:{header['license']}"] if "license" in header else ())]
        if kind == "models" and identifier.startswith(f"{author}/") and wanted <= set(tags):
            listed.append({"id": identifier, "tags": tags, "cardData": header, "private": repository.private})
    return Answer(body=listed)


def collection(hub: Hub, named: Mapping[str, str], request: Request) -> Answer:
    """Make a collection, say that it is there, or what it holds."""
    if not request.body:
        return Answer(body=collection_of(hub, named["slug"]))
    slug = f"{request.json['namespace']}/{request.json['title'].lower().replace(' ', '-')}-1"
    if slug in hub.collections:
        return Answer(409, {"slug": slug})
    hub.collections[slug] = []
    return Answer(body=collection_of(hub, slug))


def add_item(hub: Hub, named: Mapping[str, str], request: Request) -> Answer:
    """Put a model into a collection, once."""
    items = hub.collections[named["slug"]]
    if request.json["item"]["id"] in items:
        return Answer(409, {"error": "it is there"})
    items.append(request.json["item"]["id"])
    return Answer(body=collection_of(hub, named["slug"]))


def collection_of(hub: Hub, slug: str) -> dict[str, Any]:
    """What the Hub says of a collection."""
    items = [{"_id": name, "id": name, "type": "model", "position": 0} for name in hub.collections[slug]]
    about = {"slug": slug, "title": slug, "owner": {}, "lastUpdated": "2026-01-01T00:00:00.000Z", "position": 0}
    return {**about, "items": items, "private": False, "theme": "blue", "upvotes": 0}


_API = r"/api/(?P<kind>datasets|models)/(?P<id>[^/]+/[^/]+)"
ROUTES: list[tuple[str, re.Pattern[str], Handler]] = [
    ("GET", re.compile(rf"{_API}(/revision/(?P<revision>[^/]+))?"), information),
    ("GET", re.compile(r"/api/models"), models),
    ("POST", re.compile(r"/api/repos/create"), create),
    ("POST", re.compile(r"/api/collections"), collection),
    ("GET", re.compile(r"/api/collections/(?P<slug>[^/]+/[^/]+)"), collection),
    ("POST", re.compile(r"/api/collections/(?P<slug>[^/]+/[^/]+)/items"), add_item),
    ("POST", re.compile(rf"{_API}/preupload/(?P<revision>[^/]+)"), preupload),
    ("POST", re.compile(r"/(?P<kind>datasets/)?(?P<id>[^/]+/[^/]+).git/info/lfs/objects/batch"), batch),
    ("PUT", re.compile(r"/blob/(?P<oid>\w+)"), put),
    ("POST", re.compile(rf"{_API}/commit/(?P<revision>[^/]+)"), commit),
    (
        "POST",
        re.compile(r"/api/validate-yaml"),
        lambda hub, named, request: Answer(body={"errors": [], "warnings": []}),
    ),
    ("GET", re.compile(r"/api/whoami-v2"), lambda hub, named, request: Answer(body={"type": "user", "name": "me"})),
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
            answer = hub.answer(self.command, self.path, self.headers, self._body())
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            kind = "application/octet-stream" if isinstance(answer.body, bytes) else "application/json"
            for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body[: len(body) // 2] if answer.cut or answer.stalls else body)
            if answer.stalls:
                self.wfile.flush()
                hub.stalled.set()
                hub.over.wait(30)
            self.close_connection = answer.cut or answer.stalls

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

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
        hub.over.set()
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
