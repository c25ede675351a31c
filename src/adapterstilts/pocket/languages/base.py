"""What the language files share: tokens, lexicons, and how a sentence becomes text with spans.

A language is a lexicon, ``<code>.yaml``, and a grammar, ``<code>.py``. Forms are stored, never made by suffix rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import yaml

from adapterstilts.pocket.meanings import Concept, Event


@dataclass(frozen=True)
class Token:
    """One syntactic word. ``role`` names the slot of the event whose filler it belongs to, else it is empty.

    ``entity`` is PER, ORG or LOC on the words of a name; ``space`` says whether a space follows in running text.
    """

    form: str
    lexeme: str
    upos: str
    role: str = ""
    entity: str = ""
    space: bool = True


class Variant(NamedTuple):
    """One way of saying an event: which view of the relation, in which order of constituents."""

    view: str
    order: str


class View(NamedTuple):
    """A verb, the role of its subject, and its complements: role to case or adposition, empty for a plain object."""

    verb: str
    subject: str
    complements: dict[str, str]

    @property
    def object(self) -> str:
        """The role of the plain object, or empty."""
        return next((role for role, marker in self.complements.items() if not marker), "")


def lexicon(code: str) -> dict[str, Any]:
    """``<code>.yaml``; every scalar is a string (``no`` and ``on`` too)."""
    text = Path(__file__).with_name(f"{code}.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.load(text, getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    return loaded


def views_of(lexicon: dict[str, Any]) -> dict[str, dict[str, View]]:
    """Relation to view name to view, from the lexicon's ``views``: 'verb subject complement complement:marker'."""
    found: dict[str, dict[str, View]] = {}
    for relation, patterns in lexicon["views"].items():
        found[relation] = {}
        for name, pattern in patterns.items():
            verb, subject, *complements = pattern.split()
            pairs = (item.partition(":") for item in complements)
            found[relation][name] = View(verb, subject, {role: marker for role, _, marker in pairs})
    return found


class Language(Protocol):
    """What each language module offers."""

    CODE: str
    NAME: str
    PREPOSITIONAL: bool
    """Whether adpositions precede their noun phrase."""

    def variants(self, event: Event) -> list[Variant]:
        """Every construction that says ``event`` in this language, the plainest first; all keep its meaning."""

    def clause(self, event: Event, variant: Variant) -> list[Token]:
        """The words of ``event`` as a main clause, without capital or full stop."""

    def conjoin(self, first: list[Token], second: list[Token]) -> list[Token]:
        """Two clauses as one."""

    def question(self, event: Event, asked: str, view: str) -> list[Token] | None:
        """The question whose answer is the filler of ``asked`` ('theme:number' asks how many), or None if unsayable."""

    def finish(self, tokens: list[Token], mark: str) -> list[Token]:
        """A sentence: capital and closing mark (``.`` or ``?``) as the orthography wants them."""


def word(form: str, upos: str, lexeme: str = "", role: str = "") -> Token:
    return Token(form, lexeme or form, upos, role)


def words(pattern: str, upos: str = "VERB") -> list[Token]:
    """Tokens from ``form|lexeme|UPOS form|lexeme|UPOS``; a bare form is its own lexeme with ``upos``.

    A ``_`` at the end of a form means that no space follows it.
    """
    tokens = []
    for item in pattern.split():
        form, lexeme, tag = (item.split("|") + ["", ""])[:3]
        space = not form.endswith("_")
        form = form.removesuffix("_")
        tokens.append(Token(form, lexeme or form, tag or upos, space=space))
    return tokens


def proper_noun(concept: Concept, role: str, form: str = "") -> list[Token]:
    """The name of a person, an organisation, or a city, whose ``form`` in the language is given."""
    entity = {"person": "PER", "organisation": "ORG", "city": "LOC"}[concept.kind]
    names = form.split() or filter(None, (concept.name, concept.surname))
    return [Token(name, name, "PROPN", role, entity) for name in names]


def marked(tokens: Sequence[Token], role: str) -> list[Token]:
    return [replace(token, role=role) for token in tokens]


def text_of(tokens: Sequence[Token]) -> str:
    return "".join(token.form + (" " if token.space else "") for token in tokens).rstrip()


def spans_of(tokens: Sequence[Token], start: int = 0) -> dict[str, tuple[int, int]]:
    """Character span of each role's filler in ``text_of(tokens)``, shifted by ``start``."""
    spans: dict[str, tuple[int, int]] = {}
    position = start
    for token in tokens:
        end = position + len(token.form)
        if token.role:
            spans[token.role] = (spans.get(token.role, (position, end))[0], end)
        position = end + token.space
    return spans


def capitalised(tokens: Sequence[Token]) -> list[Token]:
    first, *rest = tokens
    return [replace(first, form=first.form[:1].upper() + first.form[1:]), *rest]


def spaced_by_script(tokens: Sequence[Token]) -> list[Token]:
    """``tokens`` with a space just where Latin letters or digits meet a word, and none at the end."""

    def apart(one: Token, two: Token) -> bool:
        return "PUNCT" not in (one.upos, two.upos) and (one.form[-1].isascii() or two.form[0].isascii())

    spaces = [apart(one, two) for one, two in pairwise(tokens)]
    return [replace(token, space=space) for token, space in zip(tokens, [*spaces, False], strict=True)]


def closed(tokens: Sequence[Token], mark: str) -> list[Token]:
    """``tokens`` with the closing ``mark`` attached to the last word."""
    *rest, last = tokens
    return [*rest, replace(last, space=False), Token(mark, mark, "PUNCT")]
