"""UDPOS: universal parts of speech, Universal Dependencies v2.5, in 33 languages.

XTREME scores it with seqeval's F1 over runs of equal tags, not with token accuracy
(google-research/xtreme#56).
"""

from adapterstilts.tasks import Declaration, HubData, Part, any_of

_NAMES = {
    "en": "English",
    "af": "Afrikaans",
    "ar": "Arabic",
    "bg": "Bulgarian",
    "de": "German",
    "el": "Greek",
    "es": "Spanish",
    "et": "Estonian",
    "eu": "Basque",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "kk": "Kazakh",
    "ko": "Korean",
    "mr": "Marathi",
    "nl": "Dutch",
    "pt": "Portuguese",
    "ru": "Russian",
    "ta": "Tamil",
    "te": "Telugu",
    "th": "Thai",
    "tl": "Tagalog",
    "tr": "Turkish",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "yo": "Yoruba",
    "zh": "Chinese",
}


def _part(split: str, language: str) -> Part:
    treebanks = f"{language}_*-ud-{split}.conllu"
    folders = ("ud-treebanks-*/UD_*/", "UD_*/", "conllu/", "")
    return (
        *any_of("adapterstilts.rows.formats.readers:tagged", f"udpos/{split}-{language}.tsv"),
        *any_of("adapterstilts.rows.formats.readers:conllu", *(f"{folder}{treebanks}" for folder in folders)),
    )


TASK = Declaration(
    title="Universal Dependencies part-of-speech tags",
    type="tagging",
    languages=tuple(_NAMES),
    labels=tuple(
        "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X".split(),
    ),
    metric="span_f1",
    chance=0.0,
    licence="per treebank: CC BY-SA, CC BY-NC-SA and GPL among them",
    reference="https://aclanthology.org/2020.lrec-1.497/",
    train_on="udpos",
    train_examples=21_253,
    hub=(
        HubData(
            "google/xtreme",
            "udpos.{language}",
            {"train": "train", "validation": "validation", "test": "test"},
            "adapterstilts.rows.hub.readers:tagged",
            columns={"tags": "pos_tags"},
            commit="ec5f1f46e9af79639a90684a7a70a956c4998f04",
            language_names=_NAMES,
            lacking={"validation": ("kk", "th", "tl", "yo")},
        ),
    ),
    files={
        "train": (_part("train", "en"),),
        "validation": (_part("dev", "{language}"),),
        "test": (_part("test", "{language}"),),
    },
    pocket="adapterstilts.pocket.tasks:udpos",
)
