"""CCG: supertags of Combinatory Categorial Grammar on the Wall Street Journal.

The data is licensed (LDC2005T13) and never downloaded: a user's own copy is read,
and the 1,363 labels come with it.
"""

from adapterstilts.tasks import Declaration, Part, any_of


def _part(split: str) -> Part:
    places = (f"ccg/ccg.{split}", f"CCG/ccg.{split}", f"ccg.{split}")
    return any_of("adapterstilts.rows.formats.readers:ccg", *places, beside=("tags_to_id.json",))


TASK = Declaration(
    title="CCGbank supertagging",
    type="tagging",
    languages=("en",),
    metric="token_accuracy",
    chance=0.0,
    licence="LDC User Agreement for Non-Members",
    reference="https://aclanthology.org/J07-3004/",
    train_on="ccg",
    train_examples=38_015,
    elsewhere="it is licensed (LDC2005T13) and never downloaded, so give --data a folder with your own copy",
    files={"train": (_part("train"),), "validation": (_part("dev"),), "test": (_part("test"),)},
    files_note="CCGbank is licensed (LDC2005T13) and never downloaded, so write these files from your own copy as "
    "jiant reads them: a sentence a line, its words between spaces, a tab, and a supertag for each word between spaces",
    pocket="adapterstilts.pocket.tasks:ccg",
)
