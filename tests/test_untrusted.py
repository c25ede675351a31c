"""Files that others wrote, and numbers that went wrong, are refused before anything is built from them."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from records import a_result, a_run
from safetensors.torch import load_file, save_file
from torch import Tensor

from adapterstilts import methods
from adapterstilts.adapter.facts import FACTS, WEIGHTS
from adapterstilts.adapter.saving import load_adapter
from adapterstilts.backbones import loading
from adapterstilts.base import digests, places, schema
from adapterstilts.base.errors import UserError
from adapterstilts.cli import drawing
from adapterstilts.methods import Source
from adapterstilts.runs import results
from adapterstilts.scoring import evaluator

SHIPPED = places.zoo_folder() / "pocket"
BACKBONE = SHIPPED / "backbone"
NOT_FINITE = (torch.nan, torch.inf, -torch.inf)


def reseal(folder: Path, tensors: dict[str, Tensor]) -> None:
    """Write an adapter's weights and their sha256 into its facts, as whoever made it would."""
    save_file(tensors, folder / WEIGHTS)
    facts = json.loads((folder / FACTS).read_text())
    (folder / FACTS).write_text(json.dumps({**facts, "sha256": digests.sha256(folder / WEIGHTS)}))


def spoilt(tensor: Tensor, value: float) -> Tensor:
    flat = tensor.flatten().clone()
    flat[-1] = value
    return flat.reshape(tensor.shape)


@pytest.mark.parametrize("value", NOT_FINITE)
@pytest.mark.parametrize("name", ["bottleneck-mnli", "lora-mnli"])
@pytest.mark.parametrize("part", ["adapter.", "head."])
def test_an_adapter_with_weights_that_are_not_finite_is_refused_by_name(
    name: str, part: str, value: float, tmp_path: Path
) -> None:
    folder = shutil.copytree(SHIPPED / name, tmp_path / name)
    tensors = load_file(folder / WEIGHTS)
    which = next(key for key in sorted(tensors) if key.startswith(part))
    reseal(folder, {**tensors, which: spoilt(tensors[which], value)})
    with pytest.raises(UserError, match=f"{which} in .* not finite"):
        load_adapter(folder)


@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.bool])
def test_an_adapter_of_whole_numbers_is_refused(dtype: torch.dtype, tmp_path: Path) -> None:
    folder = shutil.copytree(SHIPPED / "lora-mnli", tmp_path / "mine")
    reseal(folder, {name: tensor.to(dtype) for name, tensor in load_file(folder / WEIGHTS).items()})
    with pytest.raises(UserError, match="no tensor of floating-point numbers"):
        load_adapter(folder)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        *(("bottleneck-mnli", {"reduction_factor": value}) for value in (1e-4, 1e-6, 0.01, 0, -16, 10**400, "x", None)),
        *(("lora-mnli", {"rank": value}) for value in (10**13, 10_000, 0, -8, 1.5, True)),
        ("lora-mnli", {"target_modules": "query"}),
        ("lora-mnli", {"use_dora": True}),
        ("bottleneck-mnli", {"sources": [{"reduction_factor": 16}]}),
    ],
)
def test_settings_that_no_tensor_is_of_are_refused_before_anything_is_built(
    name: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    folder = shutil.copytree(SHIPPED / name, tmp_path / name)
    facts = json.loads((folder / FACTS).read_text())
    (folder / FACTS).write_text(json.dumps({**facts, "settings": {**facts["settings"], **settings}}))
    with pytest.raises(UserError):
        load_adapter(folder)


@pytest.mark.parametrize("how", ["mean", "ties"])
def test_a_merge_that_becomes_infinite_is_refused(how: str) -> None:
    def source(name: str, value: float) -> Source:
        tensors = {"q.lora_A": torch.full((2, 3), value), "q.lora_B": torch.full((3, 2), value)}
        return Source(name, "lora", {"rank": 2, "alpha": 1e30, "dropout": 0.0, "target_modules": ["q"]}, tensors)

    with pytest.raises(UserError, match="in the merge has numbers that are not finite"):
        methods.merge([source("one", 1e25), source("other", 2e25)], how)


@pytest.mark.parametrize("value", NOT_FINITE)
def test_outputs_that_are_not_finite_are_no_prediction(value: float) -> None:
    mask = torch.tensor([[1, 1], [1, 0]])
    fine = torch.zeros(2, 2, 5)
    fine[1, 1] = value
    evaluator.check_finite({"logits": fine}, mask)
    for wrong in (spoilt(torch.zeros(2, 3), value), spoilt(torch.zeros(2, 2, 3), value).flip(0)):
        with pytest.raises(UserError, match="outputs are not finite numbers"):
            evaluator.check_finite({"logits": wrong}, mask)
    with pytest.raises(UserError, match="precision=fp32"):
        evaluator.check_finite({"logits": wrong}, mask, "bf16")


@pytest.mark.parametrize("value", NOT_FINITE)
def test_no_json_has_a_number_that_others_cannot_read(value: float) -> None:
    result = dataclasses.replace(a_result(a_run(task="mnli")), scores={"en": {"accuracy": value}})
    writers: list[Callable[[], Any]] = [
        lambda: drawing.print_json({"probabilities": {"neutral": value}}),
        lambda: results.text_of(result),
        lambda: schema.json_of([value]),
    ]
    for write in writers:
        with pytest.raises(UserError, match="not finite"):
            write()


def changed_tensors(change: Callable[[dict[str, Tensor]], None]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        tensors = load_file(folder / "model.safetensors")
        change(tensors)
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})

    return apply


def changed_config(**facts: Any) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **facts}))

    return apply


def written(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(content) and None


def with_more_tokens(folder: Path) -> None:
    path = folder / "tokenizer.json"
    content = json.loads(path.read_text())
    content["model"]["vocab"] += [["\u2603", -1.0]]
    path.write_text(json.dumps(content))


WORDS = "embeddings.word_embeddings.weight"
QUERY = "encoder.layer.0.attention.self.query.weight"
DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "nan": (
        changed_tensors(lambda own: own.update({WORDS: spoilt(own[WORDS], torch.nan)})),
        f"{WORDS} in .*not finite",
    ),
    "infinite": (changed_tensors(lambda own: own.update({QUERY: spoilt(own[QUERY], torch.inf)})), f"{QUERY} in"),
    "float64": (changed_tensors(lambda own: own.update({QUERY: own[QUERY].double() * 1e300})), f"{QUERY} in"),
    "int": (changed_tensors(lambda own: own.update({QUERY: own[QUERY].int()})), "could not be loaded"),
    "shape": (changed_tensors(lambda own: own.update({QUERY: own[QUERY].flatten()})), "could not be loaded"),
    "header": (written("model.safetensors", (2**62).to_bytes(8, "little") + b"{}"), "could not be loaded"),
    "cut weights": (written("model.safetensors", b"\x08"), "could not be loaded"),
    "more tokens": (with_more_tokens, "4,843 tokens, but its weights have embeddings of 4,842"),
    **{
        f"{name} {content[:8]!r}": (
            written(name, content),
            "could not be loaded|must hold one|this is not|cannot be read",
        )
        for name in ("config.json", "tokenizer.json", "tokenizer_config.json")
        for content in (b"[]", b"", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a": ', b'"x"')
    },
    **{
        f"{key} {value}": (changed_config(**{key: value}), f'"{key}" is .*, but must be')
        for key in ("hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size", "max_position_embeddings")
        for value in (0, -1, 10**9, 10**30, "x", None, 1.5, True, [])
    },
    **{
        f"{key} {value}": (changed_config(**{key: value}), "but must be|could not be loaded")
        for key, value in (
            *(("hidden_act", value) for value in (5, None, "nope")),
            *(("layer_norm_eps", value) for value in (-1, None, "x")),
            *(("pad_token_id", value) for value in (-1, None, 10**9)),
            *(("num_labels", value) for value in (-1, 10**9, "x")),
            *(("model_type", value) for value in (None, 5, [], "nope")),
            *(("return_dict", value) for value in (False, "x")),
            ("vocab_size", 5000),
            ("quantization_config", 5),
            ("dtype", "nope"),
        )
    },
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_backbone_is_a_sentence(damage: str, tmp_path: Path) -> None:
    change, said = DAMAGE[damage]
    folder = shutil.copytree(BACKBONE, tmp_path / "backbone")
    change(folder)
    with pytest.raises(UserError, match=said):
        loading.load_backbone(str(folder), device="cpu")
