"""The lines of Python that load what was exported and predict with it: they run as they stand, with its library."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from transformers import PretrainedConfig

from adapterstilts.adapter.value import Adapter
from adapterstilts.backbones import declaration_of
from adapterstilts.exchange.exporting import heads
from adapterstilts.exchange.exporting.writing import LIBRARIES
from adapterstilts.tasks import Task

HERE = ('folder = "."  # this one',)
"""The lines that say where the exported folder is, for whoever is in it."""
_CHOICES = ("the sea", "a stone", "his bed", "an idea", "Monday")
_EXAMPLES = {
    "classification": (
        'inputs = tokenizer("A man sleeps.", "Somebody sleeps.", return_tensors="pt")',
        "print({names}[outputs.logits.argmax(-1).item()])",
    ),
    "multiple_choice": (
        "choices = {choices}\n"
        'encoded = tokenizer(["A tired man looks for"] * len(choices), choices, padding=True, return_tensors="pt")\n'
        "inputs = {{name: tensor[None] for name, tensor in encoded.items()}}",
        "print(choices[outputs.logits.argmax(-1).item()])",
    ),
    "tagging": (
        'inputs = tokenizer(["Ben", "sleeps", "."], is_split_into_words=True, return_tensors="pt")',
        "print([{names}[number] for number in outputs.logits.argmax(-1)[0].tolist()])",
    ),
    "question_answering": (
        'inputs = tokenizer("Who sleeps?", "A man sleeps.", return_tensors="pt")',
        "first, last = outputs.start_logits.argmax(), outputs.end_logits.argmax()\n"
        'print(tokenizer.decode(inputs["input_ids"][0, first : last + 1]))',
    ),
}
"""For each type of task what the model reads, and what is printed of what comes out."""
_WITHOUT_HEAD = (
    'inputs = tokenizer("A man sleeps.", return_tensors="pt")',
    "print(outputs.last_hidden_state.mean(1))  # the sentence's embedding",
)


def at(folder: Path) -> tuple[str]:
    """The line that says where the exported folder is, for whoever is where its path was typed."""
    return (f"folder = {json.dumps(str(folder), ensure_ascii=False)}",)


def on_hub(repository: str, library: str) -> tuple[str, str]:
    """The lines that download the exported folder from the repository where it was published."""
    return (
        "from huggingface_hub import snapshot_download",
        f'folder = snapshot_download("{repository}", allow_patterns="{library}/*") + "/{library}"',
    )


def lines(adapter: Adapter, config: PretrainedConfig, task: Task | None, where: Sequence[str]) -> str:
    """Return the lines for an adapter as `writing.write` writes it, which `where` says by the variable `folder`.

    `adapter` names the backbone as others do. `config` is the backbone's, and `task` what the head is for.
    """
    library = LIBRARIES[adapter.method]
    place = heads.place_of(adapter, config, task)
    auto = "AutoAdapterModel" if library == "adapters" else place.auto_class if place else "AutoModel"
    of_transformers = ", ".join(["AutoTokenizer"] if library == "adapters" else [auto, "AutoTokenizer"])
    imports = ["import torch", f"from transformers import {of_transformers}"]
    if library == "adapters":
        imports.insert(1, "from adapters import AutoAdapterModel")
    elif library == "peft":
        imports.insert(1, "from peft import PeftModel")
    backbone = "folder" if library == "transformers" else "backbone"
    own = [] if library == "transformers" else [_backbone(adapter.backbone.id)]
    if own and declaration_of(adapter.backbone.id).is_ours:
        imports.append("from adapterstilts.backbones import declaration_of  # the backbone comes with adapterstilts")
    reads, prints = _example(task if has_head(adapter, config, task) else None, library)
    return "\n".join(
        [
            *imports,
            "",
            *where,
            *own,
            f"tokenizer = AutoTokenizer.from_pretrained({backbone})",
            *_loading(adapter, library, auto, backbone),
            "model.eval()",
            reads,
            "with torch.inference_mode():",
            "    outputs = model(**inputs)",
            prints,
        ]
    )


def has_head(adapter: Adapter, config: PretrainedConfig, task: Task | None) -> bool:
    """Whether the adapter has a head that goes along: one that its library has, too."""
    if task is None or not adapter.head_tensors():
        return False
    return LIBRARIES[adapter.method] == "adapters" or heads.place_of(adapter, config, task) is not None


def _backbone(name: str) -> str:
    return f'backbone = declaration_of("{name}").folder' if declaration_of(name).is_ours else f'backbone = "{name}"'


def _loading(adapter: Adapter, library: str, auto: str, backbone: str) -> list[str]:
    labelled = adapter.labels and library == "peft" and auto != "AutoModel"
    own = f", id2label={dict(enumerate(adapter.labels))}" if labelled else ""
    model = f"model = {auto}.from_pretrained({backbone}{own})"
    if library == "peft":
        return [model, "model = PeftModel.from_pretrained(model, folder)"]
    if library == "adapters":
        load = "load_adapter_setup" if adapter.composition in ("stack", "fuse") else "load_adapter"
        return [model, f"model.{load}(folder, use_safetensors=True, set_active=True)"]
    return [model]


def _example(task: Task | None, library: str) -> tuple[str, ...]:
    """The lines before the model computes, and those after it."""
    if task is None:
        return _WITHOUT_HEAD
    count = round(100 / task.chance) if task.type == "multiple_choice" else 0
    names = "model.get_labels_dict()" if library == "adapters" else "model.config.id2label"
    choices = json.dumps([_CHOICES[number % len(_CHOICES)] for number in range(count)])
    return tuple(part.format(names=names, choices=choices) for part in _EXAMPLES[task.type])
