"""What stands under everything: files that are whole, names, the cache, and digests that are remembered."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adapterstilts import tasks
from adapterstilts.base import digests, files, names, places
from adapterstilts.base.errors import UserError
from adapterstilts.exchange import repositories
from adapterstilts.rows import folder as rows_folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, which remembers files however new they are."""
    monkeypatch.setenv("ADAPTERSTILTS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(digests, "SETTLED", 0)
    return tmp_path / "home" / "digests"


def test_a_file_is_whole_or_as_before(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    for text in ("one", "two"):
        files.write_text(path, text)
        assert path.read_text() == text
    with pytest.raises(KeyboardInterrupt), files.whole(path) as waiting:
        waiting.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "two" and list(path.parent.iterdir()) == [path]


def test_a_file_does_not_take_the_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "work").write_text("of years")
    with pytest.raises(UserError, match="Could not write"):
        files.write_text(tmp_path / "folder", "text")
    assert (tmp_path / "folder" / "work").is_file() and len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_stepped_aside_comes_back(tmp_path: Path) -> None:
    (tmp_path / ".folder.replaced").mkdir()
    files.recover(tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("me/Encoder", "Encoder"), ("runs/my model/", "my-model"), ("-x y.", "x-y"), ("日本", ""), ("..", ""), ("", "")],
)
def test_a_slug_is_of_letters_that_any_name_may_have(text: str, expected: str) -> None:
    assert names.slug(text) == expected


def test_a_repository_is_not_called_after_its_backbone_twice() -> None:
    assert repositories.repository_of("my-model-lora-mnli", "me/My model!", "me") == "me/my-model-lora-mnli"


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {"ADAPTERSTILTS_HOME": "/elsewhere"}, "/elsewhere"),
        ("linux", {}, "/me/.cache/adapterstilts"),
        ("linux", {"XDG_CACHE_HOME": "/caches"}, "/caches/adapterstilts"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "/me/.cache/adapterstilts"),
        ("darwin", {"XDG_CACHE_HOME": "/caches"}, "/me/Library/Caches/adapterstilts"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/adapterstilts"),
    ],
)
def test_the_cache_is_where_the_system_has_caches(
    platform: str, environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ADAPTERSTILTS_HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/me")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert places.cache_folder() == Path(expected)


def test_processes_share_what_is_remembered_and_do_not_disturb_each_other(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "weights"
    path.write_text("weights")
    program = (
        "import sys; from pathlib import Path; from adapterstilts.base import digests; digests.SETTLED = 0\n"
        f"for _ in range(50):\n    memory = digests.Memory('x', [Path({str(path)!r})])\n"
        "    assert memory.value in (None, 'a' * 64), memory.value\n    memory.keep('a' * 64)"
    )
    running = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    assert digests.Memory("x", [path]).value == "a" * 64
    assert len(list(cache.iterdir())) == 1


def test_the_digest_of_a_folder_is_remembered_and_sees_every_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    (data / "udpos").mkdir(parents=True)
    for split in ("train", "dev"):
        (data / "udpos" / f"{split}-en.tsv").write_text("Anna\tPROPN\n")
    task = tasks.get("udpos")
    before = rows_folder.revision(task, data)
    assert before == "folder e0368f3b5761f3fc"
    with monkeypatch.context() as patch:
        patch.setattr(rows_folder, "_digest", None)
        assert rows_folder.revision(task, data) == before
    (data / "udpos" / "dev-en.tsv").write_text("Anna\tNOUN.\n")
    after = rows_folder.revision(task, data)
    assert after != before
    (data / "udpos" / "dev-en.tsv").write_text("Anna\tPROPN\n")
    assert rows_folder.revision(task, data) == before


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
