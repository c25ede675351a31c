"""Where the head of a task type is in `transformers`' own model for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import transformers
from torch import Tensor
from transformers import PretrainedConfig, PreTrainedModel

from adapterstilts.adapter.value import HEAD_PREFIX, Adapter
from adapterstilts.tasks import Task

_KINDS = ("weight", "bias")


@dataclass(frozen=True)
class Place:
    """A model class with a head, and what our head's modules are called there.

    `peft_task` is `peft`'s word for the model, None where it has none; `saved` are the modules that `peft` keeps whole.
    """

    auto_class: str
    names: Mapping[str, str]
    peft_task: str | None
    saved: tuple[str, ...]

    @property
    def tensor_names(self) -> tuple[str, ...]:
        """What the head's tensors are called in the model."""
        return tuple(f"{name}.{kind}" for name in self.names.values() for kind in _KINDS)

    def tensors(self, adapter: Adapter) -> dict[str, Tensor]:
        """The head's tensors by their names in the model."""
        theirs = {}
        for name, tensor in adapter.head_tensors().items():
            module, kind = name.rsplit(".", 1)
            theirs[f"{self.names[module]}.{kind}"] = tensor
        return theirs

    def from_theirs(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The other way: our head's tensors among a model's; empty unless all of them are there."""
        theirs = {f"{name}.{kind}": f"{module}.{kind}" for module, name in self.names.items() for kind in _KINDS}
        ours = {theirs[name]: tensor for name, tensor in tensors.items() if name in theirs}
        return ours if len(ours) == len(theirs) else {}


_TAGGING = Place("AutoModelForTokenClassification", {"out": "classifier"}, "TOKEN_CLS", ("classifier",))
_SPANS = Place("AutoModelForQuestionAnswering", {"out": "qa_outputs"}, "QUESTION_ANS", ("qa_outputs",))
_ROBERTA = {
    "classification": Place(
        "AutoModelForSequenceClassification",
        {"dense": "classifier.dense", "out": "classifier.out_proj"},
        "SEQ_CLS",
        ("classifier",),
    ),
    "multiple_choice": Place(
        "AutoModelForMultipleChoice",
        {"dense": "roberta.pooler.dense", "out": "classifier"},
        None,
        ("pooler", "classifier"),
    ),
    "tagging": _TAGGING,
    "question_answering": _SPANS,
}
_POOLED = {"dense": "bert.pooler.dense", "out": "classifier"}
_BERT = {
    "classification": Place("AutoModelForSequenceClassification", _POOLED, "SEQ_CLS", ("pooler", "classifier")),
    "multiple_choice": Place("AutoModelForMultipleChoice", _POOLED, None, ("pooler", "classifier")),
    "tagging": _TAGGING,
    "question_answering": _SPANS,
}
_PLACES = {"xlm-roberta": _ROBERTA, "roberta": _ROBERTA, "bert": _BERT}


def place_of(adapter: Adapter, config: PretrainedConfig, task: Task | None) -> Place | None:
    """Where the adapter's head goes; None if it has none, or the backbone's model for it computes something else."""
    if task is None or not any(name.startswith(HEAD_PREFIX) for name in adapter.tensors):
        return None
    return place(config.model_type, task.type)


def place(model_type: str, task_type: str) -> Place | None:
    """Where the head of a task type goes in models of `model_type`; None where they compute something else."""
    return _PLACES.get(model_type, {}).get(task_type)


def model_class(config: PretrainedConfig, place: Place | None) -> type[PreTrainedModel]:
    """The class of the model with the head at `place`, or of the headless one."""
    auto = getattr(transformers, place.auto_class if place else "AutoModel")
    return auto._model_mapping[type(config)]


def labelled(config: PretrainedConfig, adapter: Adapter) -> PretrainedConfig:
    """A copy of `config` with the adapter's labels."""
    own = config.to_dict()
    if adapter.labels:
        own |= {
            "id2label": dict(enumerate(adapter.labels)),
            "label2id": {label: number for number, label in enumerate(adapter.labels)},
        }
    return type(config).from_dict(own)
