"""README.md says what is so: its tables are the shipped results, its verbs are the program's."""

import json
import re
import runpy
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from adapterstilts import results, tasks
from adapterstilts.cli import cli
from adapterstilts.zoo import bundled

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_tables_are_rendered_from_the_shipped_results():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "render-readme", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", ["README.md", "zoo/pocket/RESULTS.md"])
def test_every_table_holds_scores(page):
    text = (ROOT / page).read_text(encoding="utf-8")
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


def test_the_benchmarks_are_rendered_from_their_record():
    script = runpy.run_path(str(ROOT / "scripts" / "bench"))
    if script["RECORD"].exists():
        assert script["PAGE"].read_text(encoding="utf-8") == script["rendered"](
            json.loads(script["RECORD"].read_text())
        )
    figures = {"full": [100.0, 200.0, 150.0], "bottleneck": [200.0, 300.0, 150.0]}
    assert "| bottleneck | 200 (150 to 300) | 1.50 (1.00 to 2.00) |" in script["table"]("tokens", figures, 0, "full")


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


def test_the_verbs_are_those_of_the_program():
    named = set(re.findall(r"^    adapterstilts (\w+) ", README, re.MULTILINE))
    assert named == set(cli.commands)


def test_the_python_runs(tmp_path, monkeypatch, capsys):
    (code,) = re.findall(r"```python\n(import adapterstilts as st\n.*?)```", README, re.DOTALL)
    assert '"max_steps": 100' in code
    monkeypatch.chdir(tmp_path)
    exec(code.replace('"max_steps": 100', '"max_steps": 1'), {})
    assert len(capsys.readouterr().out.split()) == 2


def test_what_the_tree_names_is_there():
    tree = README.split("## The tree")[1]
    for line in re.findall(r"^      ([\w/, ]+?)  ", tree, re.MULTILINE):
        for name in line.replace("/", "").split(", "):
            package = ROOT / "src" / "adapterstilts" / name.strip()
            assert package.is_dir() or package.with_suffix(".py").is_file(), name
    for name in re.findall(r"^    (\w+)/ ", tree, re.MULTILINE):
        assert (ROOT / name).is_dir(), name


def rows_of(target):
    """Label to row of everything that is shipped on a target."""
    comparison = results.compare(tasks.get(target), "pocket", results.read_all([bundled("pocket")]))
    return {row.label: row for row in comparison.rows}


def low_and_high(row):
    """The 95 % interval of a gain; of one seed, the gain itself."""
    width = row.gain.half_width or 0.0
    return row.gain.points - width, row.gain.points + width


def average(row):
    return statistics.fmean(result.average for result in row.results)


def averages(row):
    return [result.average for result in row.results]


def english(row):
    return statistics.fmean(results.language_score(result, "en") for result in row.results)


def test_what_it_says_of_the_intermediate_tasks_is_so():
    names = [task.name for task in tasks.all_tasks().values() if task.role == "intermediate"]
    learned = {
        (name, method): average(next(row for row in rows_of(name).values() if row.system.method == method))
        for name in names
        for method in ("bottleneck", "lora")
    }
    assert abs(learned.pop(("anli_plus", "lora")) - tasks.get("anli_plus").chance) < 2
    assert learned.pop(("anli_plus", "bottleneck")) < 60
    assert all(score > 95 or (name == "cosmosqa" and score > 75) for (name, _), score in learned.items())


def test_what_it_says_of_pawsx_is_so():
    rows = rows_of("pawsx")
    via_mnli = [rows[f"bottleneck, {words} mnli"] for words in ("continued from", "stack on")]
    alone = rows["bottleneck, target only"]
    for row in via_mnli:
        assert len(row.results) >= 3 and low_and_high(row)[0] > 0
        assert english(row) - english(alone) < row.gain.points, "more is gained abroad than in English"
    fusion = rows["bottleneck, fusion of mnli + squad"]
    assert len(fusion.results) >= 3 and low_and_high(fusion)[1] < 0
    assert average(fusion) < average(rows["bottleneck, target only, parameters of the fusion of mnli + squad"])
    assert average(fusion) > average(rows["bottleneck, fusion of 2 untrained adapters"])
    assert abs(average(fusion) - average(rows["bottleneck, stack on squad"])) < 1.0
    continued, stacked = map(average, via_mnli)
    assert continued == max(average(row) for row in rows.values() if row.system.method == "bottleneck") > stacked
    assert all(abs(results.language_score(alone.results[0], code) - 50.0) < 5.0 for code in ("de", "es", "ja", "ko"))
    for task in ("stack on mnli", "continued from mnli", "fusion of mnli + squad"):
        row = rows[f"lora, {task}"]
        assert len(row.results) >= 3 and low_and_high(row)[0] > 0
        assert all(results.language_score(result, "en") > 95 for result in row.results)
    stacks = [result.average for result in rows["lora, stack on squad"].results]
    assert len(stacks) == 3 and sum(score > 65 for score in stacks) == 1
    assert sum(score < average(rows["lora, target only"]) for score in stacks) == 2
    low, high = low_and_high(rows["full fine-tuning via mnli"])
    assert low < 0 < high and low_and_high(rows["full fine-tuning via squad"])[1] < 0
    assert abs(average(rows["full fine-tuning"]) - average(alone)) < 2
    assert abs(average(rows["lora, target only"]) - average(alone)) < 2
    assert {result.average > 60 for result in rows["full fine-tuning via mnli"].results} == {True, False}
    mnli = {row.system.method: average(row) for row in rows_of("mnli").values()}
    assert mnli["full"] < 75 < 95 < min(mnli["bottleneck"], mnli["lora"])


def test_what_it_says_of_tydiqa_is_so():
    rows = rows_of("tydiqa")
    assert all(len(row.results) >= 3 for row in rows.values())
    fusion, stack = (rows[f"bottleneck, {words}"] for words in ("fusion of mnli + squad", "stack on squad"))
    assert 0.9 * stack.gain.points < fusion.gain.points < stack.gain.points
    alone, via = rows["bottleneck, target only"], rows["bottleneck, continued from squad"]
    for control in ("target only, parameters of the fusion of mnli + squad", "fusion of 2 untrained adapters"):
        assert max(averages(rows[f"bottleneck, {control}"])) < min(averages(fusion))
    assert max(averages(alone)) < min(averages(fusion))
    assert average(via) == max(average(row) for row in rows.values() if row.system.method == "bottleneck")
    mixture = rows["lora, fusion of mnli + squad"]
    assert low_and_high(mixture)[0] > 0
    assert average(mixture) > max(average(rows[f"lora, stack on {name}"]) for name in ("mnli", "squad"))
    assert max(averages(alone)) < min(averages(rows["lora, target only"]))
    full = averages(rows["full fine-tuning"])
    assert min(full) < max(averages(alone)) and max(full) > min(averages(rows["lora, target only"]))
    straight = {result.seed: result.average for result in rows["full fine-tuning"].results}
    tuned = rows["full fine-tuning via squad"]
    assert all(result.average > straight[result.seed] for result in tuned.results)
    assert all(average(rows[f"{method}, continued from squad"]) > average(tuned) for method in ("bottleneck", "lora"))

    def gap(row):
        return statistics.fmean(result.cross_lingual_gap for result in row.results)

    bottlenecks = [row for row in rows.values() if row.system.method == "bottleneck"]
    assert {row.label for row in sorted(bottlenecks, key=english)[-3:]} == {
        row.label for row in sorted(bottlenecks, key=gap)[-3:]
    }


def test_what_it_says_of_retrieval_is_so():
    rows = rows_of("tatoeba")
    bare = average(rows["backbone as it is"])
    layer0 = statistics.fmean(
        next(iter(scores.values())) for scores in rows["backbone as it is"].results[0].layer0.values()
    )
    intermediate = [task.name for task in tasks.all_tasks().values() if task.role == "intermediate"]
    alone = {
        (method, name): average(rows[f"{method}, {name} alone"])
        for method in ("bottleneck", "lora")
        for name in intermediate
    }
    assert [which for which, score in alone.items() if score > bare] == [("bottleneck", "csqa")]
    assert all(score > bare - 5 for (_, name), score in alone.items() if name in ("csqa", "hellaswag"))
    assert all(score < layer0 < bare for (_, name), score in alone.items() if name not in ("csqa", "hellaswag"))
    assert {name for _, name in sorted(alone, key=alone.get)[:2]} == {"ccg"}
    for name in ("mnli", "squad"):
        full = average(rows[f"full fine-tuning, {name} alone"])
        assert all(abs(full - alone[method, name]) < 6 for method in ("bottleneck", "lora"))
    for method in ("bottleneck", "lora"):
        merge = average(rows[f"{method}, merge of mnli + squad"])
        assert merge > max(alone[method, "mnli"], alone[method, "squad"])
