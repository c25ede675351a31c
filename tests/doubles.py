"""Small stand-ins for tests: a tokenizer trained on the spot, and a model of a few thousand parameters."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaModel

SENTENCES = (
    "The quick brown fox jumps over the lazy dog.",
    "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.",
    "東京は日本の首都です。京都には古い寺がたくさんあります。",
    "القاهرة عاصمة مصر وأكبر مدنها.",
    "กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย",
    "नई दिल्ली भारत की राजधानी है।",
    "서울은 대한민국의 수도이다.",
)
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")


@functools.cache
def tokenizer(normalised: bool = True) -> PreTrainedTokenizerFast:
    """A Unigram tokenizer of 400 pieces with XLM-R's special tokens and template."""
    return trained_tokenizer(SENTENCES * 5, 400, normalised)


def trained_tokenizer(sentences: Iterable[str], pieces: int, normalised: bool = True) -> PreTrainedTokenizerFast:
    """The same, trained on these sentences."""
    inner = Tokenizer(models.Unigram())
    if normalised:
        inner.normalizer = normalizers.NFKC()
    inner.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=pieces, special_tokens=list(SPECIAL), unk_token="<unk>", show_progress=False
    )
    inner.train_from_iterator(sentences, trainer)
    ids = [(token, inner.token_to_id(token)) for token in ("<s>", "</s>")]
    inner.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=ids
    )
    names = dict(bos_token="<s>", cls_token="<s>", eos_token="</s>", sep_token="</s>")
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", unk_token="<unk>", mask_token="<mask>", **names
    )


class Model(nn.Module):
    """A tiny XLM-R, frozen but for its last layer, and a head."""

    def __init__(self, head: nn.Module | None, dropout: float = 0.1, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        config = XLMRobertaConfig(
            vocab_size=400,
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=130,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
            initializer_range=0.3,
        )
        self.backbone = XLMRobertaModel(config, add_pooling_layer=False)
        self.head = head
        for name, parameter in self.backbone.named_parameters():
            parameter.requires_grad = name.startswith("encoder.layer.1.")

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        hidden = self.backbone(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
        return {"hidden": hidden} if self.head is None else self.head(hidden, batch["attention_mask"])

    def trainable_parameters(self) -> dict[str, nn.Parameter]:
        return {name: parameter for name, parameter in self.named_parameters() if parameter.requires_grad}

    def regularisation(self) -> Tensor | None:
        return None


def rows(task_type: str, count: int = 12) -> list[dict[str, Any]]:
    """Rows of a task type, in every script above and of every length."""
    made: list[dict[str, Any]] = []
    for number in range(count):
        text = SENTENCES[number % len(SENTENCES)][: 8 + 3 * number]
        other = SENTENCES[(number * 3 + 1) % len(SENTENCES)]
        row: dict[str, Any] = {"id": f"row-{number}"}
        if task_type in ("classification", "retrieval"):
            row |= {"sentence1": text, "sentence2": other, "label": ("no", "yes")[number % 7 > 2]}
        elif task_type == "multiple_choice":
            row |= {
                "context": text,
                "question": "Why?",
                "choices": [other, text[:4], "x"],
                "label": number % 3,
            }
        elif task_type == "tagging":
            words = other.split()
            tags = [("O", "B-PER", "I-PER")[(number + place) % 3] for place in range(len(words))]
            row |= {"tokens": words, "tags": tags}
        else:
            begin = number % 5
            answer = {"text": [other[begin : begin + 6]], "answer_start": [begin]}
            row |= {"context": other, "question": text, "answers": answer}
        made.append(row)
    return made
