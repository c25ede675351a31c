"""From what `methods.install` left in a backbone to the encoder that computes with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from torch import Tensor

from adapterstilts.methods.collapsing import scale
from adapterstilts.methods.installed import Installed, without_prefix
from adapterstilts.methods.settings import PLACEMENTS
from adapterstilts.packed.bottleneck import PARALLEL_SCALE, Fusion, Parts, Single
from adapterstilts.packed.encoder import KINDS, Encoder, Layer, Site
from adapterstilts.packed.linear import Linear, LowRank

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_READS = {"pfeiffer": "normed", "houlsby": "output", "parallel": "input"}
_SUB_LAYERS = ("attention", "output")


def why_plain(config: Any, installed: Installed) -> str | None:
    """Return why this encoder or adapter takes the plain path, as the end of a sentence; None if it does not."""
    if config.model_type not in KINDS:
        return f"its encoder is of the kind {config.model_type}"
    if getattr(config, "position_embedding_type", "absolute") != "absolute":
        return "its positions are relative"
    parts = (installed.settings, *installed.settings.get("sources", ()))
    if "rank" in parts[-1] and any(part.get("dropout") for part in parts):
        return "its LoRA has a dropout of its own"
    return None


def gains_nothing(config: Any, method: str, precision: str) -> bool:
    """Return whether a training is as fast on the plain path (scripts/benchmarks/pocket.py measures the others)."""
    dropouts = config.hidden_dropout_prob, config.attention_probs_dropout_prob
    return method in ("full", "head_only") and precision == "fp32" and not any(dropouts)


def encoder_of(backbone: PreTrainedModel, method: str, composition: str | None, installed: Installed) -> Encoder:
    """Return the encoder for what is installed in `backbone`; `why_plain` must be None.

    The installed tensors must have their values: what is frozen of them is copied.
    """
    config = backbone.config
    tensors = installed.live_backbone()
    adapter, settings = installed.live_adapter(), installed.settings
    layers = tuple(
        _layer(number, config, tensors, adapter if method != "full" else {}, method, composition, settings)
        for number in range(config.num_hidden_layers)
    )
    return Encoder(config, backbone.get_input_embeddings(), tensors, layers)


def _layer(
    number: int,
    config: Any,
    tensors: Mapping[str, Tensor],
    adapter: Mapping[str, Tensor],
    method: str,
    composition: str | None,
    settings: Mapping[str, Any],
) -> Layer:
    path = f"encoder.layer.{number}"
    loras = _loras(adapter, settings) if method == "lora" else {}

    def mapped(*names: str) -> Linear:
        paths = [f"{path}.{name}" for name in names]
        weights, biases = ([tensors[f"{each}.{kind}"] for each in paths] for kind in ("weight", "bias"))
        return Linear(weights, biases, [lora for each in paths for lora in loras.get(each, ())])

    def norm(name: str) -> tuple[Tensor, Tensor]:
        return tensors[f"{path}.{name}.weight"], tensors[f"{path}.{name}.bias"]

    attended = [f"attention.self.{name}" for name in ("query", "key", "value")]
    changed = any(loras.get(f"{path}.{name}") for name in attended)
    # what is trained would be put together anew at each step
    together = not changed and not tensors[f"{path}.attention.self.query.weight"].requires_grad
    return Layer(
        projections=(mapped(*attended),) if together else tuple(map(mapped, attended)),
        attended=mapped("attention.output.dense"),
        inner=mapped("intermediate.dense"),
        outer=mapped("output.dense"),
        norms=(norm("attention.output.LayerNorm"), norm("output.LayerNorm")),
        sites=(
            _site(number, "attention", config, adapter, method, composition, settings),
            _site(number, "output", config, adapter, method, composition, settings),
        ),
    )


def _loras(adapter: Mapping[str, Tensor], settings: Mapping[str, Any]) -> dict[str, list[LowRank]]:
    """Each changed map's LoRAs, the target's own first."""
    parts: list[tuple[Mapping[str, Any], Mapping[str, Tensor]]] = []
    if "sources" in settings:
        if settings.get("fresh", True):
            parts.append((settings, without_prefix("target", adapter)))
        parts += [(inner, without_prefix(f"source{i}", adapter)) for i, inner in enumerate(settings["sources"])]
    else:
        parts.append((settings, adapter))
    loras: dict[str, list[LowRank]] = {}
    for own, tensors in parts:
        for name, down in tensors.items():
            if name.endswith(".lora_A"):
                path = name.removesuffix(".lora_A")
                lora = LowRank(down, tensors[f"{path}.lora_B"], scale(own), tensors.get(f"{path}.mixing"))
                loras.setdefault(path, []).append(lora)
    return loras


def _site(
    number: int,
    sub_layer: str,
    config: Any,
    adapter: Mapping[str, Tensor],
    method: str,
    composition: str | None,
    settings: Mapping[str, Any],
) -> Site | None:
    if method != "bottleneck":
        return None
    place = f"layers.{number}.{sub_layer}"
    inner = settings.get("sources", ())
    placement = (settings if "placement" in settings else inner[0])["placement"]
    left_out = (settings if "leave_out" in settings else inner[0])["leave_out"]
    if sub_layer not in PLACEMENTS[placement].sites or number in left_out:
        return None
    sources = [_parts(without_prefix(f"source{i}.{place}", adapter), each) for i, each in enumerate(inner)]
    if composition == "fuse":
        fusion = without_prefix(f"fusion.{place}", adapter)
        return Site(_READS[placement], (Fusion(sources, fusion, config.attention_probs_dropout_prob),))
    if composition == "stack":
        own = _parts(without_prefix(f"target.{place}", adapter), settings)
        return Site(_READS[placement], (Single(sources[0]), Single(own)))
    return Site(_READS[placement], (Single(_parts(without_prefix(place, adapter), settings)),))


def _parts(tensors: Mapping[str, Tensor], settings: Mapping[str, Any]) -> Parts:
    parallel = PLACEMENTS[settings["placement"]].parallel
    return Parts(
        down=tensors["down.weight"],
        down_bias=tensors["down.bias"],
        up=tensors["up.weight"],
        up_bias=tensors["up.bias"],
        activation=settings["non_linearity"],
        scale=PARALLEL_SCALE if parallel else 1.0,
        dropout=float(settings["dropout"]),
    )
