"""A run as a value: what is made, from what, and what it is measured on. Everything else is made from it.

Its id is known before a row or a weight is loaded: a Merkle hash of its own facts and its sources' ids (as in Nix, or
in marin's and exca's engines). The weights' digests are kept beside results as evidence; they are identity only for
adapters that others made, which have no recipe.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from adapterstilts import tasks
from adapterstilts.backbones.identity import BackboneIdentity
from adapterstilts.base import schema
from adapterstilts.base.errors import UserError
from adapterstilts.methods.compositions import check_merge
from adapterstilts.methods.settings import check_composition, check_method
from adapterstilts.runs import identity
from adapterstilts.runs.settings import check_known

CONTROLS = ("parameters", "untrained")
NO_ADAPTER = "none"
"""The method, and the word, that stand for the backbone as it is."""


@dataclass(frozen=True)
class Rows:
    """Rows by what identifies them: their `source` ('pocket', 'hub', 'folder', 'file') and its `revision`.

    The revision is pocket's version, the Hub's commit, or a digest of files. `place` is where a folder is at the
    moment: it is no part of an identity and never recorded.
    """

    source: str
    revision: str
    place: str = field(default="", compare=False)


@dataclass(frozen=True)
class Given:
    """An adapter that others made: it has no recipe here, so its weights' sha256 is its identity.

    `origin` says where it comes from, and names nobody's folder; `library` what saved it. `place` is where it is at the
    moment: it is no part of an identity and never recorded.
    """

    name: str
    sha256: str
    method: str
    task: str | None
    origin: str = field(default="", compare=False)
    library: str = field(default="", compare=False)
    place: str = field(default="", compare=False, repr=False)

    @property
    def id(self) -> str:
        """Its identity."""
        return identity.digest({"given": self.sha256})

    def facts(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {key: value for key, value in vars(self).items() if key != "place"}


@dataclass(frozen=True)
class Evaluation:
    """What an adapter is measured on: a task, its rows, and the evaluation's settings, each resolved."""

    target: str
    rows: Rows
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """One run.

    `method` is 'bottleneck', 'lora', 'full', 'head_only', or 'none' for the backbone as it is. `task` is what is
    learned (None for a merge without a head), from the English `rows` of the task that it is trained on. `composition`
    is None (alone), 'continue', 'stack', 'fuse' or 'merge', and builds on `sources`; a run without a composition and
    with one source is that adapter as it is: others made it, or it was made for other weights of the backbone. `head`
    is the adapter whose head a merge gets. `text` is what masked language modelling takes beside tasks: the text, and
    the head that the backbone has for it. `control` runs a control of a fusion: 'parameters' (the task alone with as
    many parameters) or 'untrained' (sources that were never trained). `settings` are all that change what is made,
    resolved; those that only change how are no part of it. `evaluation` None means that nothing is measured: so are
    sources. `place` is where its adapter is at the moment, if somebody named that: it is no part of an identity and
    never recorded.
    """

    backbone: BackboneIdentity
    method: str
    task: str | None = None
    rows: Rows | None = None
    composition: str | None = None
    sources: tuple[Run | Given, ...] = ()
    head: Run | Given | None = None
    control: str | None = None
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    evaluation: Evaluation | None = None
    text: Rows | None = None
    place: str = field(default="", compare=False, repr=False)

    def __hash__(self) -> int:
        return hash(self.id)

    @cached_property
    def id(self) -> str:
        """Its identity: 16 hexadecimal digits."""
        return identity.digest(self._identifying())

    def _identifying(self) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "backbone": self.backbone.fingerprint,
            "method": self.method,
            "task": self.task,
            "rows": self.rows and [self.rows.source, self.rows.revision],
            "composition": self.composition,
            # what is fused does not depend on the order in which it is named
            "sources": sorted(source.id for source in self.sources),
            "head": self.head and self.head.id,
            "control": self.control,
            "seed": self.seed,
            "settings": identity.not_default(self.settings, self.composition),
            "text": self.text and [self.text.source, self.text.revision],
        }
        if self.evaluation is not None:
            rows = self.evaluation.rows
            facts["evaluation"] = {
                "target": self.evaluation.target,
                "rows": [rows.source, rows.revision],
                "settings": identity.not_default(self.evaluation.settings),
            }
        kept = {key: value for key, value in facts.items() if value not in (None, [], {}, 0)}
        return {"version": identity.ID_VERSION, **kept}

    @cached_property
    def adapter(self) -> Run | Given:
        """What is made, without what it is measured on; its source, if it is that as it is."""
        if self.composition is None and self.sources:
            return self.sources[0]
        return replace(self, evaluation=None)

    @property
    def target(self) -> str | None:
        """The task that it is measured on; None if it is not."""
        return self.evaluation.target if self.evaluation else None

    @property
    def structure(self) -> str | None:
        """The composition that the adapter's weights have: a control with matched parameters has none."""
        return None if self.control == "parameters" else self.composition

    @property
    def built_on(self) -> tuple[Run | Given, ...]:
        """Its sources and the adapter whose head it gets."""
        return (*self.sources, *((self.head,) if self.head else ()))

    @property
    def of_other_weights(self) -> tuple[Run, ...]:
        """What it builds on that was made here for a backbone with other weights than its own."""
        own = self.backbone.fingerprint
        return tuple(each for each in self.built_on if isinstance(each, Run) and each.backbone.fingerprint != own)

    def graph(self) -> Iterator[Run | Given]:
        """Yield what is made and everything that it builds on, however deep."""
        yield self.adapter
        for source in self.built_on:
            if isinstance(source, Run):
                yield from source.graph()
            else:
                yield source

    @cached_property
    def trained_on(self) -> frozenset[str]:
        """The tasks whose training data anything in its graph has seen, its own included.

        A source that was never trained (a control) has seen none, nor has a control that leaves the sources out.
        """
        task = tasks.known(self.task)
        seen = task.learned if task is not None else frozenset()
        return seen.union(*map(_seen_by, self.built_on)) if self.control is None else seen

    @property
    def saw_target_training(self) -> bool:
        """Whether something that it builds on was trained on the training data of what it is measured on."""
        task = tasks.known(self.target)
        if task is None or self.control is not None:
            return False
        # an adapter as it is builds on what its own run did
        sources = self.adapter.built_on if isinstance(self.adapter, Run) else ()
        return any(task.learned & _seen_by(source) for source in sources)

    @property
    def origins(self) -> frozenset[str]:
        """Where the weights in it that others made come from."""
        return frozenset(each.origin or each.name for each in self.graph() if isinstance(each, Given))

    def facts(self) -> dict[str, Any]:
        """Return the run as plain JSON, all of it, for people and for :func:`of_facts`."""
        facts: dict[str, Any] = {
            "id": self.id,
            "version": identity.ID_VERSION,
            "backbone": vars(self.backbone),
            "method": self.method,
            "task": self.task,
            "rows": self.rows and _rows(self.rows),
            "composition": self.composition,
            "sources": [source.facts() for source in self.sources],
            "head": self.head and self.head.facts(),
            "control": self.control,
            "seed": self.seed,
            "settings": dict(self.settings),
            "text": self.text and _rows(self.text),
        }
        if self.evaluation is not None:
            own = self.evaluation
            facts["evaluation"] = {"target": own.target, "rows": _rows(own.rows), "settings": dict(own.settings)}
        return {key: value for key, value in facts.items() if value not in (None, [], {})}


def _seen_by(source: Run | Given) -> frozenset[str]:
    if isinstance(source, Run):
        return source.trained_on
    task = tasks.known(source.task)
    return task.learned if task is not None else frozenset()


def _rows(rows: Rows) -> dict[str, Any]:
    return {"source": rows.source, "revision": rows.revision}


def with_own_seeds(run: Run) -> Run:
    """Return the run on sources of its own seed, in the stead of those of the seed that a task's name means."""
    sources = tuple(
        replace(source, seed=run.seed, place="") if isinstance(source, Run) else source for source in run.sources
    )
    return replace(run, sources=sources)


def differing(old: Run, new: Run) -> list[tuple[str, Any, Any]]:
    """Return the facts in which two runs differ, by dotted path, the old value and the new; ids and names apart."""
    return list(identity.differences(_comparable(old.facts()), _comparable(new.facts())))


def _comparable(facts: Any) -> Any:
    """What decides, at every depth: a backbone by its fingerprint, and settings without those at their defaults."""
    if isinstance(facts, list):
        return [_comparable(each) for each in facts]
    if not isinstance(facts, Mapping):
        return facts
    kept = {key: _comparable(value) for key, value in facts.items() if key not in ("id", "version", "name", "settings")}
    if "settings" in facts:
        kept["settings"] = identity.not_default(facts["settings"], facts.get("composition"))
    return kept


def of_facts(facts: Any, place: str) -> Run:
    """Read a run back from what `Run.facts` gave; `place` is what an error calls the file.

    Raises:
        UserError: something in it has not the type that it must have, is of another version, or was changed.
    """
    version = facts.get("version") if isinstance(facts, Mapping) else None
    if version != identity.ID_VERSION:
        raise UserError(
            f"{place} describes a run by version {version} of identities; this release reads {identity.ID_VERSION}."
        )
    run = schema.checked(Run, _without_places(facts), place, unknown="ignore")
    try:
        _check_words(run)
    except UserError as error:
        raise UserError(f"{place}: {error}") from error
    if run.id != facts.get("id"):
        raise UserError(f"{place} describes the run {run.id}, but says that it is {facts.get('id')}: it was changed.")
    return run


def _without_places(facts: Any) -> Any:
    """The facts without places: they are never recorded, so one that is read was put there by somebody."""
    if isinstance(facts, list):
        return [_without_places(each) for each in facts]
    if not isinstance(facts, Mapping):
        return facts
    return {key: _without_places(value) for key, value in facts.items() if key != "place"}


def _check_words(run: Run) -> None:
    """Raise UserError for a word, anywhere in its graph, that this release does not know."""
    for each in (run, *run.graph()):
        if each.method != NO_ADAPTER:
            check_method(each.method)
        if isinstance(each, Run) and each.composition is not None:
            check_composition(each.composition)
        if isinstance(each, Run) and each.control not in (None, *CONTROLS):
            raise UserError(f'There is no control "{each.control}"; use one of {", ".join(CONTROLS)}.')
        if isinstance(each, Run):
            _check_settings(each)
    if run.evaluation is not None:
        check_known(run.evaluation.settings)


def _check_settings(run: Run) -> None:
    """Raise UserError for a setting of a run that is out of its range; one of a later release is passed over."""
    if run.structure == "merge":
        ways = {key: value for key, value in run.settings.items() if key != "how"}
        check_merge(run.method, str(run.settings.get("how", "mean")), ways)
        return
    check_known({"seed": run.seed, **run.settings})
    if not isinstance(run.settings.get("fresh", True), bool):
        raise UserError(f"The setting fresh is {run.settings['fresh']!r}, but must be true or false.")
