"""Which method can be composed how, from how many sources: what is known before any weight is read. No torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapterstilts.base.errors import UserError, did_you_mean
from adapterstilts.base.settings import check, declared
from adapterstilts.methods.settings import LoraSettings, check_composition, check_method

WAYS = ("mean", "ties")
"""How adapters are merged."""
DENSITY = 0.2
"""The share of each source's largest changes that TIES keeps, unless it is given (Yadav et al. 2023)."""
_POSSIBLE = {
    "bottleneck": ("continue", "stack", "fuse", "merge"),
    "lora": ("continue", "stack", "fuse", "merge"),
    "full": ("continue",),
    "head_only": (),
}
_EXACTLY_ONE = ("continue", "stack")


def check_sources(method: str, composition: str | None, sources: Sequence[tuple[str, str]]) -> None:
    """Raise UserError if `composition` cannot be made of `sources`, the name and the method of each."""
    check_method(method)
    if composition is None:
        if sources:
            raise UserError(f"A plain {method} adapter builds on no source, but {_names(sources)} was given.")
        return
    check_composition(composition)
    check_possible(method, composition)
    _check_number(composition, sources)
    for name, own in sources:
        if own != method:
            raise UserError(
                f'The source "{name}" was made by the method {own}, so {composition} with {method} cannot use it; give '
                "sources of one method, and the same --method."
            )


def check_merge(method: str, how: str, settings: Mapping[str, Any]) -> None:
    """Raise UserError if adapters of `method` cannot be merged in this way, or not with these settings."""
    if how not in WAYS:
        raise UserError(f'There is no way to merge called "{how}"; use {" or ".join(WAYS)}.{did_you_mean(how, WAYS)}')
    known = ("density", "rank") if how == "ties" else ()
    for key in settings:
        if key not in known:
            raise UserError(f'Merging by {how} has no setting "{key}".{did_you_mean(key, known)}')
    if how == "ties" and method != "lora":
        raise UserError("TIES adds up weight changes, and a bottleneck adapter is none; merge bottleneck by mean.")
    density = settings.get("density", DENSITY)
    if isinstance(density, bool) or not isinstance(density, int | float) or not 0 < density <= 1:
        raise UserError(f"The setting density is {density!r}; it must be a number above 0, and at most 1.")
    if "rank" in settings:
        check(declared(LoraSettings), {"rank": settings["rank"]})


def _names(sources: Sequence[tuple[str, str]]) -> str:
    return " and ".join(f'"{name}"' for name, _ in sources)


def check_possible(method: str, composition: str) -> None:
    """Raise UserError if adapters of `method` cannot be composed so."""
    if composition in _POSSIBLE[method]:
        return
    able = [name for name, compositions in _POSSIBLE.items() if composition in compositions]
    reason = "trains the backbone itself" if method == "full" else "keeps nothing but a head"
    raise UserError(f"The method {method} {reason}, so it cannot {composition}; use {' or '.join(able)}.")


def _check_number(composition: str, sources: Sequence[tuple[str, str]]) -> None:
    if composition in _EXACTLY_ONE and len(sources) != 1:
        listed = _names(sources) if sources else "none"
        raise UserError(f"{composition} builds on exactly one source, but {len(sources)} were given ({listed}).")
    if composition not in _EXACTLY_ONE and len(sources) < 2:
        listed = f"only {_names(sources)} was given" if sources else "none was given"
        instead = "; use stack or continue to build on one" if composition == "fuse" else ""
        raise UserError(f"{composition} needs at least two sources, but {listed}{instead}.")
