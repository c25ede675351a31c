"""What can be said in the pocket world, without any language: one abstract tree for a sentence.

An :class:`Event` is a relation with typed roles and optional adjuncts, each filled by a :class:`Concept`. Only what
every language can say is here: one tense, third person, number by numerals, time by adverbs, no contrast of
definiteness. Relations such as ``sale`` are neutral between their converses (*sell*, *buy*): a language lexicalises
each relation by one or more views, so that paraphrase follows from the tree and never from a list of synonyms.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

FEMININE = (
    "Anna Maria Clara Emma Laura Julia Lena Nora Sara Eva Ida Lisa Mia Olga Rosa Vera Zoe Leila Amina Yuki".split()
)
MASCULINE = (
    "Ben Paul Tom Max Felix Leo Oscar Hugo Karl Erik Omar Ali Samir Kenji Hiro Ivan Jan Peter Simon Victor".split()
)
GIVEN_NAMES = (*FEMININE, *MASCULINE)
SURNAMES = (
    "Keller Weber Berger Mori Tanaka Haddad Novak Silva Costa Lindberg Moretti Becker Sato Nasser Petrov Olsen".split()
)

CITIES = (
    "berlin paris london rome vienna madrid tokyo cairo athens moscow lisbon prague "
    "beirut kyoto boston chicago dublin oslo warsaw geneva"
).split()
PLACES = "kitchen garden park school library market station museum church hotel restaurant hospital".split()
DAYS = "monday tuesday wednesday thursday friday saturday sunday yesterday".split()
YEARS = tuple(str(year) for year in range(1950, 2020))

ANIMALS = "dog cat horse cow".split()
VEHICLES = "car bicycle boat bus".split()
FRUITS = "apple orange lemon banana".split()
FOODS = (*FRUITS, "egg", "tomato", "cake", "fish")
FURNITURE = "table chair bed lamp".split()
OBJECTS = "book letter picture clock camera guitar ring hat coat key phone ticket".split()
GOODS = (*ANIMALS, *VEHICLES, *FOODS, *FURNITURE, *OBJECTS)
HYPERNYMS: Mapping[str, str] = {
    **{concept: "animal" for concept in ANIMALS},
    **{concept: "vehicle" for concept in VEHICLES},
    **{concept: "fruit" for concept in FRUITS},
}
SUBJECTS = "mathematics music history chemistry english german arabic japanese".split()
GAMES = "chess tennis football poker".split()
INSTRUMENTS = "knife scissors brush hammer cloth spoon".split()
PROPERTIES = "red green white black old new small big".split()
STATES = "tired hungry ill happy sad angry".split()

KINDS: Mapping[str, tuple[str, ...]] = {
    "person": GIVEN_NAMES,
    "organisation": GIVEN_NAMES,
    "city": tuple(CITIES),
    "place": tuple(PLACES),
    "day": tuple(DAYS),
    "year": YEARS,
    "thing": (*GOODS, *dict.fromkeys(HYPERNYMS.values())),
    "subject": tuple(SUBJECTS),
    "game": tuple(GAMES),
    "instrument": tuple(INSTRUMENTS),
}
NUMBERS = tuple(range(3, 10))


@dataclass(frozen=True, order=True)
class Concept:
    """One filler of a role.

    ``name`` is a key of ``KINDS[kind]``; ``surname`` belongs to persons and organisations; ``number`` is 1 where none
    is said, else 3 to 9; ``property`` is a member of ``PROPERTIES`` or empty, and never stands beside a number.
    """

    kind: str
    name: str
    surname: str = ""
    number: int = 1
    property: str = ""

    def __str__(self) -> str:
        words = [str(self.number)] if self.number > 1 else []
        return " ".join([*words, *filter(None, (self.property, self.name, self.surname))])


@dataclass(frozen=True)
class Relation:
    """Typed roles in canonical order, and which adjuncts may be added.

    ``exchangeable`` names two roles of one kind: swapping their fillers gives another sensible meaning.
    """

    roles: tuple[tuple[str, tuple[str, ...]], ...]
    adjuncts: tuple[str, ...] = ("place", "time")
    exchangeable: tuple[str, str] | tuple[()] = ()
    instruments: tuple[str, ...] = ()
    things: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


def _people(first: str, second: str, *rest: tuple[str, tuple[str, ...]], **more: object) -> Relation:
    roles = ((first, ("person",)), (second, ("person",)), *rest)
    return Relation(roles, exchangeable=(first, second), **more)  # type: ignore[arg-type]


_THING = ("theme", ("thing",))
_WITH_CAUSE = ("place", "time", "cause")
_EDIBLE = ("kitchen", "garden", "restaurant", "market")


def _acts_on(things: tuple[str, ...], instruments: tuple[str, ...] = (), places: tuple[str, ...] = ()) -> Relation:
    adjuncts = ("place", "time", "instrument") if instruments else ("place", "time")
    return Relation((("agent", ("person",)), _THING), adjuncts, instruments=instruments, things=things, places=places)


RELATIONS: Mapping[str, Relation] = {
    "sale": _people("seller", "buyer", _THING, things=GOODS),
    "gift": _people("giver", "receiver", _THING, things=GOODS),
    "loan": _people("lender", "borrower", _THING, things=(*VEHICLES, *OBJECTS)),
    "lesson": _people("teacher", "learner", ("field", ("subject",)), places=("school", "library", "museum")),
    "victory": _people("winner", "loser", ("field", ("game",)), places=("park", "school", "hotel", "garden")),
    "age": _people("greater", "lesser", adjuncts=()),
    "height": _people("greater", "lesser", adjuncts=()),
    "speed": _people("greater", "lesser", adjuncts=()),
    "strength": _people("greater", "lesser", adjuncts=()),
    "arrival": _people("earlier", "later"),
    "help": _people("agent", "patient", adjuncts=_WITH_CAUSE),
    "visit": _people("agent", "patient", adjuncts=_WITH_CAUSE),
    "praise": _people("agent", "patient", adjuncts=_WITH_CAUSE),
    "invite": _people("agent", "patient", adjuncts=_WITH_CAUSE),
    "thank": _people("agent", "patient", adjuncts=_WITH_CAUSE),
    "greet": _people("agent", "patient", adjuncts=_WITH_CAUSE),
    "call": _people("agent", "patient", adjuncts=_WITH_CAUSE),
    "see": _people("agent", "patient"),
    "eat": _acts_on(FOODS, ("knife", "spoon"), _EDIBLE),
    "cut": _acts_on((*FOODS, "picture", "ticket"), ("knife", "scissors")),
    "wash": _acts_on((*VEHICLES, *ANIMALS, *FOODS), ("brush", "cloth")),
    "repair": _acts_on((*VEHICLES, *FURNITURE, "clock", "camera", "guitar", "phone"), ("hammer",)),
    "find": _acts_on(GOODS),
    "lose": _acts_on((*ANIMALS, *OBJECTS)),
    "paint": _acts_on((*VEHICLES, *FURNITURE), ("brush",)),
    "travel": Relation(
        (("agent", ("person",)), ("source", ("city",)), ("goal", ("city",))),
        ("time",),
        exchangeable=("source", "goal"),
    ),
    "employ": Relation((("employer", ("organisation",)), ("employee", ("person",))), ("city", "time")),
    "found": Relation((("founder", ("person",)), ("theme", ("organisation",))), ("city", "time")),
    "leave": Relation((("agent", ("person",)), ("theme", ("organisation",))), ("time",)),
    "takeover": Relation(
        (("agent", ("organisation",)), ("theme", ("organisation",))),
        ("time",),
        exchangeable=("agent", "theme"),
    ),
    "support": Relation((("agent", ("organisation",)), ("patient", ("person",))), ("city", "time")),
    "state": Relation((("experiencer", ("person",)),), ("time",)),
}
"""``state`` is said only as a cause and in its own sentence; its property is the event's ``state``."""

COMPARISONS = ("age", "height", "speed", "strength")
TRANSFERS = ("sale", "gift", "loan")
"""A thing goes from the first role to the second."""


@dataclass(frozen=True)
class Event:
    """``roles`` maps role and adjunct names to concepts, in the relation's order, adjuncts last.

    ``cause`` is an event of the relation ``state``; ``state`` names the property that such an event predicates.
    """

    relation: str
    roles: tuple[tuple[str, Concept], ...]
    negated: bool = False
    state: str = ""
    cause: Event | None = None

    def __getitem__(self, role: str) -> Concept:
        return dict(self.roles)[role]

    def get(self, role: str) -> Concept | None:
        return dict(self.roles).get(role)

    @property
    def participants(self) -> list[Concept]:
        """The fillers of the two roles that may be exchanged, in the relation's order."""
        return [self[role] for role in RELATIONS[self.relation].exchangeable]

    def with_role(self, role: str, concept: Concept | None) -> Event:
        """The same event with ``role`` filled by ``concept``, added at its place, or left out if None."""
        filled = dict(self.roles)
        if concept is None:
            filled.pop(role, None)
        else:
            filled[role] = concept
        order = [name for name, _ in RELATIONS[self.relation].roles] + ["place", "time", "instrument"]
        return replace(self, roles=tuple((name, filled[name]) for name in order if name in filled))

    def exchanged(self) -> Event:
        """The event with the fillers of its two exchangeable roles swapped."""
        first, second = RELATIONS[self.relation].exchangeable  # type: ignore[misc]
        return self.with_role(first, self[second]).with_role(second, self[first])

    def negation(self) -> Event:
        return replace(self, negated=not self.negated)

    def __str__(self) -> str:
        parts = [f"{role}: {concept}" for role, concept in self.roles]
        if self.cause:
            parts.append(f"cause: {self.cause}")
        head = f"{self.relation} {self.state}".strip()
        return f"{'not ' if self.negated else ''}{head}({', '.join(parts)})"


SPLITS: Mapping[str, float] = {"documents": 0.5, "train": 0.25, "validation": 0.05, "test": 0.2}


def split_of(event: Event) -> str:
    """The only split in which ``event`` may occur.

    It hashes the relation with the sorted bag of its participants (persons, organisations, cities). So an event, its
    negation, every exchange of participants and every change of things and adjuncts fall into one split, and no split
    shares a meaning, or a permutation of one, with another.
    """
    roles = [role for role, kinds in RELATIONS[event.relation].roles if kinds[0] in ("person", "organisation", "city")]
    bag = "|".join([event.relation, *sorted(str(event[role]) for role in roles)])
    position = int.from_bytes(hashlib.sha256(bag.encode()).digest()[:8], "big") / 2**64
    for split, share in SPLITS.items():
        if position < share:
            return split
        position -= share
    return "test"
