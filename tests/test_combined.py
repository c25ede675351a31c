"""What one adapter learns besides one English task: words for it, batches of several tasks, text, translations."""

import json
import re
from collections import Counter
from dataclasses import replace
from itertools import count
from pathlib import Path

import doubles
import numpy
import pytest
import torch
import training_process
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as some
from transformers import BertConfig, BertForMaskedLM, XLMRobertaConfig, XLMRobertaForMaskedLM

from adapterstilts import execution, studies, tasks, training
from adapterstilts.adapter.facts import Facts
from adapterstilts.adapter.saving import load_adapter
from adapterstilts.adapter.value import bytes_of
from adapterstilts.backbones import loading
from adapterstilts.base.errors import UserError
from adapterstilts.base.progress import SILENT
from adapterstilts.cli import cli
from adapterstilts.exchange import card, catalogue
from adapterstilts.exchange.at_hand import AtHand
from adapterstilts.execution import How, lessons
from adapterstilts.pocket.tasks import SIZES
from adapterstilts.rows import kept, reading
from adapterstilts.runs import asked, command, recipe, words
from adapterstilts.tasks import combined, types
from adapterstilts.tasks.types import batching
from adapterstilts.tasks.types import masked_language_modelling as masked
from adapterstilts.tasks.types.sequences import IGNORED
from adapterstilts.training import Objective
from adapterstilts.training.objectives import Schedule, updates_of_epoch

NINE = ["anli_plus", "ccg", "cosmosqa", "csqa", "hellaswag", "mnli", "qqp", "squad", "squad2"]


@given(some.lists(some.sampled_from([*NINE, "mlm", "pawsx", "mnli:de", "squad:mixed"]), min_size=2, unique=True))
def test_joined_tasks_are_the_same_in_any_order(names):
    task = tasks.get("+".join(names))
    assert task == tasks.get("+".join(reversed(names))) == tasks.get(task.name) == tasks.known(task.name)
    assert {part.name for part in task.parts} == set(names)
    assert task.learned == {name.partition(":")[0] for name in names} - {"mlm"}


def test_the_nine_have_one_word():
    assert tasks.get("+".join(NINE)).name == "multitask"
    assert [part.name for part in tasks.get("multitask").parts] == NINE
    assert tasks.get("mlm+multitask+pawsx").name == "multitask+pawsx+mlm"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("mlm", "goes beside a task; name one, such as mnli+mlm"),
        ("mnli+", "with nothing beside it"),
        ("mnli+mnli", "has mnli twice"),
        ("multitask+mnli", "has mnli twice"),
        ("mnli+xnli", "name mnli, whose data it learns from"),
        ("mnli+tatoeba", "tatoeba has no training data"),
        ("mnlj+squad", 'Did you mean "mnli"'),
        ("mnli:xx", "translated into ar, bg, de"),
        ("qqp:de", "no translation of qqp"),
        ("mutlitask", 'Did you mean "multitask"'),
    ],
)
def test_a_word_that_joins_nothing_is_told_what_to_do(word, said):
    with pytest.raises(UserError, match=re.escape(said)):
        tasks.get(word)
    assert tasks.known(word) is None


def test_a_translation_that_pocket_has_not_is_told_before_anything_runs(tmp_path):
    with pytest.raises(UserError, match="translated into ar, de, .+, but not into mnli:bg"):
        asked_training("mnli:bg", "lora", tmp_path, {})
    assert asked_training("mnli:de", "lora", tmp_path, {}).task == "mnli:de"


def asked_training(task, method, output, settings, composition=None, sources=(), text=None):
    return asked.training(AtHand(output), task, method, composition, sources, settings=settings, text=text)


def test_what_was_translated_was_still_trained_on(tmp_path):
    run = asked_training("pawsx", "lora", tmp_path, {}, "continue", ["mnli:de+squad+mlm"])
    assert run.trained_on == {"mnli", "squad", "pawsx"}
    assert not run.saw_target_training


# which task an update is about


def objectives(*sizes, cap=None):
    _, task_type, features = training_process.fixture()
    return [
        Objective(task_type, (features * 9)[:rows], f"head{number}", min(rows, cap or rows), size)
        for number, (rows, size) in enumerate(sizes)
    ]


def settings(**changes):
    given = {"batch_size": 4, "epochs": None, "max_steps": 4000, "threads": 1, **changes}
    return training.TrainingSettings(**given)


def test_updates_are_shared_by_the_rows_that_count():
    several = objectives((20, 4), (60, 2), (120, 2), cap=60)
    schedule = Schedule(several, settings(), 4000)
    drawn = Counter(schedule.at(step)[0].head for step in range(4000))
    # a binomial's standard deviation is below 0.8 points
    assert [drawn[each.head] / 4000 for each in several] == pytest.approx([20 / 140, 60 / 140, 60 / 140], abs=0.03)
    assert updates_of_epoch(several, 4) == 5 + 30 + 30


def test_each_task_sees_all_its_rows_before_one_again():
    several = objectives((20, 4), (30, 7))
    schedule = Schedule(several, settings(), 200)
    seen = {each.head: [] for each in several}
    for step in range(200):
        objective, indices = schedule.at(step)
        assert len(indices) <= objective.batch_size
        seen[objective.head] += indices.tolist()
    for each in several:
        rows = len(each.features)
        assert sorted(seen[each.head][:rows]) == list(range(rows))
        assert seen[each.head][:rows] != seen[each.head][rows : 2 * rows]


def test_the_batches_of_one_task_are_those_there_always_were():
    _, task_type, features = training_process.fixture()
    schedule = Schedule([Objective(task_type, features)], settings(seed=3), 20)
    lengths = batching.lengths_of(features)
    expected = [batch for epoch in range(4) for batch in batching.training_batches(lengths, 4, 3, epoch)]
    for step in range(20):
        assert numpy.array_equal(schedule.at(step)[1], expected[step])


class TwoHeads(doubles.Model):
    """The tiny model with two heads by name."""

    def forward(self, batch, head=None):
        hidden = self.backbone(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
        return self.head[head](hidden, batch["attention_mask"])


def two_headed():
    model, task_type, features = training_process.fixture()
    both = TwoHeads(None)
    both.load_state_dict(model.state_dict(), strict=False)
    heads = {name: task_type.head(16, tasks.get("pawsx"), 0.1) for name in ("one", "other")}
    both.head = torch.nn.ModuleDict(heads)
    return both, [Objective(task_type, features, "one"), Objective(task_type, features[:10], "other", 5, 3)]


def trained(folder=None, resume=False, stop_at=None):
    """Train both, and stop by Ctrl-C at a validation."""
    model, several = two_headed()
    validations = count(1)

    def validate():
        if next(validations) == stop_at:
            raise KeyboardInterrupt
        return training_process.score(model)

    run = training.Training(model, several, validate, training_process.settings(16), 1, folder, resume)
    return model, training.carry_out(run)


def test_an_update_leaves_the_other_head_as_it_is():
    model, several = two_headed()
    run = training.Training(model, several, None, training_process.settings(1, evaluate_every=1), 1)
    before = {name: value.clone() for name, value in model.named_parameters()}
    training.carry_out(run)
    changed = {name.split(".")[1] for name, value in model.named_parameters() if not torch.equal(value, before[name])}
    assert "encoder" in changed and len(changed & {"one", "other"}) == 1


def test_a_resumed_training_of_several_tasks_is_the_same_to_the_last_bit(tmp_path):
    whole, record = trained()
    for stop_at in (2, 4):
        folder = tmp_path / str(stop_at)
        with pytest.raises(KeyboardInterrupt):
            trained(folder, stop_at=stop_at)
        resumed, again = trained(folder, resume=True)
        assert again.tokens == record.tokens
        for (name, value), other in zip(whole.named_parameters(), resumed.parameters(), strict=True):
            assert torch.equal(value, other), name


def test_a_checkpoint_of_other_shares_is_refused(tmp_path):
    trained(tmp_path)
    model, several = two_headed()
    several[1] = Objective(several[1].task_type, several[1].features, "other", 6, 3)
    run = training.Training(model, several, None, training_process.settings(16), 1, tmp_path, True)
    with pytest.raises(UserError, match="is of another run"):
        training.carry_out(run)


# masked language modelling


def text_features(texts=70):
    rows = [{"text": text} for text in doubles.SENTENCES * (texts // len(doubles.SENTENCES))]
    task_type = masked.MaskedLanguageModelling(doubles.tokenizer(), 400)
    return task_type, task_type.encode(rows, doubles.tokenizer(), tasks.get("mnli+mlm").parts[-1], 24)


def test_a_text_is_encoded_to_its_end():
    task_type, features = text_features(7)
    tokenizer = doubles.tokenizer()
    for number, text in enumerate(doubles.SENTENCES):
        own = [feature["input_ids"] for feature in features if feature["row"] == number]
        inner = [piece for ids in own for piece in ids[1:-1]]
        assert inner == tokenizer(text, add_special_tokens=False)["input_ids"]
        assert all(len(ids) <= 24 and (ids[0], ids[-1]) == (0, 2) for ids in own)


def test_pieces_are_hidden_as_bert_hides_them():
    task_type, features = text_features(2100)
    torch.manual_seed(0)
    batch = task_type.collate(features, 1)
    whole = torch.nn.utils.rnn.pad_sequence(
        [torch.tensor(feature["input_ids"]) for feature in features], batch_first=True, padding_value=1
    )
    guessed = batch["labels"] != IGNORED
    assert not guessed[whole < 5].any(), "special tokens and padding are never guessed"
    assert torch.equal(batch["labels"][guessed], whole[guessed])
    assert torch.equal(batch["input_ids"][~guessed], whole[~guessed])
    assert guessed.sum() / (whole >= 5).sum() == pytest.approx(0.15, abs=0.01)
    shown = batch["input_ids"][guessed]
    assert (shown == 4).float().mean() == pytest.approx(0.8, abs=0.02)
    # of those drawn at random hardly one is itself
    assert (shown == whole[guessed]).float().mean() == pytest.approx(0.1, abs=0.02)
    assert task_type.items(batch) == guessed.sum()
    torch.manual_seed(0)
    assert torch.equal(task_type.collate(features, 1)["input_ids"], batch["input_ids"])


def kinds():
    small = dict(
        vocab_size=400,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=130,
    )
    return {
        "xlm-roberta": XLMRobertaForMaskedLM(XLMRobertaConfig(**small)),
        "bert": BertForMaskedLM(BertConfig(**small, pad_token_id=1)),
    }


@pytest.mark.parametrize("kind", ["xlm-roberta", "bert"])
def test_the_loss_is_the_library_s_with_the_head_of_the_checkpoint(kind, tmp_path):
    torch.manual_seed(0)
    library = kinds()[kind].eval()
    for parameter in library.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    library.save_pretrained(tmp_path)
    doubles.tokenizer().save_pretrained(tmp_path)
    backbone = loading.load_backbone(str(tmp_path))
    head = masked.new_head(backbone.module, loading.masked_language_head(backbone.identity))
    task_type, features = text_features(70)
    batch = task_type.collate(features, 1)
    hidden = backbone.module(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
    own = task_type.loss(head(hidden, batch["attention_mask"]), batch) / task_type.items(batch)
    expected = library(
        input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=batch["labels"]
    ).loss
    torch.testing.assert_close(own, expected)
    assert not any(name.startswith("_encoder") for name in head.state_dict())


def test_a_checkpoint_without_that_head_gets_a_new_one_on_its_embeddings():
    backbone = loading.load_backbone("pocket")
    assert loading.masked_language_head(backbone.identity) is None
    head = masked.new_head(backbone.module, None)
    outputs = head(torch.zeros(1, 2, backbone.module.config.hidden_size), torch.ones(1, 2))
    assert outputs["pieces"] is backbone.module.get_input_embeddings().weight


MLM = tasks.get("mnli+mlm").parts[-1]


def test_text_comes_from_a_folder_s_files(tmp_path):
    (tmp_path / "sw.txt").write_text("Habari ya asubuhi.\n\nTutaonana kesho.\n", encoding="utf-8")
    (tmp_path / "de.txt").write_text("Guten Morgen.\n", encoding="utf-8")
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "notes.md").write_text("not read")
    place = str(tmp_path)
    rows = reading.load(MLM, "train", "en", place)
    assert [row["text"] for row in rows] == ["Guten Morgen.", "Habari ya asubuhi.", "Tutaonana kesho."]
    assert len({row["id"] for row in rows}) == 3
    for path in tmp_path.glob("*.txt"):
        path.unlink()
    with pytest.raises(UserError, match="no files .*give --text"):
        reading.load(MLM, "train", "en", place)
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(UserError, match="There is no text in"):
        reading.load(MLM, "train", "en", place)


def test_the_text_is_part_of_which_run_it_is(tmp_path):
    texts = [tmp_path / name for name in ("a", "b")]
    for folder in texts:
        folder.mkdir()
        (folder / "en.txt").write_text(f"{folder.name} is for apple.\n")
    runs = [asked_training("mnli+mlm", "lora", tmp_path, {}, text=text) for text in (None, *map(str, texts))]
    assert len({run.id for run in runs}) == len({words.name_of(run) for run in runs}) == 3
    assert [run.text.revision for run in runs][0] == "pocket 1.1, new head"
    assert words.is_plain(runs[0]) and not words.is_plain(runs[1])
    source = asked_training("pawsx", "lora", tmp_path, {}, "continue", ["mnli+mlm"], text=str(texts[1])).sources[0]
    assert source.id == runs[2].id
    read = lessons.read(
        tasks.get("mnli+mlm"), asked_training("mnli+mlm", "lora", tmp_path, SETTINGS, text=str(texts[0])), SILENT
    )
    assert [row["text"] for row in read[1].rows] == ["a is for apple."]
    assert asked_training("mnli", "lora", tmp_path, {}, text=str(texts[0])).text is None


def test_each_line_of_a_study_reads_its_own_text(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "en.txt").write_text(f"{name}\n")
    lines = [f"train mnli+mlm --text {tmp_path / name}" for name in ("a", "b")] + ["train mnli+mlm"]
    (tmp_path / "study.yaml").write_text(json.dumps({"parts": {"all": {"runs": lines}}}))
    runs = [each.run for each in studies.plan(studies.read(tmp_path / "study.yaml"), tmp_path / "runs").runs]
    assert [run.text.place for run in runs] == [str(tmp_path / "a"), str(tmp_path / "b"), "pocket"]
    given = studies.read(tmp_path / "study.yaml", None, str(tmp_path / "b"))
    assert [each.run.text.place for each in studies.plan(given, tmp_path / "runs").runs][-1] == str(tmp_path / "b")


@pytest.mark.parametrize("kind", ["xlm-roberta", "bert"])
def test_the_head_of_the_checkpoint_is_part_of_which_run_it_is(kind, tmp_path):
    texts = []
    for seed in (0, 1):
        torch.manual_seed(0)
        library = kinds()[kind]
        for name, parameter in library.named_parameters():
            if "dense" in name and "encoder" not in name:
                torch.nn.init.constant_(parameter, float(seed))
        library.save_pretrained(tmp_path / str(seed))
        doubles.tokenizer().save_pretrained(tmp_path / str(seed))
        texts.append(AtHand(tmp_path).text(None, "pocket", str(tmp_path / str(seed))))
    assert texts[0].revision != texts[1].revision and "head " in texts[0].revision


def test_other_rows_than_pocket_s_need_a_text(tmp_path):
    with pytest.raises(UserError, match="give --text a folder"):
        AtHand(tmp_path).text(None, str(tmp_path), "pocket")


def test_pocket_has_text_of_its_own():
    rows = reading.load(MLM, "train", "en", limit=50)
    assert len(rows) == 50 and all(row["text"] for row in rows)


# translations


def test_a_translation_says_the_same_in_another_language():
    english = reading.load(tasks.get("mnli"), "train", "en", limit=5)
    german = kept.load(tasks.get("mnli:de"), "train", ("de",), "pocket", 5)["de"]
    for one, other in zip(english, german, strict=True):
        assert (one["id"], one["label"]) == (other["id"], other["label"])
        assert one["sentence1"] != other["sentence1"]
    assert reading.load(tasks.get("mnli:de"), "validation", "en", limit=1) == reading.load(
        tasks.get("mnli"), "validation", "en", limit=1
    )
    with pytest.raises(UserError, match='not there in "fr". It is in en, de'):
        reading.load(tasks.get("mnli:de"), "train", "fr")


def test_mixed_translations_take_turns(monkeypatch):
    monkeypatch.setitem(SIZES["squad"], "train", 30)
    mixed = reading.load(tasks.get("squad:mixed"), "train", "mixed")
    english = reading.load(tasks.get("squad"), "train", "en")
    languages = ["en", "ar", "de", "es", "hi", "ru", "zh"]
    assert [row["id"] for row in mixed] == [row["id"] for row in english]
    for number, row in enumerate(mixed):
        language = languages[number % len(languages)]
        word = "squad" if language == "en" else f"squad:{language}"
        assert row == reading.load(tasks.get(word), "train", language)[number]


def test_the_files_of_translations_are_read(tmp_path):
    folder = tmp_path / "XNLI-MT-1.0" / "multinli"
    folder.mkdir(parents=True)
    (folder / "multinli.train.de.tsv").write_text(
        'premise\thypo\tlabel\nEr sagte "ja".\tEr sprach.\tentailment\nA\tB\tcontradictory\n', encoding="utf-8"
    )
    rows = reading.load(tasks.get("mnli:de"), "train", "de", str(tmp_path))
    assert [row["label"] for row in rows] == ["entailment", "contradiction"]
    assert rows[0]["sentence1"] == 'Er sagte "ja".'
    (tmp_path / "english").mkdir()
    english = [{"premise": "He said yes.", "hypothesis": "He spoke.", "label": "entailment"}, {}, {}]
    english[1:] = [{"premise": str(n), "hypothesis": "B", "label": "neutral"} for n in (1, 2)]
    (tmp_path / "english" / "mnli.train.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in english))
    mixed = reading.load(tasks.get("mnli:mixed"), "train", "mixed", str(tmp_path))
    # the second turn is German's; of the third it has no row
    assert [row["sentence1"] for row in mixed] == ["He said yes.", "A", "2"]
    squad = tmp_path / "squad" / "translate-train"
    squad.mkdir(parents=True)
    question = {"id": "q1", "question": "Wer?", "answers": [{"text": "Ben", "answer_start": 0}]}
    content = {"data": [{"title": "t", "paragraphs": [{"context": "Ben kam.", "qas": [question]}]}]}
    (squad / "squad.translate.train.en-de.json").write_text(json.dumps(content))
    assert reading.load(tasks.get("squad:de"), "train", "de", str(tmp_path))[0]["context"] == "Ben kam."
    with pytest.raises(UserError, match="squad.translate.train.en-th.json"):
        reading.load(tasks.get("squad:th"), "train", "th", str(tmp_path))


def test_questions_of_tested_paragraphs_are_left_out_for_a_translation_too():
    assert tasks.tested_on_validation_of(tasks.get("squad:de")) == tasks.tested_on_validation_of(tasks.get("squad"))


# from the word to the adapter and back


FEW = (
    "train_examples=40",
    "max_steps=4",
    "evaluate_every=2",
    "validation_examples=6",
    "test_examples=4",
    "batch_size=4",
)
SETTINGS = {key: int(value) for key, value in (each.split("=") for each in FEW)}


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """Pocket's adapter for three tasks and text, after a few steps."""
    output = tmp_path_factory.mktemp("combined")
    run = asked_training("mnli+squad+mlm+ccg", "bottleneck", output, SETTINGS)
    assert execution.learn(run, How(output)) is None
    return run, output / words.name_of(run)


def test_one_adapter_has_a_head_for_each_task_and_none_for_text(learned):
    run, folder = learned
    assert re.fullmatch(r"pocket-bottleneck-4-tasks-[0-9a-f]{8}-s0-x[0-9a-f]{6}", folder.name)
    adapter = load_adapter(folder)
    assert {name.split(".")[0] for name in adapter.head_tensors()} == {"mnli", "squad", "ccg"}
    assert adapter.labels == () and adapter.heads["mnli"] == tasks.get("mnli").labels and len(adapter.heads["ccg"]) > 9
    assert adapter.training["train_rows"] == 160 and adapter.training["best_validation_score"] is not None
    assert bytes_of(adapter) == pytest.approx((folder / "adapter.safetensors").stat().st_size, rel=0.02)
    again = execution.learn(run, How(folder.parent))
    assert again is None and load_adapter(folder).training == adapter.training


@pytest.mark.parametrize("target", ["xnli", "xquad", "ccg", "tatoeba"])
def test_it_is_measured_by_the_head_that_learned_what_the_target_does(learned, target):
    _, folder = learned
    arguments = ["evaluate", str(folder), "--target", target, "--output", str(folder.parent), "--json"]
    language = "en" if target == "ccg" else "de"
    ended = CliRunner().invoke(cli, [*arguments, "--language", language, "-o", "test_examples=4"])
    assert ended.exit_code == 0, ended.output
    told = json.loads(ended.stdout)
    assert set(told["scores"]) == {language}


def test_it_says_what_it_has_no_head_for(learned):
    _, folder = learned
    for verb in ("evaluate", "predict"):
        ended = CliRunner().invoke(cli, [verb, str(folder), "--target", "pawsx", "--output", str(folder.parent)])
        assert isinstance(ended.exception, UserError)
        assert "has heads for ccg, mnli, squad, and none for pawsx" in str(ended.exception)
    export = CliRunner().invoke(cli, ["export", str(folder), str(folder.parent / "out")])
    assert "no one of its own" in str(export.exception) and not (folder.parent / "out").exists()


def test_it_predicts_for_the_task_that_is_named(learned):
    _, folder = learned
    line = "Ben saw Max.\tMax was seen.\n"
    ended = CliRunner().invoke(cli, ["predict", str(folder), "--target", "xnli"], input=line)
    assert ended.exit_code == 0, ended.output
    assert ended.stdout.split("\t")[0] in tasks.get("mnli").labels


@pytest.mark.parametrize("composition", ["continue", "stack", "fuse"])
def test_others_build_on_it(learned, composition, tmp_path):
    _, folder = learned
    sources = [str(folder), *(["mnli"] if composition == "fuse" else [])]
    run = asked_training("pawsx", "bottleneck", tmp_path, SETTINGS, composition, sources)
    assert run.trained_on == {"mnli", "squad", "ccg", "pawsx"}
    result = execution.learn(run, How(tmp_path, ("en",)))
    assert result is not None and set(result.scores) == {"en"} and result.megabytes > 0


def test_the_command_that_is_printed_makes_the_same_run(learned, tmp_path):
    (tmp_path / "en.txt").write_text("Some text.\n")
    for word in ("mnli+squad+mlm", "mnli:de", "multitask"):
        settings = {"batch_size": 5, "learning_rate": 0.5}
        run = asked_training(word, "lora", tmp_path, settings, text=str(tmp_path))
        arguments = command.arguments_of(run)
        assert ("--text" in arguments) == ("mlm" in word)
        assert command.parse(arguments, AtHand(tmp_path)).id == run.id


def test_several_at_once_are_no_target():
    with pytest.raises(UserError, match="so it is no target"):
        asked_training("mnli+squad", "lora", Path("nowhere"), {}, "continue", ["qqp"])


def test_what_is_asked_for_is_so_of_each_part(tmp_path):
    run = asked_training("mnli+squad", "lora", tmp_path, {"max_length": 64})
    assert {each["max_length"] for each in run.settings["parts"].values()} == {64}
    assert words.changed_in_making(run) == {"max_length": 64}
    assert words.changed_in_making(asked_training("mnli+squad", "lora", tmp_path, {})) == {}


def test_an_evaluation_reads_as_far_as_its_part_did(tmp_path):
    run = asked_training("mnli+squad", "lora", tmp_path, {})
    run.settings["parts"]["squad"]["max_length"] = 77
    assert recipe.of_evaluation("pocket", "xquad", run.settings)["max_length"] == 77
    assert recipe.of_evaluation("pocket", "xnli", run.settings)["max_length"] == 128
    assert recipe.of_evaluation("pocket", "tatoeba", run.settings)["max_length"] == 128


@pytest.mark.parametrize(("share", "expected"), [(None, 40), (0.25, 70 / 3), (0.5, 70)])
def test_text_has_the_share_that_is_asked_for(share, expected, tmp_path):
    cap = 40 if share is None else 35
    few = {"mlm_share": share, "examples_cap": cap, "train_examples": 40, "validation_examples": 4}
    run = asked_training("mnli+csqa+mlm", "lora", tmp_path, few)
    read = lessons.read(tasks.get(run.task), run, SILENT)
    taught = [lessons.Taught(each, None, [], each.validation) for each in read]
    sizes = {each.head: each.size for each in lessons.objectives_of(taught, run)}
    assert sizes == {"csqa": cap, "mnli": cap, "mlm": pytest.approx(expected)}


def test_a_training_of_several_needs_its_layers_computed(tmp_path):
    run = asked_training("mnli+squad", "lora", tmp_path, {"cache_frozen_layers": True})
    with pytest.raises(UserError, match="one task alone"):
        execution.learn(run, How(tmp_path))


def test_the_verb_prints_what_comes_next(tmp_path):
    arguments = ["train", "mnli+csqa", "--output", str(tmp_path), *(word for each in FEW for word in ("-o", each))]
    ended = CliRunner().invoke(cli, arguments)
    assert ended.exit_code == 0, ended.output
    assert "on English validation, the mean of its tasks" in ended.stdout
    assert f"adapterstilts evaluate {tmp_path}/pocket-bottleneck-csqa.mnli-s0-x" in ended.stdout
    told = json.loads(CliRunner().invoke(cli, [*arguments, "--json"]).stdout)
    assert told["run"]["task"] == "csqa+mnli" and told["steps"] == 4
    plan = CliRunner().invoke(cli, [*arguments, "--dry-run"])
    assert "is measured on: nothing by itself" in plan.stdout


def test_types_are_still_five():
    with pytest.raises(UserError, match="no task type"):
        types.get(combined.SEVERAL)


def test_of_two_heads_the_one_of_that_very_name_is_taken():
    names = ("mnli", "mnli:de", "squad:es")
    taken = {
        target: tasks.head_for(names, tasks.get(target)) for target in ("mnli:de", "xnli", "mnli:fr", "xquad", "qqp")
    }
    assert {target: part and part.name for target, part in taken.items()} == {
        "mnli:de": "mnli:de",
        "xnli": "mnli",
        "mnli:fr": "mnli",
        "xquad": "squad:es",
        "qqp": None,
    }


@pytest.mark.parametrize("name", ["mlm", "multitask"])
def test_no_task_of_one_s_own_has_the_word_for_what_is_joined(name):
    rows = {"train": {"en": [{"sentence1": "a", "label": "x"}]}}
    with pytest.raises(UserError, match="none, multitask, mlm"):
        tasks.own.declare(name=name, type="classification", labels=["x", "y"], rows=rows)


@pytest.mark.parametrize(
    ("task", "settings", "said"),
    [
        ("mnli", {"examples_cap": 7}, "mnli is one: leave it out"),
        ("mnli", {"mlm_share": 0.5}, "mnli is one: leave it out"),
        ("mnli+squad", {"mlm_share": 0.5}, "which mnli+squad has not"),
    ],
)
def test_a_setting_that_does_nothing_is_refused(task, settings, said, tmp_path):
    with pytest.raises(UserError, match=re.escape(said)):
        asked_training(task, "lora", tmp_path, settings)


def test_settings_that_are_shown_are_taken_back_as_they_are(tmp_path):
    shown = CliRunner().invoke(cli, ["settings", "hellaswag+mnli", "--method", "lora"]).stdout
    assert "# hellaswag: batch_size 16" in shown and "\nbatch_size" not in shown
    (tmp_path / "mine.yaml").write_text(shown)
    settings = recipe.overrides(tmp_path / "mine.yaml", ())
    assert asked_training("hellaswag+mnli", "lora", tmp_path, settings).id == (
        asked_training("hellaswag+mnli", "lora", tmp_path, {}).id
    )
    assert "examples_cap" not in CliRunner().invoke(cli, ["settings", "mnli"]).stdout


def test_names_of_fusions_tell_joined_tasks_from_several(tmp_path):
    joined = asked_training("pawsx", "lora", tmp_path, {}, "fuse", ["csqa+mnli", "squad"])
    several = asked_training("pawsx", "lora", tmp_path, {}, "fuse", ["csqa", "mnli", "squad"])
    assert words.name_of(joined) != words.name_of(several)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["data", "mnli+squad"], "show those of each by itself"),
        (["data", "mnli:mixed"], "show those of each by itself"),
        (["compare", "multitask"], "name a target"),
        (["train", "mnli+squad", "--language", "de"], "so --language has no place"),
        (["train", "mnli", "--output", "s3://bucket/runs"], "which only `adapterstilts study` takes"),
        (["merge", "mnli", "squad", "--head", "mnli+squad"], "has several heads, and a merge gets one"),
        (["predict", "mnli", "--target", "squad"], "has a head for mnli, and none for squad"),
    ],
)
def test_what_has_no_meaning_is_told(arguments, said):
    ended = CliRunner().invoke(cli, arguments)
    assert isinstance(ended.exception, UserError) and said in str(ended.exception)


def test_the_plan_of_a_baseline_via_several_has_both_trainings(tmp_path):
    arguments = ["baseline", "pawsx", "--via", "squad+mnli", "--dry-run", "--output", str(tmp_path)]
    ended = CliRunner().invoke(cli, arguments)
    assert "1. pocket-full-mnli.squad-s0" in ended.stdout and "2. pocket-full-pawsx" in ended.stdout


def test_a_card_tells_of_translations_and_text(tmp_path):
    (tmp_path / "en.txt").write_text("Some text.\n")
    word = "mnli:de+squad+mlm"
    run = asked_training("pawsx", "lora", tmp_path, {}, "continue", [word], text=str(tmp_path))
    facts = Facts("x", run, run.backbone, {}, tasks.get("pawsx").labels, "0" * 64, {}, {})
    entry = catalogue.Entry("x", tmp_path, "local", facts)
    assert card._made(entry) == "trained on English and translations (mnli:de) and running text"
    header = card.metadata(entry, tasks.get("pawsx"), "peft", [])
    assert header.language == ["de", "en"] and header.license == "cc-by-nc-4.0"
    assert card._made(replace(entry, facts=replace(facts, run=asked_training("pawsx", "lora", tmp_path, {})))) == (
        "trained on English alone"
    )


def test_the_shortest_length_still_encodes_text():
    task_type = masked.MaskedLanguageModelling(doubles.tokenizer(), 400)
    features = task_type.encode([{"text": doubles.SENTENCES[0]}], doubles.tokenizer(), MLM, 2)
    assert features and all(len(feature["input_ids"]) == 3 for feature in features)
