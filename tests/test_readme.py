"""README.md says what is so: its tables are the shipped results, its verbs are the program's."""

import json
import re
import runpy
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from scipy.special import stdtrit

from adapterstilts import recipe, results, tasks
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


def rows_of(target, changed=()):
    """Label to row of what is shipped on a target with the recipe's settings, or with those `changed`."""
    comparison = results.compare(tasks.get(target), "pocket", results.read_all([bundled("pocket")]))
    return {row.label: row for row in comparison.rows if row.system.changed == changed}


def english(result):
    return results.language_score(result, "en")


def others(result):
    return statistics.fmean(results.language_score(result, code) for code in result.scores if code != "en")


def average(row, score=lambda result: result.average):
    return statistics.fmean(map(score, row.results))


def by_seed(row, score=lambda result: result.average):
    return {result.seed: score(result) for result in row.results}


def ahead(one, other, score=lambda result: result.average):
    """1 or -1 if the 95 % interval of the difference, paired by seed, is above or below 0; else 0."""
    ours, theirs = by_seed(one, score), by_seed(other, score)
    differences = [ours[seed] - theirs[seed] for seed in ours.keys() & theirs.keys()]
    assert len(differences) >= 3, "a claim rests on three seeds or more"
    width = float(stdtrit(len(differences) - 1, 0.975)) * statistics.stdev(differences) / len(differences) ** 0.5
    mean = statistics.fmean(differences)
    return 0 if abs(mean) <= width else 1 if mean > 0 else -1


def test_what_it_says_of_the_intermediate_tasks_is_so():
    names = [task.name for task in tasks.all_tasks().values() if task.role == "intermediate"]
    learned = {
        (name, method): average(next(row for row in rows_of(name).values() if row.system.method == method))
        for name in names
        for method in ("bottleneck", "lora")
    }
    assert abs(learned.pop(("anli_plus", "lora")) - tasks.get("anli_plus").chance) < 2
    assert learned.pop(("anli_plus", "bottleneck")) < 60
    assert all(score > 95 or (name == "cosmosqa" and 75 < score < 85) for (name, _), score in learned.items())


def test_what_it_says_of_helping_and_harming_is_so():
    pawsx, tydiqa = rows_of("pawsx"), rows_of("tydiqa")
    for rows, source in ((pawsx, "mnli"), (tydiqa, "squad")):
        for method in ("bottleneck", "lora"):
            alone, continued = (rows[f"{method}, {words}"] for words in ("target only", f"continued from {source}"))
            assert ahead(continued, alone) == ahead(continued, alone, english) == ahead(continued, alone, others) == 1
            assert ahead(rows[f"{method}, stack on {source}"], alone) == 1
    harmed = ["bottleneck, continued from squad", "bottleneck, stack on squad", "lora, continued from squad"]
    for label in [*harmed, "bottleneck, fusion of mnli + squad"]:
        assert ahead(pawsx[label], pawsx[f"{pawsx[label].system.method}, target only"]) == -1
    for label, row in pawsx.items():
        if "mnli" in row.system.sources and row.system.method != "full" and not row.system.control:
            alone = pawsx[f"{row.system.method}, target only"]
            assert average(row, french) < average(alone, french), label


def french(result):
    return results.language_score(result, "fr")


def test_what_it_says_of_continuing_and_stacking_is_so():
    better = {"pawsx": "mnli", "tydiqa": "squad"}
    for target, source in better.items():
        rows = rows_of(target)
        for method in ("bottleneck", "lora"):
            of_method = [row for row in rows.values() if row.system.method == method]
            assert max(of_method, key=average) is rows[f"{method}, continued from {source}"]
            lead = ahead(rows[f"{method}, continued from {source}"], rows[f"{method}, stack on {source}"])
            assert lead == ((method, target) == ("lora", "pawsx"))
    rows = rows_of("pawsx")
    for words in ("stack on mnli", "continued from mnli", "fusion of mnli + squad"):
        assert min(by_seed(rows[f"lora, {words}"], english).values()) > 95
    assert average(rows["bottleneck, continued from mnli"], english) < 80
    stacks = by_seed(rows["lora, stack on squad"]).values()
    assert len(stacks) == 3 and sorted(score > 65 for score in stacks) == [False, False, True]
    assert sum(score < average(rows["lora, target only"]) - 3 for score in stacks) == 2


def test_what_it_says_of_fusion_is_so():
    same_size, untrained = "target only, parameters of the fusion of mnli + squad", "fusion of 2 untrained adapters"
    pawsx, tydiqa = rows_of("pawsx"), rows_of("tydiqa")
    fusion = pawsx["bottleneck, fusion of mnli + squad"]
    assert ahead(fusion, pawsx["bottleneck, target only"]) == ahead(fusion, pawsx[f"bottleneck, {same_size}"]) == -1
    assert ahead(fusion, pawsx[f"bottleneck, {untrained}"], english) == 1
    assert ahead(fusion, pawsx[f"bottleneck, {untrained}"], others) == -1
    assert abs(average(fusion) - average(pawsx["bottleneck, stack on squad"])) < 1.0
    fusion, control = tydiqa["bottleneck, fusion of mnli + squad"], tydiqa[f"bottleneck, {same_size}"]
    assert ahead(fusion, tydiqa["bottleneck, target only"]) == ahead(fusion, tydiqa[f"bottleneck, {untrained}"]) == 1
    assert ahead(fusion, control) == ahead(fusion, tydiqa["bottleneck, stack on squad"]) == 0
    assert min(by_seed(fusion).values()) > max(by_seed(control).values()) and ahead(fusion, control, english) == 1
    for rows, source in ((pawsx, "mnli"), (tydiqa, "squad")):
        mixture = rows["lora, fusion of mnli + squad"]
        assert ahead(mixture, rows["lora, target only"]) == 1
        assert all(ahead(mixture, rows[f"lora, {words} {source}"]) == 0 for words in ("continued from", "stack on"))


def test_what_it_says_of_the_languages_is_so():
    tydiqa = rows_of("tydiqa")
    assert ahead(tydiqa["lora, target only"], tydiqa["bottleneck, target only"]) == 1
    for rows, source in ((rows_of("pawsx"), "mnli"), (tydiqa, "squad")):
        solved = rows[f"lora, continued from {source}"]
        assert average(solved, english) > 98 and average(solved, english) - average(solved, others) > 35

    def gap(row):
        return average(row, lambda result: result.cross_lingual_gap)

    bottlenecks = [row for row in tydiqa.values() if row.system.method == "bottleneck"]
    best = sorted(bottlenecks, key=lambda row: average(row, english))[-3:]
    assert {row.label for row in best} == {row.label for row in sorted(bottlenecks, key=gap)[-3:]}


def test_what_it_says_of_retrieval_is_so():
    rows = rows_of("tatoeba")
    bare = average(rows["backbone as it is"])
    intermediate = [task.name for task in tasks.all_tasks().values() if task.role == "intermediate"]
    alone = {
        (method, name): average(rows[f"{method}, {name} alone"])
        for method in ("bottleneck", "lora")
        for name in intermediate
    }
    assert [which for which, score in alone.items() if score > bare] == [("bottleneck", "csqa")]
    little = {(method, name) for method in ("bottleneck", "lora") for name in ("csqa", "hellaswag")}
    assert {which for which, score in alone.items() if score > bare - 5} == little | {("bottleneck", "qqp")}
    steps = {name: recipe.resolve("pocket", "bottleneck", None, name).run["max_steps"] for name in ("qqp", "ccg")}
    assert steps == {"qqp": 2000, "ccg": 600}
    by_layer = json.loads((ROOT / "zoo" / "pocket" / "backbone" / "retrieval.json").read_text()).values()
    assert max(statistics.fmean(scores.values()) for scores in by_layer) > max(alone.values())
    assert {name for _, name in sorted(alone, key=alone.get)[:2]} == {"ccg"}
    full = {name: average(rows[f"full fine-tuning, {name} alone"]) for name in ("mnli", "squad")}
    for method in ("bottleneck", "lora"):
        assert full["mnli"] > alone[method, "mnli"] and abs(full["squad"] - alone[method, "squad"]) < 3
        merge = average(rows[f"{method}, merge of mnli + squad"])
        assert merge > max(alone[method, "mnli"], alone[method, "squad"])
