"""BUCC 2018: find the translation pairs hidden in two large collections of sentences.

The Hub's copies hold the gold pairs without the distractors, so the shared task's own release is read from a
folder. Its sample set tunes the threshold (validation) and its training set is scored (test), as in XTREME.
"""

from adapterstilts.tasks import Declaration, Files, Part


def _part(xtreme: str, release: str) -> Part:
    folders = {xtreme: ("bucc2018/", ""), release: ("bucc2018/{language}-en/", "{language}-en/", "bucc2018/", "")}
    return tuple(
        Files(
            (f"{folder}{{language}}-en.{split}.{{language}}", f"{folder}{{language}}-en.{split}.en"),
            "adapterstilts.rows.formats.readers:bucc",
            beside=(f"{{language}}-en.{split}.gold",),
        )
        for split in (xtreme, release)
        for folder in folders[split]
    )


TASK = Declaration(
    title="BUCC 2018 bitext mining",
    type="retrieval",
    languages=("de", "fr", "ru", "zh"),
    metric="mining_f1",
    chance=0.0,
    licence="per corpus: CC BY-SA (Wikipedia) and News Commentary",
    reference="https://aclanthology.org/L18-1605/",
    train_on=None,
    elsewhere="its copies there lack the sentences without a translation, so give --data the folder that XTREME's "
    "download_data.sh leaves",
    files={"validation": (_part("dev", "sample"),), "test": (_part("test", "training"),)},
    pocket="adapterstilts.pocket.tasks:bucc2018",
)
