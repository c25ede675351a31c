"""CCG: supertags of Combinatory Categorial Grammar on the Wall Street Journal.

The data is licensed (LDC2005T13) and never downloaded: a user's own copy is read,
and the 1,363 labels come with it.
"""

from adapterstilts.tasks import Declaration

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
    pocket="adapterstilts.pocket.tasks:ccg",
)
