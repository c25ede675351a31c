"""Hindi. Subject, time, place, objects, verb; ने, को, से mark the roles, so that adverbials and objects may come first.

The last word agrees with an unmarked subject, else with an unmarked object, else it is masculine.
"""

from __future__ import annotations

from typing import NamedTuple

from adapterstilts.pocket.languages import base
from adapterstilts.pocket.languages.base import Token, Variant, View, closed, marked, words
from adapterstilts.pocket.meanings import FEMININE, Concept, Event

CODE, NAME, PREPOSITIONAL = "hi", "Hindi", False

LEXICON = base.lexicon(CODE)
VIEWS = base.views_of(LEXICON)
NO_SCRAMBLING = {"travel", "visit", "state"}
ADJUNCTS = ("time", "place", "instrument")
WAS = words("था|होना थे|होना थी|होना थीं|होना", "AUX")
BECAUSE, SINCE, THEREFORE = words("क्योंकि|क्योंकि|SCONJ चूँकि|चूँकि|SCONJ इसलिए|इसलिए|CCONJ")


class Predicate(NamedTuple):
    """Postpositions of subject and definite object; words before the negation (masculine, feminine); last forms."""

    subject: str
    object: str
    before: tuple[list[Token], list[Token]]
    forms: list[Token]


def _special(key: str, *circumstances: str) -> str:
    """The lexeme that stands for ``key`` beside certain fillers, or ``key``."""
    table = LEXICON["special"].get(key, {})
    return next((table[name] for name in circumstances if name in table), key)


def _predicate(event: Event, key: str) -> Predicate:
    """``key``, or what stands for it in ``event``."""
    key = event.state or _special(key, *(concept.name for _, concept in event.roles))
    key = _special(key, "negated") if event.negated else key
    if key in LEXICON["predicatives"]:
        masculine, feminine = (words(cell.replace("+", " "), "ADJ") for cell in LEXICON["predicatives"][key].split())
        return Predicate("0", "", (masculine, feminine), WAS)
    markers, *cells = LEXICON["verbs"][key].split()
    before = words(" ".join(cell for cell in cells if "|" in cell))
    citation, *forms = (cell for cell in cells if "|" not in cell)
    lexeme, _, upos = citation.partition("/")
    subject, _, marker = markers.partition("/")
    return Predicate(subject, marker, (before, before), words(" ".join(f"{form}|{lexeme}|{upos}" for form in forms)))


def _agreement(concept: Concept) -> int:
    """Which form of the predicate agrees with ``concept``: 0 masculine, 1 its plural, 2 feminine, 3 its plural."""
    return 2 * (concept.name in FEMININE or concept.name in LEXICON["feminine"]) + (concept.number > 1)


def noun_phrase(concept: Concept, role: str, oblique: bool = False) -> list[Token]:
    """The filler without its postposition."""
    if concept.kind in ("person", "organisation", "city"):
        return base.proper_noun(concept, role, LEXICON["city"].get(concept.name, ""))
    if concept.kind == "year":
        return marked(words(concept.name, "NUM"), role)
    if concept.kind != "thing":
        return marked(words(LEXICON[concept.kind][concept.name].partition(":")[0], "NOUN"), role)
    singular, plural, *others = LEXICON["thing"][concept.name].split()
    form = plural if concept.number > 1 else others[0] if oblique else singular
    modifier = words(str(concept.number), "NUM") if concept.number > 1 else []
    if concept.property:
        cells = LEXICON["adjectives"][_special(concept.property, concept.name)].split()
        modifier = words(f"{cells[2 if _agreement(concept) > 1 else int(oblique)]}|{cells[0]}|ADJ")
    return marked([*modifier, *words(f"{form}|{singular}|NOUN")], role)


def _postposition(marker: str) -> list[Token]:
    return words(LEXICON["postpositions"].get(marker, marker), "ADP")


def _interrogative(concept: Concept, marker: str, number: bool) -> list[Token]:
    """The question word with its postposition."""
    if number:
        return [words(LEXICON["interrogatives"]["number"])[_agreement(concept) // 2], noun_phrase(concept, "")[-1]]
    if concept.kind == "person":
        return words(LEXICON["who"][marker])
    kind = "animal" if concept.kind == "thing" and marker else concept.kind
    return [*words(LEXICON["interrogatives"][kind]), *_postposition(marker)]


def _sequence(event: Event, frame: View, order: str, asked: str, passive: str) -> list[str]:
    """The roles in their order: an adjunct asked for stands before the verb, so does the place where one arrives."""
    complements = list(frame.complements)
    roles = [*complements, *ADJUNCTS, frame.subject] if passive else [frame.subject, *ADJUNCTS, *complements]
    front = (frame.object or complements[0]) if order == "scrambled" else order.removesuffix("_first")
    late = [role for role in ("place" if event.relation == "arrival" else "", asked) if role in ADJUNCTS]
    ordered = dict.fromkeys([front, *(role for role in roles if role not in late), *late])
    return [role for role in ordered if event.get(role)]


def _markers(event: Event, frame: View, order: str) -> dict[str, str]:
    """The postposition of each role but the subject; where one arrives, a city needs none before the verb."""
    found = dict(frame.complements)
    for role in ADJUNCTS:
        if concept := event.get(role):
            _, colon, marker = LEXICON.get(concept.kind, {}).get(concept.name, "").partition(":")
            bare = concept.kind == "city" and event.relation == "arrival" and order != "place_first"
            found[role] = marker if colon else "" if bare else "में"
    return found


def _sentence(event: Event, view: str, order: str = "plain", asked: str = "") -> list[Token]:
    """The words of ``event`` without its cause; what is ``asked`` for becomes a question word."""
    name, _, passive = view.partition("+")
    frame = VIEWS[event.relation][name]
    predicate = _predicate(event, frame.verb)
    markers = {**_markers(event, frame, order), frame.subject: "द्वारा" if passive else predicate.subject}
    if frame.object and (event[frame.object].number == 1 or asked == frame.object):
        markers[frame.object] = predicate.object
    tokens: list[Token] = []
    for role in _sequence(event, frame, order, asked, passive):
        if role == asked.partition(":")[0]:
            tokens += _interrogative(event[role], "" if role in ("time", "place") else markers[role], ":" in asked)
        else:
            tokens += [*noun_phrase(event[role], role, bool(markers[role])), *_postposition(markers[role])]
    controller = frame.subject if predicate.subject == "0" else frame.object
    form = _agreement(event[controller]) if asked != controller and markers.get(controller) in ("", "0") else 0
    finite = [predicate.forms[form % len(predicate.forms)]]
    finite += words(LEXICON["passives"][event.relation][name], "AUX") if passive else []
    return [*tokens, *predicate.before[form > 1], *(words("नहीं", "PART") if event.negated else []), *finite]


def variants(event: Event) -> list[Variant]:
    orders = ["plain", *(f"{role}_first" for role in ("time", "place") if event.get(role))]
    orders += ["cause_first"] if event.cause else []
    passives = [] if event.negated else [f"{view}+passive" for view in LEXICON["passives"].get(event.relation, ())]
    scrambling = [] if event.negated or event.relation in NO_SCRAMBLING else ["scrambled"]
    active = [Variant(view, order) for view in VIEWS[event.relation] for order in [*orders, *scrambling]]
    return active + [Variant(view, order) for view in passives for order in orders]


def clause(event: Event, variant: Variant) -> list[Token]:
    said = _sentence(event, *variant)
    if not event.cause:
        return said
    if variant.order == "cause_first":
        return [*closed([SINCE, *clause_of_cause(event.cause)], ","), THEREFORE, *said]
    return [*closed(said, ","), BECAUSE, *clause_of_cause(event.cause)]


def clause_of_cause(cause: Event) -> list[Token]:
    """The causing state, its words outside every role of the event that it explains."""
    return marked(_sentence(cause, "state"), "")


def conjoin(first: list[Token], second: list[Token]) -> list[Token]:
    """Two clauses with और, after a comma where the first ends in its cause."""
    return [*(closed(first, ",") if BECAUSE in first else first), *words("और", "CCONJ"), *second]


def question(event: Event, asked: str, view: str) -> list[Token] | None:
    """The question word stands where its answer would, or before the verb. The cause is never said."""
    role, _, number = asked.partition(":")
    unnatural = "+" in view or event.negated or event.state or (role, view) == ("goal", "to_from")
    if unnatural or not event.get(role) or (number and event[role].number == 1):
        return None
    return _sentence(event, view, "plain", asked)


def finish(tokens: list[Token], mark: str) -> list[Token]:
    return closed(tokens, "।" if mark == "." else mark)
