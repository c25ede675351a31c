"""A study whose output is at a URL: what is there is read here, and what is made here is there in the end."""

from __future__ import annotations

import fsspec
import pytest
from click.testing import CliRunner

from adapterstilts import studies
from adapterstilts.base.errors import UserError
from adapterstilts.cli import cli
from adapterstilts.studies import cluster
from adapterstilts.studies.remote import Remote

LINES = """
parts:
  all:
    languages: [en]
    runs:
      - train csqa -o train_examples=12 -o validation_examples=6 -o test_examples=6 -o max_steps=2
      - evaluate squad --target xquad -o test_examples=6
"""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("ADAPTERSTILTS_HOME", str(tmp_path / "home"))
    system = fsspec.filesystem("memory")
    yield system
    system.rm("/bucket", recursive=True) if system.exists("/bucket") else None


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(LINES)
    return path


def test_what_is_made_here_is_there_and_is_not_copied_twice(home, monkeypatch):
    remote = Remote("memory://bucket/runs/")
    (remote.folder / "a").mkdir(parents=True)
    for name in ("adapter.safetensors", "adapterstilts.json"):
        (remote.folder / "a" / name).write_text(name)
    (remote.folder / ".locks").mkdir(exist_ok=True)
    (remote.folder / ".locks" / "a.lock").write_text("")
    copied = []
    put = type(home).put_file
    monkeypatch.setattr(type(home), "put_file", lambda self, *paths: (copied.append(paths[1]), put(self, *paths)))
    remote.push()
    assert [path.rsplit("/", 1)[1] for path in copied] == ["adapter.safetensors", "adapterstilts.json"], "facts last"
    half = remote.folder / ".b.part"
    half.mkdir()
    (half / "adapter.safetensors").write_text("half")
    remote.push()
    assert len(copied) == 2, "nothing is copied twice, nor what is half written"
    (remote.folder / "a" / "adapterstilts.json").write_text("changed")
    remote.push()
    assert len(copied) == 3 and home.cat("/bucket/runs/a/adapterstilts.json") == b"changed"


def test_whether_it_can_be_written_is_known_before_anything_is_made(home):
    Remote("memory://bucket/runs").check_writable()
    assert home.find("/bucket") == []


def test_what_is_there_is_read_here_but_for_predictions(home):
    home.pipe("/bucket/runs/results/a.json", b"{}")
    home.pipe("/bucket/runs/predictions/a/x/en.jsonl", b"large")
    remote = Remote("memory://bucket/runs")
    remote.pull()
    assert (remote.folder / "results" / "a.json").read_text() == "{}" and not (remote.folder / "predictions").exists()
    home.pipe("/bucket/runs/results/a.json", b"[1]")
    remote.pull()
    assert (remote.folder / "results" / "a.json").read_text() == "[1]"
    assert Remote("memory://bucket/other").folder != remote.folder


def test_of_adapters_those_are_read_that_are_needed(home):
    for name in ("a/weights", "b/weights", "results/a.json", "study.jsonl"):
        home.pipe(f"/bucket/runs/{name}", name.encode())
    remote = Remote("memory://bucket/runs")
    remote.pull({"b"})
    copied = {path.relative_to(remote.folder).as_posix() for path in remote.folder.rglob("*") if path.is_file()}
    assert {name for name in copied if not name.startswith(".")} == {"b/weights", "results/a.json", "study.jsonl"}
    remote.push()
    remote.pull()
    assert (remote.folder / "a" / "weights").read_text() == "a/weights", "what was left there is still to be had"


def test_the_journal_of_two_has_the_lines_of_both(home, tmp_path, monkeypatch):
    both = []
    for name in ("a", "b"):
        monkeypatch.setenv("ADAPTERSTILTS_HOME", str(tmp_path / name))
        remote = Remote("memory://bucket/runs")
        remote.folder.mkdir(parents=True)
        (remote.folder / "study.jsonl").write_text(f'{{"id": "{name}"}}\n')
        both.append(remote)
    for remote in both:
        remote.push()
    for remote in both:
        remote.pull()
        remote.push()
    texts = {(remote.folder / "study.jsonl").read_text() for remote in both}
    texts.add(home.cat_file("/bucket/runs/study.jsonl").decode())
    assert [sorted(text.splitlines()) for text in texts] == [['{"id": "a"}', '{"id": "b"}']] * len(texts)


def test_a_url_that_cannot_be_opened_is_told(tmp_path):
    with pytest.raises(UserError, match="nothing-such://x cannot be read or written"):
        Remote("nothing-such://x")
    place = tmp_path / "file"
    place.write_text("")
    remote = Remote(f"file://{place}/runs")
    (remote.folder).mkdir(parents=True)
    (remote.folder / "x").write_text("")
    for act in (remote.push, remote.check_writable):
        with pytest.raises(UserError, match="see that it is there and yours"):
            act()


def test_a_run_of_a_cluster_takes_and_gives_by_the_url(recipe, tmp_path, monkeypatch):
    url = f"file://{tmp_path / 'bucket'}"
    remote = Remote(url)
    for planned in studies.plan(studies.read(recipe), remote.folder).left:
        # each on a node of its own
        monkeypatch.setenv("ADAPTERSTILTS_HOME", str(tmp_path / planned.run.id))
        assert cluster._with_copies(planned, url, True).error is None
    assert not list(Remote(url).folder.glob("pocket-*")), "the second needs nothing of the first"
    monkeypatch.setenv("ADAPTERSTILTS_HOME", str(tmp_path / "home"))
    remote.pull()
    assert not studies.plan(studies.read(recipe), remote.folder).left
    assert sorted(path.name for path in (tmp_path / "bucket" / "predictions").iterdir())
    ended = CliRunner().invoke(cli, ["study", str(recipe), "--output", url, "--plan", "--json"])
    assert '"done": false' not in ended.stdout and '"done": true' in ended.stdout


@pytest.mark.slow
def test_the_verb_takes_a_url(recipe, tmp_path):
    url = f"file://{tmp_path / 'bucket'}"
    ended = CliRunner().invoke(cli, ["study", str(recipe), "--output", url])
    assert ended.exit_code == 0, ended.output
    assert len(list((tmp_path / "bucket" / "results").glob("*.json"))) == 2
    assert (tmp_path / "bucket" / "study.jsonl").is_file()
    again = CliRunner().invoke(cli, ["study", str(recipe), "--output", url])
    assert again.exit_code == 0 and " ".join(again.output.split()).startswith(f"All is at {url}; its copy here")
