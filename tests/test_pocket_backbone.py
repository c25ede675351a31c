"""The shipped backbone is what its card says: small, an XLM-R, with a tokenizer that knows the words of pocket."""

import hashlib
import json

import pytest
from transformers import AutoConfig, AutoModel, AutoTokenizer

from adapterstilts.base.places import zoo_folder
from adapterstilts.pocket import languages, tasks
from adapterstilts.pocket.vocabulary import SPECIAL_TOKENS, pieces

FOLDER = zoo_folder() / "pocket" / "backbone"


@pytest.fixture(scope="module")
def tokenizer():
    return AutoTokenizer.from_pretrained(FOLDER)


def test_it_is_a_small_xlm_r():
    config = AutoConfig.from_pretrained(FOLDER)
    model = AutoModel.from_pretrained(FOLDER, add_pooling_layer=False)
    assert config.model_type == "xlm-roberta"
    assert sum(parameter.numel() for parameter in model.parameters()) <= 1_800_000


def test_its_record_is_of_its_weights():
    record = json.loads((FOLDER / "pretraining.json").read_text())
    assert record["sha256"] == hashlib.sha256((FOLDER / "model.safetensors").read_bytes()).hexdigest()
    assert record["curve"][-1]["step"] == record["pretraining"]["steps"]
    assert f"{record['parameters']:,} parameters" in (FOLDER / "README.md").read_text()


def test_special_tokens_stand_where_xlm_r_has_them(tokenizer):
    assert tokenizer.convert_tokens_to_ids(list(SPECIAL_TOKENS)) == [0, 1, 2, 3, 4]
    pair = tokenizer("Anna", "Ben")["input_ids"]
    assert [pair[0], pair[2], pair[3], pair[5]] == [0, 2, 2, 2]


@pytest.mark.pocket  # it counts the words of 12,000 sentences in each language
def test_the_tokenizer_is_made_of_the_pieces(tokenizer):
    assert [piece for piece, _ in pieces()] == tokenizer.convert_ids_to_tokens(range(len(tokenizer)))


@pytest.mark.parametrize("language", languages.codes())
def test_no_word_of_the_tasks_is_unknown_and_few_fall_apart(tokenizer, language):
    texts = [row["sentence2"] for row in tasks.tatoeba("test", language, 200)]
    encoded = tokenizer(texts, add_special_tokens=False)["input_ids"]
    assert not any(tokenizer.unk_token_id in ids for ids in encoded)
    tokens = [row["tokens"] for row in tasks.panx("test", language, 200)]
    pieces_of_words = tokenizer(tokens, is_split_into_words=True, add_special_tokens=False)["input_ids"]
    assert sum(map(len, pieces_of_words)) < sum(map(len, tokens)) * (2.0 if language in ("ja", "ko", "zh") else 1.3)


def test_other_text_falls_back_to_characters(tokenizer):
    text = "Zebras quick-step"
    assert "".join(tokenizer.tokenize(text)).replace("▁", "") == text.replace(" ", "")
