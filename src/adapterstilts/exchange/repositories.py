"""Adapters in repositories of the Hugging Face Hub, one repository an adapter, and in its cache.

An adapter's repository has the files that `adapter.saving` writes, its card and its results; beside them, in a folder
of its own, the same weights as `adapters` or `peft` read them. Only safetensors are ever read.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapterstilts import tasks
from adapterstilts.adapter.saving import FACTS, WEIGHTS, load_adapter
from adapterstilts.base import hub, schema
from adapterstilts.base.errors import UserError
from adapterstilts.base.names import slug
from adapterstilts.base.places import path_of
from adapterstilts.methods import METHODS

ORGANISATION = "adapterstilts"
"""Whose adapters are looked for unless another name is given."""
TAG = "adapterstilts"
_FILES = [WEIGHTS, FACTS, "README.md", "results/*.json"]
_LOG_IN = "log in with `hf auth login` or set HF_TOKEN"


class NotReached(UserError):
    """The Hub does not answer."""


@dataclass(frozen=True)
class Listed:
    """What the Hub says of an adapter: its repository, and facts from its card; `score` of its own test set."""

    repository: str
    task: str | None
    method: str | None
    backbone: str | None
    licence: str | None
    score: float | None


@dataclass(frozen=True)
class Plan:
    """What publishing would do: `states` of the files by path ('new', 'changed', 'same') on top of commit `parent`.

    `parent` is None where the repository is new. Where the Hub does not answer `not_asked` says why, and the states are
    'unknown'.
    """

    repository: str
    parent: str | None
    states: Mapping[str, str]
    not_asked: str | None = None

    @property
    def waiting(self) -> list[str]:
        """The paths that would be uploaded."""
        return [path for path, state in self.states.items() if state != "same"]


def is_repository(word: str) -> bool:
    """Whether `word` can be a repository's id, such as 'adapterstilts/pocket-lora-squad', and no folder in one here."""
    return re.fullmatch(r"[\w-][\w.-]*/[\w-][\w.-]*", word) is not None and not path_of(word).parent.is_dir()


def repository_of(name: str, backbone: str, organisation: str = ORGANISATION) -> str:
    """The repository of an adapter by its name, with or without backbone and seed 0.

    The Hub's names have no double hyphens.
    """
    short = slug(backbone.lower())
    whole = name if name.startswith(f"{short}-") else f"{short}-{name}"
    return f"{organisation}/{whole.removesuffix('-s0').replace('--', '_')}"


def fetch(repository: str, revision: str | None = None) -> Path:
    """Download an adapter into the Hub's cache and check it: its folder there. Without a network the cache answers.

    Raises:
        hub.Missing: there is no such repository or revision.
        UserError: it is no adapter of ours, what came is damaged (and is taken out of the cache), this user is not
            let in, or the Hub cannot be reached.
    """
    folder = download(repository, _FILES, revision)
    if not (folder / FACTS).is_file():
        raise _no_adapter(repository, revision)
    try:
        load_adapter(folder)
    except UserError:
        _forget(folder.name)
        raise
    return folder


def download(repository: str, patterns: Sequence[str], revision: str | None = None) -> Path:
    """Download the files of a repository that match `patterns` into the Hub's cache: the folder there.

    Raises:
        hub.Missing: there is no such repository or revision.
        UserError: this user is not let in, or the Hub cannot be reached and the cache has nothing.
    """
    from huggingface_hub import snapshot_download

    def ask() -> str:
        return snapshot_download(repository, revision=revision, allow_patterns=list(patterns))

    return Path(_asked(repository, ask, "read"))


def _asked(repository: str, ask: Any, what: str) -> Any:
    try:
        return hub.answered(ask)
    except hub.Refused as error:
        # of what is not there the Hub says 401 to those who have not logged in
        hidden = "is not there, or is private" if error.status == 401 else f"is not yours to {what}"
        raise UserError(
            f"https://huggingface.co/{repository} {hidden} (HTTP {error.status}): check its name, and {_LOG_IN}."
        ) from error
    except ValueError as error:
        # the client's word for a path that would leave its cache, or for an id that none can have
        raise UserError(f"{repository} cannot be asked for: {str(error).splitlines()[0]}") from error
    except hub.Unreachable as error:
        cache = "is not in the cache, and" if what == "read" else "was not reached:"
        raise NotReached(f"https://huggingface.co/{repository} {cache} {error.why}; {error.remedy}.") from error


def _no_adapter(repository: str, revision: str | None) -> UserError:
    from huggingface_hub import HfApi

    names = _asked(repository, lambda: HfApi().list_repo_files(repository, revision=revision), "read")
    why = f"{repository} is no adapter of adapterstilts: it has no {FACTS}"
    if "adapter_config.json" not in names:
        return UserError(f"{why}; `adapterstilts zoo --from ORGANISATION` lists those of an organisation.")
    pickled = not any(name.endswith(".safetensors") for name in names)
    unsafe, convert = (", and its weights are pickles, which can run code", " --convert") if pickled else ("", "")
    at = f" --revision {shlex.quote(revision)}" if revision else ""
    return UserError(
        f"{why}{unsafe}; it was made with plain adapters or peft: adapterstilts import {repository}{at}{convert}"
    )


def _forget(commit: str) -> None:
    """Take a commit out of the cache, so that damaged bytes are downloaded again."""
    from huggingface_hub import constants, scan_cache_dir

    scan_cache_dir(constants.HF_HUB_CACHE).delete_revisions(commit).execute()


def cached() -> Iterator[tuple[str, Path]]:
    """The adapters in the Hub's cache: their repository and folder, of several commits that of `main`."""
    from huggingface_hub import constants

    for place in sorted(Path(constants.HF_HUB_CACHE).glob("models--*--*")):
        whole = [facts.parent for facts in place.glob(f"snapshots/*/{FACTS}") if (facts.parent / WEIGHTS).is_file()]
        if whole:
            _, organisation, name = place.name.split("--", 2)
            main = place / "refs" / "main"
            commit = main.read_text(encoding="utf-8", errors="replace") if main.is_file() else ""
            yield (
                f"{organisation}/{name}",
                max(whole, key=lambda folder: (folder.name == commit, folder.stat().st_mtime)),
            )


def listed(organisation: str) -> list[Listed]:
    """The adapters that an organisation or a user has published; UserError if the Hub cannot be asked."""
    from huggingface_hub import HfApi

    def ask() -> list[Listed]:
        models = HfApi().list_models(author=organisation, filter=TAG, full=True, cardData=True)
        return [_listed(model) for model in sorted(models, key=lambda model: model.id)]

    # what a model says is read while the Hub is asked: it may have another form than the Hub's
    return list(_asked(organisation, ask, "list"))


def _listed(model: Any) -> Listed:
    tags = [tag for tag in model.tags or () if isinstance(tag, str)]
    card = model.card_data
    task = next((tag for tag in tags if tag in tasks.all_tasks()), None)
    method = next((tag for tag in tags if tag in METHODS), None)
    backbone = next((tag.removeprefix("backbone:") for tag in tags if tag.startswith("backbone:")), None)
    own = [
        result.metric_value
        for result in (card.eval_results or () if card else ())
        if result.dataset_type == task and schema.is_number(result.metric_value)
    ]
    licence = card.license if card and isinstance(card.license, str) else None
    return Listed(model.id, task, method, backbone, licence, own[0] if own else None)


def plan(repository: str, files: Mapping[str, bytes], must_ask: bool = True) -> Plan:
    """Compare `files` with what the repository has.

    UserError if it holds other weights than these, or the Hub does not answer and `must_ask`.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

    def look() -> tuple[str, dict[str, Any]]:
        commit = HfApi().model_info(repository).sha
        tree = HfApi().list_repo_tree(repository, recursive=True, revision=commit)
        return str(commit), {entry.path: entry for entry in tree if isinstance(entry, RepoFile)}

    try:
        parent, remote = _asked(repository, look, "look at")
    except hub.Missing:
        return Plan(repository, None, dict.fromkeys(files, "new"))
    except NotReached as error:
        if must_ask:
            raise
        return Plan(repository, None, dict.fromkeys(files, "unknown"), str(error))
    states = {
        path: "new" if path not in remote else "same" if _same(remote[path], content) else "changed"
        for path, content in files.items()
    }
    if states[WEIGHTS] == "changed":
        raise UserError(
            f"https://huggingface.co/{repository} holds other weights than these; they are never overwritten: publish "
            "to another organisation, or delete that repository first."
        )
    return Plan(repository, parent, states)


def _same(entry: Any, content: bytes) -> bool:
    if entry.lfs is not None:
        return bool(entry.lfs.sha256 == hashlib.sha256(content).hexdigest())
    return bool(entry.blob_id == hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest())


def upload(planned: Plan, files: Mapping[str, bytes], private: bool, message: str) -> str:
    """Upload what waits in one commit: its address. UserError if the repository changed since it was planned."""
    from huggingface_hub import CommitOperationAdd, HfApi

    api, repository = HfApi(), planned.repository

    def send() -> str:
        if planned.parent is None:
            api.create_repo(repository, private=private, exist_ok=True)
        operations = [CommitOperationAdd(path, files[path]) for path in planned.waiting]
        done = api.create_commit(repository, operations, commit_message=message, parent_commit=planned.parent)
        return str(done.commit_url)

    try:
        return str(_asked(repository, send, "write"))
    except hub.Stale as error:
        raise UserError(
            f"https://huggingface.co/{repository} was changed while this ran, so nothing was uploaded; look at it and "
            "publish again."
        ) from error
    except hub.Missing as error:
        raise UserError(f"The Hub knows no organisation or user of that name: {repository.split('/')[0]}.") from error


def collect(organisation: str, title: str, repositories: Iterable[str], private: bool) -> str:
    """Put repositories into the organisation's collection of this title, new where there is none: its address."""
    from huggingface_hub import HfApi

    api = HfApi()

    def send() -> str:
        collection = api.create_collection(title, namespace=organisation, private=private, exists_ok=True)
        for repository in repositories:
            api.add_collection_item(collection.slug, repository, "model", exists_ok=True)
        return str(collection.url)

    return str(_asked(organisation, send, "write"))
