"""Adapters with STILTs: train on English intermediate tasks, compose, and evaluate zero-shot on XTREME.

The command line (`adapterstilts --help`) is the front door; from Python the same is

    import adapterstilts as st

    result = st.fuse(["squad", "mnli"], target="pawsx")
    st.predict("squad", ["What did Ben give to Max?\tMax received the coat from Ben."])

Importing this package is cheap: torch is loaded by the modules that need it, when one of these is first used.
"""

from typing import Any

__version__ = "0.1.0"

__all__ = ["Task", "baseline", "continue_", "evaluate", "fuse", "load", "predict", "stack", "train"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "Task":
        from adapterstilts.tasks.own import declare

        return declare
    from adapterstilts import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
