"""Files and argument lists that are wrong, as users, hostile repositories and broken disks bring them.

`CASES` says of each what is put into an empty folder, which command line runs there, and how that must end;
`test_corrupt_inputs` runs them. `python tests/corrupt_inputs.py FOLDER [TEXT]` writes those whose name holds TEXT, each
with its `command`, to be looked at by hand. Nothing is random.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import struct
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REFUSED = "refused"
"""Exit code 1 or 2 and a sentence that names what is wrong."""
NOTED = "noted"
"""Exit code 0; a note on standard error names what is left out."""
FINE = "fine"
"""Exit code 0: odd, but right."""
EITHER = "either"
"""Taken or refused, but nothing else."""

OUT = "runs"
ZOO = ("backbone", "bottleneck-mnli", "bottleneck-squad", "bottleneck-ccg", "bottleneck-csqa", "lora-mnli")
"""The shipped adapters that the cases know."""
ESCAPES = "\x1b]0;owned\x07\x1b[31mred\x1b[0m\x9b2J\u202etxt\u2066"
LONG = "n" * 5000
DEEP = 100_000

Change = Callable[[Path], None]
"""Makes or changes what is at a path."""


@dataclass(frozen=True)
class Case:
    """One input: what stands in the folder, what is run there, how that ends."""

    name: str
    words: Sequence[str]
    files: Sequence[tuple[str, bytes | Change]] = ()
    told: tuple[str, ...] = ()
    ends: str = REFUSED
    stdin: bytes = b""
    after: Sequence[str] = ()
    answers: Sequence[tuple[str, Any]] = ()
    repositories: Mapping[str, str] | None = None

    def make(self, folder: Path) -> None:
        """Write the case's files into `folder`."""
        for name, content in self.files:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            else:
                content(path)


bases = Path("bases")
"""Where `make_bases` was asked to put the sound folders that cases copy."""


def copied(name: str) -> Change:
    """A copy of one of the sound folders."""
    return lambda path: shutil.copytree(bases / name, path, dirs_exist_ok=True) and None


def removed(path: Path) -> None:
    path.unlink()


def as_folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def as_loop(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(path.name)


def as_dangling(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to("nowhere")


def as_device(path: Path) -> None:
    """What opens and then cannot be read, even by root."""
    path.unlink(missing_ok=True)
    path.symlink_to("/proc/self/mem")


def bytes_by(change: Callable[[bytes], bytes]) -> Change:
    return lambda path: path.write_bytes(change(path.read_bytes())) and None


def json_by(change: Callable[[Any], Any], signed: bool = False) -> Change:
    """The JSON file with what `change` does to its value; `signed`: a run in it gets the id that it then has."""

    def apply(path: Path) -> None:
        value = json.loads(path.read_bytes())
        changed = change(value)
        value = value if changed is None else changed
        if signed:
            sign(value)
        path.write_text(json.dumps(value, ensure_ascii=True), encoding="utf-8")

    return apply


def sign(facts: Any) -> None:
    """Give a run that was changed the id of what it now is, as whoever changes it on purpose can."""
    from adapterstilts.backbones.identity import BackboneIdentity
    from adapterstilts.runs.run import Evaluation, Rows, Run

    with suppress(Exception):
        run = dict(facts["run"])
        run["backbone"] = BackboneIdentity(**run["backbone"])
        run["rows"] = run.get("rows") and Rows(**run["rows"])
        if run.get("evaluation"):
            own = run["evaluation"]
            run["evaluation"] = Evaluation(own["target"], Rows(**own["rows"]), own["settings"])
        if not run.get("sources"):
            known = {name: value for name, value in run.items() if name in Run.__dataclass_fields__}
            facts["id"] = facts["run"]["id"] = Run(**{**known, "sources": ()}).id


def at(path: str, value: Any) -> Callable[[Any], None]:
    """Put `value` where the dotted `path` leads; '' as value's place means removal."""

    def change(root: Any) -> None:
        *way, last = path.split(".")
        for step in way:
            root = root.setdefault(step, {}) if isinstance(root, dict) else root[int(step)]
        if value is MISSING:
            root.pop(last, None)
        else:
            root[last] = deepcopy(value)

    return change


MISSING = object()


def nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


def shown(value: Any) -> str:
    """A value as a part of a case's name."""
    if value is MISSING:
        return "missing"
    text = json.dumps(value) if isinstance(value, (int, float, str, type(None), list, dict)) else repr(value)
    return text if len(text) <= 24 else f"{text[:16]}~{len(text)}"


# ---------------------------------------------------------------- what can befall any JSON file

UNREADABLE: Mapping[str, Change] = {
    "empty": bytes_by(lambda raw: b""),
    "blank": bytes_by(lambda raw: b" \n\n"),
    "only a BOM": bytes_by(lambda raw: b"\xef\xbb\xbf"),
    "UTF-16": bytes_by(lambda raw: raw.decode().encode("utf-16")),
    "Latin-1": bytes_by(lambda raw: raw[:1] + b'"\xe9\xfc":1,' + raw[1:]),
    "cut": bytes_by(lambda raw: raw[: len(raw) // 2]),
    "zeros": bytes_by(lambda raw: bytes(len(raw))),
    "gzip": bytes_by(lambda raw: b"\x1f\x8b\x08\x00" + raw[:40]),
    "a folder": as_folder,
    "a link to itself": as_loop,
    "a link to nothing": as_dangling,
    "an unreadable device": as_device,
}
NO_JSON: Mapping[str, Change] = {
    **UNREADABLE,
    "two values": bytes_by(lambda raw: raw + b"\n" + raw),
    "a comma too many": bytes_by(lambda raw: raw.rstrip()[:-1] + b",}"),
    "single quotes": bytes_by(lambda raw: raw.replace(b'"', b"'")),
    "deep lists": bytes_by(lambda raw: b"[" * DEEP),
    "deep objects": bytes_by(lambda raw: b'{"a":' * DEEP),
    "deep and closed": bytes_by(lambda raw: b"[" * DEEP + b"]" * DEEP),
    "null": bytes_by(lambda raw: b"null"),
    "a list": bytes_by(lambda raw: b"[]"),
    "a list of itself": bytes_by(lambda raw: b"[" + raw + b"]"),
    "a number": bytes_by(lambda raw: b"7"),
    "a text": bytes_by(lambda raw: b'"' + b"x" * 5000 + b'"'),
    "an empty object": bytes_by(lambda raw: b"{}"),
    "a raw escape in a key": bytes_by(lambda raw: raw.replace(b'"', b'"\x1b]0;x\x07', 1)),
}
ODD_JSON: Mapping[str, Change] = {
    "a BOM": bytes_by(lambda raw: b"\xef\xbb\xbf" + raw),
    "an unknown key": json_by(lambda value: value.update({LONG: ESCAPES})),
    "a key twice": bytes_by(lambda raw: raw.rstrip()[:1] + b'"name":[],"name":{},"run":1,"config":2,' + raw[1:]),
    "an unknown NaN": bytes_by(lambda raw: raw[:1] + b'"zz":NaN,' + raw[1:]),
    "an unknown 1e999": bytes_by(lambda raw: raw[:1] + b'"zz":1e999,' + raw[1:]),
    "an unknown integer of 5000 digits": bytes_by(lambda raw: raw[:1] + b'"zz":' + b"9" * 5000 + b"," + raw[1:]),
    "an unknown lone surrogate": bytes_by(lambda raw: raw[:1] + b'"zz":"\\ud83d",' + raw[1:]),
    "an unknown deep list": bytes_by(lambda raw: raw[:1] + b'"zz":' + b"[" * 900 + b"]" * 900 + b"," + raw[1:]),
}


def of_json(kind: str, name: str, base: Sequence[tuple[str, Any]], words: Sequence[str], **more: Any) -> Iterator[Case]:
    """The file `name` of `base` in every state that no JSON may have, and in some that one may."""
    told = more.pop("told", (Path(name).name, Path(name).parent.name))
    ends = more.pop("ends", REFUSED)
    for state, change in NO_JSON.items():
        yield Case(f"{kind}: {state}", words, [*base, (name, change)], told, ends, **more)
    for state, change in ODD_JSON.items():
        yield Case(f"{kind}: {state}", words, [*base, (name, change)], told, EITHER, **more)


# ---------------------------------------------------------------- adapters' facts

FACTS = "x/adapterstilts.json"
ADAPTER = [("x", copied("bottleneck-mnli"))]
LORA = [("x", copied("lora-mnli"))]
LINE = b"He left.\tShe stayed.\n"
PREDICT, SHOW, EXPORT = ("predict", "./x"), ("zoo", "show", "./x"), ("export", "./x", "out")
TINY = ("-o", "max_steps=1", "-o", "train_examples=4", "-o", "validation_examples=4", "-o", "test_examples=4")
MEASURE = ("evaluate", "./x", "--target", "tatoeba", "--language", "de", "-o", "test_examples=4")
CONTINUE = ("continue", "./x", "--target", "pawsx", "--language", "en", *TINY)
LOOK = (SHOW, PREDICT, EXPORT, MEASURE, CONTINUE, (*SHOW, "--json"))
KINDS: Sequence[Any] = (MISSING, None, 7, -1.5, True, "x", [], ["x"], {}, {"x": 1}, 10**400, nested(60))


def by_kind(paths: Mapping[str, str], sound: Callable[[str, Any], bool]) -> Iterator[tuple[str, Any]]:
    """Each path with a value of each kind that it may not have, by the letters of those that it may."""
    letters = {"m": MISSING, "n": None, "b": True}
    for path, may in paths.items():
        for value in KINDS:
            if any(value is letters[letter] for letter in may if letter in letters) or sound(may, value):
                continue
            yield path, value


def _may(may: str, value: Any) -> bool:
    kinds = {"t": str, "o": dict, "l": list}
    if type(value) is int and value == 7 and "i" in may:
        return True
    return any(isinstance(value, kinds[letter]) for letter in may if letter in kinds)


# what each may be: m missing, n null, t text, o object, l list, i a whole number, b true
_FACTS_OF = {"format": "", "name": "t", "id": "", "run": "", "backbone": "", "settings": "", "labels": ""}
_FACTS_OF |= {"training": "mo", "scores": "mo", "sha256": "", "imported": "mn", "declarations": "ml"}
_RUN_OF = {"version": "b", "backbone": "", "method": "", "task": "mn", "rows": "mn", "composition": "mn"}
_RUN_OF |= {"control": "mn", "seed": "mi", "settings": "mo", "evaluation": "mn", "head": "mn", "sources": "ml"}
_RUN_OF |= {"backbone.id": "t", "backbone.fingerprint": "t", "backbone.revision": "t"}
_RUN_OF |= {"rows.source": "t", "rows.revision": "t"}
_EXTRAS: Sequence[tuple[str, Any]] = (
    ("scores", {"en": {"accuracy": 10**400}}),
    ("scores", {"en": {"accuracy": float("nan")}}),
    ("scores", {"en": {"accuracy": float("inf")}}),
    ("scores", {"en": {"accuracy": "high"}}),
    ("scores", {"en": {"accuracy": None}}),
    ("scores", {"en": 5}),
    ("scores", [["en", 5]]),
    ("labels", ["a", "b"]),
    ("labels", [1, 2, 3]),
    ("labels", ["a", "a", "a"]),
    ("labels", [LONG]),
    ("labels", [None]),
    ("labels", "contradiction"),
    ("labels", [str(number) for number in range(20_000)]),
    ("name", "../../elsewhere"),
    ("name", LONG),
    ("name", ""),
    ("name", ESCAPES),
    ("name", "\ud83d"),
    ("format", 10**400),
    ("format", "2"),
    ("format", 1e999),
    ("format", ESCAPES),
    ("sha256", "0" * 63),
    ("sha256", "g" * 64),
    ("sha256", "0" * 64),
    ("backbone.id", 5),
    ("backbone.fingerprint", "0" * 64),
    ("settings.reduction_factor", 0),
    ("settings.reduction_factor", -2),
    ("settings.reduction_factor", 1e-4),
    ("settings.reduction_factor", 1e-6),
    ("settings.reduction_factor", 1e308),
    ("settings.reduction_factor", float("nan")),
    ("settings.reduction_factor", "2"),
    ("settings.reduction_factor", None),
    ("settings.reduction_factor", [2]),
    ("settings.reduction_factor", MISSING),
    ("settings.placement", "nowhere"),
    ("settings.placement", LONG),
    ("settings.placement", ["pfeiffer"]),
    ("settings.non_linearity", "__import__('os').system('touch owned')"),
    ("settings.non_linearity", 5),
    ("settings.non_linearity", None),
    ("settings.dropout", 2),
    ("settings.dropout", -0.1),
    ("settings.dropout", "x"),
    ("settings.unheard_of", 1),
    ("run.method", "unheard_of"),
    ("run.method", "none"),
    ("run.method", LONG),
    ("run.task", "unheard_of"),
    ("run.task", ESCAPES),
    ("run.composition", "unheard_of"),
    ("run.composition", "fuse"),
    ("run.control", "untried"),
    ("run.control", ESCAPES),
    ("run.version", 2),
    ("run.version", 10**400),
    ("run.settings.max_length", -5),
    ("run.settings.max_length", 0),
    ("run.settings.max_length", "128"),
    ("run.settings.max_length", 10**12),
    ("run.settings.max_length", 1.5),
    ("run.settings.max_length", None),
    ("run.settings.max_length", [128]),
    ("run.settings.precision", "fp8"),
    ("run.settings.precision", 5),
    ("run.settings.learning_rate", "x"),
    ("run.settings.learning_rate", float("nan")),
    ("run.settings.batch_size", -1),
    ("run.settings", {"max_length": {}}),
    ("run.sources", [5]),
    ("run.sources", ["x"]),
    ("run.sources", [{}]),
    ("run.sources", [None]),
    ("run.sources", [{"given": 1}]),
    ("run.evaluation", {"target": "pawsx"}),
    ("imported", {"method": "bottleneck", "task": "unheard_of", "origin": "x", "library": "y"}),
    ("imported", {"method": 5, "task": None, "origin": "x", "library": "y"}),
    ("declarations", [5]),
    ("declarations", [{"name": "mnli"}]),
    ("declarations", [{"name": "own", "type": "unheard_of"}]),
    ("declarations", [{LONG: 1}]),
    ("declarations", {"a": 1}),
)
_TAKEN_OR_NOT = (
    "settings.non_linearity=null",
    "id=",
    "name=",  # a folder is called as it likes
    "run.task=",
    "settings.unheard_of",
    "run.settings.learning_rate",
    "run.settings.batch_size",
    "run.rows",
    "scores=missing",
    "labels=[",
    "training",
    "imported",
    "run.seed",
    "backbone.id",
)


def _facts() -> Iterator[Case]:
    yield from of_json("facts", FACTS, ADAPTER, SHOW)
    wrong = [*by_kind(_FACTS_OF, _may), *((f"run.{path}", value) for path, value in by_kind(_RUN_OF, _may)), *_EXTRAS]
    for number, (path, value) in enumerate(wrong):
        words = LOOK[number % len(LOOK)]
        name = f"{path}={shown(value)}"
        if path.startswith(("settings", "labels", "run.settings", "backbone.fingerprint")):
            words = (PREDICT, EXPORT)[number % 2] if path.startswith("settings") else PREDICT
        ends = EITHER if name.startswith(_TAKEN_OR_NOT) else REFUSED
        changed = [*ADAPTER, (FACTS, json_by(at(path, value), signed=path.startswith("run.")))]
        told = ("adapterstilts.json", "bottleneck-mnli", "adapter.safetensors", "./x")
        yield Case(f"facts {name} by {words[0]}", words, changed, told, ends, stdin=LINE)
    for path in ("run.task", "run.control", "run.rows.revision", "backbone.id", "training.machine", "labels.0"):
        for words in (SHOW, (*SHOW, "--json"), PREDICT):
            changed = [*ADAPTER, (FACTS, json_by(at_any(path, ESCAPES), signed=path.startswith("run.")))]
            yield Case(f"facts {path} with escapes by {' '.join(words)}", words, changed, ("",), EITHER, stdin=LINE)
    for setting, value in (
        *(("rank", value) for value in (0, -1, 10**9, "8", 8.5, None, [8], 2**70)),
        *(("alpha", value) for value in ("x", float("nan"), None, [1])),
        ("dropout", 7),
    ):
        changed = [*LORA, (FACTS, json_by(at(f"settings.{setting}", value)))]
        told = ("adapterstilts.json", "lora-mnli", "adapter.safetensors")
        yield Case(f"facts of a LoRA {setting}={shown(value)}", EXPORT, changed, told)
    for path, value in (
        *(("training.train_seconds", value) for value in ("x", None, [], 10**400, -1, {})),
        *(("training.trainable_parameters", value) for value in ("x", None, 1.5, 10**400)),
        *(("training.history", value) for value in ("x", 5, [5], [{"step": "x"}], [{}], {})),
        *(("training.versions", value) for value in ("x", 5, [], {"torch": 5}, {"torch": ESCAPES})),
        *(("training.best_validation_score", value) for value in ("x", [], 10**400)),
        ("training.machine", ESCAPES),
        ("training.machine", 5),
        ("scores", {"en": {}}),
        ("scores", {"en": {"other": 1.0}}),
        ("scores", {ESCAPES: {"accuracy": 1.0}}),
        ("labels", []),
    ):
        words = ("publish", "./x", "--to", "me", "--dry-run")
        changed = [*ADAPTER, (FACTS, json_by(at(path, value)))]
        told = ("adapterstilts.json", "bottleneck-mnli", "./x")
        yield Case(f"facts {path}={shown(value)} by publish", words, changed, told, EITHER)
    # in the folder that every verb looks through
    there = [(f"{OUT}/x", copied("bottleneck-mnli"))]
    for state in ("cut", "deep lists", "null", "a folder", "a link to itself", "UTF-16", "an unreadable device"):
        damaged = [*there, (f"{OUT}/x/adapterstilts.json", NO_JSON[state])]
        for words in (("zoo",), ("zoo", "--json"), ("predict", "mnli"), ("compare", "mnli")):
            ends = NOTED if words[0] == "zoo" else FINE
            yield Case(f"facts at hand {state} by {' '.join(words)}", words, damaged, (f"{OUT}/x",), ends, stdin=LINE)
    for path, value in (("scores", {"en": {"accuracy": 10**400}}), ("run.control", "x"), ("run", 5), ("labels", 5)):
        damaged = [*there, (f"{OUT}/x/adapterstilts.json", json_by(at(path, value), signed=True))]
        yield Case(f"facts at hand {path}={shown(value)} by zoo", ("zoo",), damaged, (f"{OUT}/x",), NOTED)
    for path in ("run.task", "backbone.id", "run.rows.source", "run.settings.placement"):
        damaged = [*there, (f"{OUT}/x/adapterstilts.json", json_by(at(path, ESCAPES), signed=True))]
        yield Case(f"facts at hand {path} with escapes by zoo", ("zoo",), damaged, ("",), EITHER)
        yield Case(f"facts at hand {path} with escapes by zoo --json", ("zoo", "--json"), damaged, ("",), EITHER)
    card = f"---\nlicense: {ESCAPES.split()[0]}\n---\n# {ESCAPES}\n".encode()
    for words in (("zoo",), ("zoo", "--json"), ("zoo", "show", f"{OUT}/x")):
        yield Case(f"card with escapes by {' '.join(words)}", words, [*there, (f"{OUT}/x/README.md", card)], ends=FINE)
    for state in ("a folder", "UTF-16", "a link to itself", "an unreadable device"):
        files = [*there, (f"{OUT}/x/README.md", UNREADABLE[state])]
        yield Case(f"card {state}", ("zoo",), files, (f"{OUT}/x",), EITHER)


def at_any(path: str, value: Any) -> Callable[[Any], None]:
    """As `at`, where a step may be the number of a list's item."""
    if not path.rsplit(".", 1)[1].isdigit():
        return at(path, value)
    way, last = path.rsplit(".", 1)
    return lambda root: root[way].__setitem__(int(last), value)


# ---------------------------------------------------------------- weights

TENSOR = "adapter.encoder.layer.0"


def safetensors_by(change: Callable[[dict[str, Any]], None]) -> Change:
    """The tensors with what `change` does to them by name."""

    def apply(path: Path) -> None:
        from safetensors.torch import load_file, save_file

        tensors = load_file(path)
        change(tensors)
        path.unlink()
        save_file(tensors, path)

    return apply


def header_by(change: Callable[[dict[str, Any]], Any]) -> Change:
    """The file with another header; the bytes behind it stay."""

    def apply(path: Path) -> None:
        raw = path.read_bytes()
        (size,) = struct.unpack("<Q", raw[:8])
        header = json.loads(raw[8 : 8 + size])
        changed = change(header)
        text = json.dumps(header if changed is None else changed).encode()
        path.write_bytes(struct.pack("<Q", len(text)) + text + raw[8 + size :])

    return apply


def _first(tensors: Mapping[str, Any]) -> str:
    return min(name for name in tensors if name != "__metadata__")


def _each(change: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
    def apply(tensors: dict[str, Any]) -> None:
        name = _first(tensors)
        tensors[name] = change(tensors[name])

    return apply


def _poked(number: float) -> Callable[[Any], Any]:
    def poke(tensor: Any) -> Any:
        tensor = tensor.clone()
        tensor.view(-1)[0] = number
        return tensor

    return poke


def _types(name: str) -> Callable[[Any], Any]:
    import torch

    return lambda tensor: tensor.to(getattr(torch, name))


WEIGHTS: Mapping[str, Change] = {
    "empty": UNREADABLE["empty"],
    "cut in the tensors": UNREADABLE["cut"],
    "cut in the header": bytes_by(lambda raw: raw[:20]),
    "seven bytes": bytes_by(lambda raw: raw[:7]),
    "zeros": UNREADABLE["zeros"],
    "text": bytes_by(lambda raw: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n"),
    "a web page": bytes_by(lambda raw: b"<!DOCTYPE html><html>" + b"x" * 9000),
    "a pickle": bytes_by(lambda raw: b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94"),
    "a folder": as_folder,
    "a link to itself": as_loop,
    "a link to nothing": as_dangling,
    "an unreadable device": as_device,
    "a header of 2^63 bytes": bytes_by(lambda raw: struct.pack("<Q", 1 << 63) + raw[8:]),
    "a header that is no JSON": bytes_by(lambda raw: struct.pack("<Q", 16) + b"{" * 16 + raw[24:]),
    "a header that is a list": header_by(lambda header: []),
    "a header that is deep": bytes_by(lambda raw: struct.pack("<Q", 9000) + b"[" * 9000),
    "offsets outside": header_by(lambda header: header[_first(header)].update(data_offsets=[0, 1 << 40])),
    "offsets backwards": header_by(lambda header: header[_first(header)].update(data_offsets=[8, 0])),
    "negative shape": header_by(lambda header: header[_first(header)].update(shape=[-1, -1])),
    "shape of 2^62": header_by(lambda header: header[_first(header)].update(shape=[1 << 31, 1 << 31])),
    "unknown dtype": header_by(lambda header: header[_first(header)].update(dtype="F7")),
    "dtype of half the size": header_by(lambda header: header[_first(header)].update(dtype="F16")),
}
TENSORS: Mapping[str, Change] = {
    "not a number": safetensors_by(_each(_poked(float("nan")))),
    "infinite": safetensors_by(_each(_poked(float("inf")))),
    "minus infinite": safetensors_by(_each(_poked(float("-inf")))),
    "whole numbers": safetensors_by(_each(lambda tensor: _types("int32")(tensor))),
    "bytes": safetensors_by(_each(lambda tensor: _types("uint8")(tensor))),
    "truth values": safetensors_by(_each(lambda tensor: _types("bool")(tensor))),
    "transposed": safetensors_by(_each(lambda tensor: tensor.reshape(-1, 1).contiguous())),
    "a scalar": safetensors_by(_each(lambda tensor: tensor.reshape(-1)[0].clone())),
    "nothing in a tensor": safetensors_by(_each(lambda tensor: tensor.reshape(-1)[:0].clone())),
    "a tensor missing": safetensors_by(lambda tensors: tensors.pop(_first(tensors)) is None or None),
    "no tensors": safetensors_by(lambda tensors: tensors.clear()),
    "a tensor too many": safetensors_by(lambda tensors: tensors.update(other=next(iter(tensors.values())).clone())),
    "a name with escapes": safetensors_by(
        lambda tensors: tensors.update({f"adapter.{ESCAPES}": next(iter(tensors.values())).clone()})
    ),
    "a name of 5000 letters": safetensors_by(
        lambda tensors: tensors.update({f"adapter.{LONG}": next(iter(tensors.values())).clone()})
    ),
}


def resigned(path: Path) -> None:
    """The facts beside changed weights name the weights' own sha256."""
    import hashlib

    with suppress(OSError):
        digest = hashlib.sha256((path.parent / "adapter.safetensors").read_bytes()).hexdigest()
        facts = json.loads(path.read_bytes())
        path.write_text(json.dumps({**facts, "sha256": digest}))


def _weights() -> Iterator[Case]:
    told = ("adapter.safetensors", "bottleneck-mnli", "lora-mnli")
    verbs = (PREDICT, EXPORT, CONTINUE)
    for number, (state, change) in enumerate({**WEIGHTS, **TENSORS}.items()):
        for name, base in (("bottleneck", ADAPTER), ("LoRA", LORA)):
            words = verbs[(number + len(name)) % len(verbs)]
            files = [*base, ("x/adapter.safetensors", change), (FACTS, resigned)]
            yield Case(f"weights of a {name} {state} by {words[0]}", words, files, told, stdin=LINE)
    for state in ("cut in the tensors", "empty", "a folder", "not a number"):
        change = {**WEIGHTS, **TENSORS}[state]
        yield Case(
            f"weights unsigned {state}", PREDICT, [*ADAPTER, ("x/adapter.safetensors", change)], told, stdin=LINE
        )
    yield Case("weights missing", PREDICT, [*ADAPTER, ("x/adapter.safetensors", removed)], told, stdin=LINE)
    for state in ("not a number", "infinite", "whole numbers"):
        files = [(f"{OUT}/x", copied("lora-mnli")), (f"{OUT}/x/adapter.safetensors", TENSORS[state])]
        files += [(f"{OUT}/x/adapterstilts.json", resigned)]
        yield Case(f"weights {state} by merge", ("merge", "x", "lora-mnli", "--method", "lora"), files, told)
        yield Case(f"weights {state} by evaluate", ("evaluate", "x", *MEASURE[2:]), files, told)
        yield Case(f"weights {state} by predict --json", ("predict", "x", "--json"), files, told, stdin=LINE)


# ---------------------------------------------------------------- results

RESULT = f"{OUT}/results/x.json"
RESULTS = [(RESULT, lambda path: shutil.copy(bases / "result.json", path) and None)]
_RESULT_OF = {"format": "", "id": "", "run": "", "adapter": "t", "scores": "o", "examples": "o"}
_RESULT_OF |= {
    "trainable_parameters": "mi",
    "train_seconds": "mi",
    "layer0": "mno",
    "facts": "mo",
    "declarations": "ml",
}
_RESULT_EXTRAS: Sequence[tuple[str, Any]] = (
    *(("scores.de", value) for value in (5, None, [], "x", {"accuracy": "x"}, {"accuracy": None}, {"accuracy": []})),
    *(("scores.de.accuracy", value) for value in (10**400, float("nan"), float("inf"), True)),
    ("scores.de", {"other": 5.0}),
    ("examples", {"de": "x"}),
    ("examples", {"de": 1.5}),
    ("examples", {"de": None}),
    ("examples.de", 10**400),
    ("trainable_parameters", 10**400),
    ("trainable_parameters", 1.5),
    ("train_seconds", 10**400),
    ("train_seconds", float("nan")),
    ("layer0", {"de": {"accuracy": "x"}}),
    ("layer0", {"de": 5}),
    ("run.task", "unheard_of"),
    ("run.evaluation.target", "unheard_of"),
    ("run.evaluation.target", "squad"),
    ("run.evaluation.target", None),
    ("run.evaluation.rows", None),
    ("run.evaluation.settings", {"max_length": -5}),
    ("run.evaluation.settings", {"test_examples": "x"}),
    ("run.evaluation.settings", [1]),
    ("run.control", "x"),
    ("run.settings.max_steps", "x"),
    ("run.settings", {"learning_rate": {"x": [1]}}),
    ("declarations", [{"name": "own"}]),
)
_RESULT_EITHER = (
    "id=",
    "adapter=",
    "facts",
    "trainable_parameters",
    "train_seconds=",
    "run.settings",
    "run.task",
    "examples",
)
_RESULT_EITHER = (*_RESULT_EITHER, "run.seed", "run.rows")


def _results() -> Iterator[Case]:
    yield from of_json("result", RESULT, RESULTS, ("compare", "pawsx"), ends=NOTED, told=("x.json",))
    run_of = {f"run.{path}": may for path, may in _RUN_OF.items()}
    wrong = [*by_kind(_RESULT_OF, _may), *by_kind(run_of, _may), *_RESULT_EXTRAS]
    verbs = (("compare", "pawsx"), ("compare", "--json"), ("compare", "--summary"), ("zoo", "show", "mnli"))
    for number, (path, value) in enumerate(wrong):
        name = f"{path}={shown(value)}"
        words = verbs[number % len(verbs)]
        ends = FINE if name.startswith(_RESULT_EITHER) else NOTED
        files = [*RESULTS, (RESULT, json_by(at(path, value), signed=path.startswith("run.")))]
        yield Case(f"result {name} by {' '.join(words)}", words, files, ("x.json",), ends)
    for path in ("adapter", "run.rows.revision", "run.rows.source", "run.evaluation.rows.source", "facts.machine"):
        files = [*RESULTS, (RESULT, json_by(at(path, ESCAPES), signed=path.startswith("run.")))]
        for words in (("compare", "pawsx"), ("compare", "pawsx", "--json"), ("compare", "--format", "markdown")):
            yield Case(f"result {path} with escapes by {' '.join(words)}", words, files, ends=FINE)
    for path in ("run.settings.batch_size", "run.evaluation.settings.max_length"):
        files = [*RESULTS, (RESULT, json_by(at(path, ESCAPES), signed=True))]
        yield Case(f"result {path} with escapes by compare", ("compare", "pawsx"), files, ends=FINE)
    files = [*RESULTS, (RESULT, json_by(lambda result: result.update(scores={ESCAPES: {"accuracy": 1.0}})))]
    yield Case("result of a language with escapes by compare", ("compare", "pawsx"), files, ends=FINE)
    yield Case("results is a file", ("compare", "pawsx"), [(f"{OUT}/results", b"x")], ends=EITHER)
    # before anything is trained
    fuse = ("fuse", "mnli", "squad", "--target", "pawsx", "--language", "de", *TINY)
    for state in ("cut", "deep lists", "a folder"):
        yield Case(f"result {state} by fuse", fuse, [*RESULTS, (RESULT, NO_JSON[state])], ("x.json",), NOTED)
    own = f"{OUT}/results/OWN.json"
    for state in ("cut", "null", "deep lists", "UTF-16", "a folder"):
        files = [(own, named_by_run("mnli", b"{}", NO_JSON[state]))]
        words = ("train", "mnli", *TINY)
        yield Case(f"own result {state} by train", words, files, ("results",))


def named_by_run(task: str, content: bytes, change: Change) -> Change:
    """The file that the tiny training of `task` would leave its result in."""

    def apply(path: Path) -> None:
        from adapterstilts.exchange.at_hand import AtHand
        from adapterstilts.runs import asked, results, words

        settings = {"max_steps": 1, "train_examples": 4, "validation_examples": 4, "test_examples": 4}
        run = asked.training(AtHand(Path("nowhere")), task, "bottleneck", settings=settings)
        own = results.path_of(run, words.name_of(run.adapter), path.parent.parent)
        own.write_bytes(b'{"format":2,"run":{},"scores":{}}')
        change(own)

    return apply


# ---------------------------------------------------------------- an interrupted training

RESUME = ("train", "mnli", "--language", "en", "--resume", "--output", "w")
RESUME += ("-o", "max_steps=3", "-o", "evaluate_every=1", "-o", "train_examples=4", "-o", "validation_examples=4")
RESUME += ("-o", "test_examples=4", "-o", "batch_size=2")
CHECKPOINT = [("w", copied("interrupted"))]
_STATES: Sequence[tuple[str, Any]] = (
    *((path, value) for path in ("step", "tokens", "best_step", "without_gain") for value in (-1, "x", None, 1.5, [])),
    *(("step", value) for value in (10**9, 2, 10**400, MISSING)),
    *(("seconds", value) for value in ("x", None, float("nan"), -1, 10**400)),
    *(("best_score", value) for value in ("x", [], float("nan"))),
    *(("finished", value) for value in ("x", True, None, 1)),
    *(("run", value) for value in (None, [], {}, "x", MISSING)),
    *(("history", value) for value in (None, 5, [5], [{}], "x", {})),
    *(("computed", value) for value in (None, [], "x", {"x": []})),
    *(("format", value) for value in (None, 4, "x", 10**400)),
    *(("sha256", value) for value in (None, 5, "x")),
    ("unheard_of", 1),
)


def _in(folder: str, name: str, change: Change) -> tuple[str, Change]:
    """A change of the one file of this name below `folder`."""

    def apply(path: Path) -> None:
        (own,) = (each for each in path.rglob(name))
        change(own)

    return folder, apply


def _checkpoints() -> Iterator[Case]:
    told = ("checkpoint",)
    for state, change in NO_JSON.items():
        yield Case(f"checkpoint's state {state}", RESUME, [*CHECKPOINT, _in("w", "state.json", change)], told)
    for path, value in _STATES:
        whole = path if path in ("format", "sha256", "unheard_of") else f"position.{path}"
        files = [*CHECKPOINT, _in("w", "state.json", json_by(at(whole, value)))]
        yield Case(f"checkpoint's state {path}={shown(value)}", RESUME, files, told)
    for state, change in {**WEIGHTS, **TENSORS}.items():
        if state in ("a folder", "a link to itself", "not a number", "a tensor missing", "whole numbers", "no tensors"):
            files = [*CHECKPOINT, _in("w", "state.safetensors", change), _in("w", "state.json", _restated)]
            yield Case(f"checkpoint's tensors {state}", RESUME, files, told)
    for state in ("cut in the tensors", "empty", "zeros"):
        files = [*CHECKPOINT, _in("w", "state.safetensors", WEIGHTS[state])]
        yield Case(f"checkpoint's tensors unsigned {state}", RESUME, files, told)
    yield Case("checkpoint without tensors", RESUME, [*CHECKPOINT, _in("w", "state.safetensors", removed)], told)
    yield Case("checkpoint without a state", RESUME, [*CHECKPOINT, _in("w", "state.json", removed)], told)


def _restated(path: Path) -> None:
    import hashlib

    with suppress(OSError):
        digest = hashlib.sha256((path.parent / "state.safetensors").read_bytes()).hexdigest()
        path.write_text(json.dumps({**json.loads(path.read_bytes()), "sha256": digest}))


# ---------------------------------------------------------------- what others saved, for import

IMPORT_PEFT = (
    "import",
    "./p",
    "--task",
    "mnli",
    "--labels",
    "contradiction,entailment,neutral",
    "--backbone",
    "pocket",
)
IMPORT_ADAPTERS = ("import", "./p", "--task", "mnli", "--backbone", "pocket")
_PEFT_EXTRAS: Sequence[tuple[str, Any]] = (
    *(("r", value) for value in (0, -1, "8", None, 10**9, 8.5, [], MISSING, 10**400, True)),
    *(("lora_alpha", value) for value in ("x", None, float("nan"), [], 10**400)),
    *(("lora_dropout", value) for value in ("x", 2, -1)),
    *(("target_modules", value) for value in (None, [], 5, "(" * 50, [5], ["unheard_of"], {}, ESCAPES, "(a+)+$")),
    *(("peft_type", value) for value in ("IA3", "unheard_of", None, 5, ESCAPES, MISSING, LONG)),
    *(("modules_to_save", value) for value in (5, [5], "classifier", ["unheard_of"])),
    *(("bias", value) for value in ("all", 5)),
    ("rank_pattern", {"query": 4}),
    ("rank_pattern", 5),
    ("alpha_pattern", {"(": 4}),
    ("use_dora", True),
    ("use_rslora", "x"),
    ("layers_to_transform", "x"),
    ("task_type", 5),
    ("base_model_name_or_path", 5),
    ("auto_mapping", {"base_model_class": "os.system", "parent_library": "os"}),
    ("unheard_of", {"a": 1}),
    (ESCAPES, 1),
)
_PEFT_EITHER = ("task_type", "base_model_name", "auto_mapping", "lora_dropout", "modules_to_save", "use_rslora", "bias")
_PEFT_EITHER = (*_PEFT_EITHER, "layers_to_transform", "rank_pattern=5", "target_modules", "r=MISSING", "alpha_pattern")
_ADAPTERS_EXTRAS: Sequence[tuple[str, Any]] = (
    *(("name", value) for value in (None, 5, "", "(", "../x", ESCAPES, LONG, [], MISSING)),
    *(("config", value) for value in (None, 5, "pfeiffer", [], {}, MISSING, nested(50))),
    *(("config.reduction_factor", value) for value in (0, -1, 1e-6, "2", None, {"1": 2}, [], 1e308, 10**400)),
    *(("config.non_linearity", value) for value in ("unheard_of", 5, None, "swish", ESCAPES, [])),
    *(("config.dropout", value) for value in ("x", 7, None)),
    *(("config.mh_adapter", value) for value in ("x", None, True)),
    *(("config.scaling", value) for value in ("learned", "x", None, 2)),
    *(("config.ln_before", value) for value in (True, "x")),
    ("config.architecture", "unheard_of"),
    ("config.architecture", "prefix_tuning"),
    ("config.architecture", 5),
    ("config.unheard_of", 5),
    ("config.phm_layer", True),
    ("config.leave_out", [0, 1]),
    ("config.leave_out", "x"),
    ("hidden_size", 7),
    ("hidden_size", "x"),
    ("model_type", 5),
    ("version", []),
)
_ADAPTERS_EITHER = ("hidden_size", "model_type", "version", "config.unheard_of", "config.mh_adapter", "config.scaling")
_ADAPTERS_EITHER = (
    *_ADAPTERS_EITHER,
    "config.dropout",
    "config.non_linearity=null",
    'config.non_linearity="swish"',
    "config.ln_before",
    "config.leave_out",
    "config.architecture",
)
_HEADS: Sequence[tuple[str, Any]] = (
    *(("config", value) for value in (None, 5, [], {})),
    *(("config.head_type", value) for value in (None, 5, "unheard_of", "tagging", ESCAPES)),
    *(("config.layers", value) for value in (0, -1, "x", 10**9, None, 1)),
    *(("config.num_labels", value) for value in (0, "x", 10**9, None)),
    *(("config.label2id", value) for value in (None, 5, [], {"a": "x"}, {"a": 0}, {5: 0}, {ESCAPES: 0}, {LONG: 1})),
    *(("config.activation_function", value) for value in ("unheard_of", 5, None)),
    *(("config.bias", value) for value in (False, "x")),
    ("config.unheard_of", 1),
)


def _imports() -> Iterator[Case]:
    for kind, base, words, extras, either in (
        ("peft", "for-peft", IMPORT_PEFT, _PEFT_EXTRAS, _PEFT_EITHER),
        ("adapters", "for-adapters", IMPORT_ADAPTERS, _ADAPTERS_EXTRAS, _ADAPTERS_EITHER),
    ):
        files = [("p", copied(base))]
        told = ("adapter_config.json", "./p", "p ", "p/", "configuration", "The LoRA", "adapter")
        yield from of_json(f"{kind} config", "p/adapter_config.json", files, words, told=("adapter_config.json", "p"))
        for path, value in extras:
            name = f"{path}={shown(value)}"
            ends = EITHER if name.startswith(either) else REFUSED
            changed = [*files, ("p/adapter_config.json", json_by(at(path, value)))]
            yield Case(f"{kind} config {name[:60]!a}", words, changed, told, ends)
        weights = "adapter_model.safetensors" if kind == "peft" else "adapter.safetensors"
        for state, change in {**WEIGHTS, **TENSORS}.items():
            yield Case(
                f"{kind} weights {state}", words, [*files, (f"p/{weights}", change)], (weights, "adapter", "LoRA")
            )
        yield Case(f"{kind} weights missing", words, [*files, (f"p/{weights}", removed)], (weights,))
    files = [("p", copied("for-adapters"))]
    yield from of_json("head config", "p/head_config.json", files, IMPORT_ADAPTERS, told=("head",), ends=EITHER)
    for path, value in _HEADS:
        changed = [*files, ("p/head_config.json", json_by(at(path, value)))]
        yield Case(f"head config {path}={shown(value)!a}", IMPORT_ADAPTERS, changed, ("head", "labels"), EITHER)
    for state in (
        "cut in the tensors",
        "a header of 2^63 bytes",
        "a folder",
        "not a number",
        "whole numbers",
        "a scalar",
    ):
        change = {**WEIGHTS, **TENSORS}[state]
        changed = [*files, ("p/model_head.safetensors", change)]
        yield Case(
            f"head weights {state}", IMPORT_ADAPTERS, changed, ("head",), EITHER if state == "a folder" else REFUSED
        )
    pickled = [("p", copied("for-peft")), ("p/adapter_model.safetensors", removed)]
    for state, raw in (
        ("that runs code", b"cos\nsystem\n(S'touch owned'\ntR."),
        ("that is cut", b"\x80\x02}q\x00("),
        ("that is a zip of nothing", b"PK\x05\x06" + bytes(18)),
        ("that is text", b"hello\n"),
        ("that is empty", b""),
    ):
        for more in ((), ("--convert",)):
            changed = [*pickled, ("p/adapter_model.bin", raw)]
            yield Case(f"pickle {state} {' '.join(more)}", (*IMPORT_PEFT, *more), changed, ("adapter_model.bin",))
    for labels in ("", ",", "a", "a,a,a", "contradiction,entailment,other", ESCAPES, LONG, "a," * 2000):
        words = ("import", "./p", "--task", "mnli", "--backbone", "pocket", "--labels", labels)
        yield Case(f"import with labels {labels[:20]!a}", words, [("p", copied("for-peft"))], ("label",))
    for name in ("", "..", "../../x", "a/b", "mnli", "none", "results", "-x", LONG, ESCAPES, "a\udcffb", "é", ".x"):
        words = (*IMPORT_PEFT, "--name", name)
        told = ("name", "exists", name[:40])
        yield Case(
            f"import called {name[:20]!a}",
            words,
            [("p", copied("for-peft"))],
            told,
            EITHER if name in ("é", "") else REFUSED,
        )
    for place in (
        "nowhere",
        "~nosuchuser/x",
        LONG,
        "",
        ESCAPES,
        "a/b/c/d",
        "/",
        ".",
        "x\udcffy",
        "https://huggingface.co/a/b",
    ):
        yield Case(f"import from {place[:30]!a}", ("import", place), (), (printed(place),))
    yield Case("import from a file", ("import", "p"), [("p", b"x")], ("p",))


def printed(text: str) -> str:
    """What a message says of a word: its beginning, and of what is no letter nothing."""
    beginning = text.split("\x1b")[-1][:12].split("\0")[0]
    return beginning if beginning.isprintable() else ""


# ---------------------------------------------------------------- backbones

DATA = [("d/multinli_1.0_train.jsonl", b""), ("d/multinli_1.0_dev_matched.jsonl", b"")]
NLI_LINE = b'{"premise":"He left.","hypothesis":"She stayed.","label":"neutral"}\n'
OF_BACKBONE = [(f"d/{name}", NLI_LINE * 4) for name in ("mnli.train.jsonl", "mnli.dev.jsonl", "mnli.test.jsonl")]
TRAIN_ON = ("train", "mnli", "--backbone", "./bb", "--data", "d", "-o", "max_steps=1")
ENCODE_BY = ("data", "mnli", "--backbone", "./bb", "--data", "d")
_CONFIGS: Sequence[tuple[str, Any]] = (
    *(("model_type", value) for value in (None, 5, "unheard_of", "gpt2", "t5", "xmod", [], ESCAPES, LONG, MISSING)),
    *(("num_attention_heads", value) for value in (0, -1, 3, "x", None, MISSING)),
    *(("hidden_size", value) for value in (0, -1, 64, "x", None, 10**9)),
    *(("num_hidden_layers", value) for value in (0, -1, 7, "x", None)),
    *(("vocab_size", value) for value in (0, 5, "x", None, 10**10)),
    *(("max_position_embeddings", value) for value in (0, 5, "x", None)),
    *(("hidden_act", value) for value in ("unheard_of", 5, None)),
    *(("layer_norm_eps", value) for value in ("x", None)),
    *(("pad_token_id", value) for value in (-7, 10**6, "x")),
    *(("type_vocab_size", value) for value in (0, "x", None)),
    *(("hidden_dropout_prob", value) for value in (7, "x")),
    ("is_decoder", True),
    ("is_encoder_decoder", True),
    ("auto_map", {"AutoConfig": "evil.Config", "AutoModel": "evil.Model"}),
    ("quantization_config", {"quant_method": "unheard_of"}),
    ("dtype", "unheard_of"),
    ("architectures", 5),
    ("id2label", 5),
)
_CONFIG_EITHER = ("auto_map", "dtype", "architectures", "pad_token_id=1000000", "layer_norm_eps", "hidden_act=null")
_CONFIG_EITHER = (
    *_CONFIG_EITHER,
    "num_attention_heads=missing",
    "type_vocab_size",
    "id2label",
    "quantization",
    "is_dec",
)
_TOKENIZERS: Sequence[tuple[str, Any]] = (
    *(("model", value) for value in (None, 5, {}, [], {"type": "unheard_of"}, {"type": "BPE"})),
    *(("added_tokens", value) for value in (None, 5, [5], [{}])),
    *(("version", value) for value in (None, "9.9")),
    *(("post_processor", value) for value in (5, {"type": "unheard_of"})),
    *(("pre_tokenizer", value) for value in (5, {"type": "unheard_of"})),
    *(("normalizer", value) for value in (5, {"type": "Replace", "pattern": {"Regex": "("}, "content": ""})),
    ("truncation", "x"),
    ("model.unk_id", 10**9),
    ("model.vocab", []),
    ("model.vocab", 5),
)
_TOKENIZER_CONFIGS: Sequence[tuple[str, Any]] = (
    *(("tokenizer_class", value) for value in (5, "unheard_of", "GPT2Tokenizer", "BertJapaneseTokenizer", ESCAPES)),
    *(("pad_token", value) for value in (5, None, [], {"x": 1})),
    *(("model_max_length", value) for value in ("x", -5, None, 0)),
    *(("added_tokens_decoder", value) for value in (5, {"x": 5}, {"x": {"content": "y"}}, [])),
    *(("extra_special_tokens", value) for value in (5, [5])),
    ("auto_map", {"AutoTokenizer": ["evil.Tokenizer", None]}),
    ("cls_token", "<nowhere>"),
)


def _backbones() -> Iterator[Case]:
    base = [("bb", copied("backbone")), *OF_BACKBONE]
    told = ("./bb", "bb/")
    for name, words, faults in (
        ("config.json", TRAIN_ON, NO_JSON),
        ("tokenizer.json", ENCODE_BY, NO_JSON),
        ("tokenizer_config.json", ENCODE_BY, NO_JSON),
        ("special_tokens_map.json", ENCODE_BY, NO_JSON),
        ("model.safetensors", TRAIN_ON, {**WEIGHTS, **TENSORS}),
    ):
        either = ("an empty object", "a raw escape in a key", "a link to nothing", "a tensor too many")
        either = (*either, "a name with escapes", "a name of 5000 letters", "transposed")
        for state, change in faults.items():
            spare = name.startswith(("special", "tokenizer_c"))
            ends = EITHER if spare or state in either else REFUSED
            yield Case(f"backbone's {name} {state}", words, [*base, (f"bb/{name}", change)], told, ends)
    for path, value in _CONFIGS:
        name = f"{path}={shown(value)}"
        ends = EITHER if name.startswith(_CONFIG_EITHER) else REFUSED
        yield Case(f"backbone {name!a}", TRAIN_ON, [*base, ("bb/config.json", json_by(at(path, value)))], told, ends)
    for path, value in _TOKENIZERS:
        files = [*base, ("bb/tokenizer.json", json_by(at(path, value)))]
        ends = EITHER if path in ("version", "truncation") or shown(value) in ("null", "5") else REFUSED
        yield Case(f"tokenizer {path}={shown(value)!a}", ENCODE_BY, files, told, ends)
    for path, value in _TOKENIZER_CONFIGS:
        files = [*base, ("bb/tokenizer_config.json", json_by(at(path, value)))]
        yield Case(f"tokenizer's config {path}={shown(value)!a}", ENCODE_BY, files, told, EITHER)
    for name in ("config.json", "model.safetensors"):
        yield Case(f"backbone without {name}", TRAIN_ON, [*base, (f"bb/{name}", removed)], told)
    yield Case("backbone without a tokenizer", ENCODE_BY, [*base, *((f"bb/{n}", removed) for n in TOKENIZER)], told)
    pieces = [*base, ("bb/tokenizer.json", removed), ("bb/tokenizer_config.json", json_by(plain_xlmr))]
    for state, raw in (
        ("empty", b""),
        ("zeros", bytes(999)),
        ("text", b"hello\n"),
        ("a field of 2^60 bytes", b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x0f"),
        ("no pieces", b"\x12\x00"),
        ("a piece that is no text", b"\x0a\x08\x0a\x02\xff\xfe\x15\x00\x00\x00"),
    ):
        yield Case(f"sentencepiece model {state}", ENCODE_BY, [*pieces, ("bb/sentencepiece.bpe.model", raw)], told)
    yield Case("sentencepiece model a folder", ENCODE_BY, [*pieces, ("bb/sentencepiece.bpe.model", as_folder)], told)
    yield Case("backbone is a file", TRAIN_ON, [("bb", b"x"), *OF_BACKBONE], told)
    yield Case("backbone is an empty folder", TRAIN_ON, [("bb", as_folder), *OF_BACKBONE], told)
    files = [("bb", copied("for-peft")), *OF_BACKBONE]
    yield Case("backbone is an adapter of peft", TRAIN_ON, files, told)
    index = {"metadata": {}, "weight_map": {"x": "../../etc/passwd"}}
    files = [*base, ("bb/model.safetensors", removed), ("bb/model.safetensors.index.json", json.dumps(index).encode())]
    yield Case("backbone's index leads elsewhere", TRAIN_ON, files, told)
    for state in ("null", "a list", "deep lists", "cut", "UTF-16"):
        files = [*base, ("bb/model.safetensors", removed), ("bb/model.safetensors.index.json", b'{"weight_map":{}}')]
        files += [("bb/model.safetensors.index.json", NO_JSON[state])]
        yield Case(f"backbone's index {state}", TRAIN_ON, files, told)


TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")


def plain_xlmr(config: dict[str, Any]) -> dict[str, Any]:
    return {"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 128}


# ---------------------------------------------------------------- rows of --data

_SQUAD = {"version": "1.1", "data": [{"title": "t", "paragraphs": [{"context": "Ann met Ben.", "qas": []}]}]}
_SQUAD["data"][0]["paragraphs"][0]["qas"] = [
    {"id": "q1", "question": "Who?", "answers": [{"text": "Ann", "answer_start": 0}]}
]
_CSQA = {
    "id": "1",
    "answerKey": "A",
    "question": {
        "stem": "Why?",
        "choices": [{"label": letter, "text": f"for {letter}"} for letter in "ABCDE"],
    },
}
_SWAG = {"ind": 1, "ctx_a": "He ran.", "ctx_b": "He", "endings": ["fell", "sat", "ate", "slept"], "label": 1}
_COSMOS = b"id,context,question,answer0,answer1,answer2,answer3,label\n1,It rained.,Why?,a,b,c,d,1\n"
_MNLI_TSV = b"index\tgenre\tsentence1\tsentence2\tgold_label\n0\tfiction\tHe left.\tShe stayed.\tneutral\n"
_QQP = b"id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n0\t1\t2\tHow?\tWhy?\t1\n"


def _line(value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"


ROWS: Mapping[str, tuple[str, str, str, Mapping[str, bytes]]] = {
    # kind: task, language, the file that is spoilt, sound files
    "MNLI JSONL": ("mnli", "en", "mnli.train.jsonl", {"mnli.train.jsonl": NLI_LINE}),
    "MNLI TSV": ("mnli", "en", "MNLI/train.tsv", {"MNLI/train.tsv": _MNLI_TSV}),
    "QQP": ("qqp", "en", "QQP/train.tsv", {"QQP/train.tsv": _QQP}),
    "SQuAD": ("squad", "en", "train-v1.1.json", {"train-v1.1.json": _line(_SQUAD)}),
    "XNLI": ("xnli", "de", "xnli/test-de.tsv", {"xnli/test-de.tsv": b"Er ging.\tSie blieb.\tneutral\n"}),
    "PAWS-X": ("pawsx", "de", "pawsx/test-de.tsv", {"pawsx/test-de.tsv": b"Er ging.\tSie blieb.\t0\n"}),
    "PAWS-X release": (
        "pawsx",
        "de",
        "x-final/de/test_2k.tsv",
        {"x-final/de/test_2k.tsv": b"id\tsentence1\tsentence2\tlabel\n1\tEr ging.\tSie blieb.\t0\n"},
    ),
    "UDPOS": ("udpos", "de", "udpos/test-de.tsv", {"udpos/test-de.tsv": b"Er\tPRON\nging\tVERB\n\n"}),
    "CoNLL-U": (
        "udpos",
        "de",
        "conllu/de_gsd-ud-test.conllu",
        {"conllu/de_gsd-ud-test.conllu": b"# text = Er\n1\tEr\ter\tPRON\t_\t_\t0\troot\t_\t_\n\n"},
    ),
    "PANX": ("panx", "de", "panx/test-de.tsv", {"panx/test-de.tsv": b"Ann\tB-PER\nging\tO\n\n"}),
    "WikiANN": ("panx", "de", "panx/de/test", {"panx/de/test": b"de:Ann\tB-PER\nde:ging\tO\n\n"}),
    "BUCC": (
        "bucc2018",
        "de",
        "bucc2018/de-en.test.de",
        {
            "bucc2018/de-en.test.de": b"de-1\tEr ging.\nde-2\tSie blieb.\n",
            "bucc2018/de-en.test.en": b"en-1\tHe left.\nen-2\tShe stayed.\n",
            "bucc2018/de-en.test.gold": b"de-1\ten-1\n",
        },
    ),
    "Tatoeba": (
        "tatoeba",
        "de",
        "tatoeba/tatoeba.deu-eng.deu",
        {"tatoeba/tatoeba.deu-eng.deu": b"Er ging.\n", "tatoeba/tatoeba.deu-eng.eng": b"He left.\n"},
    ),
    "CCG": ("ccg", "en", "ccg/ccg.train", {"ccg/ccg.train": b"He left .\tNP S\\NP .\n"}),
    "CosmosQA": ("cosmosqa", "en", "cosmosqa.train.csv", {"cosmosqa.train.csv": _COSMOS}),
    "HellaSwag": ("hellaswag", "en", "hellaswag_train.jsonl", {"hellaswag_train.jsonl": _line(_SWAG)}),
    "CSQA": ("csqa", "en", "train_rand_split.jsonl", {"train_rand_split.jsonl": _line(_CSQA)}),
    "XQuAD": ("xquad", "de", "xquad/xquad.de.json", {"xquad/xquad.de.json": _line(_SQUAD)}),
    "TyDiQA": (
        "tydiqa",
        "ko",
        "tydiqa-goldp-v1.1-dev/tydiqa.goldp.ko.dev.json",
        {"tydiqa-goldp-v1.1-dev/tydiqa.goldp.ko.dev.json": _line(_SQUAD)},
    ),
}
_JSON_ROWS = ("SQuAD", "XQuAD", "TyDiQA")
_JSONL_ROWS = ("MNLI JSONL", "HellaSwag", "CSQA")
_TABLES = ("MNLI TSV", "QQP", "PAWS-X release", "CosmosQA")


def within(text: bytes) -> Change:
    """The file with `text` in place of one letter of its last line."""

    def change(raw: bytes) -> bytes:
        letter = next(each for each in (b"e", b"n", b"A") if each in raw.rsplit(b"\n", 2)[-2] or each == b"A")
        head, _, tail = raw.rpartition(letter)
        return head + text + tail

    return bytes_by(change)


TEXT_FAULTS: Mapping[str, tuple[Change, str]] = {
    "empty": (UNREADABLE["empty"], REFUSED),
    "blank": (UNREADABLE["blank"], REFUSED),
    "only a BOM": (UNREADABLE["only a BOM"], REFUSED),
    "UTF-16": (UNREADABLE["UTF-16"], REFUSED),
    "UTF-16 without a BOM": (bytes_by(lambda raw: raw.decode().encode("utf-16-le")), REFUSED),
    "Latin-1": (within(b"\xe9"), REFUSED),
    "a cut letter": (bytes_by(lambda raw: raw.rstrip() + "é".encode()[:1]), REFUSED),
    "a surrogate in UTF-8": (within(b"\xed\xa0\xbd"), REFUSED),
    "zeros": (UNREADABLE["zeros"], REFUSED),
    "gzip": (UNREADABLE["gzip"], REFUSED),
    "a web page": (bytes_by(lambda raw: b"<!DOCTYPE html>\n<html>\n<body>404</body>\n</html>\n"), REFUSED),
    "an LFS pointer": (bytes_by(lambda raw: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"), REFUSED),
    "a folder": (as_folder, REFUSED),
    "a link to itself": (as_loop, REFUSED),
    "a link to nothing": (as_dangling, REFUSED),
    "an unreadable device": (as_device, REFUSED),
    "a BOM": (bytes_by(lambda raw: b"\xef\xbb\xbf" + raw), FINE),
    "CR LF": (bytes_by(lambda raw: raw.replace(b"\n", b"\r\n")), FINE),
    "CR alone": (bytes_by(lambda raw: raw.replace(b"\n", b"\r")), EITHER),
    "a zero byte": (within(b"\0"), EITHER),
    "escapes": (within(ESCAPES.encode()), EITHER),
    "a last line cut": (bytes_by(lambda raw: raw + raw[: len(raw.splitlines()[-1]) // 2]), EITHER),
}
# where nearly any line is a row: a sentence, or a token without its tag
_PLAIN_LINES = ("Tatoeba", "UDPOS", "PANX", "WikiANN")


def _data_case(kind: str, state: str, change: Change | bytes, ends: str) -> Case:
    task, language, name, sound = ROWS[kind]
    files = [*((f"d/{path}", raw) for path, raw in sound.items()), (f"d/{name}", change)]
    words = ("data", task, "--data", "d", "--language", language)
    # of what is no file it is told what the folder lacks, of BUCC's it may be the gold that does not fit; of a row
    # that is well formed, but longer than can be read at a time, its id, which no longer knows the file
    told = (Path(name).name, "d has not all", "de-en.test.gold", "characters, but at most 500,000")
    return Case(f"rows of {kind} {state}", words, files, told, ends)


_BAD_ROWS: Mapping[str, Mapping[str, bytes]] = {
    "MNLI JSONL": {
        "a list": b"[1,2]\n",
        "a number for a text": b'{"premise":5,"hypothesis":"x","label":"neutral"}\n',
        "null for a text": b'{"premise":null,"hypothesis":"x","label":"neutral"}\n',
        "no hypothesis": b'{"premise":"x","label":"neutral"}\n',
        "unknown label": b'{"premise":"x","hypothesis":"x","label":"maybe"}\n',
        "label 7": b'{"premise":"x","hypothesis":"x","label":7}\n',
        "label -7": b'{"premise":"x","hypothesis":"x","label":-7}\n',
        "label 1.5": b'{"premise":"x","hypothesis":"x","label":1.5}\n',
        "label true": b'{"premise":"x","hypothesis":"x","label":true}\n',
        "label a list": b'{"premise":"x","hypothesis":"x","label":["neutral"]}\n',
        "label an object": b'{"premise":"x","hypothesis":"x","label":{}}\n',
        "label NaN": b'{"premise":"x","hypothesis":"x","label":NaN}\n',
        "label of 5000 letters": b'{"premise":"x","hypothesis":"x","label":"' + b"n" * 5000 + b'"}\n',
        "label with escapes": b'{"premise":"x","hypothesis":"x","label":"\\u001b]0;x\\u0007"}\n',
        "label of 5000 digits": b'{"premise":"x","hypothesis":"x","label":' + b"9" * 5000 + b"}\n",
        "deep": b'{"premise":' + b"[" * DEEP + b"\n",
        "some labelled": NLI_LINE + b'{"premise":"x","hypothesis":"x"}\n',
        "cut": NLI_LINE + NLI_LINE[:30],
        "two on a line": NLI_LINE.strip() * 2 + b"\n",
        "lone surrogate": b'{"premise":"\\ud83d","hypothesis":"x","label":"neutral"}\n',
    },
    "MNLI TSV": {
        "no header": b"0\tfiction\tHe left.\tShe stayed.\tneutral\n",
        "other header": b"index\tgenre\ta\tb\tc\n0\tf\tx\ty\tneutral\n",
        "unknown label": _MNLI_TSV.replace(b"neutral", b"maybe"),
        "ragged": _MNLI_TSV + b"1\tfiction\tHe left.\n",
        "too many": _MNLI_TSV + b"1\tfiction\tHe left.\tShe stayed.\tneutral\tmore\n",
        "commas": _MNLI_TSV.replace(b"\t", b","),
        "header alone": _MNLI_TSV.splitlines()[0] + b"\n",
    },
    "QQP": {
        "no header": _QQP.splitlines()[1] + b"\n",
        "unknown label": _QQP.replace(b"\t1\n", b"\tyes\n"),
        "label 2": _QQP.replace(b"\t1\n", b"\t2\n"),
        "too many": _QQP + b"0\t1\t2\tHow?\tWhy?\t1\t9\n",
        "header alone": _QQP.splitlines()[0] + b"\n",
        "commas": _QQP.replace(b"\t", b","),
    },
    "PAWS-X": {
        "unknown label": b"a\tb\t2\n",
        "one column": b"a\n",
        "four columns": b"a\tb\t0\t9\n",
        "some labelled": b"a\tb\t0\na\tb\n",
        "a header": b"sentence1\tsentence2\tlabel\na\tb\t0\n",
        "label with escapes": b"a\tb\t\x1b]0;x\x07\n",
        "label of 5000 letters": b"a\tb\t" + b"n" * 5000 + b"\n",
    },
    "XNLI": {"unknown label": b"a\tb\tmaybe\n", "one column": b"a\n", "commas": b"a,b,neutral\n"},
    "PAWS-X release": {
        "no header": b"1\ta\tb\t0\n",
        "ragged": b"id\tsentence1\tsentence2\tlabel\n1\ta\n",
        "unknown label": b"id\tsentence1\tsentence2\tlabel\n1\ta\tb\t9\n",
        "header alone": b"id\tsentence1\tsentence2\tlabel\n",
    },
    "UDPOS": {
        "unknown tag": b"Er\tPRON\nging\tWORD\n\n",
        "three columns": b"Er\tPRON\t9\n\n",
        "some tagged": b"Er\tPRON\nging\n\n",
        "tag with escapes": b"Er\t\x1b]0;x\x07\n\n",
        "tag of 5000 letters": b"Er\t" + b"n" * 5000 + b"\n\n",
        "spaces for tabs": b"Er PRON\nging VERB\n\n",
    },
    "CoNLL-U": {
        "nine columns": b"1\tEr\ter\tPRON\t_\t_\t0\troot\t_\n\n",
        "unknown tag": b"1\tEr\ter\tWORD\t_\t_\t0\troot\t_\t_\n\n",
        "no number": b"x\tEr\ter\tPRON\t_\t_\t0\troot\t_\t_\n\n",
        "a range that ends before it begins": b"3-1\tEr\t_\t_\t_\t_\t_\t_\t_\t_\n\n",
        "a number of 5000 digits": b"9" * 5000 + b"\tEr\ter\tPRON\t_\t_\t0\troot\t_\t_\n\n",
        "comments alone": b"# text = Er\n\n",
    },
    "PANX": {
        "unknown tag": b"Ann\tB-MISC\n\n",
        "some tagged": b"Ann\tB-PER\nging\n\n",
        "three columns": b"a\tO\tO\n\n",
    },
    "WikiANN": {"no language": b"Ann\tB-PER\n\n", "unknown tag": b"de:Ann\tB-MISC\n\n"},
    "BUCC": {
        "no id": b"Er ging.\n",
        "an id twice": b"de-1\tEr ging.\nde-1\tSie blieb.\n",
        "three columns": b"de-1\tEr\tging.\n",
        "gold of nobody": b"de-7\tEr ging.\n",
    },
    "Tatoeba": {"a line too many": b"Er ging.\nSie blieb.\n"},
    "CCG": {
        "a tag missing": b"He left .\tNP S\\NP\n",
        "no tags": b"He left .\n\nHe left .\tNP S\\NP .\n",
        "three columns": b"He\tNP\t9\n",
        "tag of 5000 letters": b"He left .\tNP S\\NP " + b"n" * 5000 + b" x\n",
    },
    "CosmosQA": {
        "no header": _COSMOS.splitlines()[1] + b"\n",
        "other header": _COSMOS.replace(b"answer0", b"a"),
        "label 4": _COSMOS.replace(b",1\n", b",4\n"),
        "label -1": _COSMOS.replace(b",1\n", b",-1\n"),
        "label x": _COSMOS.replace(b",1\n", b",x\n"),
        "label of 5000 digits": _COSMOS.replace(b",1\n", b"," + b"9" * 5000 + b"\n"),
        "an open quote": _COSMOS.replace(b"It rained.", b'"It rained.'),
        "a quote in the middle": _COSMOS.replace(b"It rained.", b'"It" rained.'),
        "ragged": _COSMOS + b"2,It rained.,Why?\n",
        "too many": _COSMOS + b"2,It rained.,Why?,a,b,c,d,1,9\n",
        "an id twice": _COSMOS + _COSMOS.splitlines()[1] + b"\n",
        "header alone": _COSMOS.splitlines()[0] + b"\n",
        "tabs": _COSMOS.replace(b",", b"\t"),
        "a field of 200000 letters": _COSMOS.replace(b"rained", b"n" * 200_000),
    },
    "HellaSwag": {
        f"{path}={shown(value)}": _line({**_SWAG, path: value})
        for path, value in (
            *(("endings", each) for each in (None, 5, [], [5], "abcd", ["a"] * 5000, {}, [None] * 4)),
            *(("label", each) for each in (4, -1, "x", [], {}, 10**400, 1.5, True, float("nan"))),
            *(("ctx_a", each) for each in (None, 5, [])),
            *(("ctx_b", each) for each in (5, [])),
        )
    },
    "CSQA": {
        f"{path}={shown(value)}": _line({**_CSQA, path: value})
        for path, value in (
            *(("question", each) for each in (None, 5, "x", [], {}, {"stem": 5, "choices": []}, {"stem": "x"})),
            *(("answerKey", each) for each in ("F", 5, [], {}, "AB", True)),
            *(("id", each) for each in ([], {})),
            ("question", {"stem": "x", "choices": 5}),
            ("question", {"stem": "x", "choices": [5, 6]}),
            ("question", {"stem": "x", "choices": [{"label": "A"}, {"text": "x"}]}),
            ("question", {"stem": "x", "choices": [{"label": "A", "text": "x"}, {"label": "A", "text": "y"}]}),
            ("question", {"stem": "x", "choices": [{"label": [], "text": "x"}]}),
        )
    },
}
_SQUAD_ROWS: Sequence[tuple[str, Any]] = (
    ("data", None),
    ("data", 5),
    ("data", {}),
    ("data", []),
    ("data", [5]),
    ("data", [{}]),
    ("data", [{"paragraphs": 5}]),
    ("data", [{"paragraphs": [5]}]),
    ("data", [{"paragraphs": [{}]}]),
    ("data", [{"paragraphs": [{"context": "x", "qas": 5}]}]),
    ("data", [{"paragraphs": [{"context": 5, "qas": []}]}]),
    ("data", [{"paragraphs": [{"context": "x", "qas": [5]}]}]),
    ("data", [{"paragraphs": [{"context": "x", "qas": [{}]}]}]),
    *(
        ("answers", each)
        for each in (
            5,
            "x",
            {},
            [5],
            [{}],
            [{"text": "Ann"}],
            [{"text": 5, "answer_start": 0}],
            [{"text": "Ann", "answer_start": "x"}],
            [{"text": "Ann", "answer_start": -1}],
            [{"text": "Ann", "answer_start": 10**400}],
            [{"text": "Ann", "answer_start": 1.5}],
            [{"text": "Ann", "answer_start": None}],
            [{"text": "Zoe", "answer_start": 0}],
            [{"text": "", "answer_start": 0}],
        )
    ),
    *(("id", each) for each in (None, [], {}, MISSING)),
    *(("question", each) for each in (None, 5, MISSING)),
    ("is_impossible", "x"),
)
_SQUAD_EITHER = ("answers={}", 'answers=[{"text": "", "', "id=", "is_impossible")


def _squad_with(path: str, value: Any) -> bytes:
    content = deepcopy(_SQUAD)
    if path == "data":
        content["data"] = value
    else:
        at(path, value)(content["data"][0]["paragraphs"][0]["qas"][0])
    return _line(content)


def _rows() -> Iterator[Case]:
    for kind in ROWS:
        for state, (change, ends) in TEXT_FAULTS.items():
            if kind in _PLAIN_LINES and state in ("gzip", "a web page", "an LFS pointer", "zeros"):
                ends = EITHER
            if state == "UTF-16 without a BOM" and kind in _PLAIN_LINES:
                ends = EITHER
            yield _data_case(kind, state, change, ends)
        if kind in _JSON_ROWS:
            for state in (each for each in NO_JSON if each not in UNREADABLE):
                yield _data_case(kind, state, NO_JSON[state], REFUSED)
    for kind, rows in _BAD_ROWS.items():
        for state, raw in rows.items():
            either = ("lone surrogate", "a header", "a field of 200000 letters", "gold of nobody", "ctx_b=", "too many")
            either = (*either, "label true", "label=1.5", "label=true", "id=", "comments alone", "spaces for tabs")
            either = (*either, "header alone", "label 1.5", "answerKey=true", 'endings=["a"')
            yield _data_case(kind, f"with {state}", raw, EITHER if state.startswith(either) else REFUSED)
    for number, (path, value) in enumerate(_SQUAD_ROWS):
        name = f"{path}={shown(value)} ({number})"
        kind = _JSON_ROWS[number % 3]
        yield _data_case(
            kind, f"with {name}", _squad_with(path, value), EITHER if name.startswith(_SQUAD_EITHER) else REFUSED
        )
    for kind in (*_JSON_ROWS, *_JSONL_ROWS):
        for name, text in (
            ("a lone surrogate", b"\\ud83d"),
            ("an escape of NUL", b"\\u0000"),
            ("escapes", b"\\u001b[31m"),
        ):
            raw = ROWS[kind][3][ROWS[kind][2]]
            spoilt = raw.replace(b"Who?", text).replace(b"Why?", text).replace(b"He", text)
            for more in ((), ("--json",)):
                case = _data_case(kind, f"with {name} {' '.join(more)}", spoilt, EITHER)
                yield Case(case.name, (*case.words, *more), case.files, case.told, case.ends)
    gold = [*ROWS["BUCC"][3].items()]
    for state, raw in (("of nobody", b"de-9\ten-9\n"), ("of one column", b"de-1\n"), ("in UTF-16", b"\xff\xfed\0\n\0")):
        files = [*((f"d/{path}", each) for path, each in gold), ("d/bucc2018/de-en.test.gold", raw)]
        words = ("data", "bucc2018", "--data", "d", "--language", "de")
        yield Case(f"rows of BUCC gold {state}", words, files, ("de-en.test.gold",))
    tags = [("d/ccg/ccg.train", ROWS["CCG"][3]["ccg/ccg.train"])]
    for state in ("cut", "null", "a list", "a number", "deep lists", "UTF-16", "a folder", "an unreadable device"):
        files = [*tags, ("d/ccg/tags_to_id.json", b'{"NP":0}'), ("d/ccg/tags_to_id.json", NO_JSON[state])]
        ends = EITHER if state in ("a folder", "a list") else REFUSED
        yield Case(f"rows of CCG tags {state}", ("data", "ccg", "--data", "d"), files, ("tags_to_id.json",), ends)
    for place in ("", "nowhere", LONG, ESCAPES, "~nosuchuser/x", "a\udcffb", "/dev/null", "hub ", "x.json"):
        yield Case(f"--data {place[:20]!a}", ("data", "mnli", "--data", place), (), (printed(place), "--data"))
        words = ("train", "mnli", "--data", place, "--language", "en", *TINY)
        yield Case(f"train --data {place[:20]!a}", words, (), (printed(place), "--data"))
    yield Case("--data a file", ("data", "mnli", "--data", "f"), [("f", b"x")], ("f",))
    yield Case("--data a loop", ("data", "mnli", "--data", "f"), [("f", as_loop)], ("f",))
    huge = b"word " * 1_000_000
    for kind, raw in (("XNLI", huge + b"\tb\tneutral\n"), ("UDPOS", huge + b"\tX\n\n"), ("Tatoeba", huge + b"\n")):
        yield _data_case(kind, "with 5 MB in a line (slow)", raw, EITHER)
    for kind, raw in (("CCG", huge.strip() + b"\t" + b"NP " * 999_999 + b"NP\n"),):
        yield _data_case(kind, "with 5 MB in a line (slow)", raw, EITHER)
    context = deepcopy(_SQUAD)
    context["data"][0]["paragraphs"][0]["context"] = "Ann " * 1_250_000
    yield _data_case("SQuAD", "with 5 MB in a line (slow)", _line(context), EITHER)


# ---------------------------------------------------------------- predict

_LINES: Mapping[str, Mapping[str, tuple[bytes, str]]] = {
    "mnli": {
        "Latin-1": ("Er geht\tür\n".encode("latin-1"), REFUSED),
        "UTF-16": ("a\tb\n".encode("utf-16"), REFUSED),
        "a cut letter": (b"a\tb" + b"\xc3", REFUSED),
        "a surrogate in UTF-8": (b"a\t\xed\xa0\xbd\n", REFUSED),
        "one column": (b"a\n", REFUSED),
        "three columns": (b"a\tb\tc\n", REFUSED),
        "a lone surrogate": (b'{"sentence1":"\\ud83d","sentence2":"b"}\n', EITHER),
        "no sentence2": (b'{"sentence1":"a"}\n', REFUSED),
        "a number": (b'{"sentence1":5,"sentence2":"b"}\n', REFUSED),
        "null": (b'{"sentence1":null,"sentence2":"b"}\n', REFUSED),
        "a list": (b'{"sentence1":["a"],"sentence2":"b"}\n', REFUSED),
        "cut": (b'{"sentence1":"a"\n', REFUSED),
        "deep": (b'{"sentence1":' + b"[" * DEEP + b"\n", REFUSED),
        "an unknown key": (b'{"sentence1":"a","sentence2":"b","zz":NaN,"id":1e999}\n', EITHER),
        "a whole number of 5000 digits": (b'{"sentence1":"a","sentence2":"b","id":' + b"9" * 5000 + b"}\n", EITHER),
        "a key of 5000 letters": (b'{"' + b"n" * 5000 + b'":1}\n', REFUSED),
        "escapes in a key": (b'{"\\u001b]0;x\\u0007":1}\n', REFUSED),
        "a zero byte": (b"a\0\tb\n", EITHER),
        "escapes": (f"{ESCAPES}\t{ESCAPES}\n".encode(), EITHER),
        "a BOM": (b"\xef\xbb\xbfa\tb\n", FINE),
        "nothing": (b"", EITHER),
        "blank lines": (b"\n\n \n", EITHER),
        "empty columns": (b"\t\n\tb\n", EITHER),
        "CR alone": (b"a\tb\rc\td\r", EITHER),
    },
    "squad": {
        "Latin-1": (b"Who?\tAn\xfc met Ben.\n", REFUSED),
        "one column": (b"Who?\n", REFUSED),
        "a lone surrogate": (b'{"question":"Who?","context":"Ann \\ud83d met \\udc00"}\n', EITHER),
        "a control letter": (b'{"question":"Who?","context":"\\u0010sufficient"}\n', EITHER),
        "escapes": (f"Who?\t{ESCAPES} Ann {ESCAPES}\n".encode(), EITHER),
        "nothing visible": ("Who?\t\u200b\ufeff\u200e\n".encode(), EITHER),
        "a context that is a list": (b'{"question":"Who?","context":["Ann"]}\n', REFUSED),
        "an empty context": (b'{"question":"Who?","context":""}\n', REFUSED),
        "combining letters": ("Who?\tA" + "\u0301" * 3000 + "\n").encode()
        and (("Who?\tA" + "\u0301" * 3000 + "\n").encode(), EITHER),
    },
    "ccg": {
        "Latin-1": (b"An\xfc ging\n", REFUSED),
        "a lone surrogate": (b'{"tokens":["\\ud83d","b"]}\n', EITHER),
        "tokens that are a text": (b'{"tokens":"a b"}\n', REFUSED),
        "no tokens": (b'{"tokens":[]}\n', REFUSED),
        "a number": (b'{"tokens":[1]}\n', REFUSED),
        "null": (b'{"tokens":[null]}\n', REFUSED),
        "lists": (b'{"tokens":[["a"]]}\n', REFUSED),
        "an empty token": (b'{"tokens":["","a"]}\n', EITHER),
        "escapes": (f"{ESCAPES} ging\n".encode(), EITHER),
        "escapes in JSON": (b'{"tokens":["\\u001b]0;x\\u0007","b\\nc"]}\n', EITHER),
    },
    "csqa": {
        "Latin-1": (b"An\xfc\tWhy?\ta\tb\n", REFUSED),
        "no choices": (b"c\tq\n", REFUSED),
        "a lone surrogate": (b'{"context":"c","question":"q","choices":["\\ud83d","b"]}\n', EITHER),
        "choices that are a text": (b'{"context":"c","question":"q","choices":"ab"}\n', REFUSED),
        "no choice in JSON": (b'{"context":"c","question":"q","choices":[]}\n', REFUSED),
        "a number": (b'{"context":"c","question":"q","choices":[1,2]}\n', REFUSED),
        "a choice alone": (b'{"context":"c","question":"q","choices":["a"]}\n', EITHER),
        "300 choices": (b"c\tq" + b"\ta" * 300 + b"\n", EITHER),
        "escapes": (f"{ESCAPES}\tq\ta\t{ESCAPES}\n".encode(), EITHER),
    },
}


def _predictions() -> Iterator[Case]:
    for task, lines in _LINES.items():
        for number, (state, (raw, ends)) in enumerate(lines.items()):
            json_or_not = (("--json",), ())
            for more in json_or_not if state in ("a lone surrogate", "escapes") else (json_or_not[number % 2],):
                told = ("ine 1", "tdin", "standard input", "line 1")
                name = f"predict {task} {state} {' '.join(more)}"
                yield Case(f"{name} by pipe", ("predict", task, *more), (), told, ends, stdin=raw)
                if number % 2 or state == "Latin-1":
                    files, told = [("lines.txt", raw)], ("lines.txt", "ine 1")
                    yield Case(f"{name} by file", ("predict", task, "lines.txt", *more), files, told, ends)
    for state in ("a folder", "a link to itself", "a link to nothing", "an unreadable device"):
        files = [("f", UNREADABLE[state])]
        yield Case(f"predict of {state}", ("predict", "mnli", "f"), files, ("f",))
        yield Case(
            f"predict nearest of {state}", ("predict", "mnli", "-", "--nearest", "f"), files, ("f",), stdin=b"a\n"
        )
    for state, raw in (("empty", b""), ("UTF-16", "a\n".encode("utf-16")), ("Latin-1", b"\xfc\n"), ("blank", b"\n")):
        words = ("predict", "mnli", "-", "--nearest", "f")
        yield Case(f"predict nearest among {state}", words, [("f", raw)], ("f", "among"), stdin=b"a\n")
    for state, raw in (("UTF-16", "a\n".encode("utf-16")), ("Latin-1", b"\xfc\n"), ("escapes", ESCAPES.encode())):
        words = ("predict", "mnli", "-", "--nearest", "f")
        ends = EITHER if state == "escapes" else REFUSED
        yield Case(f"predict nearest to {state}", words, [("f", b"Hello\nBye\n")], ("tdin", "ine 1"), ends, stdin=raw)
    words = ("predict", "mnli", "-", "--nearest", "f", "--json")
    yield Case("predict nearest escapes", words, [("f", f"{ESCAPES}\n".encode())], ends=EITHER, stdin=b"a\n")
    for text in (LONG, ESCAPES, "", "nowhere.txt", "a\udcffb", "~nosuchuser/x"):
        yield Case(f"predict of the file {text[:20]!a}", ("predict", "mnli", text), (), (printed(text), "FILE"))
    for task, raw in (
        ("mnli", b"word " * 1_000_000 + b"\tb\n"),
        ("squad", b"Who?\t" + b"Ann " * 1_250_000 + b"\n"),
        ("ccg", b"Ann " * 1_250_000 + b"\n"),
    ):
        yield Case(f"predict {task} of 5 MB in a line (slow)", ("predict", task), (), ("Row 1",), EITHER, stdin=raw)


# ---------------------------------------------------------------- a task of one's own

OWN = (
    b"type: classification\nlabels: [no, yes]\nfiles:\n  train: train.tsv\n  test: {en: test.tsv}\n"
    b"columns: {sentence1: a, label: l}\n"
)
OWN_ROWS = [(f"t/{name}.tsv", b"a\tl\nHe left.\tno\nShe stayed.\tyes\n") for name in ("train", "test")]
_OWN_TEXTS: Mapping[str, bytes] = {
    "empty": b"",
    "a list": b"- a\n- b\n",
    "a text": b"hello\n",
    "a tab": b"type:\tx\n\tlabels: 5\n",
    "UTF-16": OWN.decode().encode("utf-16"),
    "Latin-1": OWN + b"title: \xfc\n",
    "zeros": bytes(99),
    "cut": OWN[:40],
    "deep": b"a: " + b"[" * 3000,
    "a tag that runs code": b"!!python/object/apply:os.system ['touch owned']\n",
    "a tag in a value": OWN + b"title: !!python/object/apply:os.system ['touch owned']\n",
    "aliases": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (n + 1, n + 1, b",".join([b"*%c" % n] * 9)) for n in range(97, 105))
    + OWN,
    "an alias to itself": b"a: &a [*a]\n" + OWN,
    "an alias to nothing": b"a: *b\n" + OWN,
    "a date that is none": OWN + b"recipe: {max_steps: 2020-13-45}\n",
    "a merge of itself": b"<<: &a {<<: *a}\n" + OWN,
    "a key that is a list": b"[1,2]: 3\n" + OWN,
    "a key twice": OWN + b"type: tagging\n",
    "two documents": OWN + b"---\n" + OWN,
    "an escape": OWN + b"title: \x1b]0;x\x07\n",
    "an escaped escape": OWN + b'title: "\\e]0;x\\a"\n',
    "a lone surrogate": OWN + b'title: "\\ud83d"\n',
    "a key of 5000 letters": OWN + LONG.encode() + b": 1\n",
    "a value of 5000 letters": OWN + b"role: " + LONG.encode() + b"\n",
    "a key with escapes": OWN + b'"\\e]0;x\\a": 1\n',
}
_OWN_LINES: Sequence[tuple[bytes, bytes]] = (
    *((b"type: classification", b"type: " + value) for value in (b"", b"5", b"[a]", b"unheard_of", b"{a: b}")),
    *((b"labels: [no, yes]", b"labels: " + value) for value in (b"", b"no", b"[no]", b"[no, no]", b"{}", b"[[a], b]")),
    *((b"train.tsv", value) for value in (b"nowhere.tsv", b"", b"[]", b"../../../etc/passwd", b"/dev/zero.tsv")),
    *(
        (b"train.tsv", value)
        for value in (b"5", b"{de: train.tsv}", b"train.xlsx", b"~nosuchuser/x.tsv", b'"a\\0b.tsv"')
    ),
    *((b"columns: {sentence1: a, label: l}", b"columns: " + value) for value in (b"5", b"{x: y}", b"{label: [a]}")),
    (b"columns: {sentence1: a, label: l}", b"columns: {sentence1: nowhere, label: l}"),
    *((b"labels", b"metric: " + value + b"\nlabels") for value in (b"squad", b"5", b"[]")),
    *((b"labels", b"chance: " + value + b"\nlabels") for value in (b"x", b"-1", b"nan", b"inf", b"[]", b"9" * 5000)),
    *(
        (b"labels", b"name: " + value + b"\nlabels")
        for value in (b"mnli", b"none", b"../x", b"[]", LONG.encode(), b"A b")
    ),
    *(
        (b"labels", b"languages: " + value + b"\nlabels")
        for value in (b"x", b"[]", b"[English]", b"[en, en]", b"{a: b}")
    ),
    *((b"labels", b"train_on: " + value + b"\nlabels") for value in (b"nowhere", b"[]")),
    *(
        (b"labels", b"recipe: " + value + b"\nlabels")
        for value in (b"5", b"[]", b"{x: 1}", b"{max_steps: x}", b"{1: 2}")
    ),
    *(
        (b"labels", b"recipe: {" + value + b"}\nlabels")
        for value in (b"max_length: -5", b"epochs: .nan", b"patience: {}")
    ),
    *((b"labels", b"hub: " + value + b"\nlabels") for value in (b"5", b"{id: 5}", b"{}")),
)


def _own_tasks() -> Iterator[Case]:
    verbs = (("tasks",), ("data", "own"), ("train", "own", "-o", "max_steps=1"), ("tasks", "--json"))
    for number, (state, text) in enumerate(_OWN_TEXTS.items()):
        words = (*verbs[number % 4], "--task-file", "t/own.yaml")
        ends = (
            EITHER if state in ("a key twice", "two documents", "an escaped escape", "an alias to itself") else REFUSED
        )
        yield Case(f"task file {state} by {words[0]}", words, [*OWN_ROWS, ("t/own.yaml", text)], ("own.yaml",), ends)
    for state in ("a folder", "a link to itself", "a link to nothing", "an unreadable device"):
        words = ("tasks", "--task-file", "t/own.yaml")
        yield Case(f"task file {state}", words, [*OWN_ROWS, ("t/own.yaml", UNREADABLE[state])], ("own.yaml",))
    for old, new in _OWN_LINES:
        assert old in OWN
        files = [*OWN_ROWS, ("t/own.yaml", OWN.replace(old, new, 1))]
        words = ("data", "own", "--task-file", "t/own.yaml")
        told = ("own.yaml", "train.tsv", "/dev/zero", "own")
        either = (b"train_on", b"recipe")
        ends = EITHER if new.startswith(either) or new in (b"labels: {}",) else REFUSED
        yield Case(f"task file with {new[:30].decode()!a}", words, files, told, ends)
    rows = {
        "an unknown label": b"a\tl\nx\tmaybe\n",
        "no column": b"b\tl\nx\tno\n",
        "ragged": b"a\tl\nx\n",
        "UTF-16": "a\tl\nx\tno\n".encode("utf-16"),
        "Latin-1": b"a\tl\n\xfc\tno\n",
        "empty": b"",
        "a header alone": b"a\tl\n",
        "a header twice": b"a\ta\tl\nx\ty\tno\n",
        "escapes": f"a\tl\nx\t{ESCAPES}\n".encode(),
        "a label of 5000 letters": b"a\tl\nx\t" + LONG.encode() + b"\n",
        "a field of 200000 letters": b"a\tl\n" + b"n" * 200_000 + b"\tno\n",
    }
    for state, raw in rows.items():
        files = [*OWN_ROWS, ("t/own.yaml", OWN), ("t/train.tsv", raw)]
        ends = EITHER if state in ("a field of 200000 letters", "a header twice") else REFUSED
        # a long field is sound, but its row alone leaves none to validate with, which the task file says
        told = ("train.tsv", "t/own.yaml: of the training rows too few")
        yield Case(f"own rows {state}", ("data", "own", "--task-file", "t/own.yaml"), files, told, ends)
    for suffix, texts in (
        ("json", (b"{}", b"5", b"[5]", b"[{}]", b"[" * DEEP, b'[{"a":5,"l":"no"}]', b'[{"a":"\\ud83d","l":"no"}]')),
        ("jsonl", (b"5\n", b"{}\n", b"{\n", b'{"a":[],"l":"no"}\n', b'{"a":"x","l":7}\n', b"[" * DEEP + b"\n")),
        ("csv", (b'"a', b"a,l\nx\n", b'a,l\n"x"y,no\n', b"a;l\nx;no\n", b"a,l\n\0,no\n")),
        ("parquet", (b"", b"PAR1", b"PAR1" + bytes(99) + b"PAR1", b"a,l\nx,no\n")),
    ):
        for raw in texts:
            files = [("t/own.yaml", OWN.replace(b".tsv", f".{suffix}".encode()))]
            files += [(f"t/{name}.{suffix}", raw) for name in ("train", "test")]
            told = (f"train.{suffix}", f"test.{suffix}", "own.yaml")
            ends = EITHER if b"ud83d" in raw or b"\0," in raw else REFUSED
            words = ("data", "own", "--task-file", "t/own.yaml")
            yield Case(f"own rows in {suffix} {raw[:20]!r}~{len(raw)}", words, files, told, ends)


# ---------------------------------------------------------------- submissions

XNLI = "en ar bg de el es fr hi ru sw th tr ur vi zh".split()


def _submission() -> list[tuple[str, bytes]]:
    """Right answers of XNLI and of XQuAD, and what they are compared with."""
    files = [(f"{side}/xnli/test-{code}.tsv", b"neutral\nentailment\n") for side in ("p", "r") for code in XNLI]
    for code in "en ar de el es hi ru th tr vi zh".split():
        files += [(f"p/xquad/test-{code}.json", b'{"q1": "Ann"}'), (f"r/xquad/test-{code}.json", _line(_SQUAD))]
    return files


def _submissions() -> Iterator[Case]:
    base, words = _submission(), ("score", "p", "r")
    for side in ("p", "r"):
        for state in (*UNREADABLE, "a zero byte", "unknown label", "a line too many", "escapes", "5000 letters"):
            texts = {"a zero byte": b"neu\0tral\nentailment\n", "unknown label": b"maybe\nentailment\n"}
            texts |= {"a line too many": b"neutral\n" * 3, "escapes": ESCAPES.encode() + b"\nneutral\n"}
            texts |= {"5000 letters": LONG.encode() + b"\nneutral\n"}
            change = texts.get(state) or UNREADABLE[state]
            files = [*base, (f"{side}/xnli/test-de.tsv", change)]
            yield Case(f"submission's {side}/xnli {state}", words, files, (f"{side}/xnli/test-de.tsv",))
        for state, change in NO_JSON.items():
            # as for XTREME a question without an answer is a wrong one
            ends = EITHER if (side, state) == ("p", "an empty object") else REFUSED
            files = [*base, (f"{side}/xquad/test-de.json", change)]
            yield Case(f"submission's {side}/xquad {state}", words, files, (f"{side}/xquad/test-de.json",), ends)
    for state, raw in (
        ("an answer that is a number", b'{"q1": 5}'),
        ("an answer that is null", b'{"q1": null}'),
        ("an answer that is a list", b'{"q1": ["Ann"]}'),
        ("a question too many", b'{"q1": "Ann", "q2": "Ben"}'),
        ("another question", b'{"\\u001b]0;x\\u0007": "Ann"}'),
        ("a lone surrogate", b'{"q1": "\\ud83d"}'),
        ("NaN", b'{"q1": NaN}'),
        ("a key twice", b'{"q1": "Ann", "q1": 5}'),
    ):
        ends = EITHER if state.startswith(("a lone", "a question too", "another")) else REFUSED
        yield Case(f"submission with {state}", words, [*base, ("p/xquad/test-de.json", raw)], ("test-de.json",), ends)
    for name, ours, theirs in (
        ("panx/test-de.tsv", b"B-WHO\n\n", b"B-PER\n\n"),
        ("panx/test-de.tsv", b"B-PER\nO\n\n", b"B-PER\n\n"),
        ("udpos/test-de.tsv", b"\n", b"NOUN\n"),
        ("tatoeba/test-de.tsv", b"x\n", b"0\n"),
        ("tatoeba/test-de.tsv", b"-1\n", b"0\n"),
        ("tatoeba/test-de.tsv", b"9" * 5000 + b"\n", b"0\n"),
        ("bucc2018/test-de.tsv", b"x\n", b"de-1\ten-1\n"),
        ("bucc2018/test-de.tsv", b"de-1\ten-1\tx\n", b"de-1\ten-1\n"),
    ):
        files = [(f"p/{name}", ours), (f"r/{name}", theirs)]
        yield Case(f"submission of {name} {ours[:12]!r}", words, files, (name.split("/")[0],))
    for pair in (
        ("", "r"),
        ("p", ""),
        ("nowhere", "r"),
        (LONG, "r"),
        ("p", ESCAPES),
        ("a\udcffb", "r"),
        ("~nosuchuser", "r"),
    ):
        yield Case(
            f"score of {pair[0][:9]!a} {pair[1][:9]!a}", ("score", *pair), base, (printed(pair[0]), printed(pair[1]))
        )
    yield Case("score of empty folders", words, [("p", as_folder), ("r", as_folder)], ("p", "r"))
    yield Case("score of a file", words, [("p", b"x"), ("r", as_folder)], ("p",))


# ---------------------------------------------------------------- arguments

_SETTINGS: Mapping[str, Sequence[str]] = {
    "max_steps": (
        *("2020-13-45", "2020-01-01", "1:30", "010", "0x10", "0b1", "1_000", "+1", "1e1", "1.0", "1.5", "-1", "0"),
        *("true", "yes", "~", "", " ", "[1]", "{a: 1}", '"1"', "!!int 1", "&a 1", "*a", "1 # one", "1;2", "1,2", "١٢"),
        *(
            "9" * 5000,
            "1e400",
            "nan",
            "inf",
            "NaN",
            "Infinity",
            "-Infinity",
            "[" * 100_000,
            ESCAPES,
            "\udcff",
            "a\udcffb",
        ),
        "&a [x,x,x,x,x,x,x,x,x]",
        "[&a [x,x], &b [*a,*a], &c [*b,*b], *c]",
        "!!python/object/apply:os.system [id]",
    ),
    "learning_rate": ("x", "0", "-1", "nan", "inf", "1e400", "1e-400", "[0.1]", "true", "1,5", "0.1.2", "1e", ".", "١"),
    "reduction_factor": ("0", "-1", "1e-6", "nan", "x", "1e308", "[2]", "{}"),
    "precision": ("fp8", "5", "", "[fp32]", ESCAPES, "n" * 5000),
    "placement": ("nowhere", "5", "", "[pfeiffer, houlsby]", "pfeifer"),
    "non_linearity": ("unheard_of", "__import__('os')", "5"),
    "warmup_ratio": ("2", "-1", "x"),
    "dropout": ("2", "-1", "x"),
    "max_length": ("0", "-5", "1.5", "1", "x", "100000000000"),
    "batch_size": ("0", "-1", "x", "1e3", "null"),
    "patience": ("-1", "x"),
    "train_examples": ("0", "-1", "x", "1.5"),
    "test_examples": ("0", "-1"),
    "retrieval_layer": ("-1", "x", "99", "null5"),
    "evaluate_every": ("0", "-1"),
    "threads": ("0", "-1", "x", "100000"),
    "epochs": ("0", "-1", "nan", "1e400"),
    "seed": ("5",),
    "unheard_of": ("5", ESCAPES),
    "max_step": ("5",),
}
_MAY_BE = (
    "max_steps=1e1",
    "max_steps=1.0",
    "max_steps= ",
    "learning_rate=1e-400",
    "reduction_factor=1e308",
    "threads=",
)
_MAY_BE = (*_MAY_BE, "batch_size=1e3", "max_length=1~", "max_length=1", "retrieval_layer=99")
_OTHER_TYPES = {"mnli": ("squad", "xquad", "ccg", "panx", "csqa"), "squad": ("mnli", "pawsx", "ccg", "hellaswag")}
_OTHER_TYPES |= {"ccg": ("mnli", "squad", "csqa"), "csqa": ("mnli", "tydiqa", "panx")}
"""Targets of another type than the adapter's, whose head cannot fit."""
_VERBS = "tasks data pocket zoo train continue stack fuse merge baseline evaluate compare score predict pull import"
_VERBS = f"{_VERBS} export publish"
_ARGUMENTS: Sequence[tuple[tuple[str, ...], tuple[str, ...]]] = (
    # of an empty word it is told what it follows, since nothing of it can be shown
    (("",), ('After "adapterstilts"',)),
    (("tran",), ("train",)),
    ((LONG,), ("nnnn",)),
    ((ESCAPES,), ("verb",)),
    (("--unheard-of",), ("--unheard-of",)),
    (("train",), ("TASK",)),
    (("train", ""), ('After "train"',)),
    (("train", "nosuch"), ("nosuch",)),
    (("train", LONG), ("nnnn",)),
    (("train", ESCAPES), ("task",)),
    (("train", "\udcff"), ("task",)),
    (("train", "mnli", "nosuch"), ("nosuch",)),
    (("train", "tatoeba"), ("tatoeba",)),
    (("train", "mnli", "--method", "prefix"), ("prefix",)),
    (("train", "mnli", "--method", ""), ("--method",)),
    *(
        (("train", "mnli", "--seed", seed), ("seed",))
        for seed in ("-1", "x", "1.5", "", "1e3", str(2**64), "9" * 5000, "nan")
    ),
    (("train", "mnli", "--seed", str(2**63)), ("seed",)),
    *(
        (("train", "mnli", "--language", code), ("language", code[:5]))
        for code in ("xx", "ro", "EN", "", "English", "nnnnn" * 999)
    ),
    (("train", "mnli", "--language", ESCAPES), ("language",)),
    (("train", "mnli", "--language", "\udcff"), ("language",)),
    (("train", "mnli", "--language", "en", "--language", "xx"), ("xx",)),
    *(
        (("train", "mnli", "--backbone", word), ("ackbone", word[:5]))
        for word in ("", "nowhere", "a/b/c", "--", "..", "~nosuchuser/x")
    ),
    (("train", "mnli", "--backbone", LONG), ("nnnn",)),
    (("train", "mnli", "--backbone", ESCAPES), ("ackbone",)),
    (("train", "mnli", "--backbone", "a\udcffb"), ("ackbone",)),
    (("train", "mnli", "--backbone", "x/" + "n" * 200), ("ackbone",)),
    *((("train", "mnli", "-o", word), (word[:5],)) for word in ("max_steps", "=5", " =5", "==")),
    (("train", "mnli", "-o", ""), ('After "-o"',)),
    (("train", "mnli", "-o"), ("-o",)),
    (("train", "mnli", "-o", f"{LONG}=5"), ("nnnn",)),
    (("train", "mnli", "-o", f"{ESCAPES}=5"), ("setting",)),
    (("train", "mnli", "-o", "max_steps=1", "-o", "max_steps=2"), ("max_steps",)),
    (("train", "mnli", "-o", "max_steps=1", "-o", "epochs=1"), ("epochs",)),
    (("train", "mnli", "-o", "max_steps=null"), ("max_steps",)),
    (("train", "mnli", "-o", "max_steps=1", "--output", "f"), ("f",)),
    (("train", "mnli", "-o", "max_steps=1", "--output", ""), ("output",)),
    (("train", "mnli", "-o", "max_steps=1", "--output", "f/x"), ("f",)),
    (("train", "mnli", "-o", "max_steps=1", "--output", "/proc/x"), ("/proc/x",)),
    (("train", "mnli", "-o", "max_steps=1", "--output", LONG), ("nnnn", "output")),
    (("train", "mnli", "-o", "max_steps=1", "--output", "a\udcffb"), ("output",)),
    (("train", "mnli", "--log", "nowhere"), ("nowhere",)),
    (("train", "mnli", "--task-file", "nowhere.yaml"), ("nowhere.yaml",)),
    (("train", "mnli", "--task-file", ""), ("task-file", "Is a directory", ".")),
    (("train", "mnli", "--task-file", LONG), ("nnnn",)),
    (("train", "mnli", "--task-file", "a\udcffb"), ("task-file", "a")),
    (("train", "mnli", "--resume", "--method", "none"), ("none",)),
    (("continue", "mnli"), ("--target",)),
    (("continue", "nosuch", "--target", "pawsx"), ("nosuch",)),
    (("continue", "", "--target", "pawsx"), ('After "continue"',)),
    (("continue", LONG, "--target", "pawsx"), ("nnnn",)),
    (("continue", ESCAPES, "--target", "pawsx"), ("adapter",)),
    (("continue", "a\udcffb", "--target", "pawsx"), ("a",)),
    (("continue", "~nosuchuser/x", "--target", "pawsx"), ("~nosuchuser",)),
    (("continue", "./nowhere", "--target", "pawsx"), ("nowhere",)),
    (("continue", "mnli", "--target", "nosuch"), ("nosuch",)),
    (("continue", "mnli", "--target", ""), ("task", "target")),
    (("continue", "none", "--target", "pawsx"), ("none",)),
    (("continue", "mnli", "squad", "--target", "pawsx"), ("squad",)),
    (("continue", "mnli", "--target", "tatoeba"), ("tatoeba",)),
    (("stack", "../..", "--target", "pawsx"), ("..",)),
    (("stack", ".", "--target", "pawsx"), (".",)),
    (("stack", "/", "--target", "pawsx"), ("/",)),
    (("stack", "/etc/passwd", "--target", "pawsx"), ("/etc/passwd",)),
    (("stack", "f", "--target", "pawsx"), ("f",)),
    (("stack", "./f", "--target", "pawsx"), ("f",)),
    (("fuse", "mnli", "--target", "pawsx"), ("mnli",)),
    (("fuse", "mnli", "mnli", "--target", "pawsx"), ("mnli",)),
    (("fuse", "mnli", "lora-mnli", "--target", "pawsx"), ("mnli",)),
    (("fuse", "mnli", "squad", "--target", "pawsx", "--no-fresh"), ("no-fresh",)),
    (("fuse", "mnli", "squad", "--target", "pawsx", "--control", "x"), ("control",)),
    (("fuse", "mnli", "squad", "--target", "tatoeba"), ("tatoeba",)),
    (("merge", "mnli", "--target", "tatoeba"), ("mnli",)),
    (("merge", "mnli", "squad", "--target", "pawsx"), ("pawsx",)),
    (("merge", "mnli", "squad", "--how", "ties"), ("TIES",)),
    (("merge", "mnli", "squad", "-o", "density=2"), ("density",)),
    (("merge", "mnli", "squad", "-o", "rank=x"), ("rank",)),
    (("merge", "mnli", "squad", "--head", "nosuch"), ("nosuch",)),
    (("baseline", "nosuch"), ("nosuch",)),
    (("baseline", "pawsx", "--via", "nosuch"), ("nosuch",)),
    (("baseline", "pawsx", "--via", "tatoeba"), ("tatoeba",)),
    (("baseline", "pawsx", "--via", ""), ("via", "task", "adapter")),
    (("evaluate", "none"), ("target",)),
    (("evaluate", "none", "--target", "mnli"), ("mnli",)),
    *(
        (("evaluate", adapter, "--target", target, "--language", "en", "-o", "test_examples=4"), (f"and {target} is",))
        for adapter, targets in _OTHER_TYPES.items()
        for target in targets
    ),
    (("evaluate", "mnli", "--target", "tatoeba", "--layer", "99", "--language", "de"), ("layer", "99")),
    (("evaluate", "mnli", "--target", "tatoeba", "--layer", "-1"), ("layer",)),
    (("evaluate", "mnli", "--target", "tatoeba", "--layer", "²"), ("layer", "²")),
    (("evaluate", "mnli", "--target", "tatoeba", "--layer", "9" * 5000), ("layer",)),
    (("evaluate", "mnli", "--layer", "1"), ("layer",)),
    (("evaluate", "mnli", "--target", "tatoeba", "--layer", "all", "--submission", "s"), ("layer",)),
    (("evaluate", "mnli", "--submission", "f", "--language", "en", "-o", "test_examples=4"), ("f",)),
    (("evaluate", "mnli", "-o", "learning_rate=1"), ("learning_rate",)),
    (("evaluate", "mnli", "-o", "max_length=-5"), ("max_length",)),
    (("predict",), ("ADAPTER",)),
    (("predict", "nosuch"), ("nosuch",)),
    (("predict", LONG), ("nnnn",)),
    (("predict", f"./{LONG}"), ("nnnn",)),
    (("predict", f"a/{'n' * 200}"), ("nnnn",)),
    (("predict", f"{'n' * 5000}/x"), ("nnnn",)),
    (("predict", "~nosuchuser/x"), ("~nosuchuser",)),
    (("predict", "~"), ("no adapter",)),
    (("predict", "a\udcffb"), ("a",)),
    (("predict", "./a\udcffb"), ("a",)),
    (("predict", "\udcff"), ("adapter",)),
    (("predict", ESCAPES), ("adapter",)),
    (("predict", f"./{ESCAPES}"), ("adapter",)),
    (("predict", "mnli", "--batch", "0"), ("batch",)),
    (("predict", "mnli", "--batch", "9" * 5000), ("batch",)),
    (("predict", "mnli", "--language", "xx"), ("xx",)),
    (("predict", "mnli", "--language", LONG), ("nnnn",)),
    (("predict", "mnli", "--language", "en", "f"), ("language",)),
    (("predict", "mnli", "--data", "d"), ("--data",)),
    (("predict", "mnli", "--language", "en", "--data", ""), ("data",)),
    (("predict", "mnli", "--nearest", "nowhere"), ("nowhere",)),
    (("predict", "mnli", "--backbone", "nowhere"), ("nowhere",)),
    (("predict", "-"), ("-",)),
    (("data", "mnli", "--language", "de"), ("de",)),
    (("data", "mnli", "--language", ESCAPES), ("language", "mnli")),
    (("data", "mnli", "--language", LONG), ("nnnn", "mnli")),
    (("data", "mnli", "--split", "dev"), ("dev",)),
    (("data", "xnli", "--split", "train"), ("train",)),
    (("data", "mnli", "--backbone", "nowhere", "--language", "en", "--data", "d"), ("nowhere", "folder d")),
    (("zoo", "--method", "x"), ("method",)),
    (("zoo", "show"), ("ADAPTER",)),
    (("zoo", "show", "nosuch"), ("nosuch",)),
    (("zoo", "show", "./f"), ("f",)),
    (("zoo", "show", "~nosuchuser/x"), ("~nosuchuser",)),
    (("zoo", "show", LONG), ("nnnn",)),
    (("zoo", "show", f"{'n' * 300}/{'n' * 300}"), ("nnnn",)),
    (("zoo", "show", "a/.."), ("a",)),
    (("zoo", "show", "a--b/c..d"), ("a--b",)),
    (("zoo", "--output", "a\udcffb"), ("output", "a")),
    (("compare", "nosuch"), ("nosuch",)),
    (("compare", LONG), ("nnnn",)),
    (("compare", "--output", "a\udcffb"), ("output", "a")),
    (("compare", "--output", "f"), ("f",)),
    (("pocket", "show", "--language", "xx"), ("xx",)),
    (("pocket", "show", "--language", LONG), ("nnnn",)),
    (("pocket", "show", "--language", "../en"), ("../en",)),
    (("pocket", "show", "--language", ""), ('After "--language"',)),
    (("pocket", "show", "--count", "0"), ("count",)),
    (("pocket", "show", "--seed", "-1"), ("seed",)),
    (("export", "mnli"), ("FOLDER",)),
    (("export", "mnli", "f"), ("f",)),
    (("export", "mnli", "f/x"), ("f",)),
    (("export", "mnli", ""), ("",)),
    (("export", "mnli", "a\udcffb"), ("a",)),
    (("export", "mnli", LONG), ("nnnn",)),
    (("export", "mnli", "/proc/x"), ("/proc/x",)),
    (("export", "nosuch", "out"), ("nosuch",)),
    (("export", "~nosuchuser/x", "out"), ("~nosuchuser",)),
    (("publish", "mnli"), ("--to",)),
    (("publish", "nosuch", "--to", "me", "--dry-run"), ("nosuch",)),
    (("publish", "bottleneck-mnli", "--to", "", "--dry-run"), ("--to", "/")),
    (("publish", "bottleneck-mnli", "--to", "a/b", "--dry-run"), ("a/b",)),
    (("publish", "bottleneck-mnli", "--to", LONG, "--dry-run"), ("nnnn",)),
    (("publish", "bottleneck-mnli", "--to", ESCAPES, "--dry-run"), ("",)),
    (("publish", "bottleneck-mnli", "--to", "..", "--dry-run"), ("..",)),
    (("pull",), ("ADAPTER",)),
    (("pull", ""), ("",)),
    (("pull", "a//b"), ("a//b", "a")),
    (("pull", LONG), ("nnnn",)),
    (("pull", ESCAPES), ("",)),
    (("pull", "mnli", "--from", LONG), ("nnnn",)),
    (("pull", "mnli", "--from", "a/b"), ("a/b",)),
    (("pull", "mnli", "--from", ""), ("from", "mnli")),
    (("pull", "me/x", "--revision", LONG), ("me/x",)),
    (("pull", "me/x", "--revision", "../../x"), ("me/x",)),
    (("pull", "me/x", "--revision", "a\udcffb"), ("me/x",)),
    (("pull", "me/x", "--revision", ESCAPES), ("me/x",)),
)
_MAY_WORK = ("predict mnli --language en --data", "baseline pawsx --via ''", "train mnli -o max_steps=1 --output ''")
_MAY_WORK = (*_MAY_WORK, "compare --output f", "publish bottleneck-mnli --to", "predict mnli --batch 999")
_MAY_WORK = (*_MAY_WORK, "zoo --output", "compare --output", "export mnli 'a", "train mnli -o max_steps=1 --output 'a")
_MAY_WORK = (*_MAY_WORK, "pull mnli --from ''", "data xnli --split train", "baseline pawsx --via")


def _arguments() -> Iterator[Case]:
    tiny = ("-o", "train_examples=4", "-o", "validation_examples=4", "-o", "test_examples=4", "--language", "en")
    for setting, texts in _SETTINGS.items():
        for text in texts:
            pair = f"{setting}={text}"
            words = ["train", "mnli", "-o", pair]
            if setting not in ("max_steps", "epochs"):
                words += ["-o", "max_steps=1"]
            words += [word for word in tiny if not word.startswith(f"{setting}=")]
            if setting.endswith("_examples"):
                place = words.index("-o", 6) if "-o" in words[6:] else 0
                words = [*words[:6], *(["--language", "en"] if place else [])]
            ends = EITHER if pair.startswith(_MAY_BE) else REFUSED
            yield Case(f"-o {pair[:40]!a}~{len(pair)}", words, (), (setting[:20],), ends)
    for number, (words, told) in enumerate(_ARGUMENTS):
        name = shlex.join(words)
        ends = EITHER if name.startswith(_MAY_WORK) else REFUSED
        if words[0] in ("train", "continue", "stack", "fuse", "baseline") and words[-1] != "-o":
            words = (*words, *(TINY if "-o" not in words else TINY[2:]))
        label = name if len(name) <= 70 else f"{name[:50]}~{number}"
        yield Case(f"adapterstilts {label!a}", words, [("f", b"x")], told, ends, stdin=LINE)
    for words in (("--help",), *((verb, "--help") for verb in _VERBS.split()), ("zoo", "show", "--help")):
        yield Case(f"adapterstilts {shlex.join(words)}", words, ends=FINE)
    files = [(f"{OUT}", b"a file")]
    for words in (("train", "mnli", "-o", "max_steps=1"), ("zoo",), ("compare", "pawsx"), ("merge", "mnli", "squad")):
        yield Case(f"the output folder is a file by {words[0]}", words, files, (OUT,))
    files = [(f"{OUT}/pocket-bottleneck-mnli-s0-x6a513a/mine.txt", b"x"), (f"{OUT}/.locks", b"x")]
    words = ("train", "mnli", "-o", "max_steps=1", *tiny)
    yield Case("the folder of locks is a file", words, files, (".locks",))


# ---------------------------------------------------------------- a Hub that answers wrongly

PUBLISHED = {"me/pocket-bottleneck-mnli": "bottleneck-mnli"}
PULL = ("pull", "me/pocket-bottleneck-mnli")
_ANSWERS: Mapping[str, Any] = {
    "a list": [],
    "a list of numbers": [1, 2],
    "null": None,
    "a number": 7,
    "a text": "x",
    "an empty object": {},
    "no JSON": b"<html>busy</html>",
    "nothing": b"",
    "deep lists": b"[" * DEEP,
    "Latin-1": b'{"id":"\xfc"}',
    "a number of 5000 digits": b'{"id":' + b"9" * 5000 + b"}",
    "objects of wrong types": {"id": 5, "sha": [], "siblings": "x", "tags": 5, "cardData": 7},
    "siblings of wrong types": {"id": "me/x", "sha": "0" * 40, "siblings": [5, None, {"rfilename": 5}]},
    "a sha that leads elsewhere": {"id": "me/x", "sha": "../../../x", "siblings": []},
    "a file that leads elsewhere": {"id": "me/x", "sha": "0" * 40, "siblings": [{"rfilename": "../../owned"}]},
    "escapes": {"error": ESCAPES, "id": ESCAPES, "sha": ESCAPES, "siblings": [{"rfilename": ESCAPES}]},
}
_LISTS: Mapping[str, Any] = {
    **_ANSWERS,
    "models of wrong types": [{"id": 5, "tags": 5, "cardData": 5}],
    "models that are texts": ["x"],
    "models without ids": [{"tags": ["mnli"]}],
    "models with escapes": [{"id": f"me/{ESCAPES}", "tags": ["mnli", ESCAPES], "cardData": {"license": ESCAPES}}],
    "tags of wrong types": [{"id": "me/x", "tags": [5, None, {}], "cardData": {"license": 5, "tags": 5}}],
    "results of wrong types": [{"id": "me/x", "tags": ["mnli"], "cardData": {"model-index": 5}}],
    "results of other types": [
        {"id": "me/x", "tags": ["mnli"], "cardData": {"model-index": [{"name": 5, "results": [{}]}]}}
    ],
    "a licence that is a list": [
        {"id": "me/x", "tags": ["mnli", "lora"], "cardData": {"license": ["mit", "apache-2.0"]}}
    ],
    "a name of 5000 letters": [{"id": f"me/{LONG}", "tags": []}],
}


def _hub() -> Iterator[Case]:
    for state, body in _ANSWERS.items():
        yield Case(
            f"Hub tells of an adapter {state}",
            PULL,
            (),
            ("me/pocket-bottleneck-mnli",),
            after=("zoo",),
            answers=[("/api/models/", body)],
            repositories=PUBLISHED,
        )
    for state, body in _LISTS.items():
        ends = EITHER if isinstance(body, (list, dict)) else REFUSED
        words = ("zoo", "--from", "me", *(("--json",) if len(state) % 2 else ()))
        yield Case(f"Hub lists {state}", words, (), ("me", "Hub"), ends, answers=[("/api/models?", body)])
    for state, raw in (
        *((state, NO_JSON[state]) for state in NO_JSON if not state.startswith(("a folder", "a link", "an unread"))),
        ("with a control", json_by(at("run.control", "x"), signed=True)),
        ("with a huge score", json_by(at("scores", {"en": {"accuracy": 10**400}}))),
        ("with another sha256", json_by(at("sha256", "0" * 64))),
        ("with another backbone", json_by(at("backbone.fingerprint", "0" * 64))),
        ("with labels that are a number", json_by(at("labels", 5))),
    ):
        for words in (PULL, ("predict", "me/pocket-bottleneck-mnli")):
            yield Case(
                f"Hub's facts {state} by {words[0]}",
                words,
                [("hub/bottleneck-mnli", copied("bottleneck-mnli")), ("hub/bottleneck-mnli/adapterstilts.json", raw)],
                ("bottleneck-mnli", "adapterstilts.json"),
                after=("zoo",),
                repositories=PUBLISHED,
                stdin=LINE,
            )
    for state in ("cut in the tensors", "empty", "a header of 2^63 bytes", "not a number", "whole numbers"):
        change = {**WEIGHTS, **TENSORS}[state]
        files = [
            ("hub/bottleneck-mnli", copied("bottleneck-mnli")),
            ("hub/bottleneck-mnli/adapter.safetensors", change),
        ]
        files += [("hub/bottleneck-mnli/adapterstilts.json", resigned)]
        yield Case(
            f"Hub's weights {state}",
            PULL,
            files,
            ("adapter.safetensors", "me/pocket"),
            after=("zoo",),
            repositories=PUBLISHED,
        )
    for state in ("null", "deep lists", "cut", "UTF-16"):
        files = [("hub/bottleneck-mnli", copied("bottleneck-mnli")), ("hub/bottleneck-mnli/results/x.json", b"{}")]
        files += [("hub/bottleneck-mnli/results/x.json", NO_JSON[state])]
        yield Case(
            f"Hub's result {state}", PULL, files, ends=EITHER, after=("zoo", "show", PULL[1]), repositories=PUBLISHED
        )
    for word in ("me/nosuch", "me/no--such", "me/x.", "me/x.git", f"me/{'n' * 97}", "me/é", "me/x y"):
        yield Case(f"Hub is asked for {word[:12]!a}", ("predict", word), (), (word[:8],))
        yield Case(f"Hub is asked to import {word[:12]!a}", ("import", word), (), (word[:8],))


CASES: tuple[Case, ...] = tuple(
    case
    for kind in (
        _facts,
        _weights,
        _results,
        _checkpoints,
        _imports,
        _backbones,
        _rows,
        _predictions,
        _own_tasks,
        _submissions,
        _arguments,
        _hub,
    )
    for case in kind()
)


def make_bases(folder: Path) -> None:
    """Make the sound folders that cases copy: shipped adapters, exports, a result, an interrupted training."""
    global bases
    from adapterstilts.base import places

    bases = folder
    shipped = places.zoo_folder() / "pocket"
    for name in ZOO:
        shutil.copytree(shipped / name, folder / name)
    results = {name: (shipped / "results" / f"{name}.json").read_bytes() for name in OF_ZOO}
    (folder / "results").mkdir()
    for name, raw in results.items():
        (folder / "results" / f"{name}.json").write_bytes(raw)
    (folder / "result.json").write_bytes(results[OF_ZOO[0]])


OF_ZOO = ("pocket-bottleneck-pawsx-s0-x4b0672--pawsx", "bottleneck-mnli--mnli", "lora-mnli--mnli")
"""The results that stand beside them."""


if __name__ == "__main__":
    target, text = Path(sys.argv[1]), "".join(sys.argv[2:])
    make_bases(target / "bases")
    for number, case in enumerate(CASES):
        if text in case.name:
            place = target / f"{number:04}"
            place.mkdir(parents=True)
            with suppress(FileNotFoundError):  # what only the test makes
                case.make(place)
            (place / "command").write_text(
                f"# {case.name}: {case.ends}\nadapterstilts {shlex.join(case.words)}\n",
                encoding="utf-8",
                errors="surrogateescape",
            )
    print(f"{len(CASES)} cases, {len(os.listdir(target)) - 1} of them in {target}")
