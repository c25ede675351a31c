"""TyDiQA-GoldP: questions by people who did not know the answer, in nine diverse languages.

All languages lie in one split and the row's id starts with its language. Only the 3,696 English questions
are trained on, less those about a tenth of the paragraphs, which are held out for validation; the validation split is
XTREME's test set.
"""

from adapterstilts.tasks import Declaration, Files, HubData, Part, any_of

_NAMES = {
    "en": "english",
    "ar": "arabic",
    "bn": "bengali",
    "fi": "finnish",
    "id": "indonesian",
    "ko": "korean",
    "ru": "russian",
    "sw": "swahili",
    "te": "telugu",
}

_TRAIN: Part = (
    *any_of(
        "adapterstilts.rows.formats.readers:tydiqa_training",
        "tydiqa/tydiqa-goldp-v1.1-train/tydiqa-goldp-v1.1-train.json",
        "tydiqa/tydiqa-goldp-v1.1-train.json",
        "tydiqa-goldp-v1.1-train.json",
    ),
    *any_of(
        "adapterstilts.rows.formats.readers:tydiqa_english",
        "tydiqa/tydiqa-goldp-v1.1-train/tydiqa.goldp.en.train.json",
        "tydiqa.goldp.en.train.json",
    ),
)
_FOLDER = "tydiqa-goldp-v1.1-dev"
_TEST: Part = (
    *any_of(
        "adapterstilts.rows.formats.readers:squad",
        f"tydiqa/{_FOLDER}/tydiqa.goldp.{{language}}.dev.json",
        f"{_FOLDER}/tydiqa.goldp.{{language}}.dev.json",
        "tydiqa.goldp.{language}.dev.json",
    ),
    *(
        Files((f"{folder}tydiqa-goldp-dev-{{name}}.json",), "adapterstilts.rows.formats.readers:squad", _NAMES)
        for folder in (f"tydiqa/{_FOLDER}/", f"{_FOLDER}/", "")
    ),
    *any_of("adapterstilts.rows.formats.readers:tydiqa_mixed", f"tydiqa/{_FOLDER}.json", f"{_FOLDER}.json"),
)

TASK = Declaration(
    title="Typologically Diverse Question Answering, gold passage",
    type="question_answering",
    languages=tuple(_NAMES),
    metric="squad",
    chance=0.0,
    licence="Apache 2.0",
    reference="https://aclanthology.org/2020.tacl-1.30/",
    train_on="tydiqa",
    train_examples=3_696,
    hub=(
        HubData(
            "google-research-datasets/tydiqa",
            "secondary_task",
            {"train": "train", "validation": "train", "test": "validation"},
            "adapterstilts.rows.hub.readers:tydiqa",
            commit="da78f23f9119363459acbaf46bf89426ff26c259",
            language_names=_NAMES,
        ),
    ),
    files={"train": (_TRAIN,), "validation": (_TRAIN,), "test": (_TEST,)},
    pocket="adapterstilts.pocket.tasks:tydiqa",
)
