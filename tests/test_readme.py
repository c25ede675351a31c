"""README.md says what is so: its tables are the shipped results, its verbs are the program's."""

import re
import subprocess
import sys
from pathlib import Path

from adapterstilts.cli import cli

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_tables_are_rendered_from_the_shipped_results():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "render-readme", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_every_table_holds_scores():
    blocks = re.findall(r"<!-- \$ .+? -->\n(.*?)<!-- end -->", README, re.DOTALL)
    assert blocks and all(re.search(r"\d\d\.\d", block) for block in blocks)


def test_the_verbs_are_those_of_the_program():
    named = set(re.findall(r"^    adapterstilts (\w+) ", README, re.MULTILINE))
    assert named == set(cli.commands)


def test_what_the_tree_names_is_there():
    tree = README.split("## The tree")[1]
    for line in re.findall(r"^      ([\w/, ]+?)  ", tree, re.MULTILINE):
        for name in line.replace("/", "").split(", "):
            package = ROOT / "src" / "adapterstilts" / name.strip()
            assert package.is_dir() or package.with_suffix(".py").is_file(), name
    for name in re.findall(r"^    (\w+)/ ", tree, re.MULTILINE):
        assert (ROOT / name).is_dir(), name
