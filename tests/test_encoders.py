"""Any encoder is a backbone: every method and composition, whatever its parts and its tokenizer are called."""

from __future__ import annotations

from pathlib import Path

import doubles
import encoder_kinds
import pytest
import torch
import world
from tokenizers import Tokenizer, processors
from transformers import BertConfig, BertTokenizer, GPT2Config, MBartConfig, T5Config, ViTConfig, XmodConfig

from adapterstilts import execution, methods, tasks
from adapterstilts.adapter import model, saving
from adapterstilts.adapter.value import Adapter
from adapterstilts.backbones import loading
from adapterstilts.backbones.encoders import check_tokenizer, head_dropout, longest_input, set_dropout
from adapterstilts.base.errors import UserError
from adapterstilts.exchange.exporting import writing
from adapterstilts.methods import bottleneck
from adapterstilts.runs.run import Rows, Run
from adapterstilts.tasks import types
from adapterstilts.tasks.types import question_answering, sequences, tagging

KINDS = sorted(encoder_kinds.KINDS)
ROW = {"id": "1", "sentence1": "The fox", "sentence2": "lazy dog", "choices": ["lazy dog"]}


@pytest.fixture(scope="module", params=KINDS)
def kind(request, tmp_path_factory):
    """The name of an encoder, of which `encoder` is the folder in a working place with a few rows."""
    with pytest.MonkeyPatch.context() as patch:
        world.build(tmp_path_factory.mktemp("world"), patch)
        encoder_kinds.save(request.param, Path("encoder"))
        yield request.param


ABOUT = {"backbone": "encoder", "data": "pocket"}


def learned(task: str, method: str, composition: str | None = None, *sources: str) -> str:
    """Train, evaluate, and once more evaluate what was saved: each row is predicted alike."""
    result = world.learn(task, method, composition, sources, **ABOUT)
    again = world.evaluate(f"runs/{result.adapter}", output=Path("again"), **ABOUT)
    assert again.scores == result.scores and set(result.scores) == set(world.LANGUAGES)
    for path in Path("runs/predictions", result.adapter).rglob("*.jsonl"):
        assert path.read_text() == Path("again", path.relative_to("runs")).read_text()
    return result.adapter


@pytest.mark.parametrize("method", ["bottleneck", "lora"])
def test_adapters_are_trained_and_composed(kind, method):
    if method == "bottleneck" and not encoder_kinds.KINDS[kind].known:
        pytest.skip(f"the adapters library does not know {kind}")
    for words in (
        ("mnli", method),
        ("squad", method),
        ("pawsx", method, "continue", "mnli"),
        ("pawsx", method, "stack", "squad"),
        ("pawsx", method, "fuse", "mnli", "squad"),
    ):
        learned(*words)
    merged = world.merge(("mnli", "squad"), method, "tatoeba", **ABOUT)
    assert merged.result is not None and merged.result.scores and merged.result.layer0


def test_its_dropout_can_be_set(kind):
    module = loading.load_backbone("encoder").module.train()
    ids = torch.randint(5, 60, (2, 12), generator=torch.Generator().manual_seed(0))

    def spread() -> float:
        with torch.no_grad():
            one, other = (module(input_ids=ids).last_hidden_state for _ in range(2))
        return float((one - other).abs().max())

    set_dropout(module, 0.0)
    assert spread() == 0 and head_dropout(module.config) == 0
    set_dropout(module, 0.4)
    assert head_dropout(module.config) == 0.4
    assert spread() > 0


def test_the_whole_encoder_is_trained_and_becomes_a_backbone(kind):
    folder, task = Path("runs", learned("mnli", "full")), tasks.get("mnli")
    execution.export_adapter(str(folder), Path("exported"), "encoder", "full", Path("runs"), "me/encoder")
    adapter = saving.load_adapter(folder)
    tuned = model.from_adapter(loading.load_backbone("encoder"), adapter, types.get(task.type), task).backbone
    ids = {"input_ids": torch.arange(5, 11)[None], "attention_mask": torch.ones((1, 6), dtype=torch.int64)}
    exported = loading.load_backbone("exported").module
    assert torch.equal(exported(**ids).last_hidden_state, tuned(**ids).last_hidden_state)
    learned("pawsx", "full", "continue", "mnli")
    learned("panx", "full")


def test_a_head_alone_is_trained(kind):
    learned("squad", "head_only")
    learned("csqa", "head_only")


def test_the_backbone_as_it_is_finds_translations(kind):
    assert world.evaluate("none", "tatoeba", **ABOUT).layer0


def test_longer_inputs_than_there_are_positions_are_refused(kind):
    backbone = loading.load_backbone("encoder")
    if encoder_kinds.KINDS[kind].config().model_type in ("deberta-v2", "modernbert"):
        assert longest_input(backbone.module) is None, "its positions are relative"
        return
    with pytest.raises(UserError, match="max_length is 65, but the backbone encoder reads 64 tokens at most"):
        world.learn("mnli", "head_only", settings={"max_length": 65}, **ABOUT)
    ids = torch.full((1, 64), backbone.tokenizer.unk_token_id)
    assert backbone.module(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state.shape[1] == 64


@pytest.mark.parametrize("name", ["mnli", "csqa", "squad"])
@pytest.mark.parametrize("kind", ["mBERT", "XLM-R", "RoBERTa", "DistilBERT", "mDeBERTa"])
def test_pairs_are_encoded_as_the_encoder_s_own_tokenizer_does(kind, name):
    tokenizer, task = encoder_kinds.KINDS[kind].tokenizer(), tasks.get(name)
    own = tokenizer("The fox", "lazy dog")
    texts = {"context": "The fox", "question": ""} if name == "csqa" else {"context": "lazy dog", "question": "The fox"}
    task_type = types.get(task.type)
    batch = task_type.collate(task_type.encode([{**ROW, **texts}], tokenizer, task, 48), tokenizer.pad_token_id)
    assert batch["input_ids"].tolist() == [own["input_ids"]]
    segments = own.get("token_type_ids", [])
    assert ("token_type_ids" in batch) == (1 in segments)
    if 1 in segments:
        assert batch["token_type_ids"].tolist() == [segments]


@pytest.mark.parametrize(("kind", "read"), [("mBERT", True), ("mDeBERTa", False), ("RoBERTa", False)])
def test_segments_are_read_by_encoders_that_have_them(tmp_path, kind, read):
    backbone = loading.load_backbone(str(encoder_kinds.save(kind, tmp_path)))
    task = tasks.get("mnli")
    built = model.build(backbone, types.get(task.type), task, "head_only", None, {}).eval()
    batch = {"input_ids": torch.arange(5, 11)[None], "attention_mask": torch.ones((1, 6), dtype=torch.int64)}
    marked = built({**batch, "token_type_ids": torch.tensor([[0, 0, 0, 1, 1, 1]])})["logits"]
    assert torch.equal(marked, built(batch)["logits"]) != read


def test_words_that_a_space_begins_get_one():
    tokenizer = encoder_kinds.KINDS["RoBERTa"].tokenizer()
    row = {"id": "1", "tokens": ["fox", "lazy", "日本"], "tags": ["O", "O", "O"]}
    (feature,) = tagging.encode([row], tokenizer, tasks.get("panx"), 48)
    assert feature["input_ids"] == tokenizer(" fox lazy 日本")["input_ids"]
    first = [tokenizer.convert_ids_to_tokens(feature["input_ids"][place]) for place in feature["positions"]]
    assert all(token.startswith("Ġ") for token in first)


def test_a_word_that_the_tokenizer_does_not_know_can_be_an_answer():
    tokenizer = encoder_kinds.KINDS["mBERT"].tokenizer()
    ((ids, offsets),) = question_answering.context_tokens(["The Ω"], tokenizer)
    assert (ids[-1], offsets[-1]) == (tokenizer.unk_token_id, (4, 5))


def test_another_kind_of_relative_positions_is_another_backbone(tmp_path):
    module = loading.load_backbone(str(encoder_kinds.save("mDeBERTa", tmp_path))).module
    before = loading.fingerprint(module)
    module.config.pos_att_type = ["c2p"]
    assert loading.fingerprint(module) != before


def test_lora_s_default_is_every_linear_map_by_the_encoder_s_own_names(tmp_path):
    backbone = loading.load_backbone(str(encoder_kinds.save("DistilBERT", tmp_path))).module
    names = ["attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin", "ffn.lin1", "ffn.lin2"]
    assert methods.match_parameters(backbone, "lora", {}, 1000)["target_modules"] == names
    assert methods.install(backbone, "lora", None, {}, []).settings["target_modules"] == names
    with pytest.raises(UserError, match='No linear map of the backbone is called "query".* called k_lin'):
        methods.install(loading.load_backbone(str(tmp_path)).module, "lora", None, {"target_modules": ["query"]}, [])


@pytest.mark.parametrize("kind", [kind for kind in KINDS if encoder_kinds.KINDS[kind].known])
def test_the_library_leaves_the_backbone_as_it_is(tmp_path, kind):
    """Made ready for bottleneck adapters, and without one, it computes what it did."""
    module = loading.load_backbone(str(encoder_kinds.save(kind, tmp_path))).module
    ids = torch.randint(5, 60, (2, 9), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        before = module(input_ids=ids).last_hidden_state
        bottleneck.add(module, {})
        torch.testing.assert_close(module(input_ids=ids).last_hidden_state, before, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", ["mBERT", "ALBERT"])
def test_a_bottleneck_is_sized_by_the_places_that_there_are(tmp_path, kind):
    encoder_kinds.save(kind, tmp_path)
    matched = methods.match_parameters(loading.load_backbone(str(tmp_path)).module, "bottleneck", {}, 700)
    count = methods.install(
        loading.load_backbone(str(tmp_path)).module, "bottleneck", None, matched, []
    ).trainable_count()
    assert abs(count - 700) <= 33, "half of one width at two places"


def test_an_encoder_that_the_library_does_not_know_has_no_bottleneck(tmp_path):
    backbone = loading.load_backbone(str(encoder_kinds.save("MPNet", tmp_path)))
    with pytest.raises(
        UserError, match='does not know encoders of type "mpnet".* use --method lora, full or head_only'
    ):
        methods.install(backbone.module, "bottleneck", None, {}, [])


@pytest.mark.parametrize("kind", ["DeBERTa", "ModernBERT"])
def test_what_the_library_does_not_load_as_it_is_is_not_exported_for_it(tmp_path, kind):
    backbone = loading.load_backbone(str(encoder_kinds.save(kind, tmp_path)))
    task = tasks.get("mnli")
    built = model.build(backbone, types.get(task.type), task, "bottleneck", None, {})
    run = Run(backbone.identity, "bottleneck", "mnli", Rows("pocket", "1"))
    adapter = Adapter("mine", run, backbone.identity, built.installed.settings, task.labels, built.tensors())
    with pytest.raises(UserError, match=f'cannot load the backbone of "mine" .{backbone.module.config.model_type}.'):
        writing.write(adapter, tmp_path / "out", loading.load_config(str(tmp_path)), task)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (GPT2Config(n_embd=8, n_head=2, n_layer=1, vocab_size=9), "is no encoder of text that reads both ways"),
        (T5Config(d_model=8, num_layers=1, vocab_size=9), "has a decoder beside its encoder"),
        (MBartConfig(d_model=8, vocab_size=9), "has a decoder beside its encoder"),
        (BertConfig(is_decoder=True), "is set up as a decoder"),
        (ViTConfig(), "is no encoder of text"),
        (XmodConfig(), "has modules of its own for each language"),
    ],
    ids=lambda given: getattr(given, "model_type", ""),
)
def test_what_is_no_encoder_is_refused_before_its_weights_are_read(tmp_path, config, reason):
    config.save_pretrained(tmp_path)
    with pytest.raises(UserError, match=reason):
        loading.load_backbone(str(tmp_path))


def test_a_tokenizer_may_be_a_sentencepiece_model_alone(tmp_path):
    """As mDeBERTa's is on the Hub."""
    sentencepiece = pytest.importorskip("sentencepiece")
    pytest.importorskip("google.protobuf")
    encoder_kinds.save("mDeBERTa", tmp_path)
    for path in (*tmp_path.glob("tokenizer*"), *tmp_path.glob("*tokens*")):
        path.unlink()
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": false, "vocab_type": "spm"}')
    special = {
        f"{name}_piece": f"[{piece}]" for name, piece in zip(("pad", "bos", "eos"), ("PAD", "CLS", "SEP"), strict=True)
    }
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(doubles.SENTENCES * 20),
        model_prefix=str(tmp_path / "spm"),
        vocab_size=250,
        hard_vocab_limit=False,
        minloglevel=2,
        **special,
        unk_piece="[UNK]",
        **{f"{name}_id": number for number, name in enumerate(("pad", "bos", "eos", "unk"))},
    )
    tokenizer = loading.load_tokenizer(str(tmp_path))
    assert sequences.frame_of(tokenizer) == sequences.Frame(1, 2, (2,), segmented=True)


def test_a_tokenizer_that_does_not_serve_is_refused(tmp_path):
    encoder_kinds.save("mBERT", tmp_path)
    tokenizer = encoder_kinds.KINDS["mBERT"].tokenizer()
    with pytest.raises(UserError, match="does not tell which word a piece is of"):
        check_tokenizer(BertTokenizer(str(tmp_path / "vocab.txt")), "mine")
    tokenizer.pad_token = None
    with pytest.raises(UserError, match="has no padding; name its pad_token"):
        check_tokenizer(tokenizer, "mine")
    core = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    core.post_processor = processors.TemplateProcessing(single="$A", pair="$A $B")
    core.save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(UserError, match="puts 0 special tokens before, 0 between and 0 behind"):
        loading.load_tokenizer(str(tmp_path))


@pytest.mark.parametrize("verbose", [False, True])
def test_why_an_encoder_takes_the_libraries_own_path_is_said_where_it_is_asked_for(tmp_path, call, verbose):
    encoder_kinds.save("DistilBERT", tmp_path / "encoder")
    words = [
        "-o",
        "max_length=64",
        "-o",
        "epochs=null",
        "-o",
        "max_steps=1",
        "-o",
        "train_examples=4",
        "-o",
        "validation_examples=2",
        "-o",
        "test_examples=2",
    ]
    where = ["--backbone", str(tmp_path / "encoder"), "--output", str(tmp_path / "runs"), "--language", "en"]
    code, _, said = call("train", "pawsx", "--method", "lora", "--data", "pocket", *where, *words, *["-v"] * verbose)
    why = "Padding is computed, too: its encoder is of the kind distilbert."
    assert code == 0, said
    assert (why in said) == verbose
