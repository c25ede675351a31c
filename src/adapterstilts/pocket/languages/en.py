"""English. Subject, verb, objects, place, time; passive with *by*; adverbials may come first."""

from __future__ import annotations

from dataclasses import replace

from adapterstilts.pocket.languages.base import Token, Variant, capitalised, closed, marked, words
from adapterstilts.pocket.meanings import Concept, Event

CODE = "en"
NAME = "English"

# singular, plural
NOUNS = {
    "dog": "dog dogs", "cat": "cat cats", "horse": "horse horses", "cow": "cow cows", "animal": "animal animals",
    "car": "car cars", "bicycle": "bicycle bicycles", "boat": "boat boats", "bus": "bus buses",
    "vehicle": "vehicle vehicles", "apple": "apple apples", "orange": "orange oranges", "lemon": "lemon lemons",
    "banana": "banana bananas", "fruit": "fruit fruits", "egg": "egg eggs", "tomato": "tomato tomatoes",
    "cake": "cake cakes", "fish": "fish fish", "table": "table tables", "chair": "chair chairs", "bed": "bed beds",
    "lamp": "lamp lamps", "book": "book books", "letter": "letter letters", "picture": "picture pictures",
    "clock": "clock clocks", "camera": "camera cameras", "guitar": "guitar guitars", "ring": "ring rings",
    "hat": "hat hats", "coat": "coat coats", "key": "key keys", "phone": "phone phones", "ticket": "ticket tickets",
    "knife": "knife", "scissors": "scissors", "brush": "brush", "hammer": "hammer", "cloth": "cloth", "spoon": "spoon",
}  # fmt: skip
FIELDS = {
    "mathematics": "mathematics", "music": "music", "history": "history", "chemistry": "chemistry",
    "english": "English", "german": "German", "arabic": "Arabic", "japanese": "Japanese",
    "chess": "chess", "tennis": "tennis", "football": "football", "poker": "poker",
}  # fmt: skip
CITIES = {
    "berlin": "Berlin", "paris": "Paris", "london": "London", "rome": "Rome", "vienna": "Vienna", "madrid": "Madrid",
    "tokyo": "Tokyo", "cairo": "Cairo", "athens": "Athens", "moscow": "Moscow", "lisbon": "Lisbon",
    "prague": "Prague", "beirut": "Beirut", "kyoto": "Kyoto", "boston": "Boston", "chicago": "Chicago",
    "dublin": "Dublin", "oslo": "Oslo", "warsaw": "Warsaw", "geneva": "Geneva",
}  # fmt: skip
# preposition, noun
PLACES = {
    "kitchen": "in kitchen", "garden": "in garden", "park": "in park", "school": "at school", "library": "in library",
    "market": "at market", "station": "at station", "museum": "in museum", "church": "in church",
    "hotel": "in hotel", "restaurant": "in restaurant", "hospital": "in hospital",
}  # fmt: skip
# past, base, participle
VERBS = {
    "sell": "sold sell sold", "buy": "bought buy bought", "give": "gave give given",
    "receive": "received receive received",
    "lend": "lent lend lent", "borrow": "borrowed borrow borrowed", "teach": "taught teach taught",
    "learn": "learned learn learned", "beat": "beat beat beaten", "lose": "lost lose lost",
    "arrive": "arrived arrive arrived", "help": "helped help helped", "visit": "visited visit visited",
    "praise": "praised praise praised", "invite": "invited invite invited", "thank": "thanked thank thanked",
    "greet": "greeted greet greeted", "call": "called call called", "see": "saw see seen", "eat": "ate eat eaten",
    "cut": "cut cut cut", "wash": "washed wash washed", "repair": "repaired repair repaired",
    "find": "found find found", "paint": "painted paint painted", "travel": "travelled travel travelled",
    "employ": "employed employ employed", "work": "worked work worked", "found": "founded found founded",
    "leave": "left leave left", "buy_out": "bought buy bought", "support": "supported support supported",
}  # fmt: skip
COMPARATIVES = {
    "age": ("older|old|ADJ", "younger|young|ADJ"),
    "height": ("taller|tall|ADJ", "shorter|short|ADJ"),
    "speed": ("faster|fast|ADJ", "slower|slow|ADJ"),
    "strength": ("stronger|strong|ADJ", "weaker|weak|ADJ"),
}
# relation: view: verb, subject, complements (role, preposition); the role without a preposition is the direct object
VIEWS: dict[str, dict[str, tuple[str, str, tuple[tuple[str, str], ...]]]] = {
    "sale": {
        "sell": ("sell", "seller", (("theme", ""), ("buyer", "to"))),
        "buy": ("buy", "buyer", (("theme", ""), ("seller", "from"))),
    },
    "gift": {
        "give": ("give", "giver", (("theme", ""), ("receiver", "to"))),
        "receive": ("receive", "receiver", (("theme", ""), ("giver", "from"))),
    },
    "loan": {
        "lend": ("lend", "lender", (("theme", ""), ("borrower", "to"))),
        "borrow": ("borrow", "borrower", (("theme", ""), ("lender", "from"))),
    },
    "lesson": {
        "teach": ("teach", "teacher", (("field", ""), ("learner", "to"))),
        "learn": ("learn", "learner", (("field", ""), ("teacher", "from"))),
    },
    "victory": {
        "beat": ("beat", "winner", (("loser", ""), ("field", "at"))),
        "lose": ("lose", "loser", (("winner", "to"), ("field", "at"))),
    },
    "arrival": {
        "before": ("arrive", "earlier", (("later", "before"),)),
        "after": ("arrive", "later", (("earlier", "after"),)),
    },
    **{name: {name: (name, "agent", (("patient", ""),))} for name in
       ("help", "visit", "praise", "invite", "thank", "greet", "call", "see")},
    **{name: {name: (name, "agent", (("theme", ""),))} for name in
       ("eat", "cut", "wash", "repair", "find", "lose", "paint", "leave")},
    "travel": {
        "from_to": ("travel", "agent", (("source", "from"), ("goal", "to"))),
        "to_from": ("travel", "agent", (("goal", "to"), ("source", "from"))),
    },
    "employ": {
        "employ": ("employ", "employer", (("employee", ""),)),
        "work": ("work", "employee", (("employer", "for"),)),
    },
    "found": {"found": ("found", "founder", (("theme", ""),))},
    "takeover": {"buy": ("buy_out", "agent", (("theme", ""),))},
    "support": {"support": ("support", "agent", (("patient", ""),))},
}  # fmt: skip
NO_PASSIVE = {"lesson", "victory"}

CHECK, YES, NO = words("is|be|AUX that|that|PRON true|true|ADJ"), words("yes", "INTJ"), words("no", "INTJ")
DETERMINER = Token("the", "the", "DET")
INTERROGATIVES = {
    "place": "where|where|ADV", "time": "when|when|ADV", "what": "what|what|PRON", "who": "who|who|PRON",
    "organisation": "which|which|DET company|company|NOUN", "person": "whom|who|PRON",
    "city": "which|which|DET city|city|NOUN",
}  # fmt: skip


def _word(form: str, upos: str, lexeme: str = "") -> Token:
    return Token(form, lexeme or form, upos)


def noun_phrase(concept: Concept, role: str) -> list[Token]:
    """The filler as a noun phrase; its article stays outside the role's span."""
    if concept.kind in ("person", "organisation"):
        entity = "PER" if concept.kind == "person" else "ORG"
        names = filter(None, (concept.name, concept.surname))
        return [Token(name, name, "PROPN", role, entity) for name in names]
    if concept.kind == "city":
        return [Token(CITIES[concept.name], CITIES[concept.name], "PROPN", role, "LOC")]
    if concept.kind in ("subject", "game"):
        return [Token(FIELDS[concept.name], FIELDS[concept.name], "NOUN", role)]
    if concept.kind == "place":
        noun = PLACES[concept.name].split()[1]
        return [DETERMINER, Token(noun, noun, "NOUN", role)]
    singular, plural = (NOUNS[concept.name].split() * 2)[:2]
    if concept.number > 1:
        number = str(concept.number)
        return marked([_word(number, "NUM"), _word(plural, "NOUN", singular)], role)
    adjective = [_word(concept.property, "ADJ")] if concept.property else []
    return [DETERMINER, *marked([*adjective, _word(singular, "NOUN")], role)]


def adverbial(role: str, concept: Concept) -> list[Token]:
    if concept.kind == "year":
        return [_word("in", "ADP"), Token(concept.name, concept.name, "NUM", role)]
    if concept.name == "yesterday":
        return [Token("yesterday", "yesterday", "ADV", role)]
    if concept.kind == "day":
        day = concept.name.capitalize()
        return [_word("on", "ADP"), Token(day, day, "PROPN", role)]
    preposition = {"city": "in", "instrument": "with"}.get(concept.kind) or PLACES[concept.name].split()[0]
    return [_word(preposition, "ADP"), *noun_phrase(concept, role)]


def variants(event: Event) -> list[Variant]:
    if event.relation == "state":
        return [Variant("state", "plain")]
    views = list(VIEWS.get(event.relation, ("greater", "lesser")))
    orders = ["plain"]
    if not event.negated:
        if event.relation in VIEWS and event.relation not in NO_PASSIVE:
            views += [f"{view}+passive" for view in views if VIEWS[event.relation][view][2][0][1] == ""]
        orders += [f"{role}_first" for role in ("time", "place") if event.get(role)]
        orders += ["cause_first"] if event.cause else []
    return [Variant(view, order) for view in views for order in orders]


def _predicate(event: Event, view: str) -> tuple[str, list[Token], list[Token]]:
    """Subject role, verb words, complements."""
    if event.relation == "state":
        negation = [_word("not", "PART")] if event.negated else []
        return "experiencer", [*words("was|be|AUX"), *negation, _word(event.state, "ADJ")], []
    if event.relation in COMPARATIVES:
        index = ("greater", "lesser").index(view)
        subject, other = (("greater", "lesser"), ("lesser", "greater"))[index]
        negation = [_word("not", "PART")] if event.negated else []
        verb = [*words("was|be|AUX"), *negation, *words(COMPARATIVES[event.relation][index])]
        return subject, verb, [_word("than", "ADP"), *noun_phrase(event[other], other)]
    name, _, voice = view.partition("+")
    key, subject, complements = VIEWS[event.relation][name]
    past, base, participle = VERBS[key].split()
    lexeme = base
    particle = [_word("out", "ADP")] if key == "buy_out" else []
    if voice:
        agent, (subject, _), complements = subject, complements[0], complements[1:]
        verb = [*words("was|be|AUX"), _word(participle, "VERB", lexeme), *particle]
        if event[subject].number > 1:
            verb[0] = replace(verb[0], form="were")
        complements = (*complements, (agent, "by"))
        particle = []
    elif event.negated:
        verb = [*words("did|do|AUX not|not|PART"), _word(base, "VERB")]
    else:
        verb = [_word(past, "VERB", lexeme)]
    tokens: list[Token] = []
    for role, preposition in complements:
        tokens += [_word(preposition, "ADP")] if preposition else []
        tokens += noun_phrase(event[role], role) + particle
        particle = []
    return subject, verb, tokens


def clause(event: Event, variant: Variant) -> list[Token]:
    subject, verb, complements = _predicate(event, variant.view)
    core = [*noun_phrase(event[subject], subject), *verb, *complements]
    adjuncts = {
        role: adverbial(role, concept) for role, concept in event.roles if role in ("instrument", "place", "time")
    }
    if event.cause:
        adjuncts["cause"] = [_word("because", "SCONJ"), *clause_of_cause(event.cause)]
    fronted = adjuncts.pop(variant.order.removesuffix("_first"), [])
    if fronted:
        fronted = [*fronted[:-1], replace(fronted[-1], space=False), Token(",", ",", "PUNCT")]
    tail = [token for role in ("instrument", "place", "time", "cause") for token in adjuncts.get(role, [])]
    return [*fronted, *core, *tail]


def clause_of_cause(cause: Event) -> list[Token]:
    """The causing state, its words outside every role of the event that it explains."""
    return [replace(token, role="") for token in clause(cause, variants(cause)[0])]


def conjoin(first: list[Token], second: list[Token]) -> list[Token]:
    return [*first, _word("and", "CCONJ"), *second]


def _interrogative(event: Event, role: str, number: str) -> list[Token]:
    kind = event[role].kind
    if number:
        return [*words("how|how|ADV many|many|ADJ"), *noun_phrase(event[role], "")[-1:]]
    if role in ("place", "time"):
        return words(INTERROGATIVES[role])
    if role == "instrument":
        return words("with|with|ADP what|what|PRON")
    return words(INTERROGATIVES.get(kind, INTERROGATIVES["what"]))


def question(event: Event, asked: str, view: str) -> list[Token] | None:
    if "+" in view or event.negated:
        return None
    role, _, number = asked.partition(":")
    if event.cause and event.cause["experiencer"] == event.get(role):
        event = replace(event, cause=None)
    subject, verb, complements = _predicate(event, view)
    who = words(INTERROGATIVES["organisation" if event[role].kind == "organisation" else "who"])
    if event.relation in COMPARATIVES:
        return [*who, *verb, *complements] if role == subject else None
    if role == subject:
        return [*who, *clause(event, Variant(view, "plain"))[len(noun_phrase(event[role], role)) :]]
    key, _, objects = VIEWS[event.relation][view]
    preposition = dict(objects).get(role)
    said = clause(event, Variant(view, "plain"))
    if role in ("place", "time", "instrument"):
        said = clause(event.with_role(role, None), Variant(view, "plain"))
    else:
        gap = [index for index, token in enumerate(said) if token.role == role]
        start = gap[0] - (said[gap[0] - 1] == DETERMINER) - bool(preposition)
        said = [*said[:start], *said[gap[-1] + 1 :]]
    size = len(noun_phrase(event[subject], subject))
    asking = [_word(preposition, "ADP")] if preposition else []
    asking += _interrogative(event, role, number)
    return [*asking, *words("did|do|AUX"), *said[:size], _word(VERBS[key].split()[1], "VERB"), *said[size + 1 :]]


def finish(tokens: list[Token], mark: str) -> list[Token]:
    return closed(capitalised(tokens), mark)
