"""The house: the order of its rooms, and what holds in all of them."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import adapterstilts

ROOT = Path(adapterstilts.__file__).parent

# Each room imports only rooms above its own. To move a room, move its line and say why in the commit.
ROOMS = (
    "base",
    "tasks",
    "pocket",
    "rows",
    "backbones",
    "methods",
    "packed",
    "training",
    "runs",
    "adapter",
    "scoring",
    "findings",
    "exchange",
    "execution",
    "studies",
    "api",
    "cli",
    "__main__",
)
# The libraries that give an adapter its form are known in a few places only.
LIBRARIES = {"adapters": {"methods", "exchange"}, "peft": {"methods"}, "accelerate": {"base", "training"}}
# A variable or a parameter of such a name leaves its reader to look for what it holds.
VAGUE = ("found", "one", "made", "given", "there")


def imported(path: Path) -> set[str]:
    """Dotted names of everything that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def files_of(room: str) -> list[Path]:
    """The files of a room."""
    return sorted((ROOT / room).rglob("*.py")) if (ROOT / room).is_dir() else [ROOT / f"{room}.py"]


def module_of(path: Path) -> str:
    """The dotted name of a file, without the package's."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_every_room_is_in_the_order():
    inside = (path for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file())
    assert {path.stem for path in inside} - {"__init__"} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_rooms_above_it(room):
    above = set(ROOMS[: ROOMS.index(room) + 1])
    for path in files_of(room):
        other = {name.split(".")[1] for name in imported(path) if name.startswith("adapterstilts.")}
        assert other & set(ROOMS) <= above, f"{path} imports a room below its own"


def test_no_modules_import_each_other_in_a_circle():
    paths = {module_of(path): path for room in ROOMS for path in files_of(room)}
    graph = {module: set() for module in paths}
    for module, path in paths.items():
        for name in imported(path):
            if not name.startswith("adapterstilts."):
                continue
            name = name.removeprefix("adapterstilts.")
            other = name if name in paths else name.rpartition(".")[0]
            # a package re-exports its own modules
            if other in paths and not module.startswith(other) and not other.startswith(module):
                graph[module].add(other)
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize(("library", "places"), LIBRARIES.items())
def test_libraries_are_known_where_they_are_wrapped(library, places):
    for room in set(ROOMS) - places:
        for path in files_of(room):
            assert library not in {name.split(".")[0] for name in imported(path)}, path


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "cli"])
def test_only_the_command_line_prints_or_exits(room):
    for path in files_of(room):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            assert not (isinstance(called, ast.Name) and called.id in ("print", "exit")), path
            assert not (isinstance(called, ast.Attribute) and called.attr == "exit"), path


@pytest.mark.parametrize(
    "module",
    [
        "adapter.facts",
        "adapter.value",
        "cli",
        "exchange.catalogue",
        "execution",
        "execution.inspecting",
        "execution.nearest",
        "execution.predicting",
        "exchange.exporting",
        "exchange.importing",
        "exchange.publishing",
        "exchange.pulling",
        "findings.compare",
        "findings.report",
        "findings.table",
        "pocket",
        "runs.command",
        "runs.recipe",
        "runs.related",
        "runs.results",
        "scoring.submission",
        "tasks",
        "tasks.metrics",
    ],
)
def test_what_has_to_be_quick_does_not_import_torch(module):
    program = f"import sys, adapterstilts.{module}; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_pocket_is_under_a_third_of_the_code():
    """What pocket needs most is data: it is the instrument, not the product."""
    lines = {room: sum(path.read_text().count("\n") for path in files_of(room)) for room in ROOMS}
    assert lines["pocket"] < sum(lines.values()) / 3


def test_files_and_functions_stay_readable():
    for path in ROOT.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 400, f"{path} has over 400 lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 75, f"{path}: {node.name} is over 75 lines"


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "pocket"])
def test_every_module_and_public_thing_says_what_it_is(room):
    for path in files_of(room):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), f"{path} has no docstring"
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
                continue
            # of a function that is overloaded, the one that is carried out says what it does
            if "overload" not in {ast.unparse(decorator).split(".")[-1] for decorator in node.decorator_list}:
                assert ast.get_docstring(node), f"{path}: {node.name} has no docstring"


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "pocket"])
def test_names_say_what_they_hold(room):
    for path in files_of(room):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.id if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else None
            name = node.arg if isinstance(node, ast.arg) else name
            assert name not in VAGUE, f"{path}, line {node.lineno}: say what {name} holds"
