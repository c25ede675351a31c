"""Rows of pocket's tasks. Labels follow from meanings; item ``i`` of a split is the same meaning in every language.

Each generator draws item ``i`` from a random generator of its own, so rows are lazy, deterministic and independent of
how many are asked for. Training and validation rows are English.

No label shows on the surface. The two sides of an item hold the same words whatever the label; what decides is who
plays which role, or which event an adjunct belongs to (``tests/test_pocket_shortcuts.py`` measures this).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from random import Random
from typing import Any

from adapterstilts.pocket import languages
from adapterstilts.pocket.documents import counterpart, draw_of_split, questions_of, say
from adapterstilts.pocket.languages.base import Language, Token, Variant, spans_of, text_of
from adapterstilts.pocket.meanings import FEMININE, RELATIONS, Concept, Event, split_of
from adapterstilts.pocket.sampling import draw_event

Row = dict[str, Any]

SIZES = {
    "mnli": {"train": 12_000, "validation": 1_000, "test": 2_000},
    "squad": {"train": 12_000, "validation": 1_000, "test": 2_000},
    "pawsx": {"train": 6_000, "validation": 1_000, "test": 2_000},
    "panx": {"train": 4_000, "validation": 1_000, "test": 2_000},
    "tatoeba": {"test": 2_000},
}
COMPARISONS = ("age", "height", "speed", "strength")
PERSONAL = (
    "sale",
    "gift",
    "loan",
    "lesson",
    "victory",
    "arrival",
    "help",
    "visit",
    "praise",
    "invite",
    "thank",
    "greet",
)
FRONTABLE = tuple(name for name in PERSONAL if name != "arrival")
"""Relations whose place and time may come first in every language (in some, one arrives *to* a place)."""
CONVERSE = ("sale", "gift", "loan", "lesson", "arrival")
TRANSFERS = ("sale", "gift", "loan")
NAMING = ("employ", "found", "leave", "takeover", "support")
GROUP = 8


def _rows(task: str, split: str, limit: int | None, make: Callable[[Random, int], Row]) -> Iterator[Row]:
    size = SIZES[task][split]
    for index in range(size if limit is None else min(limit, size)):
        yield {"id": f"{split}-{index}", **make(Random(f"pocket/{task}/{split}/{index}"), index)}


def _speech(rng: Random, language: Language, task: str) -> Random:
    """Choices of wording: they differ by language, and never disturb the meanings."""
    return Random(f"{task}/{language.CODE}/{rng.getrandbits(64)}")


def _sentence(language: Language, event: Event, variant: Variant) -> list[Token]:
    return language.finish(language.clause(event, variant), ".")


# --- natural language inference -----------------------------------------------------------------------------------


def _compared(rng: Random, split: str) -> tuple[list[Event], dict[str, Event]]:
    """Two comparisons of people, and a hypothesis for each label."""
    first, second = rng.sample(COMPARISONS, 2)
    while True:
        known = draw_of_split(rng, split, (first,))
        unknown = Event(second, known.roles)
        if split_of(unknown) == split:
            break
    other = draw_of_split(rng, split, (second,), avoid=[concept.name for _, concept in known.roles])
    if rng.random() < 0.5:
        unknown = unknown.exchanged()
    return [known, other], {"entailment": known, "contradiction": known.exchanged(), "neutral": unknown}


def _attributed(rng: Random, split: str) -> tuple[list[Event], dict[str, Event]]:
    """An event with one adjunct beside one with two, and a hypothesis for each label.

    As in SNLI (Bowman et al. 2015) premise and hypothesis speak of one event, which has one place and one time.
    """
    given, absent = rng.sample(("place", "time"), 2)
    whole = draw_of_split(rng, split, PERSONAL, adjuncts=("place", "time"))
    known = whole.with_role(absent, None)
    taken = [concept.name for _, concept in whole.roles]
    other = counterpart(rng, whole) if rng.random() < 0.6 else None
    if other is None:
        other = draw_of_split(rng, split, PERSONAL, adjuncts=("place", "time"), avoid=taken)
    core = known.with_role(given, None)
    return [known, other], {
        "entailment": known,
        "contradiction": core.with_role(given, other[given]),
        "neutral": core.with_role(absent, other[absent]),
    }


def _say_inference(rng: Random, language: Language, premise: list[Event], hypothesis: Event) -> tuple[str, str]:
    """Premise and hypothesis; whatever the label, the hypothesis is built as the premise's event is not."""
    said = [(event, rng.choice(language.variants(event))) for event in premise]
    sentences = [text_of(_sentence(language, event, variant)) for event, variant in said]
    used = {(variant.view, _fronts(variant)) for event, variant in said if _same_people(event, hypothesis)}
    if hypothesis.relation in COMPARISONS:
        views = {variant.view for event, variant in said if event.relation == hypothesis.relation}
        used = {(view, False) for view in views}
    options = language.variants(hypothesis)
    fresh = [variant for variant in options if (variant.view, _fronts(variant)) not in used]
    return " ".join(sentences), text_of(_sentence(language, hypothesis, rng.choice(fresh or options)))


def _same_people(event: Event, other: Event) -> bool:
    """Whether both are of one relation, with the same persons in the same roles."""
    return event.relation == other.relation and all(
        event.get(role) == other.get(role) for role in RELATIONS[event.relation].exchangeable
    )


def mnli(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Entailment, neutral, contradiction: is this true of the event, of another one, or not said?"""
    speaker = languages.get(language)

    def make(rng: Random, index: int) -> Row:
        label = ("entailment", "neutral", "contradiction")[index % 3]
        premise, hypotheses = (_compared if rng.random() < 0.3 else _attributed)(rng, split)
        rng.shuffle(premise)
        negated = rng.random() < 0.4
        opposite = {"entailment": "contradiction", "contradiction": "entailment", "neutral": "neutral"}
        hypothesis = hypotheses[opposite[label] if negated else label]
        hypothesis = hypothesis.negation() if negated else hypothesis
        words = _speech(rng, speaker, "mnli")
        texts = _say_inference(words, speaker, premise, hypothesis)
        return {"sentence1": texts[0], "sentence2": texts[1], "label": label}

    return _rows("mnli", split, limit, make)


# --- paraphrase ---------------------------------------------------------------------------------------------------


def _reorders(tokens: list[Token], names: tuple[str, str]) -> bool:
    forms = [token.role for token in tokens]
    return forms.index(names[0]) > forms.index(names[1])


def _fronts(variant: Variant) -> bool:
    return variant.order.removesuffix("_first") in ("place", "time")


def _exchanged_pair(rng: Random, split: str) -> tuple[Event, Event, bool]:
    """An event, the same with its participants exchanged, and whether a paraphrase shall turn their order."""
    turns = rng.random() < 0.5
    relation = rng.choice(TRANSFERS if not turns or rng.random() < 0.5 else CONVERSE)
    event = draw_of_split(rng, split, (relation,), adjuncts=(rng.choice(("place", "time")),))
    return event, event.exchanged(), turns


def _tells_apart(one: str, two: str) -> bool:
    """Whether the views differ in their verb and are not both passive, which would keep a run of two names."""
    (verb, _, voice), (other, _, other_voice) = one.partition("+"), two.partition("+")
    return verb != other and not (voice and other_voice)


def _say_exchange(rng: Random, language: Language, first: Event, second: Event, turns: bool) -> tuple[str, str]:
    """Both events, the second by the converse verb and its adjunct moved: no run of words tells the label."""
    options = language.variants(first)
    pairs = [(one, two) for one in options for two in options if _tells_apart(one.view, two.view)]
    pairs = [(one, two) for one, two in pairs if _fronts(one) != _fronts(two)] or pairs
    names = RELATIONS[first.relation].exchangeable
    turned = {one: _reorders(language.clause(first, one), names) for one in options}  # type: ignore[arg-type]
    wanted = [(one, two) for one, two in pairs if (turned[one] != turned[two]) == turns]
    one, two = rng.choice(wanted or pairs)
    return text_of(_sentence(language, first, one)), text_of(_sentence(language, second, two))


def _bound_pair(rng: Random, split: str) -> tuple[tuple[Event, Event], tuple[Event, Event]]:
    """Two events, and the same two with their one adjunct exchanged between them."""
    role = rng.choice(("place", "time"))
    while True:
        first = draw_of_split(rng, split, FRONTABLE, adjuncts=(role,))
        taken = [concept.name for _, concept in first.roles]
        second = draw_of_split(rng, split, FRONTABLE, adjuncts=(role,), avoid=taken)
        crossed = first.with_role(role, second[role]), second.with_role(role, first[role])
        if all(_suits(event, role) for event in crossed) and first[role].kind == second[role].kind:
            return (first, second), crossed


def _suits(event: Event, role: str) -> bool:
    concept = event[role]
    places = RELATIONS[event.relation].places
    return concept.kind != "place" or not places or concept.name in places


def _say_bound(rng: Random, language: Language, pair: tuple[Event, Event], fronted: bool) -> str:
    """Both events in one sentence; ``fronted`` says whether their adjuncts come first."""
    clauses = []
    for event in pair:
        options = [variant for variant in language.variants(event) if _fronts(variant) == fronted]
        clauses.append(language.clause(event, rng.choice(options)))
    if rng.random() < 0.5:
        clauses.reverse()
    return text_of(language.finish(language.conjoin(*clauses), "."))


def pawsx(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Paraphrase ("1") or not ("0"), always with the same names, places and times on both sides."""
    speaker = languages.get(language)

    def make(rng: Random, index: int) -> Row:
        label = str(index % 2)
        if rng.random() < 0.5:
            first, exchanged, turns = _exchanged_pair(rng, split)
            words = _speech(rng, speaker, "pawsx")
            texts = _say_exchange(words, speaker, first, first if label == "1" else exchanged, turns)
        else:
            pair, crossed = _bound_pair(rng, split)
            words = _speech(rng, speaker, "pawsx")
            fronted = words.random() < 0.5
            second = pair if label == "1" else crossed
            texts = _say_bound(words, speaker, pair, fronted), _say_bound(words, speaker, second, not fronted)
        return {"sentence1": texts[0], "sentence2": texts[1], "label": label}

    return _rows("pawsx", split, limit, make)


# --- reading comprehension ----------------------------------------------------------------------------------------


def _alike(event: Event, *others: Event) -> bool:
    """Whether all persons are of one gender: where verbs agree with it, the question's verb would tell the event."""
    people = [concept for one in (event, *others) for _, concept in one.roles if concept.kind == "person"]
    return len({person.name in FEMININE for person in people}) == 1


def _asked_about_slot(rng: Random, split: str) -> tuple[Event, Event, Event, str]:
    """An event, its counterpart, what of the event the question says, and the slot that it asks for."""
    while True:
        event = draw_of_split(rng, split, PERSONAL, adjuncts=("place", "time"))
        asked = rng.choice(("place", "time", "theme") if event.get("theme") else ("place", "time"))
        other = counterpart(rng, event)
        if other is None or not _alike(event):
            continue
        said = event
        for role in ("place", "time"):
            said = said.with_role(role, None) if role != asked else said
        if event.get("theme") and asked != "theme":
            other = other.with_role("theme", event["theme"])
        elif event.get("theme") and event["theme"].number > 1 and rng.random() < 0.7:
            number = rng.choice([count for count in range(3, 10) if count != event["theme"].number])
            other = other.with_role("theme", Concept("thing", event["theme"].name, number=number))
            asked = "theme:number"
        return event, other, said, asked


def _asked_about_person(rng: Random, split: str) -> tuple[Event, Event, Event, str]:
    """Two events that share one person in opposite roles; the question asks for the other person of one of them."""
    while True:
        event = draw_of_split(rng, split, PERSONAL, adjuncts=("place", "time"))
        first, second = RELATIONS[event.relation].exchangeable  # type: ignore[misc]
        asked, shared = rng.sample((first, second), 2)
        fresh = draw_event(rng, event.relation, ("place", "time"), [concept.name for _, concept in event.roles])
        other = fresh.with_role(asked, event[shared]).with_role(shared, fresh[shared])
        for role in ("theme", "field"):
            if event.get(role):
                other = other.with_role(role, event[role])
        if split_of(other) == split and _alike(event, other):
            return event, other, event.with_role("place", None).with_role("time", None), asked


def _answer_span(language: Language, event: Event, variant: Variant, asked: str, start: int) -> tuple[str, int]:
    tokens = _sentence(language, event, variant)
    role, _, number = asked.partition(":")
    if number:
        tokens = [
            token if token.role == role and token.upos == "NUM" else Token(token.form, "", "", space=token.space)
            for token in tokens
        ]
    begin, end = spans_of(tokens)[role]
    return text_of(tokens)[begin:end], start + begin


def squad(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Questions on a paragraph of three events, two of which share the question's words."""
    speaker = languages.get(language)

    def make(rng: Random, index: int) -> Row:
        while True:
            event, other, said, asked = (_asked_about_person if rng.random() < 0.3 else _asked_about_slot)(rng, split)
            taken = [concept.name for one in (event, other) for _, concept in one.roles]
            filler = draw_of_split(rng, split, PERSONAL, adjuncts=("place", "time"), avoid=taken)
            questions = {
                code: [question for role, question in questions_of(languages.get(code), said) if role == asked]
                for code in languages.codes()
            }
            if all(questions.values()):
                break
        order = [event, other, filler]
        rng.shuffle(order)
        words = _speech(rng, speaker, "squad")
        parts: list[str] = []
        start = 0
        for one in order:
            variant = words.choice(speaker.variants(one))
            if one is event:
                answer, position = _answer_span(speaker, one, variant, asked, start)
            parts.append(text_of(_sentence(speaker, one, variant)))
            start += len(parts[-1]) + 1
        question = text_of(speaker.finish(words.choice(questions[language]), "?"))
        return {
            "context": " ".join(parts),
            "question": question,
            "answers": {"text": [answer], "answer_start": [position]},
        }

    return _rows("squad", split, limit, make)


# --- named entities -----------------------------------------------------------------------------------------------


def bio_tags(tokens: list[Token]) -> list[str]:
    """IOB2 tags of PER, ORG and LOC."""
    tags = []
    previous = ("", "")
    for token in tokens:
        here = (token.entity, token.role)
        tags.append("O" if not token.entity else f"{'I' if here == previous else 'B'}-{token.entity}")
        previous = here
    return tags


def panx(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """Persons, organisations and places, in two clauses; a given name may be a company's, and only its role tells."""
    speaker = languages.get(language)

    def make(rng: Random, index: int) -> Row:
        first = draw_of_split(rng, split, NAMING)
        taken = [concept.name for _, concept in first.roles]
        second = draw_of_split(rng, split, (*NAMING, *PERSONAL, "travel"), avoid=taken)
        words = _speech(rng, speaker, "panx")
        clauses = []
        for position, event in enumerate((first, second)):
            clause = speaker.clause(event, words.choice(speaker.variants(event)))
            clauses.append([_numbered(token, position) for token in clause])
        if words.random() < 0.5:
            clauses.reverse()
        tokens = speaker.finish(speaker.conjoin(*clauses), ".")
        return {"tokens": [token.form for token in tokens], "tags": bio_tags(tokens)}

    return _rows("panx", split, limit, make)


def _numbered(token: Token, position: int) -> Token:
    """``token`` with its role told apart from the same role of the other clause."""
    role = f"{token.role}{position}" if token.role else ""
    return Token(token.form, token.lexeme, token.upos, role, token.entity, token.space)


# --- retrieval ----------------------------------------------------------------------------------------------------


def _between(relation: str, people: list[Concept], event: Event | None = None) -> Event:
    """``event`` (default: the bare relation) with ``people`` in its two exchangeable roles."""
    roles = RELATIONS[relation].exchangeable
    if event is None:
        return Event(relation, tuple(zip(roles, people, strict=True)))
    for role, person in zip(roles, people, strict=True):
        event = event.with_role(role, person)
    return event


@lru_cache(maxsize=4)
def _group(split: str, number: int) -> tuple[Event, ...]:
    """Distinct events of two people, who take either role."""
    rng = Random(f"pocket/tatoeba/{split}/{number}")
    allowed: list[str] = []
    while len(allowed) < 4 or len(set(allowed) & set(PERSONAL)) < 2:
        people = [concept for _, concept in draw_event(rng, "age").roles]
        names = (*PERSONAL, *COMPARISONS)
        allowed = [name for name in names if split_of(_between(name, people)) == split]
    events: list[Event] = []
    while len(events) < GROUP:
        relation = rng.choice(allowed)
        rng.shuffle(people)
        event = _between(relation, people, draw_event(rng, relation))
        forms = [concept.name for _, concept in event.roles]
        if len(set(forms)) == len(forms) and event.cause is None and event not in events:
            events.append(event)
    return tuple(events)


def tatoeba(split: str, language: str, limit: int | None = None) -> Iterator[Row]:
    """English sentences and their translations, in groups of eight that share their two names."""
    speaker = languages.get(language)
    english = languages.get("en")

    def make(rng: Random, index: int) -> Row:
        event = _group(split, index // GROUP)[index % GROUP]
        words = _speech(rng, speaker, "tatoeba")
        return {"sentence1": say(words, english, event), "sentence2": say(words, speaker, event)}

    return _rows("tatoeba", split, limit, make)
