"""Asking the Hugging Face Hub: again where it fails, and with few kinds of failure.

`huggingface_hub` is imported on the first use.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from typing import Any, TypeVar

from adapterstilts.base.errors import UserError

WAITS = (1.0, 4.0)
"""Seconds before the Hub is asked again when it fails, or the network does."""
PATIENCE = 60.0
"""Seconds in which the Hub must say something."""
_NOT_THE_HUB = (AssertionError, AttributeError, IndexError, KeyError, RecursionError, TypeError, JSONDecodeError)
"""What huggingface_hub, and whoever reads what it returns, make of an answer that has another form than the Hub's."""

T = TypeVar("T")


_REMEMBERED = 60.0
"""Seconds in which the Hub is asked once alone after it could not be reached: a study asks for many adapters."""
_failed = -math.inf


class Missing(Exception):
    """There is nothing of that name, or no such revision, or nothing that this user may know of."""


class Refused(Exception):
    """This user is not let in: HTTP `status` 401 or 403."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Stale(Exception):
    """What was to be changed has changed meanwhile (HTTP 412)."""


class Unreachable(Exception):
    """The Hub, or the network on the way to it, goes on failing; `why`, and a `remedy`."""

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(why)
        self.why, self.remedy = why, remedy


def answered(ask: Callable[[], T]) -> T:
    """What `ask` gives, asked again where the Hub fails; not so soon after it could not be reached at all.

    Raises:
        Missing, Refused, Stale, Unreachable: as their names say.
        UserError: the cache cannot be written.
    """
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    global _failed
    patient = time.monotonic() - _failed > _REMEMBERED
    for wait in (*(WAITS if patient else ()), None):
        _bound_waiting()
        try:
            with quiet():
                return ask()
        except _NOT_THE_HUB as error:
            raise Unreachable("what answered is not the Hub, or a damaged one", "check HF_ENDPOINT, or wait") from error
        except (HfHubHTTPError, OSError) as error:
            # without a file in the cache, what went wrong is only the cause
            hidden = isinstance(error, LocalEntryNotFoundError) and isinstance(error.__cause__, Exception)
            reason = error.__cause__ if hidden else error
            status = getattr(getattr(reason, "response", None), "status_code", None)
            if status == 404:
                raise Missing from error
            if status in (401, 403):
                raise Refused(status) from error
            if status == 412:
                raise Stale from error
            if isinstance(reason, OSError) and reason.errno is not None:
                raise UserError(
                    f"The Hub's cache cannot be written ({reason.strerror}: {reason.filename}); make room there, or "
                    "set HF_HOME to another folder."
                ) from error
        if wait is None or isinstance(reason, OfflineModeIsEnabled):
            break
        time.sleep(wait)
    if isinstance(reason, OfflineModeIsEnabled):
        raise Unreachable("HF_HUB_OFFLINE is set", "unset it") from reason
    _failed = time.monotonic()
    failed = f"HTTP {status}" if status else type(reason).__name__
    raise Unreachable(f"the Hub cannot be reached ({failed})", "check the network, try again later") from reason


@contextmanager
def quiet() -> Iterator[None]:
    """Inside it the client does not report each time that it asks again: what comes of it is told in a sentence."""
    client = logging.getLogger("huggingface_hub.utils._http")
    level = client.level
    client.setLevel(logging.ERROR)
    try:
        yield
    finally:
        client.setLevel(level)


def _bound_waiting() -> None:
    """Give this thread's requests a timeout where they have none: the client itself would wait for ever.

    From huggingface_hub 1.0 on it has one, and is no longer made of `requests`.
    """
    from huggingface_hub.utils import get_session

    session: Any = get_session()
    if not hasattr(session, "mount") or "request" in vars(session):
        return
    unbounded = session.request

    def request(method: str, url: str, **options: Any) -> Any:
        return unbounded(method, url, **{**options, "timeout": options.get("timeout") or PATIENCE})

    session.request = request
