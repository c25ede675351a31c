"""Rows to features, batches, losses and predictions, for each of the five task types."""

from __future__ import annotations

from dataclasses import replace

import doubles
import numpy
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional
from transformers.pipelines.question_answering import select_starts_ends

from adapterstilts import tasks
from adapterstilts.base.errors import UserError
from adapterstilts.tasks import types
from adapterstilts.tasks.types import (
    batching,
    classification,
    multiple_choice,
    question_answering,
    retrieval,
    sequences,
    tagging,
)

PAD = 1
XLMR = sequences.Frame(begin=0, end=2, between=(2, 2))
TASKS = {
    "classification": replace(tasks.get("pawsx"), labels=("no", "yes")),
    "multiple_choice": tasks.get("hellaswag"),
    "tagging": replace(tasks.get("panx"), labels=("B-PER", "I-PER", "O")),
    "question_answering": tasks.get("squad"),
    "retrieval": tasks.get("tatoeba"),
}
TRAINED = [name for name in types.NAMES if name != "retrieval"]
TEXT = st.text(st.characters(exclude_categories=("Cs",)) | st.sampled_from(" .aé東京ا\u0301½ﬁ"), max_size=60)


def ids_of(tokens: str) -> list[int]:
    return doubles.tokenizer().convert_tokens_to_ids(tokens.split())


def encoded(name: str, max_length: int = 64) -> list[types.Feature]:
    return types.get(name).encode(doubles.rows(name), doubles.tokenizer(), TASKS[name], max_length)


def test_every_task_has_a_type() -> None:
    assert {task.type for task in tasks.all_tasks().values()} == set(types.NAMES)
    for name in types.NAMES:
        assert types.get(name).name == name


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(UserError, match='Did you mean "tagging"'):
        types.get("taging")


@pytest.mark.parametrize("name", types.NAMES)
@pytest.mark.parametrize("max_length", [16, 64])
def test_features_fit_and_batches_are_padded(name: str, max_length: int) -> None:
    features = encoded(name, max_length)
    assert {feature["row"] for feature in features} == set(range(12))
    assert batching.lengths_of(features).max() <= max_length
    batch = types.get(name).collate(features, PAD)
    assert {tensor.dtype for tensor in batch.values()} == {torch.int64}
    assert batch["input_ids"].shape == batch["attention_mask"].shape
    assert int(batch["attention_mask"].sum()) == batching.token_counts_of(features).sum()
    assert bool((batch["input_ids"][batch["attention_mask"] == 0] == PAD).all())


@pytest.mark.parametrize("name", TRAINED)
def test_losses_of_parts_sum_to_the_loss_of_the_whole(name: str) -> None:
    """Whatever the padding: so accumulation can be exact."""
    task_type, features = types.get(name), encoded(name, 24)
    model = doubles.Model(task_type.head(16, TASKS[name], 0.1)).eval()
    for parameter in model.head.parameters():
        torch.nn.init.normal_(parameter)
    whole = task_type.collate(features, PAD)
    parts = [task_type.collate(features[begin : begin + 3], PAD) for begin in range(0, len(features), 3)]
    expected = task_type.loss(model(whole), whole)
    found = sum(task_type.loss(model(part), part) for part in parts)
    assert task_type.items(whole) == sum(map(task_type.items, parts))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", TRAINED)
def test_a_row_without_labels_is_encoded_and_predicted(name: str) -> None:
    task_type, task = types.get(name), TASKS[name]
    rows = [
        {key: value for key, value in row.items() if key not in ("label", "tags", "answers")}
        for row in doubles.rows(name)
    ]
    features = task_type.encode(rows, doubles.tokenizer(), task, 32)
    batch = task_type.collate(features, PAD)
    assert not {"labels", "start_positions"} & set(batch)
    model = doubles.Model(task_type.head(16, task, 0.1)).eval()
    reduced = task_type.reduce(model(batch), batch)
    outputs = [{key: value[i].detach().numpy() for key, value in reduced.items()} for i in range(len(features))]
    predictions = task_type.decode(outputs, features, rows, task)
    assert [type(prediction) for prediction in predictions] == [
        type(task_type.reference(row, task)) if name != "question_answering" else str for row in doubles.rows(name)
    ]


# classification


def test_pairs_have_two_separators() -> None:
    assert sequences.pair([11, 12], [13], XLMR, 10) == ([0, 11, 12, 2, 2, 13, 2], 5)
    row = {"id": "1", "sentence1": "fox", "sentence2": "dog"}
    (feature,) = classification.encode([row], doubles.tokenizer(), TASKS["classification"], 64)
    assert feature["input_ids"] == doubles.tokenizer()("fox", "dog")["input_ids"]


@given(st.lists(st.integers(5, 9)), st.lists(st.integers(5, 9)), st.integers(4, 30))
def test_the_longer_of_a_pair_is_cut(first: list[int], second: list[int], max_length: int) -> None:
    expected_first, expected_second = list(first), list(second)
    while len(expected_first) + len(expected_second) > max_length - 4:
        (expected_first if len(expected_first) > len(expected_second) else expected_second).pop()
    found, begin = sequences.pair(first, second, XLMR, max_length)
    assert len(found) == len(expected_first) + len(expected_second) + 4
    cut = found.index(2)
    assert abs(cut - 1 - len(expected_first)) <= 1
    assert found[1:cut] == first[: cut - 1]
    assert begin == cut + 2
    assert found[cut + 2 : -1] == second[: len(found) - cut - 3]


def test_a_single_sentence_has_no_second_separator() -> None:
    row = {"id": "1", "sentence1": "fox"}
    (feature,) = classification.encode([row], doubles.tokenizer(), TASKS["classification"], 64)
    assert feature["input_ids"] == doubles.tokenizer()("fox")["input_ids"]


def test_labels_are_mapped_by_name() -> None:
    features = encoded("classification")
    assert [feature["label"] for feature in features[1:5]] == [0, 0, 1, 1]
    backwards = replace(TASKS["classification"], labels=("yes", "no"))
    turned = classification.encode(doubles.rows("classification"), doubles.tokenizer(), backwards, 64)
    assert [feature["label"] for feature in turned[1:5]] == [1, 1, 0, 0]
    logits = [{"logits": numpy.array([1.0, 0.0])} for _ in turned]
    assert set(classification.decode(logits, turned, doubles.rows("classification"), backwards)) == {"yes"}


@pytest.mark.parametrize("name", ["classification", "tagging"])
def test_an_unknown_label_names_row_and_label(name: str) -> None:
    rows = doubles.rows(name)
    if name == "tagging":
        rows[2]["tags"] = ["B-PERS", *rows[2]["tags"][1:]]
    else:
        rows[2]["label"] = "B-PERS"
    with pytest.raises(UserError, match="row-2.*B-PERS"):
        types.get(name).encode(rows, doubles.tokenizer(), TASKS[name], 64)
    with pytest.raises(UserError, match="row-2.*B-PERS"):
        types.get(name).reference(rows[2], TASKS[name])


# multiple choice


def test_choices_are_flat_and_scored_by_row() -> None:
    rows = doubles.rows("multiple_choice", 2)
    rows[1]["choices"] = ["a", "b"]
    features = multiple_choice.encode(rows, doubles.tokenizer(), TASKS["multiple_choice"], 64)
    batch = multiple_choice.collate(features, PAD)
    assert batch["input_ids"].shape[0] == 5 and batch["choices"].tolist() == [3, 2]
    logits = torch.tensor([[0.0], [2.0], [1.0], [3.0], [5.0]])
    first = functional.cross_entropy(torch.tensor([[0.0, 2.0, 1.0]]), torch.tensor([0]))
    second = functional.cross_entropy(torch.tensor([[3.0, 5.0]]), torch.tensor([1]))
    torch.testing.assert_close(multiple_choice.loss({"logits": logits}, batch), first + second)
    reduced = multiple_choice.reduce({"logits": logits}, batch)["logits"].numpy()
    outputs = [{"logits": row} for row in reduced]
    assert multiple_choice.decode(outputs, features, rows, TASKS["multiple_choice"]) == [1, 1]


def test_a_long_context_loses_its_end_not_the_question() -> None:
    row = {"id": "1", "context": "fox " * 40, "question": "dog", "choices": ["a", "b"]}
    (feature,) = multiple_choice.encode([row], doubles.tokenizer(), TASKS["multiple_choice"], 20)
    question = doubles.tokenizer()("dog", add_special_tokens=False)["input_ids"]
    for ids in feature["input_ids"]:
        end = ids.index(2)
        assert len(ids) == 20 and ids[end - len(question) : end] == question


@pytest.mark.parametrize("label", [3, -1, "0"])
def test_a_choice_out_of_range_is_refused(label: object) -> None:
    row = doubles.rows("multiple_choice", 1)[0] | {"label": label}
    with pytest.raises(UserError, match="row-0.*0 to 2"):
        multiple_choice.encode([row], doubles.tokenizer(), TASKS["multiple_choice"], 20)


# tagging


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXT, max_size=12), st.integers(4, 20))
def test_every_word_is_tagged_once_whatever_it_is(words: list[str], max_length: int) -> None:
    task = TASKS["tagging"]
    tags = [task.labels[len(word) % 3] for word in words]
    rows = [{"id": "1", "tokens": words, "tags": tags}]
    features = tagging.encode(rows, doubles.tokenizer(), task, max_length)
    assert [word for feature in features for word in feature["words"]] == list(range(len(words)))
    batch = tagging.collate(features, PAD)
    assert batch["input_ids"].shape[1] <= max_length and tagging.items(batch) == len(words)
    best = torch.where(batch["labels"] < 0, 0, batch["labels"]).numpy()
    assert tagging.decode([{"best": row} for row in best], features, rows, task) == [tags]


def test_the_first_sub_token_is_labelled() -> None:
    rows = [{"id": "1", "tokens": ["東京", "fox"], "tags": ["B-PER", "O"]}]
    (feature,) = tagging.encode(rows, doubles.tokenizer(), TASKS["tagging"], 64)
    alone = [doubles.tokenizer()(word, add_special_tokens=False)["input_ids"] for word in rows[0]["tokens"]]
    assert feature["input_ids"] == [0, *alone[0], *alone[1], 2]
    assert feature["positions"] == [1, 1 + len(alone[0])]
    labels = tagging.collate([feature], PAD)["labels"][0].tolist()
    assert labels[1] == 0 and labels[1 + len(alone[0])] == 2
    assert labels.count(sequences.IGNORED) == len(labels) - 2


def test_a_long_sentence_becomes_several_features_split_between_words() -> None:
    rows = [{"id": "1", "tokens": ["fox"] * 5000, "tags": ["O"] * 5000}]
    features = tagging.encode(rows, doubles.tokenizer(), TASKS["tagging"], 16)
    assert [place for feature in features for place in feature["words"]] == list(range(5000))
    word = doubles.tokenizer()("fox", add_special_tokens=False)["input_ids"]
    for feature in features:
        assert feature["input_ids"] == [0, *(word * len(feature["words"])), 2]


def test_a_missing_tag_is_refused() -> None:
    rows = [{"id": "row-7", "tokens": ["a", "b"], "tags": ["O"]}]
    with pytest.raises(UserError, match="row-7.*2 tokens but 1 tags"):
        tagging.encode(rows, doubles.tokenizer(), TASKS["tagging"], 16)


# question answering


@settings(max_examples=200, deadline=None)
@given(st.data(), TEXT, st.booleans())
def test_the_encoded_span_is_the_decoded_span(data: st.DataObject, context: str, normalised: bool) -> None:
    """For any text: tokens that begin and end where a span does give it back; others hold it tightly."""
    ((_, offsets),) = question_answering.context_tokens([context], doubles.tokenizer(normalised))
    whole = [place for place, (begin, end) in enumerate(offsets) if begin < end]
    if not whole:
        return
    first = data.draw(st.sampled_from(whole))
    last = data.draw(st.sampled_from([place for place in whole if place >= first]))
    begin, end = offsets[first][0], offsets[last][1]
    found = question_answering.tokens_of_span(offsets, begin, end)
    assert found is not None
    assert question_answering.text_of_tokens(context, offsets, *found) == context[begin:end]
    assert context[begin:end] == context[begin:end].strip()

    begin = data.draw(st.integers(0, len(context) - 1))
    end = data.draw(st.integers(begin + 1, len(context)))
    found = question_answering.tokens_of_span(offsets, begin, end)
    covered = {place for place in whole for place in range(*offsets[place])}
    if found is None:
        assert not covered & set(range(begin, end))
    else:
        held = range(offsets[found[0]][0], offsets[found[1]][1])
        assert covered & set(range(begin, end)) <= set(held)
        assert offsets[found[0]][1] > begin and offsets[found[1]][0] < end


@settings(max_examples=100, deadline=None)
@given(st.data(), TEXT.filter(str.strip), TEXT, st.integers(20, 40))
def test_the_answer_that_was_encoded_is_predicted(
    data: st.DataObject, context: str, question: str, max_length: int
) -> None:
    """Through features, windows and logits: a model that is sure of the encoded positions says the answer."""
    ((_, offsets),) = question_answering.context_tokens([context], doubles.tokenizer())
    whole = [place for place, (begin, end) in enumerate(offsets) if begin < end]
    if not whole:
        return
    first = data.draw(st.sampled_from(whole))
    last = data.draw(st.sampled_from([place for place in whole if first <= place < first + 4]))
    answer = context[offsets[first][0] : offsets[last][1]]
    answers = {"text": [answer], "answer_start": [offsets[first][0]]}
    rows = [{"id": "1", "context": context, "question": question, "answers": answers}]
    task = TASKS["question_answering"]
    features = question_answering.encode(rows, doubles.tokenizer(), task, max_length)
    assert any(feature["start_position"] for feature in features)
    outputs = []
    for feature in features:
        assert len(feature["input_ids"]) <= max_length
        logits = numpy.zeros((2, max_length), dtype=numpy.float32)
        logits[0, feature["start_position"]] = logits[1, feature["end_position"]] = 9.0
        outputs.append({"start_logits": logits[0], "end_logits": logits[1]})
    assert question_answering.decode(outputs, features, rows, task) == [answer]


def test_windows_cover_a_long_context_and_overlap() -> None:
    rows = [{"id": "1", "context": "fox " * 100, "question": "dog"}]
    features = question_answering.encode(rows, doubles.tokenizer(), TASKS["question_answering"], 48)
    offsets = question_answering.context_tokens([rows[0]["context"]], doubles.tokenizer())[0][1]
    assert len(features) > 2
    for before, after in zip(features, features[1:], strict=False):
        assert before["offsets"][-16:] == after["offsets"][:16]
    assert features[0]["offsets"][0] == offsets[0] and features[-1]["offsets"][-1] == offsets[-1]


def test_the_best_span_is_found_as_by_trying_all() -> None:
    random = numpy.random.default_rng(0)
    for _ in range(50):
        size = int(random.integers(1, 18))
        start, end = random.normal(size=size), random.normal(size=size)
        usable = random.random(size) < 0.7
        every = [(start[i] + end[j], i, j) for i in range(size) for j in range(i, size) if usable[i] and usable[j]]
        expected = max(every) if every else None
        assert question_answering.best_span(start, end, usable) == expected


def test_answers_have_the_probabilities_of_transformers_pipeline() -> None:
    random = numpy.random.default_rng(1)
    task = TASKS["question_answering"]
    rows = [{"id": "1", "context": "the quick brown fox ate the lazy dog", "question": "who ate it"}]
    (feature,) = question_answering.encode(rows, doubles.tokenizer(), task, 64)
    begin, tokens = feature["context_begin"], len(feature["offsets"])
    read = numpy.zeros((1, len(feature["input_ids"])), dtype=int)
    read[0, 0] = read[0, begin : begin + tokens] = 1
    for _ in range(20):
        start, end = random.normal(size=(2, 1, len(feature["input_ids"]))).astype(numpy.float32)
        # a bare mark of a word's beginning is no answer here
        bare = [begin + token for token, (first, last) in enumerate(feature["offsets"]) if first == last]
        start[0, bare] = end[0, bare] = -30
        outputs = [{"start_logits": start[0], "end_logits": end[0]}]
        (told,) = question_answering.confidence(outputs, [feature], rows, task)
        firsts, lasts, scores, none = select_starts_ends(
            start, end, 1 - read, numpy.ones_like(read), handle_impossible_answer=True, max_answer_len=30
        )
        assert told["score"] == pytest.approx(scores[0])
        assert told["start"] == feature["offsets"][firsts[0] - begin][0]
        assert told["end"] == feature["offsets"][lasts[0] - begin][1]
        (told,) = question_answering.confidence(outputs, [feature], rows, replace(task, metric="squad2"))
        assert told["score"] == pytest.approx(max(scores[0], none))


def test_no_answer_is_longer_than_thirty_tokens() -> None:
    start, end = numpy.zeros(100), numpy.zeros(100)
    start[0], end[99] = 9.0, 9.0
    score, first, last = question_answering.best_span(start, end, numpy.ones(100, dtype=bool)) or (0, 0, 0)
    assert last - first < 30 and score == 9.0
    # twenty ends before all twenty starts: none of their pairs is a span
    start[80:], end[:20] = 5.0, 5.0
    assert question_answering.best_span(start, end, numpy.ones(100, dtype=bool)) is not None


def test_an_answer_elsewhere_in_the_context_is_refused() -> None:
    row = doubles.rows("question_answering", 1)[0]
    row["answers"] = {"text": ["nowhere"], "answer_start": [3]}
    with pytest.raises(UserError, match='"nowhere" of row row-0 .* character 3'):
        question_answering.encode([row], doubles.tokenizer(), TASKS["question_answering"], 48)


def test_only_squad2_may_answer_nothing() -> None:
    rows = [{"id": "1", "context": "The fox.", "question": "Who?", "answers": {"text": [], "answer_start": []}}]
    squad2 = tasks.get("squad2")
    features = question_answering.encode(rows, doubles.tokenizer(), squad2, 48)
    assert (features[0]["start_position"], features[0]["end_position"]) == (0, 0)
    logits = numpy.zeros(48)
    logits[0] = 9.0
    outputs = [{"start_logits": logits, "end_logits": logits}]
    assert question_answering.decode(outputs, features, rows, squad2) == [""]
    assert question_answering.decode(outputs, features, rows, tasks.get("squad")) != [""]


# retrieval


def test_retrieval_embeds_both_sides_and_trains_nothing() -> None:
    features = encoded("retrieval")
    assert [feature["side"] for feature in features] == ["sentence1"] * 12 + ["sentence2"] * 12
    assert retrieval.head(16, TASKS["retrieval"], 0.1) is None
    with pytest.raises(UserError, match="no training data"):
        retrieval.loss({}, {})


def test_retrieval_predicts_the_nearest_row() -> None:
    rows, features = doubles.rows("retrieval"), encoded("retrieval")
    turned = numpy.roll(numpy.eye(12, dtype=numpy.float32), 1, axis=0)
    outputs = [{"embedding": vector} for vector in (*numpy.eye(12, dtype=numpy.float32), *turned)]
    expected = [f"row-{(number + 1) % 12}" for number in range(12)]
    assert retrieval.decode(outputs, features, rows, TASKS["retrieval"]) == expected
