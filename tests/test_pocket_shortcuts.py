"""What can be scored without understanding who did what: each shortcut stays within three points of chance."""

import re
from collections import Counter
from functools import cache
from random import Random

import numpy as np
import pytest

from adapterstilts.pocket import languages, meanings
from adapterstilts.pocket import tasks as pocket_tasks
from adapterstilts.pocket.languages import en

pytestmark = pytest.mark.pocket

MARGIN = 3.0
TRAIN, TEST = 6000, 2000


@cache
def pairs(name, language, split, limit):
    return list(getattr(pocket_tasks, name)(split, language, limit))


def words(text):
    """Words and marks; Korean particles stand apart from the names that they are written onto."""
    return re.findall(r"\w+|[^\w\s]", re.sub(r"(?<=[a-z0-9])(?=[가-힣])", " ", text.lower()))


def fitted_accuracy(train, test, features):
    """Accuracy in percent of a ridge classifier on binary features, a strong linear bag."""
    labels = sorted({row["label"] for row in train})
    guesses = _fitted(train, test, features, labels).argmax(1)
    return 100.0 * np.mean([labels[guess] == row["label"] for guess, row in zip(guesses, test, strict=True)])


def fitted_scores(train, test, features):
    """How much the classifier prefers "True" for each row."""
    return _fitted(train, test, features, ["True"])[:, 0]


def _fitted(train, test, features, labels):
    known = {feature: index for index, feature in enumerate(sorted({one for row in train for one in features(row)}))}

    def matrix(rows):
        there = np.zeros((len(rows), len(known) + 1), np.float32)
        for index, row in enumerate(rows):
            there[index, [known[feature] for feature in features(row) if feature in known]] = 1.0
        there[:, -1] = 1.0
        return there

    inputs = matrix(train)
    targets = np.array([[float(row["label"] == label) for label in labels] for row in train], np.float32)
    penalty = 10.0 * np.eye(len(known) + 1, dtype=np.float32)
    return matrix(test) @ np.linalg.solve(inputs.T @ inputs + penalty, inputs.T @ targets)


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


PAIRS = [("mnli", 100 / 3), ("anli_plus", 100 / 3), ("pawsx", 50.0), ("qqp", 50.0)]


@pytest.mark.parametrize("shortcut", SHORTCUTS)
@pytest.mark.parametrize("name, chance", PAIRS)
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


@pytest.mark.parametrize("name, chance", PAIRS)
def test_negation_tells_nothing(name, chance):
    rows = pairs(name, "en", "test", TEST)
    differs = best_of_rules(rows, lambda row: ("not" in words(row["sentence1"])) != ("not" in words(row["sentence2"])))
    assert differs < chance + MARGIN


@pytest.mark.parametrize("language", languages.codes())
@pytest.mark.parametrize("name, chance", [("xnli", 100 / 3), ("pawsx", 50.0)])
def test_targets_have_no_surface_in_any_language(name, chance, language):
    """Lengths, shared words, and what stands in one sentence only, as far as two numbers tell it."""
    rows = pairs(name, language, "test", TEST)

    def surface(row):
        first, second = (set(words(row[side])) for side in ("sentence1", "sentence2"))
        return min(len(first & second), 6), len(second - first) > 2

    assert best_of_rules(rows, surface) < chance + 1.5 * MARGIN


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


def denied(row):
    return "not" in words(row["sentence2"])


# who is first of three keeps the side in both sentences, which is what there is to find out
RANKED = [(name, chance + (7.0 if name == "anli_plus" else 0.0)) for name, chance in PAIRS]


@pytest.mark.parametrize("name, chance", RANKED)
def test_the_longest_common_run_tells_nothing(name, chance):
    rows = pairs(name, "en", "test", TEST)
    assert best_of_rules(rows, lambda row: (longest_common_run(row), denied(row))) < chance + 2 * MARGIN


@pytest.mark.parametrize("name, chance", RANKED)
def test_the_order_of_names_tells_nothing(name, chance):
    """Whether the names of the second text stand in one order in (a sentence of) the first."""
    names = re.compile("|".join(meanings.KINDS["person"]))

    def same_order(row):
        second = names.findall(row["sentence2"])
        found = [[name for name in names.findall(one) if name in second] for one in row["sentence1"].split(". ")]
        return second in found, second[::-1] in found, denied(row)

    assert best_of_rules(pairs(name, "en", "test", TEST), same_order) < chance + 2 * MARGIN


@pytest.mark.parametrize("name", ["mnli", "xnli", "anli_plus"])
def test_where_and_when_alone_tell_nothing_of_an_inference(name):
    """Of the premise's sentences, how many hold the hypothesis' place or time, and what adjuncts the others have."""
    kinds = kinds_of_words()

    def adjuncts(text):
        return [word for word in re.findall(r"\w+", text) if kinds.get(word) in ("place", "time")]

    def rule(row):
        asked = adjuncts(row["sentence2"])
        told = [adjuncts(one) for one in row["sentence1"].split(". ")]
        holding = [one for one in told if asked and asked[0] in one]
        others = sorted(
            tuple(kinds[word] == kinds[asked[0]] for word in one) for one in told if one not in holding and asked
        )
        return len(asked), tuple(map(len, holding)), tuple(others), denied(row)

    assert best_of_rules(pairs(name, "en", "test", TEST), rule) < 100 / 3 + 1.5 * MARGIN


READING = [(name, "en") for name in ("squad", "squad2", "mlqa", "tydiqa")]
# Korean writes case onto the name, so that the form of a name tells its role
READING += [("xquad", code) for code in languages.codes() if code != "ko"]


@pytest.mark.parametrize("name, language", READING)
def test_the_sentence_most_like_the_question_does_not_hold_the_answer(name, language):
    """Chance is a coin between the two events that share the question's words; the third never does."""
    rng = Random(0)
    hits = 0
    rows = [row for row in pairs(name, language, "test", TEST) if row["answers"]["text"]]
    for row in rows:
        asked = set(words(row["question"]))
        spans = [match.span() for match in re.finditer(r".+?[.。।](?: |$)", row["context"])]
        overlaps = [len(asked & set(words(row["context"][start:end]))) for start, end in spans]
        chosen = rng.choice([index for index, overlap in enumerate(overlaps) if overlap == max(overlaps)])
        hits += spans[chosen][0] <= row["answers"]["answer_start"][0] < spans[chosen][1]
    assert 100.0 * hits / len(rows) < 50.0 + MARGIN


def kinds_of_words():
    """English surface form to the kind of filler that it is."""
    found = {str(year): "time" for year in meanings.YEARS} | {name: "person" for name in meanings.GIVEN_NAMES}
    found |= {day.capitalize(): "time" for day in meanings.DAYS} | {"yesterday": "time", "Yesterday": "time"}
    found |= {city: "place" for city in en.LEXICON["cities"].values()}
    found |= {place.split()[1]: "place" for place in en.LEXICON["places"].values()}
    found |= {form: "thing" for forms in en.LEXICON["nouns"].values() for form in forms.split()}
    return found | {form: "field" for form in en.LEXICON["fields"].values()} | {str(n): "number" for n in range(3, 10)}


@pytest.mark.parametrize("place", [0, -1])
@pytest.mark.parametrize("name", ["squad", "squad2", "xquad", "mlqa", "tydiqa"])
def test_the_first_or_last_word_of_the_answer_s_kind_is_no_answer(name, place):
    kinds = kinds_of_words()
    rows = [row for row in pairs(name, "en", "test", TEST) if row["answers"]["text"]]
    hits = 0
    for row in rows:
        answer = re.findall(r"\w+", row["answers"]["text"][0])
        kind = next(kinds[word] for word in answer if word in kinds)
        asked = set(re.findall(r"\w+", row["question"]))
        there = [word for word in re.findall(r"\w+", row["context"]) if kinds.get(word) == kind and word not in asked]
        hits += there[place] in answer
    assert 100.0 * hits / len(rows) < 50.0 + MARGIN


def test_how_often_the_question_s_verb_is_there_does_not_tell_whether_it_has_an_answer():
    families = {
        form: relation
        for relation, views in en.VIEWS.items()
        for view in views.values()
        for form in en.LEXICON["verbs"][view.verb].split()
    }

    def count(row):
        asked = {families[word] for word in words(row["question"]) if word in families}
        return sum(families.get(word) in asked for word in words(row["context"])), words(row["question"])[0]

    rows = [{**row, "label": bool(row["answers"]["text"])} for row in pairs("squad2", "en", "test", TEST)]
    assert best_of_rules(rows, count) < 100 * 2 / 3 + 1.5 * MARGIN


def test_a_question_does_not_tell_whether_it_has_an_answer():
    def labelled(rows):
        return [{**row, "label": str(bool(row["answers"]["text"]))} for row in rows]

    train, test = (labelled(pairs("squad2", "en", split, TRAIN)) for split in ("train", "test"))
    question_only = fitted_accuracy(train, test, lambda row: words(row["question"]))
    bag = fitted_accuracy(train, test, lambda row: words(row["question"]) + [f"c:{w}" for w in words(row["context"])])
    assert question_only < 100 * 2 / 3 + MARGIN and bag < 100 * 2 / 3 + MARGIN


def test_tydiqa_questions_borrow_names_and_numbers_only():
    kinds = kinds_of_words()
    said = {"did", "was", "were", "the", "to", "from", "by", "in", "on", "at"} | set(
        "red green white black old new small big".split()
    )
    for row in pairs("tydiqa", "en", "test", TEST):
        asked, told = set(re.findall(r"\w+", row["question"])), set(re.findall(r"\w+", row["context"]))
        shared = {word for word in asked & told - said if kinds.get(word) not in ("person", "number")}
        assert not shared - set(meanings.SURNAMES), row


def choice_rows(rows, only_endings):
    """One row a choice, labelled right or wrong."""
    found = []
    for row in rows:
        for number, choice in enumerate(row["choices"]):
            features = [f"c:{word}" for word in words(choice)]
            if not only_endings:
                given = set(words(f"{row['context']} {row['question']}"))
                features += [f"shared:{len(given & set(words(choice)))}"]
                features += [f"like:{sum(len(set(words(choice)) & set(words(other))) for other in row['choices'])}"]
            found.append({"features": features, "label": str(number == row["label"])})
    return found


@pytest.mark.parametrize("only_endings", [True, False])
@pytest.mark.parametrize("name, count", [("hellaswag", 4), ("cosmosqa", 4), ("csqa", 5)])
def test_choices_do_not_tell_by_themselves(name, count, only_endings):
    """Words of the choice, how many it shares with the text, and how like the other choices it is."""
    train, test = (pairs(name, "en", split, TRAIN) for split in ("train", "test"))
    scores = fitted_scores(
        choice_rows(train, only_endings), choice_rows(test, only_endings), lambda row: row["features"]
    )
    guesses = scores.reshape(len(test), count).argmax(1)
    hits = np.mean([guess == row["label"] for guess, row in zip(guesses, test, strict=True)])
    assert 100.0 * hits < 100.0 / count + MARGIN


@pytest.mark.parametrize("name, bound", [("hellaswag", 55.0), ("cosmosqa", 55.0)])
def test_one_sentence_of_the_text_does_not_hold_the_choice(name, bound):
    """The choice most of whose words stand in one sentence, beside the question's; a coin among equals.

    Chance is 25. In HellaSwag the sentence that names both people of the choices has the right thing, and in CosmosQA
    the one about whom or what the question asks has two of the four choices: this much takes reading.
    """
    rng, hits = Random(0), 0
    rows = pairs(name, "en", "test", TEST)
    for row in rows:
        asked = set(words(row["question"]))
        people = set(words(" ".join(row["choices"]))) if name == "hellaswag" else asked
        sentences = [set(words(one)) for one in row["context"].split(". ")]
        likeness = [
            max(len(set(words(choice)) & one) + len(people & one) / 10 for one in sentences)
            for choice in row["choices"]
        ]
        best = [number for number, like in enumerate(likeness) if like == max(likeness)]
        hits += rng.choice(best) == row["label"]
    assert 100.0 * hits / len(rows) < bound


def test_supertags_do_not_follow_from_the_word():
    seen: dict = {}
    for row in pairs("ccg", "en", "train", TRAIN):
        for word, tag in zip(row["tokens"], row["tags"], strict=True):
            seen.setdefault(word, Counter())[tag] += 1
    test = [item for row in pairs("ccg", "en", "test", TEST) for item in zip(row["tokens"], row["tags"], strict=True)]
    right = sum(word in seen and seen[word].most_common(1)[0][0] == tag for word, tag in test)
    assert 100.0 * right / len(test) < 90.0


@pytest.mark.parametrize("name, group", [("tatoeba", 8), ("bucc2018", 8)])
def test_what_every_language_writes_alike_does_not_find_a_translation(name, group):
    """Names, years and numbers: a coin among those of the sentence's group that hold the same."""
    rng = Random(0)
    rows = pairs(name, "ar", "test", 600)
    anchors = re.compile(r"[A-Za-z]+|[0-9]+")
    foreign = [(row["id"], set(anchors.findall(row["sentence2"]))) for row in rows if row["sentence2"]]
    hits, pairable = 0, [row for row in rows if row["sentence1"] and row["sentence2"]]
    for row in pairable:
        anchor = {
            word for word in re.findall(r"\w+", row["sentence1"])
            if word in (*meanings.GIVEN_NAMES, *meanings.SURNAMES) or word.isdigit()
        }  # fmt: skip
        likeness = [len(anchor & other) - len(anchor ^ other) for _, other in foreign]
        hits += (
            rng.choice([key for (key, _), like in zip(foreign, likeness, strict=True) if like == max(likeness)])
            == row["id"]
        )
    assert 100.0 * hits / len(pairable) < 45.0
