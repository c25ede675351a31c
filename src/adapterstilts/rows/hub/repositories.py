"""A data set's repository on the Hub: its commit, and the parquet files that hold a split of a configuration.

The pinned commit is read, or else revisions are tried in their order: one that is not there, or that has no such
files because a script makes them (`datasets` no longer runs scripts), leaves the next one to be asked. Files are
found as `datasets` finds them: by the `configs` in the card's header, else by their names, which
`refs/convert/parquet` makes too. Without a network the Hub's cache answers, as far as it holds what is asked for.
"""

from __future__ import annotations

import fnmatch
import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from huggingface_hub import DatasetCard, HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import LocalEntryNotFoundError

from adapterstilts.base import hub
from adapterstilts.base.errors import UserError
from adapterstilts.tasks import HubData

_CARD = "README.md"
_NUMBERED = re.compile(r"-(\d{5})-of-(\d{5})(-[0-9a-f]+)?\.parquet$")
_INSTEAD = "or read the files from a folder (--data FOLDER)"
T = TypeVar("T")


@dataclass(frozen=True)
class Located:
    """The parquet files of one split of one configuration, at one commit; `card` is the header of its README."""

    id: str
    commit: str
    config: str
    split: str
    names: tuple[str, ...]
    card: Mapping[str, Any]

    @property
    def place(self) -> str:
        """What an error calls it."""
        return f"{self.id} ({self.config}, {self.split}, commit {self.commit[:12]})"

    def paths(self) -> list[str]:
        """Download the files that the cache does not hold yet. UserError if that fails."""
        return [self._path(name) for name in self.names]

    def _path(self, name: str) -> str:
        try:
            return _answered(self.id, lambda: hf_hub_download(self.id, name, repo_type="dataset", revision=self.commit))
        except hub.Missing as error:
            raise UserError(f"{self.place} has lost its file {name}; try again later, {_INSTEAD}.") from error


@dataclass(frozen=True)
class _Repository:
    """A repository at one commit; `unreachable` says why its `names` are only those in the cache."""

    commit: str
    names: tuple[str, ...]
    card: Mapping[str, Any]
    unreachable: UserError | None = None


def locate(data: HubData, split: str, language: str) -> Located:
    """Where the first revision of `data` that has them has the rows of `split` in `language`.

    Raises:
        UserError: no revision has them, or the Hub cannot be reached, or does not let this user in.
    """
    theirs = data.language_names.get(language, language)
    config, name = (text.format(language=theirs) for text in (data.config or "default", data.splits[split]))
    tried: list[str] = []
    unreachable: UserError | None = None
    pinned = [data.commit] if data.commit else []
    for revision in (*pinned, *data.revisions):
        try:
            repository = _open(data.id, revision)
        except hub.Missing:
            tried.append(f"there is no {revision}")
            continue
        files = _files(repository, config, name)
        if files:
            return Located(data.id, repository.commit, config, name, files, repository.card)
        unreachable = unreachable or repository.unreachable
        tried.append(f"{revision} has none")
    if unreachable:
        raise unreachable
    raise UserError(
        f'https://huggingface.co/datasets/{data.id} has no parquet files of "{config}", {name} ({"; ".join(tried)}); '
        f"upgrade adapterstilts, {_INSTEAD}."
    )


@functools.cache
def _open(identifier: str, revision: str) -> _Repository:
    """Asked once, so that a process reads one commit, however a branch moves."""
    try:
        info = _answered(identifier, lambda: HfApi().dataset_info(identifier, revision=revision, timeout=30))
    except Unreachable as error:
        return _cached(identifier, revision, error)
    card: Mapping[str, Any] = {}
    try:
        # by the revision and not its commit: so the cache learns what the revision is, for when there is no network
        path = _answered(identifier, lambda: hf_hub_download(identifier, _CARD, repo_type="dataset", revision=revision))
        card = _header(Path(path))
    except hub.Missing:
        pass
    names = tuple(sibling.rfilename for sibling in info.siblings or ())
    return _Repository(str(info.sha), names, card)


def _cached(identifier: str, revision: str, error: UserError) -> _Repository:
    try:
        folder = Path(snapshot_download(identifier, repo_type="dataset", revision=revision, local_files_only=True))
    except LocalEntryNotFoundError:
        return _Repository(revision, (), {}, error)
    names = tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()))
    card = _header(folder / _CARD) if _CARD in names else {}
    return _Repository(folder.name, names, card, error)


def _header(card: Path) -> Mapping[str, Any]:
    try:
        header: Mapping[str, Any] = DatasetCard.load(card, ignore_metadata_errors=True).data.to_dict()
    except (ValueError, yaml.YAMLError):  # the files' names may still say what they are
        return {}
    return header


def _files(repository: _Repository, config: str, split: str) -> tuple[str, ...]:
    """The split's files in their order; none if one of them is not there."""
    described = _of_card(repository.card, config, split)
    by_name = (
        f"{config}/{split}-*.parquet",
        f"{config}/{split}/*.parquet",
        f"{config}/{split}.parquet",
        *((f"data/{split}-*.parquet", f"{split}-*.parquet", f"{split}.parquet") if config == "default" else ()),
    )
    for patterns in [described] if described else [(pattern,) for pattern in by_name]:
        matching = {name for pattern in patterns for name in fnmatch.filter(repository.names, pattern)}
        files = sorted(name for name in matching if name.endswith(".parquet"))
        numbered = _NUMBERED.search(files[0]) if files else None
        if files and (numbered is None or len(files) == int(numbered[2])):
            return tuple(files)
    return ()


def _of_card(card: Mapping[str, Any], config: str, split: str) -> tuple[str, ...]:
    """The patterns of the files that the card's header gives; none where it does not."""
    for entry in card.get("configs") or ():
        files = entry.get("data_files") if entry.get("config_name") == config else None
        for file in files if isinstance(files, list) else ():
            if isinstance(file, dict) and file.get("split") == split:
                path = file.get("path")
                return tuple(path) if isinstance(path, list) else (str(path),)
    return ()


class Unreachable(UserError):
    """The Hub, or the network on the way to it, fails: the cache may help."""


def _answered(identifier: str, ask: Callable[[], T]) -> T:
    """What `ask` gives.

    Raises:
        hub.Missing: there is nothing of that name.
        UserError: this user is not let in, or (Unreachable) the Hub goes on failing.
    """
    try:
        return hub.answered(ask)
    except hub.Refused as error:
        raise _refused(identifier, error.status) from error
    except hub.Unreachable as error:
        raise Unreachable(
            f"https://huggingface.co/datasets/{identifier} is not all in the cache, and {error.why}: {error.remedy}, "
            f"{_INSTEAD}."
        ) from error


def _refused(identifier: str, status: int) -> UserError:
    return UserError(
        f"The Hub does not let you read https://huggingface.co/datasets/{identifier} (HTTP {status}): accept its terms "
        f"there if it has any, log in with `hf auth login`, {_INSTEAD}."
    )
