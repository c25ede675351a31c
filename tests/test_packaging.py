"""The shipped files are found in an editable install and in a wheel."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from adapterstilts.base import places

CHECKOUT = Path(__file__).resolve().parents[1]
PROGRAM = """
from adapterstilts import tasks
from adapterstilts.base import places
from adapterstilts.runs import recipe
assert len(tasks.all_tasks()) == 18
assert recipe.resolve("pocket", "lora", "fuse", "pawsx").method["rank"] == 8
print(places.zoo_folder().is_dir(), (places.zoo_folder() / "pocket").is_dir(), places.recipes_folder() / "pocket.yaml")
"""


def test_a_checkout_uses_its_own_files():
    assert places.zoo_folder() == CHECKOUT / "zoo"
    assert (places.zoo_folder() / "pocket" / "backbone" / "config.json").is_file()
    assert {path.name for path in places.recipes_folder().glob("*.yaml")} >= {"pocket.yaml", "xlmr.yaml"}


def test_a_wheel_in_an_empty_environment_finds_the_zoo(tmp_path):
    pytest.importorskip("hatchling")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=CHECKOUT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    venv.create(tmp_path / "empty", with_pip=False)
    (python,) = (tmp_path / "empty").glob("*/python")
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    # the libraries come from here; the package itself from the empty environment
    libraries = f"import sys; sys.path += {[path for path in sys.path if path.endswith('site-packages')]!r}\n"
    program = libraries + PROGRAM
    done = subprocess.run([str(python), "-I", "-c", program], cwd=tmp_path, check=True, capture_output=True, text=True)
    found = done.stdout.split()
    assert found[:2] == ["True", "True"]
    assert Path(found[2]).is_file() and (tmp_path / "empty") in Path(found[2]).parents
    left_over = [
        path.name for path in (tmp_path / "empty").rglob("_zoo/**/*") if path.name in ("checkpoints", "predictions")
    ]
    assert left_over == [], "the zoo is shipped without what runs leave beside it"
