"""Sources that cannot be composed are refused, in a sentence, before anything is built."""

from __future__ import annotations

import pytest
import torch
from methods_fixtures import backbone, source, two_sources

from adapterstilts.base.errors import UserError
from adapterstilts.methods import Source, check_sources, install, merge


def bottleneck(name: str, seed: int = 1, **settings: object) -> Source:
    return source(name, "bottleneck", seed, **settings)


def lora(name: str, seed: int = 1, **extra: object) -> Source:
    made = source(name, "lora", seed, rank=2)
    return Source(name, "lora", {**made.settings, **extra}, made.tensors)


def full(name: str) -> Source:
    return Source(name, "full", {}, backbone().state_dict())


def composed(name: str) -> Source:
    installed = install(backbone(), "bottleneck", "stack", {}, [bottleneck("a")])
    return Source(name, "bottleneck", installed.settings, installed.state())


def biased(name: str) -> Source:
    made = lora(name)
    bias = {"encoder.layer.0.attention.self.query.lora_B.bias": torch.zeros(32)}
    return Source(name, "lora", made.settings, {**made.tensors, **bias})


REFUSED = {
    "one source for fuse": (
        "bottleneck", "fuse", lambda: [bottleneck("a")],
        'fuse needs at least two sources, but only "a" was given; use stack or continue',
    ),
    "no source for fuse": ("lora", "fuse", list, "at least two sources, but none was given"),
    "no source for stack": ("lora", "stack", list, "exactly one source, but 0 were given"),
    "two sources for stack": (
        "lora", "stack", lambda: two_sources("lora"), r'exactly one source, but 2 were given \("a" and "b"\)',
    ),
    "two sources for continue": ("lora", "continue", lambda: two_sources("lora"), "exactly one source"),
    "a source for none": ("lora", None, lambda: [lora("a")], 'builds on no source, but "a" was given'),
    "the same name twice": (
        "lora", "fuse", lambda: [lora("a"), lora("a", 2)], 'The source "a" was given twice',
    ),
    "the same adapter under two names": (
        "bottleneck", "fuse", lambda: [bottleneck("a"), bottleneck("b")], '"a" and "b" are the same adapter',
    ),
    "two methods": (
        "bottleneck", "fuse", lambda: [bottleneck("a"), lora("b")], '"b" was made by the method lora',
    ),
    "another method": ("lora", "stack", lambda: [bottleneck("a")], '"a" was made by the method bottleneck'),
    "two placements": (
        "bottleneck", "fuse", lambda: [bottleneck("a"), bottleneck("b", 2, placement="houlsby")],
        '"a" has the placement pfeiffer and "b" has houlsby',
    ),
    "another placement": (
        "bottleneck", "stack", lambda: [bottleneck("a", placement="houlsby")], "set placement=houlsby",
    ),
    "a composition as source": (
        "bottleneck", "fuse", lambda: [bottleneck("b", 2), composed("c")], '"c" is itself a composition',
    ),
    "rsLoRA": ("lora", "fuse", lambda: [lora("a"), lora("b", 2, use_rslora=True)], '"b" uses rsLoRA'),
    "DoRA": ("lora", "merge", lambda: [lora("a"), lora("b", 2, use_dora=True)], '"b" uses DoRA'),
    "a LoRA bias": ("lora", "stack", lambda: [lora("a", lora_bias=True)], "uses a LoRA bias"),
    "trained biases": ("lora", "continue", lambda: [lora("a", bias="all")], "uses trained biases"),
    "a bias among the tensors": ("lora", "fuse", lambda: [lora("a", 2), biased("b")], "lora_B.bias"),
    "fusing full models": ("full", "fuse", lambda: [full("a"), full("b")], "trains the backbone itself"),
    "stacking on a full model": ("full", "stack", lambda: [full("a")], "use bottleneck or lora"),
    "continuing a head": ("head_only", "continue", lambda: [full("a")], "keeps nothing but a head"),
    "an unknown composition": ("lora", "fusing", lambda: two_sources("lora"), 'Did you mean "fuse"'),
    "an unknown method": ("loora", "fuse", lambda: two_sources("lora"), 'Did you mean "lora"'),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    method, composition, make, message = REFUSED[case]
    with pytest.raises(UserError, match=message):
        check_sources(method, composition, make(), {})


def test_refused_before_anything_is_built():
    module = backbone()
    before = str(module)
    with pytest.raises(UserError):
        install(module, "lora", "fuse", {}, [lora("a")])
    assert str(module) == before


def test_settings_are_checked_with_the_sources():
    with pytest.raises(UserError, match='no setting "ranks"'):
        check_sources("lora", "stack", [lora("a")], {"ranks": 3})


def test_plain_peft_settings_do_no_harm():
    check_sources("lora", "fuse", [lora("a"), lora("b", 2, use_rslora=False, bias="none")], {})
    merge([lora("a"), lora("b", 2, use_dora=False)])


def test_a_source_may_have_another_size():
    check_sources("bottleneck", "fuse", [bottleneck("a"), bottleneck("b", reduction_factor=4)], {})


@pytest.mark.parametrize(
    ("make", "how", "settings", "message"),
    [
        (lambda: two_sources("lora"), "tie", {}, 'Did you mean "ties"'),
        (lambda: two_sources("lora"), "mean", {"rank": 2}, 'no setting "rank"'),
        (lambda: two_sources("lora"), "ties", {"densty": 2}, 'Did you mean "density"'),
        (lambda: two_sources("lora"), "ties", {"density": 0}, "density is 0"),
        (lambda: two_sources("lora"), "ties", {"rank": 0}, "rank is 0"),
        (lambda: two_sources("bottleneck"), "ties", {}, "merge bottleneck by mean"),
        (lambda: [lora("a")], "mean", {}, "at least two sources"),
        (list, "mean", {}, "at least two sources, but none"),
        (lambda: [bottleneck("a"), bottleneck("b", non_linearity="gelu")], "mean", {}, "cannot hold both"),
        (lambda: [bottleneck("a"), lora("b")], "mean", {}, "made by the method lora"),
    ],
)
def test_merges_refused(make, how, settings, message):
    with pytest.raises(UserError, match=message):
        merge(make(), how, **settings)
