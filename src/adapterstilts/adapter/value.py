"""The adapter as a value: weights, method, provenance; and its name. No torch at import."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adapterstilts.backbones.identity import BackboneIdentity
from adapterstilts.base.errors import UserError
from adapterstilts.base.names import slug
from adapterstilts.methods import Source

if TYPE_CHECKING:
    from torch import Tensor

ADAPTER_PREFIX = "adapter."
HEAD_PREFIX = "head."
_NAMED_SOURCES = 3


@dataclass(frozen=True)
class SourceInfo:
    """An adapter that another one builds on: its name, and the task that it was trained for (None for a
    merge).
    """

    name: str
    task: str | None


@dataclass(frozen=True)
class Adapter:
    """What one run trained, or one merge computed.

    `settings` are those of `Installed.settings`: with them and `tensors` the adapter is rebuilt from nothing
    but its backbone. `tensors` are 'adapter.*' (sources included) and 'head.*' (none after a merge). `labels`
    are the names of the head's classes in its order, empty if it has none. `recipe` holds every resolved
    setting of the run, `scores` language to metric to 0..100, `data_revision` what the training data was.
    """

    name: str
    method: str
    composition: str | None
    task: str | None
    sources: tuple[SourceInfo, ...]
    settings: Mapping[str, Any]
    backbone: BackboneIdentity
    labels: tuple[str, ...]
    seed: int
    tensors: Mapping[str, Tensor]
    recipe: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Any] = field(default_factory=dict)
    data_revision: str = ""

    def adapter_tensors(self) -> dict[str, Tensor]:
        """Return the tensors without the head, by the names that `Installed.load_state` takes."""
        return _part(self.tensors, ADAPTER_PREFIX)

    def head_tensors(self) -> dict[str, Tensor]:
        """Return the head's tensors, by the names in its module; empty if there is no head."""
        return _part(self.tensors, HEAD_PREFIX)

    def as_source(self) -> Source:
        """Return this adapter as something to build on."""
        return Source(self.name, self.method, self.settings, self.adapter_tensors())


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def check_backbone(adapter: Adapter, identity: BackboneIdentity) -> None:
    """Raise UserError unless `adapter` was made for the backbone with this identity, to the last weight."""
    if adapter.backbone.fingerprint != identity.fingerprint:
        same = " (the same name, but other weights)" if adapter.backbone.id == identity.id else ""
        raise UserError(
            f'The adapter "{adapter.name}" was made for the backbone "{adapter.backbone.id}" and does '
            f'not fit "{identity.id}"{same}; give the backbone that it was made for, or train it on this one.'
        )


def adapter_name(
    method: str,
    task: str | None,
    composition: str | None = None,
    sources: Sequence[SourceInfo] = (),
    *,
    backbone: str | None = None,
    seed: int | None = None,
    data: str | None = None,
) -> str:
    """Derive an adapter's name, such as 'bottleneck-pawsx--fuse-mnli-squad' or 'pocket-lora-squad-s1'.

    Sources are called by their task, or by their own name if that would be ambiguous, in alphabetical order;
    of more than three only the number and a hash remain. `backbone` (an id) and `seed` are given where the
    folder does not imply them, `data` (a source of rows) where the backbone does not.
    """
    name = "-".join(part for part in (slug((backbone or "").lower()), data, method, task) if part)
    if composition:
        name += f"--{composition}{_called(sources)}"
    return name if seed is None else f"{name}-s{seed}"


def _called(sources: Sequence[SourceInfo]) -> str:
    tasks = [source.task for source in sources]
    by_task = None not in tasks and len(set(tasks)) == len(tasks)
    words = sorted(slug(str(source.task if by_task else source.name).lower()) for source in sources)
    if len(words) > _NAMED_SOURCES:
        return f"{len(words)}-{hashlib.sha256(' '.join(words).encode()).hexdigest()[:8]}"
    return "".join(f"-{word}" for word in words)
