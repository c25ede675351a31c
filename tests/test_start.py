"""What is loaded before what is asked for is known to be there, and what is never loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("torch", "transformers", "sklearn", "scipy", "pandas", "datasets")
REFUSED = [
    "train mnlii",
    "train mnli squat",
    "train mnli -o nosuch=1",
    "train mnli squad --language xx",
    "continue mnlo --target pawsx",
    "continue mnli --target pawsz",
    "continue mnli --target pawsx --language xx",
    "stack mnlo --target pawsx",
    "stack mnli --target pawsx -o nosuch=1",
    "fuse squad mnlo --target pawsx",
    "fuse squad mnli --target pawsx --language xx",
    "merge squad mnlo --target tatoeba",
    "merge squad mnli --head nosuch",
    "merge squad mnli --target tatoeba --language xx",
    "merge squad mnli --target tatoeba -o nosuch=1",
    "baseline pawsx --via mnlo",
    "baseline pawsx --language xx",
    "evaluate mnlo",
    "evaluate mnli --target tatoebo",
    "evaluate mnli --language xx",
    "evaluate mnli -o nosuch=1",
    "evaluate none --target tatoeba --language xx",
    "evaluate none --target pawsx",
    "predict mnlo",
    "predict mnli --language xx",
    f"predict mnlo --nearest {Path(__file__).as_posix()}",
    "data mnlo",
    "data mnli --language xx",
    "pocket show --language xx",
    "compare pawsz",
    "zoo show mnlo",
    "export mnlo nowhere",
    "import nowhere",
    "import . --task mnlo",
    "import .",
    "pull mnli --from bad/name",
    "publish mnlo --to me",
]
EACH = """
import json, sys
from adapterstilts.cli import main
heavy, told = {heavy}, {{}}
for words in {refused}:
    before = set(sys.modules)
    try:
        main(words.split())
    except SystemExit as stop:
        told[words] = [stop.code, [name for name in heavy if name in set(sys.modules) - before]]
print(json.dumps(told))
"""


def said(program: str, folder: Path) -> str:
    """What a process of its own prints."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, list[str]]]:
    """For each command its exit code, and what of `HEAVY` it loaded."""
    program = EACH.format(heavy=HEAVY, refused=REFUSED)
    return json.loads(said(program, tmp_path_factory.mktemp("empty")).splitlines()[-1])


@pytest.mark.parametrize("words", REFUSED)
def test_a_wrong_name_is_refused_before_torch_is_loaded(words, refused):
    assert refused[words] == [1, []]


def test_importing_what_carries_runs_out_costs_no_torch(tmp_path):
    program = f"import sys, adapterstilts.execution; print([name for name in {HEAVY} if name in sys.modules])"
    assert said(program, tmp_path).strip() == "[]"


PREDICTED = """
import sys
from pathlib import Path
from adapterstilts import execution
predictor = execution.Predictor("mnli", "pocket", "{method}", Path("runs"))
(prediction,) = predictor.predict(execution.rows_of(["Tom met Ben.\\tBen met Tom."], predictor.task))
assert set(prediction.probabilities) == set(predictor.task.labels)
print([name for name in ("sklearn", "scipy", "pandas", "datasets", "adapters", "peft") if name in sys.modules])
"""


@pytest.mark.parametrize(("method", "library"), [("bottleneck", "adapters"), ("lora", "peft")])
def test_a_prediction_loads_its_own_library_and_nothing_else_that_is_large(method, library, tmp_path):
    assert said(PREDICTED.format(method=method), tmp_path).strip() == f"['{library}']"


LATER = """
import sys
from adapterstilts.execution import learning
assert "sklearn" not in sys.modules and "scipy" not in sys.modules
from transformers.generation import candidate_generator
from transformers.loss import loss_deformable_detr
print(candidate_generator.roc_curve([0, 1], [0.2, 0.7])[1].tolist())
print(loss_deformable_detr.linear_sum_assignment([[1, 0], [0, 1]])[1].tolist())
from sklearn.metrics import f1_score
import scipy.stats
"""


def test_what_is_not_loaded_is_there_when_it_is_called(tmp_path):
    assert said(LATER, tmp_path).split("\n")[:2] == ["[0.0, 1.0, 1.0]", "[1, 0]"]
