"""The house: which module may import which. To add an edge, change the table and say why in the commit."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import adapterstilts

ROOT = Path(adapterstilts.__file__).parent

LEVELS = [
    {"errors", "progress", "places", "files", "hub"},
    {"tasks", "pocket"},
    {"sources", "task_types", "methods", "results"},
    {"adapter", "recipe", "data", "encoders"},
    {"model", "checkpoint", "export"},
    {"training", "evaluation", "mining", "submission", "remote", "importing", "estimate"},
    {"zoo"},
    {"run"},
    {"report"},
    {"card", "api"},
    {"publishing"},
    {"cli"},
    {"__main__"},
]
# Inside a level nothing imports its neighbour, except:
NEIGHBOURS = {("files", "errors"), ("hub", "errors")}

IMPORTS = {
    "errors": "",
    "progress": "",
    "places": "",
    "files": "errors",
    "hub": "errors",
    "tasks": "errors",
    "pocket": "errors",
    "sources": "errors hub pocket tasks",
    "task_types": "errors tasks",
    "methods": "errors",
    "results": "errors files tasks",
    "adapter": "errors methods",
    "recipe": "errors methods places tasks",
    "data": "task_types",
    "encoders": "errors task_types",
    "model": "adapter encoders errors methods places task_types tasks",
    "checkpoint": "adapter errors methods",
    "export": "adapter errors methods tasks",
    "training": "data errors progress task_types",
    "evaluation": "data errors progress task_types tasks",
    "mining": "data errors progress task_types tasks",
    "submission": "errors files tasks",
    "remote": "checkpoint errors hub methods tasks",
    "importing": "adapter errors export methods tasks",
    "estimate": "errors model recipe tasks",
    "zoo": "errors estimate hub places remote tasks",
    "run": """adapter checkpoint encoders errors estimate evaluation export files hub importing methods mining model
        progress recipe remote results sources submission task_types tasks training zoo""",
    "report": "results tasks",
    "card": "report results tasks zoo",
    "api": "progress results run zoo",
    "publishing": "adapter card checkpoint errors export model recipe remote results tasks zoo",
    "__main__": "cli",
    "cli": "errors methods pocket publishing recipe remote report results run sources submission tasks zoo",
}
# The libraries that give an adapter its form are known in a few places only.
LIBRARIES = {"adapters": {"methods", "export", "importing"}, "peft": {"methods"}, "accelerate": {"training"}}


def modules() -> set[str]:
    """The package's modules and sub-packages."""
    inside = (path for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file())
    return {path.stem for path in inside} - {"__init__"}


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


def files_of(module: str) -> list[Path]:
    """The files of a module or sub-package."""
    return sorted((ROOT / module).rglob("*.py")) if (ROOT / module).is_dir() else [ROOT / f"{module}.py"]


def edges_from(module: str) -> set[str]:
    """The modules of this package that `module` imports."""
    names = {name for path in files_of(module) for name in imported(path)}
    inside = {name.split(".")[1] for name in names if name.startswith("adapterstilts.")}
    return (inside & modules()) - {module}


def test_the_table_has_every_module():
    assert set(IMPORTS) == modules()
    assert sorted(module for level in LEVELS for module in level) == sorted(IMPORTS)


@pytest.mark.parametrize("module", IMPORTS)
def test_imports_are_those_of_the_table(module):
    assert edges_from(module) <= set(IMPORTS[module].split()), "a new edge: add it to the table if it is right"


def test_the_table_has_no_edge_that_is_not_there():
    assert {module: set(allowed.split()) for module, allowed in IMPORTS.items()} == {
        module: edges_from(module) for module in IMPORTS
    }


@pytest.mark.parametrize("module", IMPORTS)
def test_imports_go_up_the_table(module):
    level = {name: number for number, names in enumerate(LEVELS) for name in names}
    for other in IMPORTS[module].split():
        assert level[other] < level[module] or (module, other) in NEIGHBOURS


@pytest.mark.parametrize(("library", "places"), LIBRARIES.items())
def test_libraries_are_known_where_they_are_wrapped(library, places):
    knowing = {
        module
        for module in IMPORTS
        for path in files_of(module)
        for name in imported(path)
        if name.split(".")[0] == library
    }
    assert knowing <= places


@pytest.mark.parametrize("module", sorted(set(IMPORTS) - {"cli"}))
def test_only_the_command_line_prints_or_exits(module):
    for path in files_of(module):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            assert not (isinstance(called, ast.Name) and called.id in ("print", "exit")), path
            assert not (isinstance(called, ast.Attribute) and called.attr == "exit"), path


@pytest.mark.parametrize(
    "module", ["cli", "results", "report", "submission", "zoo", "tasks", "tasks.metrics", "recipe", "pocket"]
)
def test_what_has_to_be_quick_does_not_import_torch(module):
    program = f"import sys, adapterstilts.{module}; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_pocket_is_under_a_third_of_the_code():
    """What pocket needs most is data: it is the instrument, not the product."""
    lines = {module: sum(path.read_text().count("\n") for path in files_of(module)) for module in modules()}
    assert lines["pocket"] < sum(lines.values()) / 3


def test_files_and_functions_stay_readable():
    for path in ROOT.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 400, f"{path} has over 400 lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 75, f"{path}: {node.name} is over 75 lines"


@pytest.mark.parametrize("module", sorted(set(IMPORTS) - {"pocket"}))
def test_every_module_and_public_thing_says_what_it_is(module):
    for path in files_of(module):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), f"{path} has no docstring"
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path}: {node.name} has no docstring"
