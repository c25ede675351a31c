"""README.md says what is so: its tables are the shipped results, its verbs are the program's."""

import json
import re
import runpy
import statistics
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from adapterstilts import tasks
from adapterstilts.cli import cli
from adapterstilts.exchange.catalogue import bundled
from adapterstilts.findings import compare
from adapterstilts.pocket.tasks.items import SIZES
from adapterstilts.runs import recipe, results

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
    few = '"max_steps": 1, "train_examples": 64, "validation_examples": 20, "test_examples": 20'
    exec(code.replace('"max_steps": 100', few), {})
    assert len(capsys.readouterr().out.split()) == 2


def test_the_task_of_ones_own_is_trained_fused_and_evaluated_as_it_says(tmp_path, monkeypatch, capsys):
    section = README.split("## A task of your own")[1].split("\n## ")[0]
    (declared,) = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    commands = [line.split()[1:] for line in re.findall(r"^    (adapterstilts .*)$", section, re.MULTILINE)]
    assert [words[0] for words in commands] == ["data", "train", "fuse"] and "max_steps: 300" in declared
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tasks, "_registered", {})
    Path("claims.yaml").write_text(declared.replace("max_steps: 300", "max_steps: 2"))
    texts = {"en": ("Anna paid Ben.", "Ben was paid."), "de": ("Anna bezahlte Ben.", "Ben wurde bezahlt.")}
    for name, language, count in (("train", "en", 60), ("test", "en", 8), ("test.de", "de", 8)):
        rows = [
            (f"{texts[language][0]} {n}", texts[language][1], ("refuted", "supported")[n % 2]) for n in range(count)
        ]
        lines = ["evidence,claim,verdict", *(",".join(row) for row in rows)]
        Path(f"{name}.csv").write_text("\n".join(lines))
    for words in commands:
        assert cli.main(args=words, standalone_mode=False) is None
    shown = capsys.readouterr().out
    assert "claims from claims.yaml" in shown and "bottleneck, fusion of claims + mnli" in shown
    assert re.search(r"system +en +de +average", shown)


def test_what_the_tree_names_is_there():
    tree = README.split("## The tree")[1]
    for line in re.findall(r"^      ([\w/, ]+?)  ", tree, re.MULTILINE):
        for name in line.replace("/", "").split(", "):
            package = ROOT / "src" / "adapterstilts" / name.strip()
            assert package.is_dir() or package.with_suffix(".py").is_file(), name
    for name in re.findall(r"^    (\w+)/ ", tree, re.MULTILINE):
        assert (ROOT / name).is_dir(), name


@cache
def all_rows_of(target):
    """What is shipped on a target."""
    return compare.compare(tasks.get(target), "pocket", results.read_all([bundled("pocket")])).rows


def rows_of(target):
    """Label to row of what is shipped on a target with the recipe's settings."""
    return {row.label: row for row in all_rows_of(target) if not row.changed}


def english(result):
    return compare.language_score(result, "en")


def others(result):
    return statistics.fmean(compare.language_score(result, code) for code in result.scores if code != "en")


def average(row, score=lambda result: result.average):
    return statistics.fmean(map(score, row.results))


def by_seed(row, score=lambda result: result.average):
    return {result.run.seed: score(result) for result in row.results}


def above(one, other, score=lambda result: result.average):
    """1 or -1 if one row is above or below the other with each of three seeds; 0 if the seeds disagree."""
    ours, theirs = by_seed(one, score), by_seed(other, score)
    assert ours.keys() == theirs.keys() == {0, 1, 2}
    signs = {(ours[seed] > theirs[seed]) - (ours[seed] < theirs[seed]) for seed in ours}
    return signs.pop() if len(signs) == 1 else 0


def test_it_names_no_difference_significant_that_rests_on_one_of_dozens_of_intervals():
    said = " ".join(README.split("### What it says")[1].split("### What pocket is")[0].split())
    assert "are no test of significance" in said
    assert not re.search(r"\b(ahead|behind|cannot be told|significant)", said)


def test_what_it_says_of_the_intermediate_tasks_is_so():
    names = [task.name for task in tasks.all_tasks().values() if task.role == "intermediate"]
    learned = {
        (name, method): average(next(row for row in rows_of(name).values() if row.run.method == method))
        for name in names
        for method in ("bottleneck", "lora")
    }
    assert abs(learned.pop(("anli_plus", "lora")) - tasks.get("anli_plus").chance) < 2
    assert 45 < learned.pop(("anli_plus", "bottleneck")) < 55
    assert all(score > 95 or (name == "cosmosqa" and 75 < score < 85) for (name, _), score in learned.items())


def french(result):
    return compare.language_score(result, "fr")


def alone_of(rows, method):
    return rows["full fine-tuning" if method == "full" else f"{method}, target only"]


def continued_of(rows, method, source):
    return rows[f"full fine-tuning via {source}" if method == "full" else f"{method}, continued from {source}"]


def with_sources(rows):
    """Rows that take another task's adapter, each with the same method's that takes none."""
    return [(row, alone_of(rows, row.run.method)) for row in rows.values() if row.sources]


def test_what_it_says_of_pawsx_is_so():
    rows = rows_of("pawsx")
    for method in ("bottleneck", "lora", "full"):
        helped = [continued_of(rows, method, "mnli")]
        helped += [rows[f"{method}, stack on mnli"]] if method != "full" else []
        for row in helped:
            alone = alone_of(rows, method)
            assert above(row, alone) == above(row, alone, english) == above(row, alone, others) == 1
    assert all(above(row, alone, french) < 1 for row, alone in with_sources(rows))
    harmed = [continued_of(rows, method, "squad") for method in ("bottleneck", "lora", "full")]
    harmed += [rows[f"bottleneck, {words}"] for words in ("stack on squad", "fusion of mnli + squad")]
    for row in harmed:
        method = row.run.method
        assert above(row, alone_of(rows, method)) == above(row, alone_of(rows, method), others) == -1
        assert (above(row, alone_of(rows, method), english) == -1) == (method in ("lora", "full"))


def test_what_it_says_of_tydiqa_is_so():
    rows = rows_of("tydiqa")
    for method in ("bottleneck", "lora"):
        assert min(by_seed(alone_of(rows, method), english).values()) > 95
    adapters = [pair for pair in with_sources(rows) if pair[0].run.method != "full" and not pair[0].run.control]
    assert all(above(row, alone) < 1 for row, alone in adapters)
    below = {row.label for row, alone in adapters if above(row, alone) == -1}
    assert below == {
        "bottleneck, fusion of mnli + squad",
        "bottleneck, stack on squad",
        "lora, continued from mnli",
    }
    assert max(row.gain.points + row.gain.half_width for row, _ in adapters) > 5
    full, via = rows["full fine-tuning"], rows["full fine-tuning via squad"]
    assert [seed for seed, score in by_seed(full, english).items() if score > 90] == [0]
    assert above(via, full) == above(via, full, others) == 1


def test_what_it_says_of_learning_rates_is_so():
    def rate(method, name):
        return recipe.resolve("pocket", method, None, name).run["learning_rate"]

    assert rate("bottleneck", "tydiqa") == 4 * rate("bottleneck", "pawsx")
    at_pawsx_rate = {"learning_rate": rate("bottleneck", "pawsx")}
    slow = {
        row.run.structure: row
        for row in all_rows_of("tydiqa")
        if row.run.method == "bottleneck" and row.changed == at_pawsx_rate
    }
    assert average(slow[None], english) < 65 and 14 < average(slow["continue"]) - average(slow[None]) < 16
    assert average(alone_of(rows_of("tydiqa"), "bottleneck")) > average(slow["continue"])
    mnli = {
        row.changed.get("learning_rate", rate("full", "mnli")): average(row)
        for row in all_rows_of("mnli")
        if row.run.method == "full"
    }
    assert mnli[2.5e-4] < 70 and min(mnli[5e-4], mnli[1.25e-4]) > 95
    rows = rows_of("pawsx")
    otherwise = [row for row in all_rows_of("pawsx") if row.changed and not row.sources]
    for row in otherwise:
        alone, continued = alone_of(rows, row.run.method), continued_of(rows, row.run.method, "mnli")
        halfway = (average(alone) + average(continued)) / 2
        ((changed, value),) = row.changed.items()
        if changed == "max_steps" and row.run.method != "bottleneck":
            assert value == 2400 and abs(average(row) - average(continued)) < 3
        else:
            assert average(row) < halfway, row.label
    long = {
        (row.run.method, row.run.structure): average(row)
        for row in all_rows_of("pawsx")
        if row.changed == {"max_steps": 2400}
    }
    assert 0 < long["lora", "continue"] - long["lora", None] < 1.5
    assert abs(long["bottleneck", None] - average(rows["bottleneck, target only"])) < 1
    assert 10 < long["bottleneck", "continue"] - long["bottleneck", None] < 12.5
    (fast,) = [row for row in otherwise if row.label == "lora, target only (learning_rate=0.002)"]
    assert abs(average(fast) - tasks.get("pawsx").chance) < 2


def test_what_it_says_of_continuing_and_stacking_is_so():
    rows = rows_of("pawsx")
    for method in ("bottleneck", "lora"):
        continued, stacked = continued_of(rows, method, "mnli"), rows[f"{method}, stack on mnli"]
        assert max((row for row in rows.values() if row.run.method == method), key=average) is continued
        assert above(continued, stacked) == above(continued, stacked, others) == 1
    for words in ("stack on mnli", "continued from mnli"):
        assert min(by_seed(rows[f"lora, {words}"], english).values()) > 95
        assert above(rows[f"bottleneck, {words}"], rows[f"lora, {words}"], others) == 1
    assert min(by_seed(rows["lora, fusion of mnli + squad"], english).values()) > 95
    assert all(average(row, english) < 80 for row in rows.values() if row.run.method == "bottleneck")
    stack = rows["lora, stack on squad"]
    (solved,) = [seed for seed, score in by_seed(stack, english).items() if score > 95]
    below = average(rows["lora, target only"]) - 3
    assert {seed for seed, score in by_seed(stack).items() if score < below} == by_seed(stack).keys() - {solved}


def test_what_it_says_of_fusion_is_so():
    for target in ("pawsx", "tydiqa"):
        rows = rows_of(target)
        fusion, untrained = (
            rows[f"bottleneck, fusion of {words}"] for words in ("mnli + squad", "2 untrained adapters")
        )
        for control in ("target only", "target only, parameters of the fusion of mnli + squad"):
            assert above(fusion, rows[f"bottleneck, {control}"]) == -1
        assert above(fusion, untrained) == above(fusion, untrained, english) == 1
        assert above(fusion, untrained, others) == (-1 if target == "pawsx" else 1)
        mixture = rows["lora, fusion of mnli + squad"]
        assert above(mixture, rows["lora, target only"]) == (target == "pawsx")
        if target == "pawsx":
            assert all(above(mixture, rows[f"lora, {words} mnli"]) == 0 for words in ("continued from", "stack on"))


def test_what_it_says_of_adapters_and_full_fine_tuning_is_so():
    rows, answers = rows_of("pawsx"), rows_of("tydiqa")
    via = rows["full fine-tuning via mnli"]
    adapters = [row for row in rows.values() if row.run.method != "full"]
    assert all(max(by_seed(row).values()) < min(by_seed(via).values()) for row in adapters)
    lora, bottleneck = (continued_of(rows, method, "mnli") for method in ("lora", "bottleneck"))
    assert above(via, lora) == 1 and 4 < average(via) - average(lora) < 6
    assert above(via, bottleneck, others) == 1 and 2 < average(via, others) - average(bottleneck, others) < 3
    for method in ("bottleneck", "lora"):
        assert above(rows["full fine-tuning"], alone_of(rows, method)) == 0
        assert above(answers["full fine-tuning"], alone_of(answers, method)) == -1
    for row in [*rows.values(), *answers.values()]:
        if average(row, english) > 95:
            assert average(row, english) - average(row, others) > 30, row.label


def test_the_sizes_and_steps_it_names_are_those_of_the_tasks_and_the_recipe():
    assert "2,400 English pairs" in README and "TyDiQA 600" in README
    assert (SIZES["pawsx"]["train"], SIZES["tydiqa"]["train"]) == (2400, 600)
    steps = {"pawsx": 800, "anli_plus": 2500, "mnli": 4000, "qqp": 2000, "ccg": 600}
    assert {name: recipe.resolve("pocket", "bottleneck", None, name).run["max_steps"] for name in steps} == steps


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
    by_layer = json.loads((ROOT / "zoo" / "pocket" / "backbone" / "retrieval.json").read_text())
    assert statistics.fmean(by_layer["3"].values()) > max(alone.values())
    assert {name for _, name in sorted(alone, key=alone.get)[:2]} == {"ccg"}
    full = {name: average(rows[f"full fine-tuning, {name} alone"]) for name in ("mnli", "squad")}
    for method in ("bottleneck", "lora"):
        assert full["mnli"] > alone[method, "mnli"] and abs(full["squad"] - alone[method, "squad"]) < 3
        merge = average(rows[f"{method}, merge of mnli + squad"])
        assert merge > max(alone[method, "mnli"], alone[method, "squad"])
