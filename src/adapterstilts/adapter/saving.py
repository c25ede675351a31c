"""An adapter as a folder: adapter.safetensors and adapterstilts.json.

Saving is all or nothing, and loading checks everything. Reading facts without weights costs no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError

from adapterstilts.adapter.facts import FACTS, WEIGHTS, Facts, read_facts, text_of
from adapterstilts.adapter.value import ADAPTER_PREFIX, HEAD_PREFIX, Adapter, check_backbone
from adapterstilts.backbones.identity import BackboneIdentity
from adapterstilts.base import digests, files, tensors
from adapterstilts.base.errors import UserError
from adapterstilts.methods.settings import check_sizes

if TYPE_CHECKING:
    from torch import Tensor

# A folder that holds anything else is somebody's, and saving does not replace it.
_OWN_FILES = {WEIGHTS, FACTS, "README.md"}


def save_adapter(adapter: Adapter, folder: Path) -> None:
    """Write `adapter` to `folder` in one step, replacing an older adapter that is there.

    Whatever happens meanwhile (a full disk, Ctrl-C, a crash), `folder` is the older adapter, the new one, or
    not there. UserError if the disk refuses, or if `folder` holds something that is no adapter.
    """
    folder = Path(folder)
    tensors.check(adapter.tensors, f'the adapter "{adapter.name}"')
    try:
        with files.whole(folder) as waiting:
            _check_replaceable(folder)
            waiting.mkdir()
            _write_files(adapter, waiting)
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            f'The adapter "{adapter.name}" could not be saved in {folder}: {reason}; '
            "make room there or choose another --output."
        ) from error


def _write_files(adapter: Adapter, folder: Path) -> None:
    _write_weights(adapter.tensors, folder / WEIGHTS)
    own = {key: value for key, value in vars(adapter).items() if key != "tensors"}
    text = text_of(Facts(**own, sha256=digests.sha256(folder / WEIGHTS)))
    (folder / FACTS).write_text(text, encoding="utf-8", newline="\n")


def _write_weights(own: Mapping[str, Tensor], path: Path) -> None:
    from safetensors.torch import save_file

    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in own.items()}
    save_file(contiguous, str(path), metadata={"format": "pt"})


def _check_replaceable(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UserError(f"{folder} is a file, so no adapter can be saved there; choose another --output.")
    foreign = sorted(entry.name for entry in folder.iterdir() if entry.name not in _OWN_FILES)
    if foreign:
        raise UserError(f"{folder} holds {foreign[0]}, which is no part of an adapter; choose another --output.")


def load_adapter(folder: Path, identity: BackboneIdentity | None = None) -> Adapter:
    """Read the adapter in `folder` and check it: format, types, sha256, and the backbone if one is given.

    UserError says, in a sentence, what is missing, damaged or does not fit.
    """
    facts = verify(folder)
    weights = Path(folder) / WEIGHTS
    read = tensors.read(weights)
    foreign = [name for name in read if not name.startswith((ADAPTER_PREFIX, HEAD_PREFIX))]
    if foreign:
        raise UserError(f"{weights} holds {foreign[0]}, which is part neither of an adapter nor of a head.")
    own = {key: value for key, value in vars(facts).items() if key != "sha256"}
    adapter = Adapter(**own, tensors=read)
    try:
        check_sizes(adapter.method, adapter.settings, adapter.adapter_tensors())
    except UserError as error:
        raise UserError(f'The adapter "{adapter.name}" in {folder} does not fit its settings. {error}') from error
    if identity is not None:
        check_backbone(adapter, identity)
    return adapter


def verify(folder: Path) -> Facts:
    """Return an adapter's facts, checked, after its weights' sha256 was found to be theirs; UserError otherwise."""
    folder = Path(folder)
    with suppress(OSError):  # a place that cannot be written cannot be mended, but may be read
        files.recover(folder)
    facts = read_facts(folder)
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise UserError(f"The adapter in {folder} has no {WEIGHTS}; save or download it again.")
    try:
        same = digests.sha256(weights) == facts.sha256
    except OSError as error:
        raise UserError(f"{weights} cannot be read: {error}; save or download the adapter again.") from error
    if not same:
        raise UserError(
            f"{weights} is not what was saved: it was cut short or changed (its sha256 is not "
            f"the one in {FACTS}); save or download the adapter again."
        )
    return facts
