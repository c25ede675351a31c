"""README.md and docs/ say what is so: tables are the results, commands are the program's, links lead somewhere."""

import json
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from adapterstilts import tasks
from adapterstilts.cli import cli
from adapterstilts.exchange import catalogue
from adapterstilts.pocket.tasks.items import SIZES
from adapterstilts.runs import words as names

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for pattern in ("*.md", "docs/*.md", "zoo/*.md", "zoo/*/*.md")
    for path in sorted(ROOT.glob(pattern))
}
README = PAGES["README.md"]
WRITTEN = {name: text for name, text in PAGES.items() if name.startswith(("README", "docs"))}


def test_the_tables_are_rendered_from_the_shipped_results():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "render-readme", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", ["docs/results.md", "zoo/pocket/RESULTS.md"])
def test_every_table_holds_scores(page):
    text = PAGES[page]
    blocks = re.findall(r"<!-- \$ adapterstilts .+? -->\n(.*?)<!-- end -->", text, re.DOTALL)
    assert blocks and all(re.search(r"\d\d\.\d", block) for block in blocks)


def test_downloads_are_summed_from_what_pip_says(tmp_path):
    wheel = tmp_path / "torch-2.13.0-cp311.whl"
    wheel.write_bytes(bytes(2_000_000))
    downloads = runpy.run_path(str(ROOT / "scripts" / "installation"))["downloads"]
    log = f"""Collecting click>=8.1 (from adapterstilts==0.1.0)
  Downloading https://index/click-8.3.0-py3-none-any.whl.metadata (2.6 kB)
  Using cached click-8.3.0-py3-none-any.whl (107 kB)
Processing {wheel} (from adapterstilts)
Downloading numpy-2.3.0.whl (16.9 MB)
"""
    assert downloads(log) == {"click-8.3.0-py3-none-any.whl": 0.107, wheel.name: 2.0, "numpy-2.3.0.whl": 16.9}


def test_the_benchmarks_are_rendered_from_their_record(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "scripts")
    script = runpy.run_path(str(ROOT / "scripts" / "bench"))
    record = json.loads(script["RECORD"].read_text(encoding="utf-8"))
    assert script["PAGE"].read_text(encoding="utf-8") == script["rendered"](record, script["mining_goals"]())


@pytest.mark.slow
@pytest.mark.parametrize(
    "part", ["training", "fusions", "evaluation", "frozen-layers", "memory", "growth", "accelerator"]
)
def test_parts_of_the_benchmarks_run_at_a_tiny_shape(part):
    command = [sys.executable, ROOT / "scripts" / "bench", "--rehearse", "--only", part]
    shown = subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    assert "| what | goal | measured |" in shown


def test_a_goal_is_reached_by_the_median(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "scripts")
    from benchmarks.goals import Goal, table

    speed, cost = Goal("speed", [1.5, 1.7, 1.6], 1.6), Goal("cost", [1.5, 1.7, 1.6], most=1.5)
    lines = table([speed, cost, Goal("on a GPU", None, 0.45)]).splitlines()[2:]
    assert lines[0] == "| speed | at least 1.6 | 1.60 (1.50 to 1.70) | reached |"
    assert lines[1].endswith("| at most 1.5 | 1.60 (1.50 to 1.70) | not reached |")
    assert lines[2] == "| on a GPU | at least 0.45 |  | not measured |"


def test_the_benchmarks_of_mining_are_rendered_from_their_record():
    script = runpy.run_path(str(ROOT / "scripts" / "bench-mining"))
    record = json.loads(script["RECORD"].read_text(encoding="utf-8"))
    assert script["PAGE"].read_text(encoding="utf-8") == script["rendered"](record)


def test_what_mining_is_compared_with_finds_the_same_pairs():
    pytest.importorskip("faiss")
    script = runpy.run_path(str(ROOT / "scripts" / "bench-mining"))
    english, foreign, planted = script["sentences"](300, 200, 64, 40)
    ours, theirs = ({pair[:2] for pair in side(english, foreign)} for side in script["SIDES"].values())
    assert ours == theirs >= planted


@pytest.mark.parametrize(
    "seconds, megabytes, common, difference, expected",
    [
        (40.0, 2000, 7, 1e-6, True),
        (39.0, 2000, 7, 1e-6, False),
        (40.0, 2001, 7, 1e-6, False),
        (40.0, 2000, 6, 1e-6, False),
        (40.0, 2000, 7, 1e-4, False),
    ],
)
def test_mining_reaches_what_is_aimed_at_or_says_that_it_does_not(seconds, megabytes, common, difference, expected):
    script = runpy.run_path(str(ROOT / "scripts" / "bench-mining"))
    sides = {"adapterstilts": (10.0, megabytes), "faiss and loops": (seconds, 9999)}
    compared = {
        "rounds": {side: [{"seconds": time, "megabytes_peak": peak}] for side, (time, peak) in sides.items()},
        "agreement": {"pairs": [7, 7], "common": common, "greatest_difference": difference},
    }
    assert script["reached"](compared)[0] is expected


@pytest.mark.parametrize("lines", ["", "2"])
def test_the_demo_is_shown_as_its_script_runs_it(lines, monkeypatch):
    script = runpy.run_path(str(ROOT / "scripts" / "render-readme"))
    text = script["printed_by"](f"scripts/demo{lines and ' | head -'}{lines}").splitlines()
    assert text[0] == "```text" and text[1].startswith("pawsx, backbone pocket") and text[-1] == "```"
    assert len(text) == 5 and text[3] == "..." if lines else "Saved in runs/pocket-bottleneck-pawsx--fuse" in text[-2]


def test_it_is_read_in_two_minutes():
    assert len(README.splitlines()) <= 240
    assert len(re.findall(r"^## The verbs", README, re.MULTILINE)) == 1
    table = README.split("scripts/findings headline -->")[1].split("<!-- end")[0].strip().splitlines()
    assert len(table) == 2 + 6


def test_the_verbs_are_those_of_the_program():
    section = README.split("## The verbs")[1].split("The same at full size")[0]
    named = re.findall(r"^    adapterstilts (\w+) ", section, re.MULTILINE)
    assert sorted(named) == sorted(cli.commands)


def slug(heading):
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", PAGES[page], flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in link:
            continue
        place, _, anchor = link.partition("#")
        target = (ROOT / page).parent / place if place else ROOT / page
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in map(slug, headings), link


@pytest.mark.parametrize("page", [*WRITTEN, "CONTRIBUTING.md"])
def test_files_that_it_names_are_there(page):
    for name in re.findall(r"(?<![\w./-])((?:scripts|recipes|zoo|tests|docs)/[\w./-]*\w)", PAGES[page]):
        if "CODE" not in name:
            assert (ROOT / name).exists(), name


def test_every_page_is_linked_from_the_readme_and_the_index():
    for page in (ROOT / "docs").glob("*.md"):
        assert (
            page.name == "README.md" or f"(docs/{page.name})" in README and f"({page.name})" in PAGES["docs/README.md"]
        )


def commands(text):
    """The lines to type, without those that only show a verb's form, and those that need the file of a test below."""
    lines = re.findall(r"^    adapterstilts (.+)$", text, re.MULTILINE)
    return [shlex.split(line) for line in lines if not re.search(r"  |\[|\.\.\.|--task-file", line)]


COMMANDS = [words for text in WRITTEN.values() for words in commands(text)]
CHEAP = {"tasks", "data", "pocket", "zoo", "compare", "export"}
RUN = [words for words in COMMANDS if (words[0] in CHEAP or "--dry-run" in words) and "--data" not in words]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_commands_are_understood(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command, context, rest = cli, cli.make_context("adapterstilts", [*words]), words
    while isinstance(command, click.Group) and rest:
        name, command, rest = command.resolve_command(context, rest)
    assert command.make_context(name, [*rest], parent=context).params


def test_adapters_that_these_pages_name_whole_are_shipped():
    shipped = {name for entry in catalogue.entries(Path("nothing")) for name in (entry.name, names.name_of(entry.run))}
    named = {word for command in COMMANDS for word in command if re.search(r"(bottleneck|lora)-\w+(-s\d+)?$", word)}
    assert named and named <= shipped


def test_some_commands_of_these_pages_are_run():
    assert {words[0] for words in RUN} >= {"pocket", "compare", "publish", "export"}


@pytest.mark.parametrize("words", RUN, ids=" ".join)
def test_commands_that_train_nothing_run(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert done.exit_code == 0 and done.output, done.output


FEW = '"max_steps": 1, "train_examples": 60, "validation_examples": 20, "test_examples": 20'
PYTHON = [
    (page, code)
    for page, text in WRITTEN.items()
    for code in re.findall(r"```python\n(import adapterstilts as st\n.*?)```", text, re.DOTALL)
]


@pytest.mark.parametrize(("page", "code"), PYTHON, ids=[page for page, _ in PYTHON])
def test_the_python_runs(page, code, tmp_path, monkeypatch, capsys):
    assert '"max_steps": 100' in code
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tasks, "_registered", {})
    exec(code.replace('"max_steps": 100', FEW), {})
    assert capsys.readouterr().out


def test_the_pages_with_python_are_these():
    assert [page for page, _ in PYTHON] == ["README.md", "docs/own-tasks.md"]


def test_the_task_of_ones_own_is_trained_fused_and_evaluated_as_it_says(tmp_path, monkeypatch, capsys):
    section = WRITTEN["docs/own-tasks.md"]
    (declared,) = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    commands = [line.split()[1:] for line in re.findall(r"^    (adapterstilts .*)$", section, re.MULTILINE)]
    assert [words[0] for words in commands] == ["data", "train", "fuse"] and "max_steps: 300" in declared
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tasks, "_registered", {})
    Path("claims.yaml").write_text(declared.replace("max_steps: 300", "max_steps: 2"))
    texts = {"en": ("Anna paid Ben.", "Ben was paid."), "de": ("Anna bezahlte Ben.", "Ben wurde bezahlt.")}
    for name, language, count in (("train", "en", 60), ("test", "en", 8), ("test.de", "de", 8)):
        rows = [
            (f"{texts[language][0]} {n}", texts[language][1], ("refuted", "supported")[n % 2]) for n in range(count)
        ]
        lines = ["evidence,claim,verdict", *(",".join(row) for row in rows)]
        Path(f"{name}.csv").write_text("\n".join(lines))
    for words in commands:
        assert cli.main(args=words, standalone_mode=False) is None
    shown = capsys.readouterr().out
    assert "claims from claims.yaml" in shown and "bottleneck, fusion of claims + mnli" in shown
    assert re.search(r"system +en +de +average", shown)


def test_what_the_tree_names_is_there():
    tree = WRITTEN["docs/tree.md"]
    for line in re.findall(r"^      ([\w/, ]+?)  ", tree, re.MULTILINE):
        for name in line.replace("/", "").split(", "):
            package = ROOT / "src" / "adapterstilts" / name.strip()
            assert package.is_dir() or package.with_suffix(".py").is_file(), name
    for name in re.findall(r"^    (\w+)/ ", tree, re.MULTILINE):
        assert (ROOT / name).is_dir(), name


def test_the_sizes_that_it_names_are_those_of_the_tasks():
    said = " ".join(WRITTEN["docs/pocket.md"].split())
    assert (
        f"{SIZES['pawsx']['train']:,} English pairs" in said and f"TyDiQA {SIZES['tydiqa']['train']} questions" in said
    )


def test_the_size_of_the_shipped_encoder_is_that_of_its_record():
    record = json.loads((ROOT / "zoo" / "pocket" / "backbone" / "pretraining.json").read_text())
    assert f"pocket, {record['parameters'] / 1e6:.1f} M parameters" in README
