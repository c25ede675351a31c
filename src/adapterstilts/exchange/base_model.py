"""What a backbone is called in files that leave this machine: by an id that others have, never by a folder of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from adapterstilts.adapter.facts import Facts
from adapterstilts.adapter.value import Adapter
from adapterstilts.backbones import BackboneIdentity, declaration_of
from adapterstilts.backbones.declared import DECLARED
from adapterstilts.base.errors import UserError
from adapterstilts.base.names import slug
from adapterstilts.runs.command import ACCEPT
from adapterstilts.runs.results import Result
from adapterstilts.runs.run import Given, Run

Made = TypeVar("Made", Adapter, Facts)


def id_for_others(backbone: BackboneIdentity, base_model: str | None = None) -> str:
    """Return the id by which others find a backbone: `base_model`, or its own.

    UserError if it is a folder here and no `base_model` says what others call it, or if that is no id of the Hub.
    """
    if base_model is not None:
        _check_id(base_model, backbone)
        return base_model
    if declaration_of(backbone.id).is_ours:
        return backbone.id
    # what the Hub has is known by its commit
    if not backbone.revision or not _is_id(backbone.id) or Path(backbone.id).is_dir():
        raise UserError(
            f'The backbone "{backbone.id}" is a folder of this machine, which nobody else has; name the id under which '
            "others find it on the Hub: --base-model OWNER/NAME."
        )
    return backbone.id


def _check_id(base_model: str, backbone: BackboneIdentity) -> None:
    if not _is_id(base_model):
        raise UserError(
            f'"{base_model}" is no id of the Hub; give one such as --base-model xlm-roberta-base or --base-model '
            "OWNER/NAME."
        )
    named, own = declaration_of(base_model), declaration_of(backbone.id)
    if named.fingerprint not in (None, backbone.fingerprint):
        raise UserError(f'"{base_model}" is another backbone than "{backbone.id}"; give the --base-model of that one.')
    if own.is_ours and named.name in DECLARED and named != own:
        raise UserError(
            f'"{base_model}" has other weights than "{backbone.id}", on which the adapter was trained; leave out '
            f"--base-model. Whoever has those weights may take the adapter with {ACCEPT}."
        )


def _is_id(word: str) -> bool:
    from huggingface_hub.utils import HFValidationError, validate_repo_id

    try:
        validate_repo_id(word)
    except HFValidationError:
        return False
    return True


def renamed(adapter: Made, base_model: str) -> Made:
    """Return an adapter, or its facts, with the backbone called `base_model` wherever it is named."""
    old = adapter.backbone.id
    if old == base_model:
        return adapter
    own = replace(adapter.backbone, id=base_model, revision="")
    return replace(adapter, name=renamed_name(adapter.name, old, base_model), backbone=own, run=_run(adapter.run, own))


def renamed_name(name: str, old: str, new: str) -> str:
    """Return an adapter's name with the new backbone's in front, where it begins with the old one's."""
    begin = f"{slug(old).lower()}-"
    return f"{slug(new).lower()}-{name.removeprefix(begin)}" if name.startswith(begin) else name


def renamed_result(result: Result, base_model: str) -> Result:
    """Return a result with the backbone called `base_model` wherever it is named."""
    old = result.run.backbone
    if old.id == base_model:
        return result
    run = _run(result.run, replace(old, id=base_model, revision=""))
    assert isinstance(run, Run)
    return replace(result, run=run, adapter=renamed_name(result.adapter, old.id, base_model))


def _run(run: Run | Given, backbone: BackboneIdentity) -> Run | Given:
    if isinstance(run, Given):
        return run
    sources = tuple(_run(source, backbone) for source in run.sources)
    return replace(run, backbone=backbone, sources=sources, head=run.head and _run(run.head, backbone))
