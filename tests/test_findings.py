"""What is said of pocket's results is checked against them, claim by claim, and the check can fail."""

import re
import runpy
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "findings"))
FINDINGS = yaml.safe_load(SCRIPT["PAGES"]["pocket"].read_text(encoding="utf-8"))
SENTENCES = [sentence for section in FINDINGS.values() for finding in section for sentence in finding["sentences"]]
OF_REAL = [
    sentence
    for section in yaml.safe_load(SCRIPT["PAGES"]["real"].read_text(encoding="utf-8")).values()
    for finding in section
    for sentence in finding["sentences"]
]
CLAIMS = [(claim, sentence.get("seeds", 3)) for sentence in SENTENCES for claim in sentence.get("because", [])]
PLACEHOLDERS = [
    placeholder[0] for sentence in SENTENCES for placeholder in SCRIPT["PLACEHOLDER"].finditer(sentence["say"])
]
OPPOSITES = {
    " is above ": " is below ",
    " is below ": " is above ",
    " is not above ": " is above ",
    " is level with ": " is above ",
}


@pytest.mark.parametrize("sentence", SENTENCES, ids=[sentence["say"][:40] for sentence in SENTENCES])
def test_every_sentence_is_so(sentence):
    assert SCRIPT["said"](sentence)


@pytest.fixture
def on_real():
    token = SCRIPT["PAGE"].set(SCRIPT["ON_REAL"])
    yield
    SCRIPT["PAGE"].reset(token)


@pytest.mark.parametrize("sentence", OF_REAL, ids=[sentence["say"][:40] for sentence in OF_REAL])
def test_every_sentence_on_the_real_encoder_is_so_and_could_be_otherwise(sentence, on_real):
    assert SCRIPT["said"](sentence)
    for claim in sentence["because"]:
        nearer = re.sub(r" within [\d.]+ of ", " within 0 of ", claim)
        # what was not named beforehand is not called better or worse
        assert nearer != claim and not re.search(r" (above|below) ", claim)
        with pytest.raises(SCRIPT["NotSo"]):
            SCRIPT["check"](nearer, sentence["seeds"])


def test_a_sentence_that_compares_has_claims():
    for sentence in SENTENCES:
        if "because" not in sentence and not re.search(r"\{(gain|loss|lead) ", sentence["say"]):
            assert not re.search(r"\b(above|below|gains?|loses?|costs?|more|less|fewer|within|best)\b", sentence["say"])


@pytest.mark.parametrize(("claim", "seeds"), CLAIMS)
def test_the_opposite_of_a_claim_is_not_so(claim, seeds):
    opposite = re.sub(r" within [\d.]+ of ", " within 0 of ", claim)
    for words, others in OPPOSITES.items():
        if words in claim:
            opposite = claim.replace(words, others)
            break
    assert opposite != claim
    with pytest.raises(SCRIPT["NotSo"]):
        SCRIPT["check"](opposite, seeds)


@pytest.mark.parametrize("claim", [claim for claim, _ in CLAIMS if claim.startswith("pawsx")])
def test_a_claim_for_three_seeds_is_not_made_with_one_nor_the_other_way_round(claim):
    seeds = dict(CLAIMS)[claim]
    with pytest.raises(SCRIPT["NotSo"], match="seeds"):
        SCRIPT["check"](claim, 4 - seeds)


@pytest.mark.parametrize("placeholder", [each for each in PLACEHOLDERS if each.startswith(("{gain", "{loss", "{lead"))])
def test_a_gain_cannot_be_told_as_a_loss(placeholder):
    turned = {"{gain": "{loss", "{loss": "{gain"}
    other = re.sub(r"^\{\w+", lambda word: turned.get(word[0], word[0]), placeholder)
    if placeholder.startswith("{lead"):
        other = re.sub(r": (.+) over (.+?)( in \w+)?\}", r": \2 over \1\3}", placeholder)
    with pytest.raises(SCRIPT["NotSo"]):
        SCRIPT["said"]({"say": other})


@pytest.mark.parametrize(
    ("say", "claims", "error"),
    [
        ("It has 12.3 points.", [], "12.3 is in no claim"),
        ("It gains {gain tydiqa: bottleneck, continued from squad}.", [], "does not exclude 0"),
        ("It gains.", ["tydiqa: bottleneck, continued from squad is surely above alone"], "not so of bottleneck"),
        ("It gains.", ["pawsx: bottleneck, continued from mnil is above alone"], "nothing on pawsx is called"),
        ("It gains.", ["pawsx: bottleneck, continued from mnli beats alone"], "no claim that"),
        ("It gains {much pawsx: lora, stack on mnli}.", [], "no placeholder that"),
        (
            "It alone gains.",
            ["pawsx: of bottleneck, {continued from,stack on} mnli only bottleneck, stack on mnli is above alone"],
            "so of bottleneck, continued from mnli, too",
        ),
        ("It helps in French.", ["pawsx: bottleneck, continued from mnli is above alone in fr"], "not so of"),
    ],
)
def test_what_is_not_so_is_not_printed(say, claims, error):
    with pytest.raises(SCRIPT["NotSo"], match=re.escape(error)):
        SCRIPT["said"]({"say": say, "because": claims})


def test_an_interval_is_that_of_the_tables():
    assert (
        SCRIPT["said"]({"say": "{gain pawsx: bottleneck, continued from mnli}"})
        in (ROOT / "docs/results.md").read_text()
    )
    sure = "pawsx: bottleneck, continued from mnli is surely above alone"
    assert SCRIPT["check"](sure, 3) is None


def test_nothing_is_called_significant_that_rests_on_one_of_dozens_of_intervals():
    page = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    assert "are no test of significance" in " ".join(page.split())
    said = " ".join(sentence["say"] for sentence in SENTENCES)
    assert not re.search(r"\b(ahead|behind|cannot be told|significant)", said)
