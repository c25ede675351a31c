"""What stands under everything: files that are whole, names, the cache, and digests that are remembered."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

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


KILLED = """
import os, signal, sys
from pathlib import Path
from adapterstilts.base import files
with files.whole(Path(sys.argv[1])) as waiting:
    if sys.argv[2] == "folder":
        waiting.mkdir()
        waiting = waiting / "inside"
    waiting.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name == "nt", reason="no signal kills there")
@pytest.mark.parametrize("kind", ["file", "folder"])
@pytest.mark.parametrize(
    "save", [lambda place: files.write_text(place, "x"), lambda place: files.check_writable(place.parent)]
)
def test_what_a_killed_save_left_goes_with_the_next_one(
    kind: str, save: Callable[[Path], None], tmp_path: Path
) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "place"), kind], check=False)
    assert [path.suffix for path in tmp_path.iterdir()] == [".part"]
    save(tmp_path / "other")
    assert not list(tmp_path.glob(".*"))


def test_what_is_being_written_or_is_not_ours_stays(tmp_path: Path) -> None:
    theirs = [".place.part", ".place.0123abcd.part", "place.abcd-1-0123abcd.part", ".place.abcd-x-0123abcd.part"]
    for name in (*theirs, ".place.ffff-999999999-0123abcd.part"):
        (tmp_path / name).write_text("x")
    with files.whole(tmp_path / "place") as waiting:
        waiting.write_text("ours")
        files.write_text(tmp_path / "other", "x")
        assert waiting.is_file(), "this process is alive"
    assert {path.name for path in tmp_path.iterdir() if path.name.endswith(".part")} == {
        *theirs,
        ".place.ffff-999999999-0123abcd.part",
    }, "another machine's may still be written"
    yesterday = time.time() - 90_000
    os.utime(tmp_path / ".place.ffff-999999999-0123abcd.part", (yesterday, yesterday))
    files.write_text(tmp_path / "place", "x")
    assert not list(tmp_path.glob("*.ffff-*"))


@pytest.mark.skipif(os.name == "nt", reason="no umask there")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_who_may_read_what_is_saved_is_for_the_umask_to_say(umask: int, mode: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        with files.whole(tmp_path / "folder") as waiting:
            (waiting / "inner").mkdir(parents=True)
            save_file({"x": torch.zeros(1)}, waiting / "inner" / "weights.safetensors")
            (waiting / "private").touch(mode=0o600)
        files.write_text(tmp_path / "file", "x")
    finally:
        os.umask(before)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in written} == {mode} and len(written) == 3


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
