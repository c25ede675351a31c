"""PANX: names of people, places and organisations in Wikipedia (WikiANN), in 40 languages."""

from adapterstilts.tasks import Declaration, HubData, Part, any_of


def _part(split: str, language: str) -> Part:
    return (
        *any_of("adapterstilts.rows.formats.readers:tagged", f"panx/{split}-{language}.tsv"),
        *any_of(
            "adapterstilts.rows.formats.readers:wikiann",
            f"panx_dataset/{language}-{split}",
            f"panx/{language}/{split}",
        ),
    )


TASK = Declaration(
    title="Cross-lingual name tagging (WikiANN)",
    type="tagging",
    languages=tuple(
        (
            "en af ar bg bn de el es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr ms my "
            "nl pt ru sw ta te th tl tr ur vi yo zh"
        ).split()
    ),
    labels=("B-LOC", "B-ORG", "B-PER", "I-LOC", "I-ORG", "I-PER", "O"),
    metric="span_f1",
    chance=0.0,
    licence="ODC-BY (WikiANN), CC BY-SA (Wikipedia text)",
    reference="https://aclanthology.org/P17-1178/",
    train_on="panx",
    train_examples=20_000,
    hub=(
        HubData(
            "google/xtreme",
            "PAN-X.{language}",
            {"train": "train", "validation": "validation", "test": "test"},
            "adapterstilts.rows.hub.readers:tagged",
            columns={"tags": "ner_tags"},
            commit="ec5f1f46e9af79639a90684a7a70a956c4998f04",
        ),
    ),
    files={
        "train": (_part("train", "en"),),
        "validation": (_part("dev", "{language}"),),
        "test": (_part("test", "{language}"),),
    },
    pocket="adapterstilts.pocket.tasks:panx",
)
