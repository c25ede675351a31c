"""Files that are whole or not there, and folders that are tried before the work."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from adapterstilts.base import files
from adapterstilts.base.errors import UserError


def test_a_folder_that_can_be_written_is_made_and_left_empty(tmp_path: Path) -> None:
    files.check_writable(tmp_path / "new" / "folder")
    assert list((tmp_path / "new" / "folder").iterdir()) == []


@pytest.mark.parametrize("below", ["taken", "taken/folder"])
def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path, below: str) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(UserError, match=f"in {tmp_path / below} .*taken is a file.*another --submission"):
        files.check_writable(tmp_path / below, "--submission")
    with pytest.raises(UserError, match="Could not write"):
        files.write_text(tmp_path / below / "text.txt", "text")


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_a_disk_that_refuses_is_told_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(UserError, match=rf"{os.strerror(number)}.*another --output"):
        files.check_writable(tmp_path)
    assert list(tmp_path.iterdir()) == []
