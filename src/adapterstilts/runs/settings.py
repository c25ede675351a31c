"""Every setting of a run: what the methods and the loop declare, and here what is left, the rows and the evaluation."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from annotated_types import Ge, Gt, Lt

from adapterstilts.base.errors import UserError
from adapterstilts.base.schema import Number, Words, parse_json
from adapterstilts.base.settings import ONLY_HOW, Count, CountOrNull, Setting, check, declared
from adapterstilts.methods.settings import OF_METHOD, Dropout
from adapterstilts.training.settings import TrainingSettings

Share = Annotated[Number, Gt(0), Lt(1)]
Layer = Annotated[Annotated[int, Ge(0)] | None, Words("a layer, from 0 (the embeddings) on, or null")]


@dataclass(frozen=True)
class RowSettings:
    """How many tokens and rows, and how they are computed; None is all rows, and for the layer the backbone's own.

    `packed`: over tokens without padding, where `adapterstilts.packed` knows the encoder and the adapter.
    `cache_frozen_layers`: the layers below the lowest adapter are computed once for all epochs, so without dropout.
    `backbone_dropout`: what the backbone and the head drop out in training; None is what the backbone's own files say.
    `examples_cap`: tasks that are learned at once share the updates by their rows, of which so many count at most
    (2^17, Phang et al. 2020). `mlm_share`: what share masked language modelling has beside tasks; None: as they do.
    """

    max_length: Count = 128
    train_examples: CountOrNull = None
    validation_examples: CountOrNull = None
    test_examples: CountOrNull = None
    evaluation_batch_size: Annotated[Count, ONLY_HOW] = 128
    retrieval_layer: Layer = None
    cache_frozen_layers: Annotated[bool, Words("true or false")] = False
    examples_cap: Count = 131_072
    mlm_share: Annotated[Share | None, Words("a number between 0 and 1, or null")] = None
    backbone_dropout: Annotated[Dropout | None, Words("a number from 0 up to, but not including, 1, or null")] = None
    packed: Annotated[bool, ONLY_HOW, Words("true or false")] = True


_NO_RECIPE_HAS = ("seed", "threads")


@functools.cache
def _of_runs() -> Mapping[str, Setting]:
    of_loop = {name: each for name, each in declared(TrainingSettings).items() if name not in _NO_RECIPE_HAS}
    return {**of_loop, **declared(RowSettings)}


@functools.cache
def _all() -> Mapping[str, Setting]:
    of_methods = [declared(owner) for owner in OF_METHOD.values()]
    return {name: setting for part in (_of_runs(), *of_methods) for name, setting in part.items()}


def settings_schema() -> Mapping[str, tuple[Any, bool]]:
    """Return each setting's default, and whether it changes the result.

    A run's id leaves out a setting at its default. So a default stays what it is as long as ids are made in the same
    way; a new setting's default is what was done before there was one.
    """
    return {name: (setting.default, not setting.only_how) for name, setting in _all().items()}


def check_run(values: Mapping[str, Any]) -> None:
    """Raise `UserError` unless each of the `values` of the loop's and the rows' settings is in its range."""
    check(_of_runs(), values)


def check_known(values: Mapping[str, Any]) -> None:
    """Raise `UserError` unless each of the `values` is in its setting's range; names of no setting are passed over."""
    known = {**_all(), "seed": declared(TrainingSettings)["seed"]}
    check(known, {name: value for name, value in values.items() if name in known})


def read(name: str, text: str) -> Any:
    """Return what `text` says for the setting `name`: a JSON value, names with commas between them, or just text."""
    text = text.strip()
    several = name in _all() and get_origin(get_args(_all()[name].type)[0]) is tuple
    try:
        value = parse_json(text.encode("utf-8", "surrogatepass"), name, depth=1)
        return [value] if several and type(value) is int else value
    except UserError:
        pass
    if re.fullmatch(r"-?(\d+\.|\.\d+)", text):
        return float(text)
    if several:
        bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
        words = [word.strip() for word in bare.split(",")]
        return [int(word) if word.isdecimal() else word for word in words]
    return text


def written(name: str, value: Any) -> str:
    """Return the text that `read` reads as the plain `value` of the setting `name`."""
    if isinstance(value, list | tuple):
        plain_text = ",".join(map(str, value))
        return plain_text if read(name, plain_text) == list(value) else json.dumps(value)
    return value if isinstance(value, str) and read(name, value) == value else json.dumps(value)
