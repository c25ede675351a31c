"""Arabic: sentences that must come out so, and forms checked against other authorities."""

from __future__ import annotations

import pytest
from events import make, sentence_of, state

from adapterstilts.pocket.languages import ar
from adapterstilts.pocket.languages.base import Variant, text_of
from adapterstilts.pocket.meanings import Event

pytestmark = pytest.mark.pocket

# perfect with the vowels that tell the pattern, vowel of the imperfect's second radical
CITATION = {
    "be": "كَانَ ضمة", "sell": "بَاعَ كسرة", "buy": "اشترى كسرة", "give": "أهدى كسرة",
    "receive": "تلقّى فتحة", "lend": "أعار كسرة", "borrow": "استعار كسرة", "teach": "علّم كسرة",
    "learn": "تعلّم فتحة", "beat": "فَازَ ضمة", "be_beaten": "خَسِرَ فتحة", "arrive": "وَصَلَ كسرة",
    "help": "ساعد كسرة", "visit": "زَارَ ضمة", "praise": "مَدَحَ فتحة", "invite": "دَعَا ضمة",
    "thank": "شَكَرَ ضمة", "greet": "سلّم كسرة", "call": "اتّصل كسرة", "see": "رَأَى فتحة",
    "eat": "أَكَلَ ضمة", "cut": "قَطَعَ فتحة", "clip": "قَصَّ ضمة", "wash": "غَسَلَ كسرة",
    "repair": "أصلح كسرة", "find": "وَجَدَ كسرة", "lose": "فَقَدَ كسرة", "paint": "دَهَنَ ضمة",
    "travel": "سافر كسرة", "employ": "وظّف كسرة", "work": "عَمِلَ فتحة", "found": "أسّس كسرة",
    "leave": "استقال كسرة", "take_over": "استحوذ كسرة", "support": "دَعَمَ فتحة",
}  # fmt: skip


SALE = make("sale", "Anna", "Ben", "3 car", "kitchen", "1994")
LOAN = make("loan", "Ben", "Anna", "5 book")
LESSON = make("lesson", "Ben", "Anna", "mathematics", "monday")
RED, OLD = "red car", "old dog"
HELP = make("help", "Anna", "Ben", "berlin", "yesterday", cause=state("tired", "Anna"))
SENTENCES = [
    (SALE, "sell", "plain", "باعت Anna 3 سيارات إلى Ben في المطبخ في عام 1994."),
    (SALE, "buy", "svo", "Ben اشترى 3 سيارات من Anna في المطبخ في عام 1994."),
    (SALE, "buy", "time_first", "في عام 1994 اشترى Ben 3 سيارات من Anna في المطبخ."),
    (SALE, "sell", "place_first", "في المطبخ باعت Anna 3 سيارات إلى Ben في عام 1994."),
    (SALE.negation(), "sell", "svo", "Anna لم تبع 3 سيارات إلى Ben في المطبخ في عام 1994."),
    (make("gift", "Ben", "Anna", RED), "give", "plain", "أهدى Ben السيارة الحمراء إلى Anna."),
    (make("gift", "Ben", "Anna", OLD), "receive", "plain", "تلقت Anna الكلب المسن من Ben."),
    (LOAN.negation(), "borrow", "plain", "لم تستعر Anna 5 كتب من Ben."),
    (LESSON, "teach", "plain", "علم Ben Anna الرياضيات يوم الاثنين."),
    (LESSON, "learn", "time_first", "يوم الاثنين تعلمت Anna الرياضيات من Ben."),
    (make("victory", "Anna", "Ben", "football"), "beat", "plain", "فازت Anna على Ben في كرة القدم."),
    (make("victory", "Anna", "Ben", "football"), "lose", "plain", "خسر Ben أمام Anna في كرة القدم."),
    (make("age", "Anna", "Ben"), "greater", "plain", "كانت Anna أكبر سنا من Ben."),
    (make("height", "Anna", "Ben", negated=True), "lesser", "plain", "لم يكن Ben أقصر قامة من Anna."),
    (make("speed", "Anna", "Ben"), "lesser", "svo", "Ben كان أبطأ من Anna."),
    (make("arrival", "Anna", "Ben", "station"), "before", "plain", "وصلت Anna إلى المحطة قبل Ben."),
    (HELP, "help", "plain", "ساعدت Anna Ben في برلين أمس لأن Anna كانت متعبة."),
    (HELP, "help", "cause_first", "لأن Anna كانت متعبة، ساعدت Anna Ben في برلين أمس."),
    (make("call", "Anna", "Ben", "park"), "call", "plain", "اتصلت Anna بـ Ben في المتنزه."),
    (make("see", "Ben", "Anna", negated=True), "see", "plain", "لم ير Ben Anna."),
    (make("eat", "Ben", "egg", "knife"), "eat", "plain", "أكل Ben البيضة بالسكين."),
    (make("cut", "Ben", "picture"), "cut", "plain", "قص Ben الصورة."),
    (make("cut", "Ben", "cake"), "cut", "plain", "قطع Ben الكعكة."),
    (make("repair", "Ben", "white clock"), "repair", "plain", "أصلح Ben ساعة الحائط البيضاء."),
    (make("travel", "Anna", "berlin", "paris"), "to_from", "plain", "سافرت Anna إلى باريس من برلين."),
    (make("employ", "Max Keller", "Ben", "1994"), "employ", "plain", "وظفت Max Keller Ben في عام 1994."),
    (make("employ", "Max Keller", "Ben", "1994"), "work", "plain", "عمل Ben لدى Max Keller في عام 1994."),
    (make("leave", "Ben", "Max Keller", negated=True), "leave", "plain", "لم يستقل Ben من Max Keller."),
    (state("ill", "Ben", negated=True), "state", "plain", "لم يكن Ben مريضا."),
]
QUESTIONS = [
    (SALE, "theme:number", "sell", "كم سيارة باعت Anna إلى Ben في المطبخ في عام 1994؟"),
    (SALE, "seller", "buy", "ممن اشترى Ben 3 سيارات في المطبخ في عام 1994؟"),
    (SALE, "seller", "sell", "من باع 3 سيارات إلى Ben في المطبخ في عام 1994؟"),
    (SALE, "place", "sell", "أين باعت Anna 3 سيارات إلى Ben في عام 1994؟"),
    (LESSON, "field", "teach", "ماذا علم Ben Anna يوم الاثنين؟"),
    (LESSON, "learner", "teach", "من الذي علمه Ben الرياضيات يوم الاثنين؟"),
    (LESSON, "learner", "learn", "من تعلم الرياضيات من Ben يوم الاثنين؟"),
    (HELP, "agent", "help", "من الذي ساعد Ben في برلين أمس؟"),
    (HELP, "patient", "help", "من الذي ساعدته Anna في برلين أمس لأن Anna كانت متعبة؟"),
    (make("see", "Ben", "Anna"), "patient", "see", "من الذي رآه Ben؟"),
    (make("call", "Anna", "Ben"), "patient", "call", "بمن اتصلت Anna؟"),
    (make("victory", "Anna", "Ben", "football"), "field", "beat", "في أي لعبة فازت Anna على Ben؟"),
    (make("arrival", "Anna", "Ben", "station"), "place", "after", "إلى أين وصل Ben بعد Anna؟"),
    (make("found", "Ben", "Max Keller"), "theme", "found", "ما الشركة التي أسسها Ben؟"),
    (make("eat", "Ben", "egg", "knife"), "instrument", "eat", "بماذا أكل Ben البيضة؟"),
    (make("travel", "Anna", "berlin", "paris"), "goal", "from_to", "إلى أي مدينة سافرت Anna من برلين؟"),
]


@pytest.mark.parametrize(("event", "view", "order", "text"), SENTENCES)
def test_sentences(event: Event, view: str, order: str, text: str) -> None:
    assert Variant(view, order) in ar.variants(event)
    assert sentence_of(ar, event, Variant(view, order)) == text


@pytest.mark.parametrize(("event", "asked", "view", "text"), QUESTIONS)
def test_questions(event: Event, asked: str, view: str, text: str) -> None:
    question = ar.question(event, asked, view)
    assert question is not None
    assert text_of(ar.finish(question, "?")) == text


def test_conjunction_joins_arabic_words_only() -> None:
    first, second = (ar.clause(LESSON, Variant("teach", order)) for order in ("plain", "svo"))
    assert " يوم الاثنين وعلم Ben Anna " in text_of(ar.conjoin(second, first))
    assert " يوم الاثنين و Ben علم " in text_of(ar.conjoin(first, second))


@pytest.mark.filterwarnings("ignore::SyntaxWarning")  # in the sources of the authorities
def test_verbs_agree_with_a_conjugator() -> None:
    conjugator = pytest.importorskip("libqutrub.conjugator")
    bare = pytest.importorskip("pyarabic.araby").strip_diacritics
    assert set(CITATION) == set(ar.LEXICON["verbs"])
    for name, citation in CITATION.items():
        table = conjugator.conjugate(*citation.split(), transitive=True, display_format="DICT")
        # a doubled verb may keep its contraction in the jussive, and then looks like the subjunctive
        jussive = "المضارع المنصوب" if name == "clip" else "المضارع المجزوم"
        cells = [table[tense][person] for tense in ("الماضي المعلوم", jussive) for person in ("هو", "هي")]
        assert bare(" ".join(cells)) == ar.LEXICON["verbs"][name]


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_nouns_agree_with_a_dictionary() -> None:
    dictionary = pytest.importorskip("arramooz.arabicdictionary").ArabicDictionary("nouns")
    bare = pytest.importorskip("pyarabic.araby").strip_diacritics
    found = 0
    for cells in ar.LEXICON["thing"].values():
        gender, definite, plural, accusative, lexeme = (cell.split("~")[0] for cell in cells.split())
        entries = dictionary.lookup(lexeme)
        broken = [bare(entry["broken_plural"] or "") for entry in entries]
        sound = [lexeme.removesuffix("ة") + "ات" for entry in entries if entry["feminin_plural"]]
        if entries:
            found += 1
            assert {"m": "مذكر", "f": "مؤنث"}[gender] in {entry["gender"] for entry in entries}
            # the dictionary leaves the plural of animal out
            assert plural in {*sound, *" ".join(broken).replace("،", " ").split()} or lexeme == "حيوان"
        assert definite == f"ال{lexeme}" or "~" in cells
        assert accusative == lexeme + ("ا" if gender == "m" else "")
    assert found >= 25
    for adjective in (*ar.LEXICON["adjectives"].values(), *ar.LEXICON["states"].values()):
        assert dictionary.lookup(adjective.split()[2])
