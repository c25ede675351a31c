"""Whose output is which: the names of a head's classes, and their order in the task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from adapterstilts.base.errors import UserError, listed
from adapterstilts.tasks import Task


def in_order(head: Mapping[str, Tensor], named: Sequence[str], task: Task) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Return a head's tensors with the outputs in the order of the task's labels, and these labels.

    `named` are the names of the outputs in the head's own order. A task whose labels come from its data (CCG) takes
    them as they are. UserError if these are not the task's labels, each once.
    """
    weight, bias = head.get("out.weight"), head.get("out.bias")
    if weight is None or bias is None or weight.ndim != 2 or bias.shape != weight.shape[:1]:
        raise UserError(f"The head's tensors are not those of a head for {task.name}.")
    count = weight.shape[0]
    if task.type not in ("classification", "tagging"):
        return dict(head), ()
    if not task.labels and len(set(named)) == count:
        return dict(head), tuple(named)
    places = {name.casefold(): place for place, name in enumerate(named)}
    wanted = [label.casefold() for label in task.labels]
    if sorted(places) != sorted(wanted) or len(named) != count:
        calls = f"calls its {count} outputs {listed(named)}" if named else f"does not name its {count} outputs"
        raise UserError(
            f"The head {calls}; {task.name} has the labels {listed(task.labels) or 'of its data'}. Name the outputs "
            "in their order: --labels A,B,..."
        )
    order = [places[label] for label in wanted]
    return {**head, **{name: head[name][order] for name in ("out.weight", "out.bias")}}, task.labels
