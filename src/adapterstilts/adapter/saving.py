"""An adapter as a folder: adapter.safetensors and adapterstilts.json.

Saving is all or nothing, and loading checks everything. Reading facts without weights costs no torch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from adapterstilts.adapter.value import ADAPTER_PREFIX, HEAD_PREFIX, Adapter, SourceInfo, check_backbone
from adapterstilts.backbones.identity import BackboneIdentity
from adapterstilts.base import digests, files
from adapterstilts.base.errors import UserError, did_you_mean
from adapterstilts.methods import check_composition, check_method

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 1
WEIGHTS = "adapter.safetensors"
FACTS = "adapterstilts.json"
# A folder that holds anything else is somebody's, and saving does not replace it.
_OWN_FILES = {WEIGHTS, FACTS, "README.md"}


def save_adapter(adapter: Adapter, folder: Path) -> None:
    """Write `adapter` to `folder` in one step, replacing an older adapter that is there.

    Whatever happens meanwhile (a full disk, Ctrl-C, a crash), `folder` is the older adapter, the new one, or
    not there. UserError if the disk refuses, or if `folder` holds something that is no adapter.
    """
    folder = Path(folder)
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
    facts = {
        "format": FORMAT,
        "name": adapter.name,
        "method": adapter.method,
        "composition": adapter.composition,
        "task": adapter.task,
        "sources": [asdict(source) for source in adapter.sources],
        "settings": adapter.settings,
        "backbone": asdict(adapter.backbone),
        "labels": list(adapter.labels),
        "seed": adapter.seed,
        "recipe": adapter.recipe,
        "data_revision": adapter.data_revision,
        "scores": adapter.scores,
        "sha256": digests.sha256(folder / WEIGHTS),
    }
    text = json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False, default=_plain) + "\n"
    (folder / FACTS).write_text(text, encoding="utf-8", newline="\n")


def _write_weights(tensors: Mapping[str, Tensor], path: Path) -> None:
    from safetensors.torch import save_file

    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    save_file(contiguous, str(path), metadata={"format": "pt"})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"an adapter's facts are plain JSON, but {value!r} is not")


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
    try:
        tensors = _read_weights(weights)
    except (OSError, SafetensorError) as error:
        raise UserError(f"{weights} cannot be read: {error}; save or download the adapter again.") from error
    foreign = [name for name in tensors if not name.startswith((ADAPTER_PREFIX, HEAD_PREFIX))]
    if foreign:
        raise UserError(f"{weights} holds {foreign[0]}, which is part neither of an adapter nor of a head.")
    adapter = _adapter(facts, tensors)
    if identity is not None:
        check_backbone(adapter, identity)
    return adapter


def verify(folder: Path) -> dict[str, Any]:
    """Return an adapter's facts, checked, after its weights' sha256 was found to be theirs; UserError otherwise."""
    folder = Path(folder)
    facts = _read_facts(folder)
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise UserError(f"The adapter in {folder} has no {WEIGHTS}; save or download it again.")
    try:
        same = digests.sha256(weights) == facts["sha256"]
    except OSError as error:
        raise UserError(f"{weights} cannot be read: {error}; save or download the adapter again.") from error
    if not same:
        raise UserError(
            f"{weights} is not what was saved: it was cut short or changed (its sha256 is not "
            f"the one in {FACTS}); save or download the adapter again."
        )
    return facts


def _read_weights(path: Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    return load_file(str(path))


def _adapter(facts: Mapping[str, Any], tensors: dict[str, Any]) -> Adapter:
    return Adapter(
        name=facts["name"],
        method=facts["method"],
        composition=facts["composition"],
        task=facts["task"],
        sources=tuple(SourceInfo(source["name"], source["task"]) for source in facts["sources"]),
        settings=facts["settings"],
        backbone=BackboneIdentity(**{key: facts["backbone"][key] for key in _BACKBONE}),
        labels=tuple(facts["labels"]),
        seed=facts["seed"],
        tensors=tensors,
        recipe=facts["recipe"],
        scores=facts["scores"],
        data_revision=facts["data_revision"],
    )


def read_facts(folder: Path) -> dict[str, Any]:
    """Return what adapterstilts.json says, checked, without the weights; UserError as in `load_adapter`."""
    return _read_facts(Path(folder))


def _read_facts(folder: Path) -> dict[str, Any]:
    with suppress(OSError):  # a place that cannot be written cannot be mended, but may be read
        files.recover(folder)
    if not folder.is_dir():
        near = [entry.name for entry in folder.parent.iterdir()] if folder.parent.is_dir() else []
        raise UserError(f"There is no adapter at {folder}: no such folder.{did_you_mean(folder.name, near)}")
    path = folder / FACTS
    if not path.is_file():
        raise UserError(f"{folder} is no adapter: it has no {FACTS}.")
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read as JSON ({error}); save or download the adapter again.") from error
    if not isinstance(facts, dict):
        raise UserError(f"{path} must hold one JSON object, not a {type(facts).__name__}.")
    if facts.get("format") != FORMAT:
        raise UserError(
            f"{path} has the format {facts.get('format')!r}; this version of adapterstilts reads format {FORMAT}."
        )
    for key, (description, fits) in _FIELDS.items():
        if key not in facts:
            raise UserError(f'{path} lacks "{key}" ({description}); save or download the adapter again.')
        if not fits(facts[key]):
            raise UserError(f'In {path} "{key}" is {facts[key]!r}, but must be {description}.')
    try:
        check_method(facts["method"])
        if facts["composition"] is not None:
            check_composition(facts["composition"])
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    return facts


_BACKBONE = ("id", "revision", "fingerprint")


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _file_name(value: Any) -> bool:
    # results and predictions are called after it, so it must not lead out of their folder
    return isinstance(value, str) and re.fullmatch(r"\w[\w.-]*", value) is not None


def _text_or_null(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _object(value: Any) -> bool:
    return isinstance(value, dict)


def _digest(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and all(letter in "0123456789abcdef" for letter in value)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _sources(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, dict) and _text(each.get("name")) and "task" in each and _text_or_null(each["task"])
        for each in value
    )


def _backbone(value: Any) -> bool:
    return isinstance(value, dict) and all(_text(value.get(key)) for key in _BACKBONE) and _digest(value["fingerprint"])


def _whole_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_FIELDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "name": ("letters, digits, hyphens, underscores and dots", _file_name),
    "method": ("a text", _text),
    "composition": ("a text or null", _text_or_null),
    "task": ("a text or null", _text_or_null),
    "sources": ("a list of objects with name and task", _sources),
    "settings": ("an object", _object),
    "backbone": ("an object with id, revision and fingerprint (64 hexadecimal digits)", _backbone),
    "labels": ("a list of texts", _texts),
    "seed": ("a whole number", _whole_number),
    "recipe": ("an object", _object),
    "data_revision": ("a text", _text),
    "scores": ("an object", _object),
    "sha256": ("64 hexadecimal digits", _digest),
}
