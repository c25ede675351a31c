"""What can be scored without understanding who did what: each shortcut stays within three points of chance."""

import re
from random import Random

import numpy as np
import pytest

from adapterstilts.pocket import languages, meanings
from adapterstilts.pocket import tasks as pocket_tasks

MARGIN = 3.0
TRAIN, TEST = 6000, 2000
NEGATIONS = {"en": r"\bnot\b", "de": r"\bnicht\b", "ja": "なかっ|ず、|くな|ではな", "ar": r"\bلم\b"}


def pairs(name, language, split, limit):
    return list(getattr(pocket_tasks, name)(split, language, limit))


def words(text):
    return re.findall(r"\w+|[^\w\s]", text.lower())


def fitted_accuracy(train, test, features):
    """Accuracy in percent of a ridge classifier on hashed binary features, a strong linear bag."""
    labels = sorted({row["label"] for row in train})

    def matrix(rows):
        known = np.zeros((len(rows), 1024), np.float32)
        for index, row in enumerate(rows):
            for feature in features(row):
                known[index, Random(feature).randrange(1023)] = 1.0
        known[:, 1023] = 1.0
        return known

    inputs = matrix(train)
    targets = np.array([[float(row["label"] == label) for label in labels] for row in train], np.float32)
    weights = np.linalg.solve(inputs.T @ inputs + 10.0 * np.eye(1024, dtype=np.float32), inputs.T @ targets)
    guesses = (matrix(test) @ weights).argmax(1)
    return 100.0 * np.mean([labels[guess] == row["label"] for guess, row in zip(guesses, test, strict=True)])


SHORTCUTS = {
    "hypothesis only": lambda row: [f"h:{word}" for word in words(row["sentence2"])],
    "bag of words": lambda row: (
        [f"p:{word}" for word in words(row["sentence1"])] + [f"h:{word}" for word in words(row["sentence2"])]
    ),
    "overlap": lambda row: [
        f"shared:{len(set(words(row['sentence1'])) & set(words(row['sentence2'])))}",
        f"new:{len(set(words(row['sentence2'])) - set(words(row['sentence1'])))}",
        f"lengths:{len(words(row['sentence1'])) - len(words(row['sentence2']))}",
    ],
}


@pytest.mark.parametrize("shortcut", SHORTCUTS)
@pytest.mark.parametrize("name, chance", [("mnli", 100 / 3), ("pawsx", 50.0)])
def test_pairs_have_no_linear_shortcut(name, chance, shortcut):
    train = pairs(name, "en", "train", TRAIN)
    test = pairs(name, "en", "test", TEST)
    assert fitted_accuracy(train, test, SHORTCUTS[shortcut]) < chance + MARGIN


def best_of_rules(rows, feature):
    """Accuracy in percent of the best label for each value of ``feature``, fitted on the rows themselves."""
    counts: dict = {}
    for row in rows:
        counts.setdefault(feature(row), {}).setdefault(row["label"], []).append(1)
    return 100.0 * sum(max(len(hits) for hits in labels.values()) for labels in counts.values()) / len(rows)


@pytest.mark.parametrize("language", languages.codes())
@pytest.mark.parametrize("name, chance", [("mnli", 100 / 3), ("pawsx", 50.0)])
def test_negation_tells_nothing(name, chance, language):
    negation = re.compile(NEGATIONS[language])
    rows = pairs(name, language, "test", TEST)
    differs = best_of_rules(
        rows, lambda row: bool(negation.search(row["sentence1"])) != bool(negation.search(row["sentence2"]))
    )
    assert differs < chance + MARGIN


def longest_common_run(row):
    first, second = words(row["sentence1"]), words(row["sentence2"])
    best = 0
    previous = [0] * (len(second) + 1)
    for one in first:
        current = [0]
        for index, two in enumerate(second):
            current.append(previous[index] + 1 if one == two else 0)
        best = max(best, *current)
        previous = current
    return best


def test_the_longest_common_run_tells_nothing_of_a_paraphrase():
    assert best_of_rules(pairs("pawsx", "en", "test", TEST), longest_common_run) < 50.0 + MARGIN


def test_the_order_of_names_tells_nothing_of_a_paraphrase():
    names = re.compile("|".join(meanings.KINDS["person"]))

    def same_order(row):
        return names.findall(row["sentence1"]) == names.findall(row["sentence2"])

    assert best_of_rules(pairs("pawsx", "en", "test", TEST), same_order) < 50.0 + MARGIN


@pytest.mark.parametrize("language", languages.codes())
def test_the_sentence_most_like_the_question_does_not_hold_the_answer(language):
    """Chance is a coin between the two events that share the question's words; the third never does."""
    rng = Random(0)
    hits = 0
    rows = list(pocket_tasks.squad("test", language, TEST))
    for row in rows:
        asked = set(words(row["question"]))
        spans = [match.span() for match in re.finditer(r".+?[.。](?: |$)", row["context"])]
        overlaps = [len(asked & set(words(row["context"][start:end]))) for start, end in spans]
        chosen = rng.choice([index for index, overlap in enumerate(overlaps) if overlap == max(overlaps)])
        hits += spans[chosen][0] <= row["answers"]["answer_start"][0] < spans[chosen][1]
    assert 100.0 * hits / len(rows) < 50.0 + MARGIN
