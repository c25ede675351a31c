"""Tatoeba: find the translation of each English sentence among 1,000 of another language, 36 languages."""

from adapterstilts.tasks import Declaration, Files, HubData, Part

_NAMES = {
    "af": "afr",
    "ar": "ara",
    "bg": "bul",
    "bn": "ben",
    "de": "deu",
    "el": "ell",
    "es": "spa",
    "et": "est",
    "eu": "eus",
    "fa": "pes",
    "fi": "fin",
    "fr": "fra",
    "he": "heb",
    "hi": "hin",
    "hu": "hun",
    "id": "ind",
    "it": "ita",
    "ja": "jpn",
    "jv": "jav",
    "ka": "kat",
    "kk": "kaz",
    "ko": "kor",
    "ml": "mal",
    "mr": "mar",
    "nl": "nld",
    "pt": "por",
    "ru": "rus",
    "sw": "swh",
    "ta": "tam",
    "te": "tel",
    "th": "tha",
    "tl": "tgl",
    "tr": "tur",
    "ur": "urd",
    "vi": "vie",
    "zh": "cmn",
}

_LASERS = ("tatoeba-laser/", "LASER-*/data/tatoeba/v1/", "tatoeba/v1/", "tatoeba/", "")
_TEST: Part = (
    *(
        Files(
            (f"{folder}tatoeba.{{name}}-eng.{{name}}", f"{folder}tatoeba.{{name}}-eng.eng"),
            "adapterstilts.rows.formats.readers:tatoeba_aligned",
            _NAMES,
        )
        for folder in _LASERS
    ),
    Files(
        ("tatoeba/{language}-en.{language}", "tatoeba/{language}-en.en"),
        "adapterstilts.rows.formats.readers:tatoeba_sorted",
    ),
)

TASK = Declaration(
    title="Tatoeba sentence retrieval",
    type="retrieval",
    languages=tuple(_NAMES),
    metric="accuracy",
    chance=0.1,
    licence="CC BY 2.0 FR",
    reference="https://aclanthology.org/Q19-1038/",
    train_on=None,
    hub=(
        HubData(
            "google/xtreme",
            "tatoeba.{language}",
            {"test": "validation"},
            "adapterstilts.rows.hub.readers:tatoeba",
            commit="ec5f1f46e9af79639a90684a7a70a956c4998f04",
            language_names=_NAMES,
        ),
    ),
    files={"test": (_TEST,)},
    pocket="adapterstilts.pocket.tasks:tatoeba",
)
