"""The contract that every method and composition keeps, on a tiny random XLM-R."""

from __future__ import annotations

import copy
import json
import logging
import subprocess
import sys
from typing import Any

import pytest
import torch
from methods_fixtures import VARIANTS, backbone, hidden, source, train, two_sources

from adapterstilts.base.errors import UserError
from adapterstilts.methods import (
    COMPOSITIONS,
    METHODS,
    Source,
    default_settings,
    install,
    match_parameters,
    merge,
    rebuild,
    resolve_settings,
)

CASES: list[tuple[str, str | None, dict[str, Any]]] = [
    *((method, composition, settings) for method, settings in VARIANTS for composition in (None, *COMPOSITIONS)),
    ("full", None, {}),
    ("full", "continue", {}),
    ("head_only", None, {}),
]
CASE_NAMES = ["-".join(str(part) for part in (m, s.get("placement"), c) if part) for m, c, s in CASES]


def sources_for(method: str, composition: str | None, settings: dict[str, Any]) -> list[Source]:
    if composition is None:
        return []
    both = two_sources(method, **settings)
    return both if composition in ("fuse", "merge") else both[:1]


@pytest.mark.parametrize(("method", "composition", "settings"), CASES, ids=CASE_NAMES)
def test_every_method_and_composition_trains_saves_and_comes_back(method, composition, settings):
    module = backbone()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    sources = sources_for(method, composition, settings)
    installed = install(module, method, composition, settings, sources)
    untrained = hidden(module)
    if installed.trainable():
        train(module, installed)
    trained = hidden(module)
    state = installed.state()

    # The optimiser has worked, and on nothing but the adapter.
    assert torch.equal(untrained, trained) == (method == "head_only")
    after = installed.backbone_state()
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name]) for name in before) == (method != "full")
    assert set(installed.trainable()) <= set(state)
    assert all(tensor.is_contiguous() and not tensor.requires_grad for tensor in state.values())

    # The folder alone (settings as JSON, tensors) gives the same function back.
    again = backbone()
    rebuilt = rebuild(again, method, composition, json.loads(json.dumps(installed.settings)))
    rebuilt.load_state(state)
    assert torch.equal(hidden(again), trained)
    assert rebuilt.trainable().keys() == installed.trainable().keys()
    assert rebuilt.trainable_count() == installed.trainable_count()


@pytest.mark.parametrize(("method", "composition", "settings"), CASES, ids=CASE_NAMES)
def test_bfloat16_backbones_work(method, composition, settings):
    module = backbone(dtype=torch.bfloat16)
    installed = install(module, method, composition, settings, sources_for(method, composition, settings))
    if installed.trainable():
        train(module, installed, steps=1)
    assert hidden(module).dtype == torch.bfloat16
    assert all(tensor.dtype == torch.bfloat16 for tensor in installed.state().values())


@pytest.mark.parametrize(("method", "settings"), VARIANTS)
@pytest.mark.parametrize("composition", ["stack", "fuse"])
def test_sources_stay_frozen(method, settings, composition):
    sources = sources_for(method, composition, settings)
    module = backbone()
    installed = install(module, method, composition, settings, sources)
    train(module, installed)
    state = installed.state()
    for index, each in enumerate(sources):
        for name, tensor in each.tensors.items():
            assert torch.equal(state[f"source{index}.{name}"], tensor)


@pytest.mark.parametrize(("method", "settings"), VARIANTS)
def test_continue_starts_as_the_source(method, settings):
    first = source("a", method, 1, **settings)
    plain, continued = backbone(), backbone()
    rebuild(plain, method, None, first.settings).load_state(first.tensors)
    installed = install(continued, method, "continue", default_settings(method), [first])
    if settings.get("placement", "pfeiffer") == "pfeiffer":
        assert installed.settings == dict(first.settings)
    assert torch.equal(hidden(continued), hidden(plain))
    assert set(installed.trainable()) == set(first.tensors)


@pytest.mark.parametrize(
    ("method", "composition", "settings"),
    [*((method, "stack", settings) for method, settings in VARIANTS), ("lora", "fuse", {"rank": 3})],
)
def test_a_fresh_part_starts_as_in_a_plain_adapter_of_the_same_seed(method, composition, settings):
    torch.manual_seed(5)
    plain = install(backbone(), method, None, settings, []).state()
    torch.manual_seed(5)
    composed = install(backbone(), method, composition, settings, sources_for(method, composition, settings)).state()
    assert all(torch.equal(composed[f"target.{name}"], tensor) for name, tensor in plain.items())


@pytest.mark.parametrize(("method", "settings"), VARIANTS)
def test_initialisation_follows_the_global_seed(method, settings):
    def state(seed: int) -> dict[str, torch.Tensor]:
        torch.manual_seed(seed)
        return install(backbone(), method, None, settings, []).state()

    one, same, other = state(0), state(0), state(1)
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("method", ["bottleneck", "lora"])
def test_one_config_serves_many_backbones(method):
    first = backbone()
    before = copy.deepcopy(vars(first.config))
    second = type(first)(first.config, add_pooling_layer=False)
    for module in (first, second, type(first)(copy.deepcopy(first.config), add_pooling_layer=False)):
        install(module, method, None, {}, [])
        hidden(module)
    assert vars(first.config) == before


@pytest.mark.parametrize(("method", "settings"), VARIANTS)
@pytest.mark.parametrize("composition", ["stack", "fuse"])
def test_moving_the_backbone_moves_the_adapter(method, settings, composition):
    module = backbone()
    installed = install(module, method, composition, settings, sources_for(method, composition, settings))
    module.to(torch.float64)
    parameters = {id(parameter) for parameter in module.parameters()}
    assert {id(parameter) for parameter in installed.trainable().values()} <= parameters
    assert all(tensor.dtype == torch.float64 for tensor in installed.state().values())


@pytest.mark.parametrize(("method", "settings"), VARIANTS)
def test_nothing_is_warned_of(method, settings, caplog):
    with caplog.at_level(logging.WARNING):
        for composition in (None, *COMPOSITIONS):
            module = backbone()
            install(module, method, composition, settings, sources_for(method, composition, settings))
            hidden(module)
    assert caplog.records == []


@pytest.mark.parametrize(("method", "settings"), VARIANTS)
@pytest.mark.parametrize("composition", [None, "stack", "fuse"])
def test_a_copy_is_independent(method, settings, composition):
    module = backbone()
    installed = install(module, method, composition, settings, sources_for(method, composition, settings))
    other, other_installed = copy.deepcopy((module, installed))
    before = hidden(module)
    assert torch.equal(hidden(other), before)
    train(other, other_installed)
    assert torch.equal(hidden(module), before)
    assert not torch.equal(hidden(other), before)


def test_a_backbone_takes_one_adapter():
    module = backbone()
    install(module, "bottleneck", None, {}, [])
    with pytest.raises(ValueError, match="already holds an adapter"):
        install(module, "lora", None, {}, [])


@pytest.mark.parametrize("method", METHODS)
def test_load_state_refuses_what_does_not_fit_and_changes_nothing(method):
    module = backbone()
    installed = install(module, method, None, {}, [])
    state = installed.state()
    with pytest.raises(UserError, match="have no place here, the first is stranger"):
        installed.load_state(state | {"stranger": torch.zeros(1)})
    if not state:
        return
    name, tensor = next(iter(state.items()))
    with pytest.raises(UserError, match="1 tensors are missing"):
        installed.load_state({key: value for key, value in state.items() if key != name})
    broken = {key: value + 1 if value.is_floating_point() else value for key, value in state.items()}
    with pytest.raises(UserError, match="another backbone"):
        installed.load_state(broken | {name: tensor[..., :-1]})
    assert all(torch.equal(value, installed.state()[key]) for key, value in state.items())


def test_a_source_for_another_size_of_backbone_is_refused():
    made = source("a", "lora", 1)
    cut = {name: tensor[:, :-2] if name.endswith("lora_A") else tensor for name, tensor in made.tensors.items()}
    with pytest.raises(UserError, match='The source "narrow" does not fit this backbone.'):
        install(backbone(), "lora", "continue", {}, [Source("narrow", "lora", made.settings, cut)])


@pytest.mark.parametrize(
    ("method", "settings", "message"),
    [
        ("botleneck", {}, 'no method "botleneck".*Did you mean "bottleneck"'),
        ("bottleneck", {"reduction": 4}, 'no setting "reduction".*Did you mean "reduction_factor"'),
        ("full", {"rank": 4}, 'no setting "rank"; its settings are: none'),
        ("bottleneck", {"placement": "pfeifer"}, 'Did you mean "pfeiffer"'),
        ("bottleneck", {"reduction_factor": 0}, "reduction_factor is 0"),
        ("bottleneck", {"reduction_factor": True}, "reduction_factor is true"),
        ("bottleneck", {"reduction_factor": float("nan")}, "reduction_factor is NaN"),
        ("bottleneck", {"non_linearity": "softplus"}, "non_linearity"),
        ("bottleneck", {"dropout": 1}, "dropout is 1"),
        ("lora", {"rank": 0}, "rank is 0"),
        ("lora", {"rank": 2.5}, "rank is 2.5"),
        ("lora", {"alpha": -1}, "alpha is -1"),
        ("lora", {"target_modules": []}, "target_modules"),
        ("lora", {"target_modules": "query"}, "target_modules"),
        ("lora", {"dropout": "much"}, "dropout"),
    ],
)
def test_settings_that_make_no_sense(method, settings, message):
    with pytest.raises(UserError, match=message):
        resolve_settings(method, settings)


def test_unknown_target_modules_name_what_there_is():
    with pytest.raises(UserError, match='called "qeury".*Did you mean "query"'):
        install(backbone(), "lora", None, {"target_modules": ["qeury"]}, [])


@pytest.mark.parametrize(
    ("method", "composition", "settings"),
    [
        ("bottleneck", "stack", {}),
        ("bottleneck", None, {"sources": [{}]}),
        ("lora", "fuse", {"sources": [3]}),
        ("lora", "fuse", {"sources": "both"}),
        ("lora", "fuse", {"sources": []}),
        ("full", "stack", {"sources": [{}]}),
        ("bottleneck", "fuse", {"sources": [{"placement": "nowhere"}]}),
        ("bottleneck", "blend", {}),
    ],
)
def test_stored_settings_that_make_no_sense(method, composition, settings):
    with pytest.raises(UserError):
        rebuild(backbone(), method, composition, settings)


def test_default_settings_are_copies():
    default_settings("lora")["target_modules"].append("nonsense")
    assert "nonsense" not in default_settings("lora")["target_modules"]


@pytest.mark.parametrize(("method", "settings"), VARIANTS)
def test_matched_parameters(method, settings):
    fusion = install(backbone(), method, "fuse", settings, two_sources(method, **settings)).trainable_count()
    matched = match_parameters(backbone(), method, settings, fusion)
    count = install(backbone(), method, None, matched, []).trainable_count()
    step = 2 * 2 * 65 if method == "bottleneck" else 6 * 1000
    assert abs(count - fusion) <= step / 2
    if method == "lora":
        assert matched["alpha"] / matched["rank"] == settings["alpha"] / settings["rank"]
    with pytest.raises(UserError, match="no size to match"):
        match_parameters(backbone(), "full", {}, fusion)


@pytest.mark.parametrize("width", [1, 2, 3, 7, 13, 32, 60, 97])
def test_any_width_can_be_asked_for(width):
    installed = install(backbone(), "bottleneck", None, {"reduction_factor": 32 / width}, [])
    assert installed.state()["layers.1.output.down.weight"].shape == (width, 32)


def test_constants_cost_no_torch():
    code = (
        "import sys, adapterstilts.adapter.value; from adapterstilts.methods import *; default_settings('lora'); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'peft', 'adapters')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("method", ["bottleneck", "lora"])
def test_layers_that_are_left_out_have_no_adapter(method):
    installed = install(backbone(), method, None, {"leave_out": [0, 0]}, [])
    assert installed.settings["leave_out"] == [0]
    assert installed.state() and not [name for name in installed.state() if "layers.0." in name or "layer.0." in name]


@pytest.mark.parametrize("layers, said", [([2], "no layer 2 to leave out"), ([0, 1], "Every layer is left out")])
def test_layers_to_leave_out_are_those_of_the_backbone(layers, said):
    with pytest.raises(UserError, match=said):
        install(backbone(), "lora", None, {"leave_out": layers}, [])


@pytest.mark.parametrize("composition", ["stack", "fuse", "merge"])
def test_bottlenecks_together_are_in_the_same_layers(composition):
    sources = [source("one", "bottleneck", 1), source("other", "bottleneck", 2, leave_out=[0])]
    with pytest.raises(UserError, match="leaves out|same layers"):
        install(backbone(), "bottleneck", composition, {}, sources[composition == "stack" :])


def test_a_merge_of_loras_in_different_layers_changes_what_either_does():
    sources = [source("one", "lora", 1, leave_out=[1]), source("other", "lora", 2, leave_out=[0])]
    merged = merge(sources)
    assert {name.removesuffix(".lora_A") for name in merged.tensors if name.endswith("A")} == {
        name.removesuffix(".lora_A") for each in sources for name in each.tensors if name.endswith("A")
    }
    assert rebuild(backbone(), "lora", None, merged.settings).state().keys() == merged.tensors.keys()
