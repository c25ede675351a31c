"""Contract of the pocket languages: each meaning has a sentence of its own, and spans are where they are said to be."""

import unicodedata
from random import Random

import pytest
import sample_sentences

from adapterstilts import tasks
from adapterstilts.pocket import languages
from adapterstilts.pocket.documents import questions_of
from adapterstilts.pocket.languages.base import spans_of, text_of
from adapterstilts.pocket.meanings import RELATIONS, SPLITS, Event, split_of
from adapterstilts.pocket.sampling import draw_event

CONVERSE = {"sale", "gift", "loan", "lesson", "victory", "arrival", "age", "height", "speed", "strength", "employ"}


def meanings(count: int = 900) -> list[Event]:
    """Distinct events over all relations, their exchanges and negations among them."""
    rng = Random("enumeration")
    found: dict[Event, None] = {}
    for index in range(count // 3):
        event = draw_event(rng, tuple(RELATIONS)[index % len(RELATIONS)])
        found[event] = None
        found[event.negation()] = None
        if RELATIONS[event.relation].exchangeable:
            found[event.exchanged()] = None
    return list(found)


MEANINGS = meanings()


@pytest.fixture(params=languages.codes())
def language(request):
    return languages.get(request.param)


def sentences(language, event):
    return [language.finish(language.clause(event, variant), ".") for variant in language.variants(event)]


def test_every_target_has_several_languages_of_its_own():
    assert set(languages.codes()) == set("en de es fr ru zh ja ko ar hi sw id".split())
    for task in tasks.all_tasks().values():
        if task.role == "target":
            assert len(set(task.languages) & set(languages.codes())) >= 4, task.name


def test_every_meaning_has_a_sentence_and_no_two_share_one(language):
    owner: dict[str, Event] = {}
    for event in MEANINGS:
        texts = {text_of(tokens) for tokens in sentences(language, event)}
        assert texts and all(texts), event
        for text in texts:
            assert owner.setdefault(text, event) == event, f"{text!r} says both {owner[text]} and {event}"


def test_every_converse_relation_has_two_views(language):
    for event in MEANINGS:
        if event.relation in CONVERSE:
            views = {variant.view.partition("+")[0] for variant in language.variants(event)}
            assert len(views) == 2, (event, views)


def test_meanings_have_at_least_two_constructions(language):
    for event in MEANINGS:
        if any(event.get(role) for role in ("place", "time")) and event.relation not in ("state", "arrival"):
            assert len(language.variants(event)) >= 2 or event.negated, event


def test_text_is_nfc_with_single_spaces(language):
    for event in MEANINGS:
        for tokens in sentences(language, event):
            text = text_of(tokens)
            assert unicodedata.is_normalized("NFC", text)
            assert "  " not in text and text == text.strip()


def test_spans_hold_their_fillers(language):
    for event in MEANINGS:
        for tokens in sentences(language, event):
            text = text_of(tokens)
            for role, (start, end) in spans_of(tokens).items():
                words = [token.form for token in tokens if token.role == role]
                assert "".join(words) == text[start:end].replace(" ", ""), (role, text)
                assert role in dict(event.roles)


def test_every_role_is_in_every_sentence(language):
    for event in MEANINGS:
        for tokens in sentences(language, event):
            assert {token.role for token in tokens} - {""} == set(dict(event.roles)), text_of(tokens)


def test_tokens_carry_lexeme_and_universal_tags(language):
    tags = "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X".split()
    for event in MEANINGS:
        for token in sentences(language, event)[0]:
            assert token.form and token.lexeme and token.upos in tags, token


def test_questions_do_not_hold_their_answers(language):
    for event in MEANINGS:
        for asked, _, question in questions_of(language, event):
            role = asked.partition(":")[0]
            answer = next(token.form for token in sentences(language, event)[0] if token.role == role)
            assert answer not in {token.form for token in question if token.upos in ("PROPN", "NUM")}, (asked, event)


def test_a_meaning_its_negation_and_its_exchange_share_a_split():
    for event in MEANINGS:
        if RELATIONS[event.relation].exchangeable:
            assert split_of(event) == split_of(event.exchanged())
        assert split_of(event) == split_of(event.negation())
        assert split_of(event) in SPLITS


def test_a_mistyped_language_names_the_nearest():
    with pytest.raises(Exception, match='speak "jp".*ja'):
        languages.get("jp")


@pytest.mark.pocket
@pytest.mark.parametrize("code", languages.codes())
def test_the_proofread_samples_are_what_the_language_says(code):
    translations = [text_of(tokens) for _, tokens in sample_sentences.samples(languages.get("en"))]
    blocks = sample_sentences.read(code)
    samples = sample_sentences.samples(languages.get(code))
    assert len(blocks) == len(samples) == 40
    for block, (meaning, tokens), translation in zip(blocks, samples, translations, strict=True):
        assert block[:2] == (meaning, text_of(tokens)), f"run tests/sample_sentences.py {code} and gloss what is new"
        if code != "en":
            _, _, gloss, translated = block
            assert translated == translation
            said = [token for token in tokens if token.upos != "PUNCT"]
            assert len(gloss.split()) in (len(said), len(text_of(tokens).split())), block
