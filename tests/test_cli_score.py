"""`adapterstilts score`: what is printed, and how it refuses."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from test_submission import MOCK, made

from adapterstilts.scoring import submission


@pytest.fixture
def call(call):
    """Run the verb; return its exit code, standard output and standard error."""
    return lambda *words: call("score", *map(str, words))


@pytest.mark.skipif(not MOCK.is_dir(), reason=f"XTREME's mock submission is not at {MOCK}")
def test_the_mock_submission(call):
    folders = MOCK / "predictions", MOCK / "labels"
    code, out, err = call(*folders)
    lines = [line.split() for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert lines[0] == "language pawsx xnli panx udpos mlqa tydiqa xquad bucc2018 tatoeba".split()
    assert lines[1][:2] == ["en", "40.00"]
    assert "classification average 41.05".split() in lines
    assert "tagging udpos 70.22 f1 70.22, precision 71.02, recall 69.55, token accuracy 74.19".split() in lines
    assert lines[-1][:2] == ["overall", "average"]
    code, out, err = call(*folders, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == submission.score(*folders).as_json()


def test_part_of_a_submission_has_no_overall_average(call, tmp_path):
    code, out, _ = call(*made(tmp_path, "xquad", "pawsx"))
    lines = [line.split()[:3] for line in out.splitlines()]
    assert code == 0 and ["classification", "pawsx", "100.00"] in lines
    assert not any("average" in line[:2] for line in lines)
    assert out.splitlines()[-1].startswith("There is no overall average, which takes all nine tasks;")
    found = json.loads(call(*made(tmp_path, "xquad", "pawsx"), "--json")[1])
    assert (found["overall"], found["groups"], set(found["tasks"])) == (None, {}, {"pawsx", "xquad"})


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("xnli/test-de.tsv", None, "Missing: "),
        ("xnli/test-de.tsv", "neutral\n", "test-de.tsv: 1, but in "),
        ("xnli/test-de.tsv", "2\n0\n1\n", 'line 1: "2" is no label of xnli'),
        ("xquad/test-de.json", '{"q1": ', "is not JSON"),
    ],
)
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_fault_is_one_sentence_that_names_the_file(call, tmp_path, name, text, told, options):
    predictions, references = made(tmp_path, "xnli", "xquad")
    path = predictions / name
    path.unlink() if text is None else path.write_text(text)
    code, out, err = call(predictions, references, *options)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("Error: ") and str(path) in err and told in err


def test_folders_that_are_not_there(call, tmp_path):
    code, out, err = call(tmp_path / "nowhere", tmp_path)
    assert (code, out) == (1, "") and err.startswith(f"Error: There is no folder {tmp_path / 'nowhere'};")


def test_help_has_an_example(call):
    code, out, _ = call("--help")
    assert code == 0 and "Example:\n    adapterstilts score " in out


def test_scoring_loads_no_torch(tmp_path):
    predictions, references = made(tmp_path, "udpos", "mlqa", "tatoeba")
    program = (
        "import sys\nfrom adapterstilts.cli import main\ntry:\n    main()\nfinally:\n"
        "    print([name for name in ('torch', 'transformers', 'datasets') if name in sys.modules], file=sys.stderr)"
    )
    words = ["score", str(predictions), str(references)]
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"
