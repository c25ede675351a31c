"""The record of pocket's proofreading holds for the files that it was written for."""

import pocket_proofread
import pytest

GRAMMAR, TEST, MARKED = "src/adapterstilts/pocket/languages/xx.yaml", "tests/test_xx.py", "@pytest.mark.pocket\n"


def write(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def root(tmp_path):
    write(tmp_path, GRAMMAR, "word: form\n")
    write(tmp_path, TEST, MARKED)
    return tmp_path


@pytest.mark.parametrize("name, text", [(GRAMMAR, "word: farm\n"), (TEST, f"{MARKED}# stricter\n")])
def test_another_grammar_or_test_has_another_digest(root, name, text):
    before = pocket_proofread.digest(root)
    write(root, name, text)
    assert pocket_proofread.digest(root) != before


@pytest.mark.parametrize(
    "name",
    ["src/adapterstilts/pocket/__pycache__/xx.cpython-311.pyc", "tests/test_other.py", "tests/__pycache__/a.pyc"],
)
def test_files_that_proofreading_does_not_read_make_no_difference(root, name):
    before = pocket_proofread.digest(root)
    write(root, name, "else\n")
    assert pocket_proofread.digest(root) == before


def test_it_reads_grammars_lexicons_samples_and_the_marked_tests():
    found = {path.relative_to(pocket_proofread.ROOT).as_posix() for path in pocket_proofread.files()}
    grammar = "src/adapterstilts/pocket/languages/de"
    assert found > {f"{grammar}.py", f"{grammar}.yaml", "tests/samples/de.txt", "tests/test_language_de.py"}
    assert "tests/test_pocket_tasks.py" in found and "tests/test_tasks.py" not in found
    assert all((pocket_proofread.ROOT / name).is_file() for name in pocket_proofread.READ if "*" not in name)
