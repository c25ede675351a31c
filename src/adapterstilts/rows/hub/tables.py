"""The rows of parquet files as the data set has them, by column, with the names of its labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import datasets
from datasets.exceptions import DatasetGenerationError
from datasets.info import DatasetInfosDict
from huggingface_hub import DatasetCardData

from adapterstilts.base.errors import UserError
from adapterstilts.rows.formats.records import dataset_records
from adapterstilts.rows.hub.repositories import Located

datasets.disable_progress_bars()  # only the command line draws


@dataclass(frozen=True)
class Table:
    """One split of one data set; `described` are the columns' types as its card has them, if it has."""

    place: str
    rows: datasets.Dataset
    described: Mapping[str, Any]

    def entries(self, columns: Sequence[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Each row's number, from 1, and its values in `columns`; UserError if one of these is not there."""
        for name in columns:
            self._check(name)
        yield from dataset_records(self.rows.select_columns(list(columns)), self.place).entries

    def names(self, column: str, expected: Sequence[str]) -> tuple[str, ...]:
        """What the numbers in `column` mean, from 0; none where it holds the names themselves.

        UserError if there is no such column, or the names are not `expected`, in whatever order.
        """
        self._check(column)
        known = (features for features in (self.rows.features, self.described) if column in features)
        kinds = [_inner(features[column]) for features in known]
        for kind in kinds:
            if isinstance(kind, datasets.ClassLabel) and kind.names:
                if sorted(kind.names) != sorted(expected):
                    raise self._misfit(column, f"are {', '.join(kind.names)}", expected)
                return tuple(kind.names)
        if kinds and getattr(kinds[0], "dtype", None) in ("string", "large_string"):
            return ()
        raise self._misfit(column, "have no names", expected)

    def wrong(self, number: int, what: str) -> UserError:
        """The error of row `number`; `what` says what it has and what it must have."""
        return UserError(f"{self.place}, row {number}: {what}")

    def _check(self, column: str) -> None:
        if column not in self.rows.column_names:
            raise UserError(
                f'{self.place} has no column "{column}": it has {", ".join(self.rows.column_names)}; read the files '
                "from a folder (--data FOLDER)."
            )

    def _misfit(self, column: str, what: str, expected: Sequence[str]) -> UserError:
        return UserError(
            f'The labels of {self.place} ("{column}") {what}: they must be {", ".join(expected)}, in any order; read '
            "the files from a folder (--data FOLDER)."
        )


def read_table(located: Located) -> Table:
    """The rows of the files, downloaded where they are not in the cache; UserError if they cannot be read."""
    paths = located.paths()
    try:
        rows = datasets.Dataset.from_parquet(paths)
    except OSError as error:
        raise UserError(
            f"The cache of data sets cannot be written ({error}); make room there, or move HF_HOME."
        ) from error
    except (DatasetGenerationError, ValueError) as error:
        raise UserError(
            f"{located.place} cannot be read as parquet; remove {paths[0]} and try again, or read the files from a "
            "folder (--data FOLDER)."
        ) from error
    return Table(located.place, rows, _described(located))


def _described(located: Located) -> Mapping[str, Any]:
    """The columns' types in the card's header: parquet files of other makers do not carry the labels' names."""
    infos = located.card.get("dataset_info")
    for info in infos if isinstance(infos, list) else [infos]:
        if isinstance(info, dict) and info.get("config_name", "default") == located.config and "features" in info:
            read = DatasetInfosDict.from_dataset_card_data(DatasetCardData(dataset_info=info))
            return dict(next(iter(read.values())).features or {})
    return {}


def _inner(kind: Any) -> Any:
    """The type of a list's members, else the type itself."""
    if isinstance(kind, list):
        return kind[0]
    return getattr(kind, "feature", kind)
