"""The adapter as a value: weights, and the run that made them. No torch at import."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from adapterstilts import tasks
from adapterstilts.backbones.declared import DECLARED
from adapterstilts.backbones.identity import BackboneIdentity
from adapterstilts.base.errors import UserError, listed
from adapterstilts.methods import Source
from adapterstilts.runs.run import Given, Run

if TYPE_CHECKING:
    from torch import Tensor

    from adapterstilts.adapter.facts import Facts
    from adapterstilts.tasks import Task

ADAPTER_PREFIX = "adapter."
HEAD_PREFIX = "head."


@dataclass(frozen=True)
class Adapter:
    """What one run trained, or one merge computed, or others made.

    `run` says how it was made, `Given` that it was not made here. `settings` are those of `Installed.settings`: with
    them and `tensors` the adapter is rebuilt from nothing but its backbone. `tensors` are 'adapter.*' (sources
    included) and 'head.*' (none after a merge). `labels` are the names of the head's classes in its order, empty if it
    has none or several: then `heads` has them by the heads' names. `scores` are language to metric to 0..100, on its
    own task. `training` holds what else was seen when it was made, no part of its identity: steps, tokens, seconds, the
    best validation score, versions, the sources' digests.
    """

    name: str
    run: Run | Given
    backbone: BackboneIdentity
    settings: Mapping[str, Any]
    labels: tuple[str, ...]
    tensors: Mapping[str, Tensor]
    scores: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    heads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """One of the methods, such as 'lora'."""
        return self.run.method

    @property
    def task(self) -> str | None:
        """The task that it was trained for, whose head it has; None for a merge without a head."""
        return self.run.task

    @property
    def composition(self) -> str | None:
        """The composition that its weights have."""
        return self.run.structure if isinstance(self.run, Run) else None

    @property
    def source_tasks(self) -> tuple[str | None, ...]:
        """The tasks of the sources that its weights hold, in their order; None for one that knows no task."""
        if not isinstance(self.run, Run) or self.composition is None:
            return ()
        return tuple(None if self.run.control else source.task for source in self.run.sources)

    def adapter_tensors(self) -> dict[str, Tensor]:
        """Return the tensors without the head, by the names that `Installed.load_state` takes."""
        return _part(self.tensors, ADAPTER_PREFIX)

    def head_tensors(self) -> dict[str, Tensor]:
        """Return the head's tensors, by the names in its module; empty if there is no head."""
        return _part(self.tensors, HEAD_PREFIX)

    def part_for(self, task: Task) -> Task:
        """Return which of the tasks that were learned at once has the head for `task`; UserError if none has."""
        if part := tasks.head_for(self.heads, task):
            return part
        raise UserError(
            f'The adapter "{self.name}" has heads for {listed(tuple(self.heads)) or "nothing"}, and none for '
            f"{task.name}; go on training it: continue, stack or fuse it with --target {task.name}."
        )

    def with_head_of(self, name: str) -> Adapter:
        """Return the adapter with one of its several heads alone."""
        own = f"{HEAD_PREFIX}{name}."
        kept = {
            key.replace(own, HEAD_PREFIX, 1): tensor
            for key, tensor in self.tensors.items()
            if key.startswith(own) or not key.startswith(HEAD_PREFIX)
        }
        return replace(self, tensors=kept, labels=self.heads[name], heads={})

    def as_source(self) -> Source:
        """Return this adapter as something to build on."""
        return Source(self.name, self.method, self.settings, self.adapter_tensors())


def bytes_of(adapter: Adapter) -> int:
    """Return how large an adapter's weights are."""
    return sum(tensor.numel() * tensor.element_size() for tensor in adapter.tensors.values())


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def check_backbone(
    adapter: Adapter | Facts,
    identity: BackboneIdentity,
    shape: Callable[[], str] | None = None,
    accept_other_weights: bool = False,
) -> None:
    """Raise UserError unless `adapter` was made for the backbone with this identity, to the last weight.

    Other weights may be accepted if `shape` gives the one that is declared of the backbone that it was made for.
    """
    if adapter.backbone.fingerprint == identity.fingerprint:
        return
    shapes = {declared.fingerprint: declared.shape for declared in DECLARED.values() if declared.shape}
    declared_shape = shapes.get(adapter.backbone.fingerprint)
    fits = bool(shape and declared_shape and shape() == declared_shape)
    if fits and accept_other_weights:
        return
    same = " (the same name, but other weights)" if adapter.backbone.id == identity.id else ""
    option = "--accept-other-weights"
    if accept_other_weights:
        names = ", ".join(name for name, declared in DECLARED.items() if declared.shape)
        same += f" ({option} is for adapters of {names} on weights of its shape with its tokenizer)"
    way_out = f", or say {option}, since these are other weights of its shape" if fits else ""
    raise UserError(
        f'The adapter "{adapter.name}" was made for the backbone "{adapter.backbone.id}" and does '
        f'not fit "{identity.id}"{same}; give the backbone that it was made for, or train it on this one{way_out}.'
    )


def other_weights(adapters: Iterable[Adapter], identity: BackboneIdentity) -> dict[str, Any]:
    """Return what a result says where adapters were made for other weights than this backbone's; else nothing."""
    others = {each.name: each.backbone.id for each in adapters if each.backbone.fingerprint != identity.fingerprint}
    return {"other_weights": others} if others else {}
