"""Which backbone: what people call it, what decides, and how that is known without its weights. No torch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from adapterstilts.backbones.declared import DECLARED, declaration_of
from adapterstilts.base import hub
from adapterstilts.base.digests import Memory
from adapterstilts.base.errors import UserError, did_you_mean

NO_HEAD = 64 * "0"
"""Stands for the digest of a masked-language head where a backbone has none."""


@dataclass(frozen=True)
class BackboneIdentity:
    """Which backbone: an id for people, its revision ('' if it has none), and what decides, the fingerprint.

    The fingerprint is the sha256, in hexadecimal, of the shape and of every weight.
    """

    id: str
    revision: str
    fingerprint: str


def known_identity(name: str, revision: str | None = None) -> BackboneIdentity | None:
    """Return the identity that is declared of a backbone, or remembered of its files; None if neither.

    Of an id of the Hub the commit is asked for, and without a network that in the cache is taken. UserError if what is
    shipped is gone.
    """
    declared = declaration_of(name)
    if declared.fingerprint:
        return BackboneIdentity(name, "", declared.fingerprint)
    folder = declared.folder or snapshot_of(name, revision)
    fingerprint = memory_of(folder).value
    if folder is None or fingerprint is None:
        return None
    # transformers takes a folder in the Hub's cache for the commit too
    commit = re.search(r"snapshots/([0-9a-f]{40})/", f"{folder.as_posix()}/")
    return BackboneIdentity(name, commit[1] if commit else "", fingerprint)


def memory_of(folder: Path | None) -> Memory:
    """Return the memory of the fingerprint of the weights in `folder`, which holds for their files as they are now."""
    paths: list[Path] = []
    # what peft saved leads to weights elsewhere
    if folder is not None and not (folder / "adapter_config.json").exists():
        weights = list(folder.rglob("*.safetensors*"))
        paths = [folder / "config.json", *weights] if weights else []
    # another release may call the tensors otherwise
    return Memory(f"fingerprint, transformers {version('transformers')}", paths)


def weights_of(backbone: BackboneIdentity) -> list[Path]:
    """Return the files of a backbone's weights; none where they are not on this machine and cannot be had."""
    folder = declaration_of(backbone.id).folder or snapshot_of(backbone.id, backbone.revision or None)
    return sorted(folder.glob("*.safetensors")) if folder else []


def snapshot_of(name: str, revision: str | None) -> Path | None:
    """Return the folder of an id of the Hub in its cache (None: of the newest commit), None if it cannot be had.

    UserError if it is not in the cache, and the Hub cannot be asked for it.
    """
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        with hub.quiet():
            return Path(hf_hub_download(name, "config.json", revision=revision)).parent
    except LocalEntryNotFoundError as error:
        raise UserError(
            f'The backbone "{name}" could not be loaded: it is no name and no folder here, nor in the Hub\'s cache, '
            f"and the Hub cannot be reached; check the name, or the network.{did_you_mean(name, DECLARED)}"
        ) from error
    except (OSError, ValueError):  # loading says what is wrong
        return None
