"""What the language files share: tokens, sentences, and how a sentence becomes text with spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from adapterstilts.pocket.meanings import Event


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


class Language(Protocol):
    """What each language module offers."""

    CODE: str
    NAME: str
    CHECK: list[Token]
    """The question whether a sentence just said is true; ``YES`` and ``NO`` are its answers."""
    YES: list[Token]
    NO: list[Token]

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


def closed(tokens: Sequence[Token], mark: str) -> list[Token]:
    """``tokens`` with the closing ``mark`` attached to the last word."""
    *rest, last = tokens
    return [*rest, replace(last, space=False), Token(mark, mark, "PUNCT")]
