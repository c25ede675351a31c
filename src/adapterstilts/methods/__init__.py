"""Methods (what is trained) and compositions (what it builds on). Importing this costs no torch.

A method changes a headless backbone in place: `bottleneck` (the `adapters` library), `lora` (`peft`), `full`,
`head_only`. A composition says what becomes of source adapters: `continue` trains a source's own weights,
`stack` puts a fresh adapter on a frozen source, `fuse` learns how to combine frozen sources, `merge` computes
one adapter from several. The libraries' own names for what they hold are fixed: source0, source1, ... in the
order of the sources, and target.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapterstilts.methods.settings import (
    COMPOSITIONS,
    METHODS,
    check_composition,
    check_method,
    check_sizes,
    default_settings,
    resolve_settings,
)

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

    from adapterstilts.methods.installed import Installed

__all__ = [
    "COMPOSITIONS",
    "METHODS",
    "Merged",
    "Source",
    "check_composition",
    "check_method",
    "check_sizes",
    "check_sources",
    "collapse",
    "default_settings",
    "install",
    "match_parameters",
    "merge",
    "rebuild",
    "resolve_settings",
]


@dataclass(frozen=True)
class Source:
    """An adapter to build on: its name for messages, method, settings, and tensors without the head."""

    name: str
    method: str
    settings: Mapping[str, Any]
    tensors: Mapping[str, Tensor]


@dataclass(frozen=True)
class Merged:
    """One plain adapter made from several.

    `residual` is the share of the weight change that truncation lost (Frobenius norm, 0 to 1), None where
    nothing is lost.
    """

    settings: dict[str, Any]
    tensors: dict[str, Tensor]
    residual: float | None


def check_sources(method: str, composition: str | None, sources: Sequence[Source], settings: Mapping[str, Any]) -> None:
    """Raise UserError, in one sentence, if `composition` cannot use these sources; nothing is built yet."""
    from adapterstilts.methods import sources as checks

    checks.check(method, composition, sources, settings)


def install(
    backbone: PreTrainedModel,
    method: str,
    composition: str | None,
    settings: Mapping[str, Any],
    sources: Sequence[Source],
    *,
    fresh: bool = True,
) -> Installed:
    """Freeze `backbone` and put a new adapter into it, in place.

    `backbone` is a freshly loaded headless model. `settings` are those of the method; what `continue` and
    `merge` take over from their sources (placement, size, rank, alpha, target modules) overrides them.
    `fresh` False leaves a fusion of LoRAs without a LoRA of the target's own; a fusion of bottleneck adapters
    never has one. Initial values come from torch's global RNG. The bytes of the backbone's tensors stay as
    they are (except for `full`, when it is trained). Raises UserError for what does not fit.
    """
    from adapterstilts.methods import sources as checks
    from adapterstilts.methods.structure import load_sources, resolve

    checks.check(method, composition, sources, settings)
    if composition == "merge":
        merged = merge(sources)
        installed = rebuild(backbone, method, None, merged.settings)
        installed.load_state(merged.tensors)
        return installed
    plain = [checks.plain(source) for source in sources]
    installed = rebuild(backbone, method, composition, resolve(method, composition, settings, plain, fresh))
    load_sources(installed, composition, plain)
    return installed


def rebuild(backbone: PreTrainedModel, method: str, composition: str | None, settings: Mapping[str, Any]) -> Installed:
    """Put what `Installed.settings` describe into a freshly loaded backbone, for `load_state` to fill."""
    from adapterstilts.methods.structure import build

    return build(backbone, method, composition, settings)


def merge(sources: Sequence[Source], how: str = "mean", **settings: Any) -> Merged:
    """Make one plain adapter from several, without training.

    ``mean`` is exact: for LoRA the mean of the weight changes, for bottleneck the mean of what the adapters
    compute at each place. ``ties`` is for LoRA: TIES (Yadav et al. 2023, 2306.01708) on the weight changes,
    then a truncated SVD; its settings are `density` (share of each source's largest changes to keep, default
    0.2) and `rank` (default: the largest of the sources'). The tensors load into ``install(backbone, method,
    None, merged.settings, [])``.
    """
    from adapterstilts.methods import merging

    return merging.merge(sources, how, **settings)


def collapse(settings: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Turn a LoRA's settings and state, stacked or fused or plain, into those of one plain LoRA.

    It changes the weights exactly as the composition does; its rank is the sum of the parts'.
    """
    from adapterstilts.methods import collapsing

    return collapsing.collapse(settings, tensors)


def match_parameters(backbone: PreTrainedModel, method: str, settings: Mapping[str, Any], count: int) -> dict[str, Any]:
    """Return `settings`, sized so that a plain adapter trains as nearly `count` numbers as the method allows.

    `backbone` is headless with nothing installed, and of no use afterwards. Only bottleneck (by reduction_factor) and
    lora (by rank, alpha in step) have a size.
    """
    from adapterstilts.methods import sizes

    return sizes.match_parameters(backbone, method, settings, count)
