"""What words mean on this machine, and where an adapter is by its identity."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from adapterstilts import tasks
from adapterstilts.adapter.facts import FACTS, read_facts
from adapterstilts.backbones import BackboneIdentity, declaration_of, identity_of, masked_language_head_of
from adapterstilts.base import places
from adapterstilts.base.errors import UserError
from adapterstilts.exchange.catalogue import ORIGINS, entries, find, method_of
from adapterstilts.rows import reading
from adapterstilts.rows.text import POCKET, Text
from adapterstilts.runs.asked import NotMade
from adapterstilts.runs.run import Given, Rows, Run
from adapterstilts.runs.words import unusual, word_for


class AtHand:
    """What words mean on this machine: `runs.asked.Surroundings` over an output folder, the shipped zoo and the Hub.

    Each word is looked up once, so a study is planned at once; make another after something was made.
    """

    def __init__(self, output: Path) -> None:
        self._output = output
        # on the object, not the class: another one looks again
        self.backbone = functools.cache(self._backbone)
        self._rows = functools.cache(self._look_at_rows)
        self._text = functools.cache(self._look_at_text)
        self._adapter = functools.cache(self._look_for_adapter)
        self.entries = functools.cache(lambda: entries(output))
        self._by_id = functools.cache(self._index)

    def _backbone(self, word: str) -> BackboneIdentity:
        """The backbone that a word means, by its weights; they are loaded only where they are new here."""
        return identity_of(word)

    def rows(self, task: tasks.Task, data: str | None, backbone: str) -> Rows:
        """The rows of a task, by what identifies them."""
        return self._rows(task.name, declaration_of(backbone).rows if data is None else data)

    def _look_at_rows(self, task: str, place: str) -> Rows:
        return Rows(reading.word_of(place, tasks.get(task)), reading.source_revision(tasks.get(task), place), place)

    def text(self, text: str | None, data: str | None, backbone: str) -> Rows:
        """What masked language modelling takes: the text, by its digest, and the head that the backbone has for it."""
        place = text or (declaration_of(backbone).rows if data is None else data)
        if text is None and place != POCKET:
            raise UserError(f"Masked text beside rows from {place} needs text: give --text a folder of .txt files.")
        return self._text(place, backbone)

    def _look_at_text(self, place: str, backbone: str) -> Rows:
        revision = Text(place).revision(tasks.get("mnli"))
        own = places.path_of(place) if place != POCKET else None
        head = masked_language_head_of(self.backbone(backbone))
        return Rows("file" if own else POCKET, f"{revision}, {head}", str(own.absolute()) if own else place)

    def adapter(self, word: str, backbone: str, method: str) -> Run | Given:
        """How the adapter that a word means was made, and where it is; UserError as :func:`find`."""
        run = self._adapter(word, backbone, method)
        if isinstance(run, NotMade):
            raise run
        return run

    def _look_for_adapter(self, word: str, backbone: str, method: str) -> Run | Given | NotMade:
        try:
            folder = find(word, backbone, method, self._output, listing=self.entries)
        except NotMade as error:  # kept, so that it is not looked for again
            return error
        return replace(read_facts(folder).run, place=str(folder))

    def method_of(self, words: Sequence[str], backbone: str) -> str:
        """The method of the first of these adapters whose name or folder tells it, or 'bottleneck'."""
        return method_of(words, backbone, self._output)

    def folder_of(self, adapter: Run | Given) -> Path | None:
        """Where an adapter is, by its identity: where it was named, in the output folder, the zoo, or the Hub's cache.

        None if nowhere.
        """
        named = Path(adapter.place)
        if adapter.place and (named / FACTS).is_file() and read_facts(named).run.id == adapter.id:
            return named
        return self._by_id().get(adapter.id)

    def _index(self) -> dict[str, Path]:
        nearest_first = sorted(self.entries(), key=lambda entry: ORIGINS.index(entry.origin))
        return {entry.run.id: entry.folder for entry in reversed(nearest_first)}


def folder_of(adapter: Run | Given, backbone: str, output: Path) -> Path:
    """Return where an adapter is, by its identity; UserError, as `catalogue.find`, if it is nowhere."""
    folder = AtHand(output).folder_of(adapter)
    rows = adapter.rows if isinstance(adapter, Run) else None
    data = rows.place if rows and adapter.task and unusual(rows, adapter.task, backbone) else None
    made_for = adapter.backbone.id if isinstance(adapter, Run) else backbone
    return folder or find(word_for(adapter), made_for, adapter.method, output, data)
