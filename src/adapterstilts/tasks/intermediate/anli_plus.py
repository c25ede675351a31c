"""ANLI+: Adversarial NLI together with MNLI and SNLI, sampled in proportion to their sizes.

SNLI rows with label -1 have no agreed label and are left out.
"""

from adapterstilts.tasks import Declaration, HubData

TASK = Declaration(
    title="Adversarial NLI, with MNLI and SNLI",
    type="classification",
    languages=("en",),
    labels=("contradiction", "entailment", "neutral"),
    metric="accuracy",
    chance=100 / 3,
    licence="CC BY-NC 4.0 (ANLI), CC BY-SA 4.0 (SNLI), OANC and others (MNLI)",
    reference="https://aclanthology.org/2020.acl-main.441/",
    train_on="anli_plus",
    train_examples=1_104_934,
    hub=(
        HubData(
            "facebook/anli",
            "plain_text",
            {"train": "train_r1", "validation": "dev_r1", "test": "test_r1"},
            "adapterstilts.rows.hub.readers:pairs",
            columns={"sentence1": "premise", "sentence2": "hypothesis"},
            commit="8e4813d81f46d313dac7892e1c28076917cfcdf9",
        ),
        HubData(
            "facebook/anli",
            "plain_text",
            {"train": "train_r2", "validation": "dev_r2", "test": "test_r2"},
            "adapterstilts.rows.hub.readers:pairs",
            columns={"sentence1": "premise", "sentence2": "hypothesis"},
            commit="8e4813d81f46d313dac7892e1c28076917cfcdf9",
        ),
        HubData(
            "facebook/anli",
            "plain_text",
            {"train": "train_r3", "validation": "dev_r3", "test": "test_r3"},
            "adapterstilts.rows.hub.readers:pairs",
            columns={"sentence1": "premise", "sentence2": "hypothesis"},
            commit="8e4813d81f46d313dac7892e1c28076917cfcdf9",
        ),
        HubData(
            "nyu-mll/glue",
            "mnli",
            {"train": "train", "validation": "validation_matched"},
            "adapterstilts.rows.hub.readers:pairs",
            columns={"sentence1": "premise", "sentence2": "hypothesis"},
            commit="bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c",
        ),
        HubData(
            "stanfordnlp/snli",
            "plain_text",
            {"train": "train", "validation": "validation", "test": "test"},
            "adapterstilts.rows.hub.readers:pairs",
            columns={"sentence1": "premise", "sentence2": "hypothesis"},
            commit="cdb5c3d5eed6ead6e5a341c8e56e669bb666725b",
        ),
    ),
    pocket="adapterstilts.pocket.tasks:anli_plus",
)
