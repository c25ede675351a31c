"""German. Verb second, its particle or participle last; *nicht* before what is closely bound to the verb.

Between the verb's two parts stand subject, definite objects, time, *von* phrase, place, indefinite objects,
other prepositional phrases. Bare names show no case: none is fronted that could be taken for the subject.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter
from typing import NamedTuple

from adapterstilts.pocket.languages.base import Token, Variant, capitalised, closed, marked, words
from adapterstilts.pocket.meanings import Concept, Event

CODE = "de"
NAME = "German"

# gender, singular (the same in nominative, accusative and dative: none of these nouns is weak), plural
NOUNS = {
    "dog": "m Hund Hunde", "cat": "f Katze Katzen", "horse": "n Pferd Pferde", "cow": "f Kuh Kühe",
    "animal": "n Tier Tiere", "car": "n Auto Autos", "bicycle": "n Fahrrad Fahrräder", "boat": "n Boot Boote",
    "bus": "m Bus Busse", "vehicle": "n Fahrzeug Fahrzeuge", "apple": "m Apfel Äpfel",
    "orange": "f Orange Orangen", "lemon": "f Zitrone Zitronen", "banana": "f Banane Bananen",
    "fruit": "f Frucht Früchte", "egg": "n Ei Eier", "tomato": "f Tomate Tomaten", "cake": "m Kuchen Kuchen",
    "fish": "m Fisch Fische", "table": "m Tisch Tische", "chair": "m Stuhl Stühle", "bed": "n Bett Betten",
    "lamp": "f Lampe Lampen", "book": "n Buch Bücher", "letter": "m Brief Briefe", "picture": "n Bild Bilder",
    "clock": "f Uhr Uhren", "camera": "f Kamera Kameras", "guitar": "f Gitarre Gitarren",
    "ring": "m Ring Ringe", "hat": "m Hut Hüte", "coat": "m Mantel Mäntel", "key": "m Schlüssel Schlüssel",
    "phone": "n Telefon Telefone", "ticket": "f Fahrkarte Fahrkarten", "knife": "n Messer",
    "scissors": "f Schere", "brush": "f Bürste", "hammer": "m Hammer", "cloth": "n Tuch", "spoon": "m Löffel",
    "paintbrush": "m Pinsel",
}  # fmt: skip
# nominative, accusative, dative
ARTICLES = {"m": "der den dem", "f": "die die der", "n": "das das dem"}
# base, then weak singular after the article: nominative of every gender and accusative f n; accusative m
ADJECTIVES = {
    "red": "rot rote roten", "green": "grün grüne grünen", "white": "weiß weiße weißen",
    "black": "schwarz schwarze schwarzen", "old": "alt alte alten", "new": "neu neue neuen",
    "small": "klein kleine kleinen", "big": "groß große großen",
}  # fmt: skip
# one form each
WORDS = {
    "tired": "müde", "hungry": "hungrig", "ill": "krank", "happy": "glücklich", "sad": "traurig",
    "angry": "wütend", "mathematics": "Mathematik", "music": "Musik", "history": "Geschichte",
    "chemistry": "Chemie", "english": "Englisch", "german": "Deutsch", "arabic": "Arabisch",
    "japanese": "Japanisch", "chess": "Schach", "tennis": "Tennis", "football": "Fußball", "poker": "Poker",
    "monday": "Montag", "tuesday": "Dienstag", "wednesday": "Mittwoch", "thursday": "Donnerstag",
    "friday": "Freitag", "saturday": "Samstag", "sunday": "Sonntag",
}  # fmt: skip
CITIES = {
    "berlin": "Berlin", "paris": "Paris", "london": "London", "rome": "Rom", "vienna": "Wien",
    "madrid": "Madrid", "tokyo": "Tokio", "cairo": "Kairo", "athens": "Athen", "moscow": "Moskau",
    "lisbon": "Lissabon", "prague": "Prag", "beirut": "Beirut", "kyoto": "Kyoto", "boston": "Boston",
    "chicago": "Chicago", "dublin": "Dublin", "oslo": "Oslo", "warsaw": "Warschau", "geneva": "Genf",
}  # fmt: skip
PLACES = {
    "kitchen": "in der Küche", "garden": "im Garten", "park": "im Park", "school": "in der Schule",
    "library": "in der Bibliothek", "market": "auf dem Markt", "station": "am Bahnhof", "museum": "im Museum",
    "church": "in der Kirche", "hotel": "im Hotel", "restaurant": "im Restaurant",
    "hospital": "im Krankenhaus",
}  # fmt: skip
# infinitive: third person singular preterite, participle, separable particle
VERBS = {
    "verkaufen": "verkaufte verkauft", "kaufen": "kaufte gekauft", "schenken": "schenkte geschenkt",
    "bekommen": "bekam bekommen", "verleihen": "verlieh verliehen", "leihen": "lieh geliehen",
    "unterrichten": "unterrichtete unterrichtet", "lernen": "lernte gelernt", "besiegen": "besiegte besiegt",
    "verlieren": "verlor verloren", "ankommen": "kam angekommen an", "helfen": "half geholfen",
    "besuchen": "besuchte besucht", "loben": "lobte gelobt", "einladen": "lud eingeladen ein",
    "danken": "dankte gedankt", "grüßen": "grüßte gegrüßt", "anrufen": "rief angerufen an",
    "sehen": "sah gesehen", "essen": "aß gegessen", "zerschneiden": "zerschnitt zerschnitten",
    "waschen": "wusch gewaschen", "reparieren": "reparierte repariert", "finden": "fand gefunden",
    "bemalen": "bemalte bemalt", "reisen": "reiste gereist", "beschäftigen": "beschäftigte beschäftigt",
    "arbeiten": "arbeitete gearbeitet", "gründen": "gründete gegründet", "kündigen": "kündigte gekündigt",
    "übernehmen": "übernahm übernommen", "unterstützen": "unterstützte unterstützt",
}  # fmt: skip
REFLEXIVE = {"leihen"}
NO_PASSIVE = {"kaufen", "bekommen", "leihen", "lernen"}
COMPARATIVES = {
    "age": ("älter|alt", "jünger|jung"), "height": ("größer|groß", "kleiner|klein"),
    "speed": ("schneller|schnell", "langsamer|langsam"), "strength": ("stärker|stark", "schwächer|schwach"),
}  # fmt: skip
# relation: view: infinitive, subject, complements with their case or preposition, accusative if none is given
VIEWS = {
    "sale": {"sell": "verkaufen seller theme buyer:an", "buy": "kaufen buyer theme seller:von"},
    "gift": {"give": "schenken giver receiver:dat theme", "receive": "bekommen receiver theme giver:von"},
    "loan": {"lend": "verleihen lender theme borrower:an", "borrow": "leihen borrower theme lender:von"},
    "lesson": {"teach": "unterrichten teacher learner field:in", "learn": "lernen learner field teacher:bei"},
    "victory": {"beat": "besiegen winner loser field:im", "lose": "verlieren loser field:im winner:gegen"},
    "arrival": {"before": "ankommen earlier later:vor", "after": "ankommen later earlier:nach"},
    "help": {"help": "helfen agent patient:dat"}, "visit": {"visit": "besuchen agent patient"},
    "praise": {"praise": "loben agent patient"}, "invite": {"invite": "einladen agent patient"},
    "thank": {"thank": "danken agent patient:dat"}, "greet": {"greet": "grüßen agent patient"},
    "call": {"call": "anrufen agent patient"}, "see": {"see": "sehen agent patient"},
    "eat": {"eat": "essen agent theme"}, "cut": {"cut": "zerschneiden agent theme"},
    "wash": {"wash": "waschen agent theme"}, "repair": {"repair": "reparieren agent theme"},
    "find": {"find": "finden agent theme"}, "lose": {"lose": "verlieren agent theme"},
    "paint": {"paint": "bemalen agent theme"}, "found": {"found": "gründen founder theme"},
    "travel": {view: "reisen agent source:von goal:nach" for view in ("from_to", "to_from")},
    "employ": {"employ": "beschäftigen employer employee", "work": "arbeiten employee employer:bei"},
    "leave": {"leave": "kündigen agent theme:bei"}, "takeover": {"buy": "übernehmen agent theme"},
    "support": {"support": "unterstützen agent patient"},
}  # fmt: skip
CHECK, YES, NO = words("stimmt|stimmen|VERB das|das|PRON"), words("ja", "INTJ"), words("nein", "INTJ")
CONTRACTIONS = {"im": "in", "am": "an"}
PERSON_ASKED = {"nom": "wer", "acc": "wen", "an": "wen", "gegen": "wen"}  # else "wem"
# masculine, because the forms of "welche Firma" would not tell who did it
ORGANISATION_ASKED = {"nom": "welcher Betrieb", "acc": "welchen Betrieb", "bei": "welchem Betrieb"}
CITY_ASKED = {
    "source": "von|von|ADP welcher|welcher|DET Stadt|Stadt|NOUN aus|aus|ADP",
    "goal": "in|in|ADP welche|welcher|DET Stadt|Stadt|NOUN",
}
ADJUNCT_ASKED = {"place": "wo", "time": "wann", "instrument": "womit"}


def _word(form: str, upos: str, lexeme: str = "") -> Token:
    return Token(form, lexeme or form, upos)


def _preposition(form: str) -> Token:
    return _word(form, "ADP", CONTRACTIONS.get(form, form))


def noun_phrase(concept: Concept, role: str, case: str = "nom") -> list[Token]:
    """The filler as a noun phrase in ``case`` ('nom', 'acc', 'dat'); its article stays outside the role."""
    if concept.kind in ("person", "organisation"):
        entity = "PER" if concept.kind == "person" else "ORG"
        names = filter(None, (concept.name, concept.surname))
        return [Token(name, name, "PROPN", role, entity) for name in names]
    if concept.kind == "city":
        return [Token(CITIES[concept.name], CITIES[concept.name], "PROPN", role, "LOC")]
    if concept.kind in ("subject", "game"):
        return [Token(WORDS[concept.name], WORDS[concept.name], "NOUN", role)]
    gender, singular, plural = (NOUNS[concept.name].split() + [""])[:3]
    if concept.number > 1:
        return marked([_word(str(concept.number), "NUM"), _word(plural, "NOUN", singular)], role)
    article = _word(ARTICLES[gender].split()[("nom", "acc", "dat").index(case)], "DET", "der")
    adjective = []
    if concept.property:
        base, common, accusative = ADJECTIVES[concept.property].split()
        adjective = [_word(accusative if (gender, case) == ("m", "acc") else common, "ADJ", base)]
    return [article, *marked([*adjective, _word(singular, "NOUN")], role)]


def adverbial(event: Event, role: str) -> list[Token]:
    concept = event[role]
    if concept.kind == "year":
        return [_preposition("im"), _word("Jahr", "NOUN"), Token(concept.name, concept.name, "NUM", role)]
    if concept.name == "yesterday":
        return [Token("gestern", "gestern", "ADV", role)]
    if concept.kind == "day":
        return [_preposition("am"), Token(WORDS[concept.name], WORDS[concept.name], "NOUN", role)]
    if concept.kind == "city":
        return [_preposition("in"), *noun_phrase(concept, role)]
    if concept.kind == "instrument":
        if (event.relation, concept.name) == ("paint", "brush"):
            concept = replace(concept, name="paintbrush")
        return [_preposition("mit"), *noun_phrase(concept, role, "dat")]
    preposition, *articles, noun = PLACES[concept.name].split()
    inner = [_word(article, "DET", "der") for article in articles]
    return [_preposition(preposition), *inner, Token(noun, noun, "NOUN", role)]


def _complements(pattern: str) -> dict[str, str]:
    """Case or preposition of each complement."""
    return {role: case or "acc" for role, _, case in (item.partition(":") for item in pattern.split()[2:])}


def _promoted(complements: dict[str, str]) -> str:
    """The complement that comes first in the passive: the accusative, else the dative (which stays one)."""
    by_case = {case: role for role, case in complements.items()}
    return by_case.get("acc") or by_case.get("dat", "")


def variants(event: Event) -> list[Variant]:
    if event.relation not in VIEWS:
        views = ["state"] if event.relation == "state" else ["greater", "lesser"]
    else:
        views = list(VIEWS[event.relation])
        for view, pattern in VIEWS[event.relation].items():
            passive = pattern.split()[0] not in NO_PASSIVE and _promoted(_complements(pattern))
            views += [f"{view}+passive"] if passive and not event.negated else []
    orders = ["plain", *(f"{role}_first" for role in ("time", "place") if event.get(role))]
    orders += ["cause_first"] if event.cause else []
    orders += ["theme_first"] if event.relation == "leave" else []
    return [Variant(view, order) for view in views for order in (orders if view != "to_from" else ["plain"])]


class _Parts(NamedTuple):
    """A main clause before its order: ``phrases`` are (rank between the verb's two parts, role, words)."""

    finite: list[Token]
    subject: str
    phrases: list[tuple[int, str, list[Token]]]
    closing: list[Token]


_DATIVE_OF_PASSIVE, _SUBJECT, _DATIVE, _OBJECT, _TIME, _SOURCE, _PLACE = range(7)
_NEGATION, _LATE, _BOUND, _LAST = range(7, 11)


def _adjuncts(event: Event) -> list[tuple[int, str, list[Token]]]:
    ranks = {"time": _TIME, "place": _LAST if event.relation == "arrival" else _PLACE, "instrument": _LAST}
    found = [(ranks[role], role, adverbial(event, role)) for role, _ in event.roles if role in ranks]
    return [*found, (_NEGATION, "negation", words("nicht|nicht|PART"))] if event.negated else found


def _copular(event: Event, view: str) -> _Parts:
    if event.relation == "state":
        subject, closing = "experiencer", [_word(WORDS[event.state], "ADJ")]
    else:
        subject, other = ("greater", "lesser") if view == "greater" else ("lesser", "greater")
        comparative = words(COMPARATIVES[event.relation][subject == "lesser"], "ADJ")
        closing = [*comparative, _word("als", "CCONJ"), *noun_phrase(event[other], other)]
    phrases = [(_SUBJECT, subject, noun_phrase(event[subject], subject)), *_adjuncts(event)]
    return _Parts(words("war|sein|AUX"), subject, phrases, closing)


def _parts(event: Event, view: str) -> _Parts:
    name, _, voice = view.partition("+")
    if event.relation not in VIEWS:
        return _copular(event, name)
    lexeme, subject = VIEWS[event.relation][name].split()[:2]
    complements = _complements(VIEWS[event.relation][name])
    past, participle, particle = (VERBS[lexeme].split() + [""])[:3]
    finite, closing = [_word(past, "VERB", lexeme)], [_word(particle, "ADP")] if particle else []
    if lexeme in REFLEXIVE:
        finite += words("sich|sich|PRON")
    if voice:
        complements = {subject: "von", **complements}
        subject = _promoted(complements)
        del complements[subject]
        finite = [_word("wurden" if event[subject].number > 1 else "wurde", "AUX", "werden")]
        closing = [_word(participle, "VERB", lexeme)]

    def late(role: str) -> bool:
        return event[role].number > 1 or (event[role].kind == "subject" and not event.negated)

    rank = _LATE if late(subject) else _SUBJECT
    phrases = [(rank, subject, noun_phrase(event[subject], subject))]
    for role, case in complements.items():
        tokens = noun_phrase(event[role], role, case if case == "acc" else "nom")
        if case == "acc":
            rank = _LATE if late(role) else _OBJECT
        elif case == "dat":
            rank = _DATIVE_OF_PASSIVE if voice else _DATIVE
        else:
            tokens = [_preposition(case), *tokens]
            denied = event.negated and not any(map(late, complements))
            rank = _SOURCE if case == "von" and not denied else _BOUND
        if view == "to_from" and role == "source":
            tokens = [*tokens, _word("aus", "ADP")]
        phrases.append((rank, role, tokens))
    return _Parts(finite, subject, [*phrases, *_adjuncts(event)], closing)


def _behind(front: Sequence[Token], parts: _Parts, gone: str) -> list[Token]:
    """``front``, the finite verb, every phrase but that of the role ``gone``, and the rest of the verb."""
    middle = [tokens for _, role, tokens in sorted(parts.phrases, key=itemgetter(0)) if role != gone]
    for index in range(1, len(middle)):
        if middle[index - 1][-1].upos == middle[index][0].upos == "NUM":  # "1990 4 Autos" would be misread
            middle[index - 1 : index + 1] = middle[index], middle[index - 1]
    return [*front, *parts.finite, *(token for tokens in middle for token in tokens), *parts.closing]


def clause(event: Event, variant: Variant) -> list[Token]:
    parts = _parts(event, variant.view)
    because = [_word("weil", "SCONJ"), *clause_of_cause(event.cause)] if event.cause else []
    if variant.order == "cause_first":
        return _behind(closed(because, ","), parts, "")
    first = variant.order.removesuffix("_first")
    if first == "plain":
        first = "goal" if variant.view == "to_from" else parts.subject
    front = next(tokens for _, role, tokens in parts.phrases if role == first)
    tokens = _behind(front, parts, first)
    return [*closed(tokens, ","), *because] if because else tokens


def clause_of_cause(cause: Event) -> list[Token]:
    """The causing state with its verb last, its words outside every role of the event that it explains."""
    finite, *rest = _behind([], _parts(cause, "state"), "")
    return [replace(token, role="") for token in (*rest, finite)]


def conjoin(first: list[Token], second: list[Token]) -> list[Token]:
    if any(token.upos == "SCONJ" for token in first[1:]):
        first = closed(first, ",")
    return [*first, _word("und", "CCONJ"), *second]


def _asked(event: Event, role: str, case: str) -> list[Token]:
    """The interrogative for the filler of ``role``; ``case`` is its case or its preposition."""
    kind = event[role].kind
    preposition = [] if case in ("nom", "acc", "dat") else [_preposition(CONTRACTIONS.get(case, case))]
    if kind == "person":
        return [*preposition, _word(PERSON_ASKED.get(case, "wem"), "PRON", "wer")]
    if kind == "organisation":
        determiner, noun = ORGANISATION_ASKED[case].split()
        return [*preposition, _word(determiner, "DET", "welcher"), _word(noun, "NOUN")]
    if kind == "city":
        return words(CITY_ASKED[role])
    if preposition:
        return [*preposition, *words(f"welchem|welcher|DET {'Spiel' if kind == 'game' else 'Fach'}", "NOUN")]
    return words("was|was|PRON")


def question(event: Event, asked: str, view: str) -> list[Token] | None:
    """Causes are left unsaid: the state's bearer may be the answer."""
    if "+" in view or event.negated:
        return None
    role, _, number = asked.partition(":")
    if role == "goal":
        view = "to_from"
    parts = _parts(event, view)
    if number:
        front = [*words("wie|wie|ADV viele|viel|DET"), *noun_phrase(event[role], "")[-1:]]
    elif role in ADJUNCT_ASKED:
        front = words(ADJUNCT_ASKED[role], "ADV")
    elif role == parts.subject:
        front = _asked(event, role, "nom")
    elif event.relation in VIEWS:
        front = _asked(event, role, _complements(VIEWS[event.relation][view])[role])
    else:
        return None
    return _behind(front, parts, role)


def finish(tokens: list[Token], mark: str) -> list[Token]:
    return closed(capitalised(tokens), mark)
