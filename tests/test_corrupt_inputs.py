"""Whatever is wrong ends in a sentence: every input of `corrupt_inputs`, through the command line, in one process."""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import shutil
import signal
import sys
import traceback
import unicodedata
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import Any

import corrupt_inputs
import hub_server
import pytest
import torch
from corrupt_inputs import CASES, EITHER, FINE, NOTED, OUT, REFUSED, RESUME, Case
from hub_server import Answer, Hub
from huggingface_hub import constants
from huggingface_hub.utils import disable_progress_bars, enable_progress_bars

from adapterstilts import cli, tasks
from adapterstilts.base import hub as asking
from adapterstilts.base import places
from adapterstilts.training import checkpoints

SHARE = 5
"""Of so many inputs one is tried each time, which one follows from its name; all are with `scripts/test --slow`."""
LONGEST = 2_000
"""Letters that a refusal may have."""
PATIENCE = 30
"""Seconds after which an answer is no longer expected."""
ROOM = 6 << 30
"""Bytes of memory that an input may take beside what is there."""
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_JARGON = ("Traceback", "<class ", " object at 0x", "NoneType", "pydantic", "errno", "KeyError", "TypeError")
_JARGON = (*_JARGON, "subscriptable", "iterable", "unhashable", "indices must", "invalid literal", "recursion")
_LEFT = (".locks",)
"""What an output folder may have of a run that was refused."""

pytestmark = pytest.mark.filterwarnings("default")


class Hung(BaseException):
    """Nothing that the program may catch."""


@dataclass
class Ended:
    """How a command line ended: its code, its bytes, what it raised, and the updates of weights on the way."""

    code: Any
    out: bytes
    err: bytes
    raised: str = ""
    updates: int = 0
    before: set[str] = field(default_factory=set)
    after: set[str] = field(default_factory=set)

    @property
    def text(self) -> str:
        return f"{self.out.decode(errors='replace')}\n{self.err.decode(errors='replace')}"


@contextlib.contextmanager
def streams(stdin: bytes, folder: Path) -> Iterator[tuple[Path, Path]]:
    """Real files as the three streams, strict as those of a terminal in UTF-8 are; the paths of what is written."""
    (folder / "in").write_bytes(stdin)
    paths = folder / "out", folder / "err"
    saved = [os.dup(number) for number in range(3)]
    kept = sys.stdin, sys.stdout, sys.stderr
    for number, path in enumerate((folder / "in", *paths)):
        own = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(own, number)
        os.close(own)
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False), encoding="utf-8")
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(io.BufferedWriter(io.FileIO(number, "w", closefd=False)), "utf-8", errors, write_through=True)
        for number, errors in ((1, "strict"), (2, "backslashreplace"))
    )
    try:
        yield paths
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        sys.stdin, sys.stdout, sys.stderr = kept
        for number, own in enumerate(saved):
            os.dup2(own, number)
            os.close(own)


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """An error after PATIENCE seconds, and on Linux for more memory than ROOM."""

    def give_up(number: int, frame: FrameType | None) -> None:
        raise Hung(f"no answer in {PATIENCE} seconds")

    kept, limits = signal.signal(signal.SIGALRM, give_up), resource.getrlimit(resource.RLIMIT_AS)
    if (memory := Path("/proc/self/statm")).exists():
        own = int(memory.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (own + ROOM, limits[1]))
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, kept)
        resource.setrlimit(resource.RLIMIT_AS, limits)


@contextlib.contextmanager
def counted_updates() -> Iterator[list[int]]:
    """A list that grows with each update of weights."""
    updates: list[int] = []
    step = torch.optim.AdamW.step

    def counted(self: Any, *words: Any, **more: Any) -> Any:
        updates.append(1)
        return step(self, *words, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.optim.AdamW, "step", counted)
        yield updates


def listing(folder: Path) -> set[str]:
    """What is in a folder, however deep, but what a run may always leave."""
    names = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    return {name for name in names if not any(part in _LEFT for part in Path(name).parts)} - {OUT, "w"}


def call(words: Sequence[str], stdin: bytes, folder: Path) -> Ended:
    """Run a command line in `folder` as the shell does."""
    work = folder.parent / "streams"
    work.mkdir(exist_ok=True)
    before, code, raised = listing(folder), None, ""
    with warnings.catch_warnings(), counted_updates() as updates, streams(stdin, work) as (out, err):
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        warnings.showwarning = lambda message, *_: print(f"Warning: {message}", file=sys.stderr)
        try:
            with bounded():
                cli.main(list(words))
        except SystemExit as ended:
            code = ended.code
        except BaseException as error:  # whatever else gets out is what is looked for
            own = [f for f in traceback.extract_tb(error.__traceback__) if "/adapterstilts/" in f.filename]
            where = own[-1] if own else None
            place = f"{'/'.join(Path(where.filename).parts[-2:])}:{where.lineno}" if where else "outside"
            raised = f"{type(error).__name__} in {place}: {str(error)[:200]}"
    return Ended(code, out.read_bytes(), err.read_bytes(), raised, len(updates), before, listing(folder))


def faults(case: Case, ended: Ended) -> Iterator[str]:
    """What is wrong with how a case ended."""
    if ended.raised:
        yield f"raised {ended.raised}"
        return
    wanted = {REFUSED: (1, 2), NOTED: (0,), FINE: (0,), EITHER: (0, 1, 2)}[case.ends]
    if ended.code not in wanted:
        yield f"exit code {ended.code}, not {' or '.join(map(str, wanted))}"
    refused = ended.code != 0
    shown = ended.out + ended.err if refused else ended.err
    try:
        text, out = shown.decode(), ended.out.decode()
    except UnicodeDecodeError:
        yield "output that is not UTF-8"
        return
    if len(text) > LONGEST:
        yield f"a message of {len(text)} letters"
    raw = {letter for letter in text + out if unicodedata.category(letter) == "Cc" or letter in _BIDI} - {"\n", "\t"}
    if raw:
        yield f"raw {', '.join(sorted(map(ascii, raw)))}"
    yield from (f"speaks of {word.strip()}" for word in _JARGON if word in ended.err.decode())
    if "Warning: " in text:
        yield "a library's warning"
    if refused or case.ends == NOTED:
        told = " ".join(text.split())
        if not any(name and name in told or not name for name in case.told or ("",)):
            yield f"names none of {', '.join(map(ascii, case.told))}"
        if refused and not text.strip():
            yield "says nothing"
    if refused:
        if ended.updates:
            yield f"refused after {ended.updates} updates of weights"
        if left := ended.after - ended.before:
            yield f"left {', '.join(sorted(left)[:3])}"
        if ended.out.strip():
            yield "refused, but wrote to standard output"
    if not refused and "--json" in case.words:
        yield from _of_json(out)
    if "owned" in {Path(name).name for name in ended.after - ended.before}:
        yield "ran code"


def _of_json(out: str) -> Iterator[str]:
    def bare(constant: str) -> None:
        raise ValueError(f"bare {constant}")

    try:
        if not isinstance(json.loads(out, parse_constant=bare), dict):
            yield "no JSON object"
    except ValueError as error:
        yield f"no JSON ({error})"


# ---------------------------------------------------------------- where they run


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A small zoo, the sound folders that cases copy, and a Hub on loopback in place of the real one."""
    root = tmp_path_factory.mktemp("corrupt")
    with pytest.MonkeyPatch.context() as patch, hub_server.serving() as server:
        hub_server.use(server.url, root / "home", patch)
        patch.setattr(asking, "WAITS", (0.0, 0.0))
        server.token = "hf_test"  # so that of what is not there it says so
        disable_progress_bars()  # as every verb does by the environment, which is read only once
        corrupt_inputs.make_bases(root / "bases")
        shutil.copytree(root / "bases", root / "zoo" / "pocket", ignore=shutil.ignore_patterns("result.json"))
        patch.setattr(places, "zoo_folder", lambda: root / "zoo")
        make = root / "make"
        make.mkdir()
        patch.chdir(make)
        for name, folder in (("lora-mnli", "for-peft"), ("bottleneck-mnli", "for-adapters")):
            ended = call(("export", name, str(root / "bases" / folder)), b"", make)
            assert ended.code == 0, ended
        with pytest.MonkeyPatch.context() as cutting:
            save = checkpoints.save

            def cut(*words: Any, **more: Any) -> None:
                save(*words, **more)
                raise KeyboardInterrupt

            cutting.setattr(checkpoints, "save", cut)
            words = tuple(word for word in RESUME if word != "--resume")
            assert call(words, b"", make).code == 130
        shutil.copytree(make / "w", root / "bases" / "interrupted")
        yield server
        enable_progress_bars()


@pytest.fixture
def place(world: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in; nothing is known of earlier cases."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    for name in ("_registered", "_remembered"):
        monkeypatch.setattr(tasks, name, {})
    world.faults.clear()
    world.repositories.clear()
    return folder


def prepared(case: Case, server: Hub, folder: Path) -> None:
    """Write the case's files, and let the Hub hold and say what it does."""
    case.make(folder)
    for identifier, name in (case.repositories or {}).items():
        own = folder / "hub" / name
        source = own if own.is_dir() else corrupt_inputs.bases / name
        files = {str(path.relative_to(source)): path.read_bytes() for path in source.rglob("*") if path.is_file()}
        server.repositories["models", identifier] = hub_server.Repository()
        server.repositories["models", identifier].commit(files)
    for text, body in case.answers:
        server.faults.append([text, lambda _, body=body: Answer(body=body), 1000, "GET"])


def _parameter(case: Case) -> Any:
    often = "(slow)" not in case.name and sha256(case.name.encode()).digest()[0] % SHARE == 0
    return pytest.param(case, id=case.name, marks=() if often else pytest.mark.slow)


def test_every_input_has_a_name_of_its_own() -> None:
    assert [name for name, times in Counter(case.name for case in CASES).items() if times > 1] == []
    assert len(CASES) >= 400


@pytest.mark.parametrize("case", map(_parameter, CASES))
def test_a_corrupt_input(case: Case, world: Hub, place: Path) -> None:
    prepared(case, world, place)
    ended = call(case.words, case.stdin, place)
    wrong = list(faults(case, ended))
    if case.after:
        world.faults.clear()
        again = call(case.after, b"", place)
        if again.code != 0:
            wrong.append(f"then {' '.join(case.after)} ended with {again.code} {again.raised} {again.text[:200]}")
    assert not wrong, f"{'; '.join(wrong)}\n{ended.text[:600]}"
