"""What is installed computes what plain `adapters`, plain `peft` and the formulas say."""

from __future__ import annotations

import adapters
import adapters.composition
import numpy
import peft
import pytest
import torch
from adapters import DoubleSeqBnConfig, ParBnConfig, SeqBnConfig
from adapters.methods.modeling import BertFusion
from methods_fixtures import PLACEMENTS, VARIANTS, backbone, hidden, source, train, two_sources
from torch import Tensor, nn

from adapterstilts.methods import Source, collapse, install, merge, rebuild
from adapterstilts.methods.installed import Installed

CONFIGS = {"pfeiffer": SeqBnConfig, "houlsby": DoubleSeqBnConfig, "parallel": ParBnConfig}
LIBRARY_NAMES = {
    "attention": "attention.output",
    "output": "output",
    "down": "adapter_down.0",
    "up": "adapter_up",
}


def in_library_names(tensors: dict[str, Tensor], adapter: str) -> dict[str, Tensor]:
    """'layers.0.output.down.weight' as plain `adapters` calls it."""
    renamed = {}
    for name, tensor in tensors.items():
        _, layer, site, part, kind = name.split(".")
        place = f"encoder.layer.{layer}.{LIBRARY_NAMES[site]}.adapters.{adapter}.{LIBRARY_NAMES[part]}"
        renamed[f"{place}.{kind}"] = tensor
    return renamed


def by_library(placement: str, adapters_by_name: dict[str, Source]) -> nn.Module:
    module = backbone()
    adapters.init(module)
    for name, each in adapters_by_name.items():
        module.add_adapter(name, config=CONFIGS[placement](reduction_factor=4))
        result = module.load_state_dict(in_library_names(each.tensors, name), strict=False)
        assert not result.unexpected_keys
    return module


def installed_state(module: nn.Module, plain: Source) -> nn.Module:
    rebuild(module, plain.method, None, plain.settings).load_state(plain.tensors)
    return module


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_plain_bottleneck_is_the_librarys(placement):
    one = source("a", "bottleneck", 1, placement=placement, reduction_factor=4)
    expected = by_library(placement, {"mine": one})
    expected.set_active_adapters("mine")
    torch.testing.assert_close(hidden(installed_state(backbone(), one)), hidden(expected), atol=1e-6, rtol=0)


@pytest.mark.parametrize("placement", ["pfeiffer", "houlsby"])
def test_stacked_bottlenecks_are_the_librarys_stack(placement):
    below, above = two_sources("bottleneck", placement=placement, reduction_factor=4)
    expected = by_library(placement, {"below": below, "above": above})
    expected.set_active_adapters(adapters.composition.Stack("below", "above"))
    module = backbone()
    installed = install(module, "bottleneck", "stack", dict(above.settings), [below])
    target = {f"target.{name}": tensor for name, tensor in above.tensors.items()}
    installed.load_state(installed.state() | target)
    torch.testing.assert_close(hidden(module), hidden(expected), atol=1e-6, rtol=0)


def test_stacked_parallel_bottlenecks_add_up():
    below, above = two_sources("bottleneck", placement="parallel", reduction_factor=4)
    module = backbone()
    installed = install(module, "bottleneck", "stack", dict(above.settings), [below])
    target = {f"target.{name}": tensor for name, tensor in above.tensors.items()}
    installed.load_state(installed.state() | target)
    # One adapter as wide as both computes their mean; doubling what it puts out gives their sum.
    mean = merge([below, above])
    both = {name: tensor * 2 if ".up." in name else tensor for name, tensor in mean.tensors.items()}
    expected = installed_state(backbone(), Source("both", "bottleneck", mean.settings, both))
    torch.testing.assert_close(hidden(module), hidden(expected), atol=1e-6, rtol=0)


def test_the_librarys_stack_loses_all_parallel_adapters_but_the_last():
    below, above = two_sources("bottleneck", placement="parallel", reduction_factor=4)
    module = by_library("parallel", {"below": below, "above": above})
    module.set_active_adapters(adapters.composition.Stack("below", "above"))
    stacked = hidden(module)
    module.set_active_adapters("above")
    # Why the parallel stack is ours: when this fails, the library's own can take its place.
    assert torch.equal(stacked, hidden(module))


def library_fusion(placement: str, sources: list[Source]) -> nn.Module:
    names = [each.name for each in sources]
    module = by_library(placement, dict(zip(names, sources, strict=True)))
    module.add_adapter_fusion(adapters.composition.Fuse(*names), "dynamic")
    module.train_adapter_fusion(adapters.composition.Fuse(*names))
    return module


def with_fusion_of(module: nn.Module, state: dict[str, Tensor], name: str) -> nn.Module:
    renamed = {}
    for key, tensor in state.items():
        if key.startswith("fusion."):
            _, _, layer, site, part, kind = key.split(".")
            place = f"encoder.layer.{layer}.{LIBRARY_NAMES[site]}.adapter_fusion_layer.{name}"
            renamed[f"{place}.{part}.{kind}"] = tensor
    assert renamed
    assert not module.load_state_dict(renamed, strict=False).unexpected_keys
    return module


@pytest.mark.parametrize("placement", ["pfeiffer", "houlsby"])
def test_fused_bottlenecks_are_the_librarys_fusion(placement):
    sources = two_sources("bottleneck", placement=placement, reduction_factor=4)
    module = backbone()
    installed = install(module, "bottleneck", "fuse", {}, sources)
    train(module, installed)
    expected = with_fusion_of(library_fusion(placement, sources), installed.state(), "a,b")

    torch.testing.assert_close(hidden(module), hidden(expected.eval()), atol=1e-6, rtol=0)
    ours, theirs = regularisation(installed), expected.get_fusion_regularization_loss()
    assert ours > 1e-3
    assert ours == pytest.approx(theirs.item(), rel=1e-6)
    trained = {name for name, parameter in expected.named_parameters() if parameter.requires_grad}
    assert len(trained) == len(installed.trainable())

    # In training the dropouts are the library's too, those on the fusion's scores included.
    module.train()
    torch.manual_seed(3)
    states = hidden(module)
    torch.manual_seed(3)
    torch.testing.assert_close(states, hidden(expected.train()), atol=1e-6, rtol=0)
    dropouts = [m.dropout.p for m in module.modules() if isinstance(m, BertFusion)]
    assert set(dropouts) == {0.1}


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_a_fusion_of_one_function_with_itself_is_that_function(placement):
    one = source("a", "bottleneck", 1, placement=placement, reduction_factor=4)
    twin = Source("twin", "bottleneck", {**one.settings, "dropout": 0.1}, one.tensors)
    module = backbone()
    installed = install(module, "bottleneck", "fuse", {}, [one, twin])
    identity = {k: torch.eye(32) for k in installed.state() if k.endswith("value.weight")}
    installed.load_state(installed.state() | identity)
    torch.testing.assert_close(hidden(module), hidden(installed_state(backbone(), one)), atol=1e-5, rtol=0)
    assert regularisation(installed) == 0


def regularisation(installed: Installed) -> float:
    term = installed.regularisation()
    assert term is not None and term.requires_grad
    return term.item()


def test_regularisation_is_the_published_term():
    module = backbone()
    installed = install(module, "bottleneck", "fuse", {}, two_sources("bottleneck"))
    values = [t.double().numpy() for name, t in installed.state().items() if name.endswith("value.weight")]
    assert len(values) == 2
    expected = sum(0.01 * ((value - numpy.eye(32)) ** 2).sum() for value in values)
    assert regularisation(installed) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("method", ["bottleneck", "lora"])
def test_nothing_else_is_regularised(method):
    for composition, sources in ((None, []), ("stack", [source("a", method, 1)])):
        assert install(backbone(), method, composition, {}, sources).regularisation() is None


def weight_change(plain: Source, path: str) -> Tensor:
    scale = plain.settings["alpha"] / plain.settings["rank"]
    return scale * plain.tensors[f"{path}.lora_B"] @ plain.tensors[f"{path}.lora_A"]


def with_weight_changes(changes: dict[str, Tensor]) -> nn.Module:
    module = backbone()
    with torch.no_grad():
        for path, change in changes.items():
            module.get_submodule(path).weight += change
    return module


def paths(*sources: Source) -> list[str]:
    return sorted({name.removesuffix(".lora_A") for s in sources for name in s.tensors if name.endswith("lora_A")})


def test_plain_lora_is_pefts():
    one = source("a", "lora", 1, rank=3, alpha=6)
    config = peft.LoraConfig(r=3, lora_alpha=6, target_modules=one.settings["target_modules"])
    expected = peft.get_peft_model(backbone(), config).eval()
    theirs = {f"base_model.model.{name}.default.weight": tensor for name, tensor in one.tensors.items()}
    assert not expected.load_state_dict(theirs, strict=False).unexpected_keys
    trainable = [name for name, parameter in expected.named_parameters() if parameter.requires_grad]
    assert len(trainable) == len(theirs)
    torch.testing.assert_close(hidden(installed_state(backbone(), one)), hidden(expected), atol=1e-6, rtol=0)


def different_loras() -> tuple[Source, Source]:
    """Another rank, another scale, other matrices."""
    return (
        source("a", "lora", 1, rank=3, alpha=6),
        source("b", "lora", 2, rank=5, alpha=2, target_modules=["query", "output.dense"]),
    )


def test_stacked_loras_add_up():
    below, above = different_loras()
    module = backbone()
    installed = install(module, "lora", "stack", dict(above.settings), [below])
    target = {f"target.{name}": tensor for name, tensor in above.tensors.items()}
    installed.load_state(installed.state() | target)
    changes = {path: weight_change(below, path) for path in paths(below)}
    for path in paths(above):
        changes[path] = changes.get(path, 0) + weight_change(above, path)
    torch.testing.assert_close(hidden(module), hidden(with_weight_changes(changes)), atol=1e-5, rtol=0)


@pytest.mark.parametrize("fresh", [True, False])
def test_fused_loras_mix_by_one_weight_per_source_and_matrix(fresh):
    sources = different_loras()
    module = backbone()
    installed = install(module, "lora", "fuse", {"rank": 2}, sources, fresh=fresh)
    mean = {
        path: sum(weight_change(each, path) for each in sources if f"{path}.lora_A" in each.tensors) / 2
        for path in paths(*sources)
    }
    torch.testing.assert_close(hidden(module), hidden(with_weight_changes(mean)), atol=1e-5, rtol=0)

    names = list(installed.trainable())
    mixing = [name for name in names if name.endswith(".mixing")]
    assert len(mixing) == len(paths(sources[0])) + len(paths(sources[1]))
    assert all(installed.trainable()[name].shape == (1,) for name in mixing)
    assert len(names) - len(mixing) == (2 * len(paths(sources[0])) if fresh else 0)

    train(module, installed)
    state = installed.state()
    changes = {}
    for path in paths(*sources):
        terms = [
            state[f"source{index}.{path}.mixing"] * weight_change(each, path)
            for index, each in enumerate(sources)
            if f"{path}.lora_A" in each.tensors
        ]
        if fresh:
            terms.append(8 * state[f"target.{path}.lora_B"] @ state[f"target.{path}.lora_A"])
        changes[path] = sum(terms)
    torch.testing.assert_close(hidden(module), hidden(with_weight_changes(changes)), atol=1e-5, rtol=0)


@pytest.mark.parametrize(("composition", "fresh"), [("stack", True), ("fuse", True), ("fuse", False)])
def test_collapse_is_exact(composition, fresh):
    sources = list(different_loras())[: 1 if composition == "stack" else 2]
    module = backbone()
    installed = install(module, "lora", composition, {"rank": 2}, sources, fresh=fresh)
    train(module, installed)
    settings, tensors = collapse(installed.settings, installed.state())
    assert settings["rank"] == sum(each.settings["rank"] for each in sources) + (2 if fresh else 0)
    collapsed = Source("one", "lora", settings, tensors)
    torch.testing.assert_close(hidden(installed_state(backbone(), collapsed)), hidden(module), atol=1e-6, rtol=0)
    again = collapse(settings, tensors)
    assert again[0] == settings and all(torch.equal(again[1][name], tensors[name]) for name in tensors)


def test_a_composed_lora_can_be_a_source():
    sources = list(different_loras())
    module = backbone()
    installed = install(module, "lora", "fuse", {}, sources)
    train(module, installed)
    fused = Source("fused", "lora", installed.settings, installed.state())
    continued = backbone()
    install(continued, "lora", "continue", {}, [fused])
    torch.testing.assert_close(hidden(continued), hidden(module), atol=1e-6, rtol=0)


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_merged_bottlenecks_are_the_mean_of_the_functions(placement):
    sources = [
        source("a", "bottleneck", 1, placement=placement, reduction_factor=4),
        source("b", "bottleneck", 2, placement=placement, reduction_factor=8),
        source("c", "bottleneck", 3, placement=placement, reduction_factor=4),
    ]
    merged = merge(sources)
    assert merged.residual is None
    inputs = torch.randn(50, 32, generator=torch.Generator().manual_seed(0))

    def functions(plain: Source) -> dict[str, Tensor]:
        module = installed_state(backbone(), plain)
        found = {}
        for path, part in module.named_modules():
            if path.endswith("adapters.target"):
                found[path] = part(inputs, residual_input=torch.zeros_like(inputs))[0]
        return found

    ours = functions(Source("merged", "bottleneck", merged.settings, merged.tensors))
    theirs = [functions(each) for each in sources]
    assert len(ours) == (4 if placement == "houlsby" else 2)
    for path, output in ours.items():
        expected = sum(each[path] for each in theirs) / 3
        torch.testing.assert_close(output, expected, atol=1e-6, rtol=0)


def test_merged_loras_are_the_mean_of_the_weight_changes():
    sources = different_loras()
    merged = merge(list(sources))
    assert (merged.settings["rank"], merged.residual) == (8, None)
    plain = Source("merged", "lora", merged.settings, merged.tensors)
    assert paths(plain) == paths(*sources)
    for path in paths(plain):
        parts = [weight_change(each, path) for each in sources if f"{path}.lora_A" in each.tensors]
        torch.testing.assert_close(weight_change(plain, path), sum(parts) / 2, atol=1e-6, rtol=0)
    installed_state(backbone(), plain)


def ties_by_hand(sources: list[Source], density: float) -> dict[str, numpy.ndarray]:
    """TIES as the paper's algorithm 1 has it, on whole vectors."""
    order = paths(*sources)
    vectors = []
    for each in sources:
        vector = numpy.concatenate([weight_change(each, path).double().numpy().ravel() for path in order])
        kept = round(density * vector.size)
        smallest = numpy.argsort(-abs(vector), kind="stable")[kept:]
        vector[smallest] = 0
        vectors.append(vector)
    stacked = numpy.stack(vectors)
    elected = numpy.sign(stacked.sum(axis=0))
    agree = (numpy.sign(stacked) == elected) & (stacked != 0)
    merged = (stacked * agree).sum(axis=0) / numpy.maximum(agree.sum(axis=0), 1)
    shapes = [tuple(weight_change(sources[0], path).shape) for path in order]
    ends = numpy.cumsum([rows * columns for rows, columns in shapes])[:-1]
    pieces = numpy.split(merged, ends)
    return {path: piece.reshape(shape) for path, piece, shape in zip(order, pieces, shapes, strict=True)}


@pytest.mark.parametrize(("density", "rank"), [(0.2, 32), (1.0, 32), (0.5, 4)])
def test_ties(density, rank):
    sources = [source(name, "lora", seed, rank=3) for seed, name in enumerate("abc")]
    expected = ties_by_hand(sources, density)
    merged = merge(sources, "ties", density=density, rank=rank)
    plain = Source("merged", "lora", merged.settings, merged.tensors)
    lost = total = 0.0
    for path, change in expected.items():
        left, values, right = numpy.linalg.svd(change, full_matrices=False)
        nearest = (left[:, :rank] * values[:rank]) @ right[:rank]
        numpy.testing.assert_allclose(weight_change(plain, path).numpy(), nearest, atol=2e-6)
        lost, total = lost + ((change - nearest) ** 2).sum(), total + (change**2).sum()
    assert merged.residual == pytest.approx((lost / total) ** 0.5, abs=1e-5)
    assert (merged.residual > 0.1) == (rank == 4)
    installed_state(backbone(), plain)


def test_merging_by_ties_keeps_the_largest_rank_by_default():
    merged = merge(list(different_loras()), "ties")
    assert merged.settings["rank"] == 5
    assert merged.residual is not None and 0 < merged.residual < 1


@pytest.mark.parametrize(("method", "settings"), VARIANTS)
def test_install_with_merge_starts_from_the_mean(method, settings):
    sources = two_sources(method, **settings)
    module = backbone()
    install(module, method, "merge", {}, sources)
    merged = merge(sources)
    expected = installed_state(backbone(), Source("merged", method, merged.settings, merged.tensors))
    assert torch.equal(hidden(module), hidden(expected))
