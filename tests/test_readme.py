"""README.md says what is so: its tables are the shipped results, its verbs are the program's."""

import json
import re
import runpy
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
    blocks = re.findall(r"<!-- \$ adapterstilts .+? -->\n(.*?)<!-- end -->", README, re.DOTALL)
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


def test_the_benchmarks_are_rendered_from_their_record():
    script = runpy.run_path(str(ROOT / "scripts" / "bench"))
    if script["RECORD"].exists():
        assert script["PAGE"].read_text(encoding="utf-8") == script["rendered"](
            json.loads(script["RECORD"].read_text())
        )
    figures = {"full": [100.0, 200.0, 150.0], "bottleneck": [200.0, 300.0, 150.0]}
    assert "| bottleneck | 200 (150 to 300) | 1.50 (1.00 to 2.00) |" in script["table"]("tokens", figures, 0, "full")


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
