"""Indonesian: sentences a native speaker signs, and forms checked by a lemmatiser and by the rule of meN-."""

from __future__ import annotations

import pytest
from events import make, state

from adapterstilts.pocket.languages import id as indonesian
from adapterstilts.pocket.languages.base import Variant, spans_of, text_of

pytestmark = pytest.mark.pocket

SALE = make("sale", "Anna", "Ben Keller", "3 car", "berlin", "1994")
DOGS = make("sale", "Anna", "Ben", "3 dog", "market")
HAT = make("gift", "Ben", "Maria Keller", "red hat", "library", "monday")
LOAN = make("loan", "Anna", "Ben", "5 letter", "yesterday")
LESSON = make("lesson", "Anna", "Ben", "japanese", "school", "tuesday")
VICTORY = make("victory", "Anna", "Ben", "football", "garden")
ARRIVAL = make("arrival", "Anna", "Ben", "station", "friday")
HELP = make("help", "Anna", "Ben", "hospital", cause=state("tired", "Ben"))
THANK = make("thank", "Anna", "Ben", "vienna")
BATH = make("wash", "Anna", "old horse", "1994", "brush")
WASH = make("wash", "Anna", "old bus", "cloth")
PAINT = make("paint", "Anna", "4 chair", "brush")
LOSS = make("lose", "Anna", "key", "park")
TRAVEL = make("travel", "Anna", "rome", "moscow", "sunday")
EMPLOY = make("employ", "Hugo", "Anna", "cairo")
RESIGNATION = make("leave", "Anna", "Hugo", "2001")
TAKEOVER = make("takeover", "Nora Sato", "Hugo", "1994")
SENTENCES = [
    (SALE, "sell plain", "Anna menjual 3 buah mobil kepada Ben Keller di Berlin pada tahun 1994."),
    (SALE, "buy time_first", "Pada tahun 1994, Ben Keller membeli 3 buah mobil dari Anna di Berlin."),
    (SALE, "sell+passive place_first", "Di Berlin, 3 buah mobil dijual oleh Anna kepada Ben Keller pada tahun 1994."),
    (DOGS, "sell+passive plain", "Sebanyak 3 ekor anjing dijual oleh Anna kepada Ben di pasar."),
    (SALE.negation(), "sell plain", "Anna tidak menjual 3 buah mobil kepada Ben Keller di Berlin pada tahun 1994."),
    (HAT, "give plain", "Ben memberikan topi merah itu kepada Maria Keller di perpustakaan pada hari Senin."),
    (HAT, "receive+passive time_first",
     "Pada hari Senin, topi merah itu diterima oleh Maria Keller dari Ben di perpustakaan."),
    (LOAN, "lend plain", "Anna meminjamkan 5 pucuk surat kepada Ben kemarin."),
    (LOAN, "borrow time_first", "Kemarin, Ben meminjam 5 pucuk surat dari Anna."),
    (LESSON, "teach plain", "Anna mengajarkan bahasa Jepang kepada Ben di sekolah pada hari Selasa."),
    (LESSON, "learn place_first", "Di sekolah, Ben mempelajari bahasa Jepang dari Anna pada hari Selasa."),
    (VICTORY, "beat+passive plain", "Ben dikalahkan oleh Anna dalam pertandingan sepak bola di kebun."),
    (VICTORY, "lose plain", "Ben kalah dari Anna dalam pertandingan sepak bola di kebun."),
    (make("age", "Anna", "Ben"), "lesser plain", "Ben lebih muda daripada Anna."),
    (make("height", "Anna", "Ben", negated=True), "greater plain", "Anna tidak lebih tinggi daripada Ben."),
    (ARRIVAL, "before plain", "Anna tiba di stasiun sebelum Ben pada hari Jumat."),
    (ARRIVAL, "after place_first", "Di stasiun, Ben tiba setelah Anna pada hari Jumat."),
    (HELP, "help plain", "Anna membantu Ben di rumah sakit karena Ben lelah."),
    (HELP, "help+passive cause_first", "Karena Ben lelah, Ben dibantu oleh Anna di rumah sakit."),
    (THANK, "thank plain", "Anna berterima kasih kepada Ben di Wina."),
    (BATH, "wash plain", "Anna memandikan kuda tua itu dengan sikat pada tahun 1994."),
    (WASH, "wash+passive plain", "Bus lama itu dicuci oleh Anna dengan kain."),
    (PAINT, "paint plain", "Anna mengecat 4 buah kursi dengan kuas."),
    (LOSS, "lose plain", "Anna kehilangan kunci itu di taman."),
    (TRAVEL, "to_from plain", "Anna bepergian ke Moskwa dari Roma pada hari Minggu."),
    (EMPLOY, "employ plain", "Hugo mempekerjakan Anna di Kairo."),
    (EMPLOY, "work place_first", "Di Kairo, Anna bekerja untuk Hugo."),
    (RESIGNATION, "leave plain", "Anna mengundurkan diri dari Hugo pada tahun 2001."),
    (TAKEOVER, "buy+passive plain", "Hugo diakuisisi oleh Nora Sato pada tahun 1994."),
    (state("ill", "Anna", "1994", negated=True), "state plain", "Anna tidak sakit pada tahun 1994."),
]  # fmt: skip
QUESTIONS = [
    (SALE, "seller", "sell", "Siapa yang menjual 3 buah mobil kepada Ben Keller di Berlin pada tahun 1994?"),
    (SALE, "seller", "buy", "Dari siapa Ben Keller membeli 3 buah mobil di Berlin pada tahun 1994?"),
    (SALE, "theme", "sell", "Apa yang dijual oleh Anna kepada Ben Keller di Berlin pada tahun 1994?"),
    (DOGS, "theme:number", "buy", "Berapa ekor anjing yang dibeli oleh Ben dari Anna di pasar?"),
    (HAT, "place", "receive", "Di mana Maria Keller menerima topi merah itu dari Ben pada hari Senin?"),
    (HAT, "time", "give", "Kapan Ben memberikan topi merah itu kepada Maria Keller di perpustakaan?"),
    (LESSON, "field", "learn", "Apa yang dipelajari oleh Ben dari Anna di sekolah pada hari Selasa?"),
    (VICTORY, "field", "lose", "Dalam pertandingan apa Ben kalah dari Anna di kebun?"),
    (ARRIVAL, "earlier", "after", "Setelah siapa Ben tiba di stasiun pada hari Jumat?"),
    (HELP, "patient", "help", "Siapa yang dibantu oleh Anna di rumah sakit?"),
    (HELP, "agent", "help", "Siapa yang membantu Ben di rumah sakit karena Ben lelah?"),
    (WASH, "instrument", "wash", "Dengan apa Anna mencuci bus lama itu?"),
    (TRAVEL, "goal", "from_to", "Ke kota mana Anna bepergian dari Roma pada hari Minggu?"),
    (EMPLOY, "employer", "work", "Untuk perusahaan mana Anna bekerja di Kairo?"),
    (TAKEOVER, "theme", "buy", "Perusahaan mana yang diakuisisi oleh Nora Sato pada tahun 1994?"),
]


def said(event, construction):
    return text_of(indonesian.finish(indonesian.clause(event, Variant(*construction.split())), "."))


@pytest.mark.parametrize("event, construction, text", SENTENCES)
def test_sentences(event, construction, text):
    assert Variant(*construction.split()) in indonesian.variants(event)
    assert said(event, construction) == text


@pytest.mark.parametrize("event, asked, view, text", QUESTIONS)
def test_questions(event, asked, view, text):
    assert text_of(indonesian.finish(indonesian.question(event, asked, view), "?")) == text


def test_two_clauses():
    first = indonesian.clause(THANK, Variant("thank", "plain"))
    second = indonesian.clause(WASH, Variant("wash", "plain"))
    text = text_of(indonesian.finish(indonesian.conjoin(first, second), "."))
    assert text == "Anna berterima kasih kepada Ben di Wina, dan Anna mencuci bus lama itu dengan kain."


def test_the_classifier_is_inside_the_role_and_the_determiner_outside():
    for event, words in ((DOGS, "3 ekor anjing"), (HAT, "topi merah")):
        tokens = indonesian.clause(event, indonesian.variants(event)[0])
        start, end = spans_of(tokens)["theme"]
        assert text_of(tokens)[start:end] == words


def test_what_has_no_passive_is_not_asked_for_as_an_object():
    assert indonesian.question(LOSS, "theme", "lose") is None
    assert {variant.view for variant in indonesian.variants(LOSS)} == {"lose"}


def test_denials_stay_active_and_keep_their_cause_last():
    assert {tuple(variant) for variant in indonesian.variants(HELP.negation())} == {
        ("help", "plain"), ("help", "place_first"),
    }  # fmt: skip


def meN(stem: str) -> str:  # noqa: N802, the prefix's name
    """The active of a stem: the nasal takes the place of p, t, k, s, but not of the p of the prefix per-, pe-."""
    if len(stem) < 4:  # one syllable
        return f"menge{stem}"
    if stem.startswith(("perbaik", "pelajar", "pekerja")):
        return f"mem{stem}"
    dropped = {"p": "mem", "t": "men", "k": "meng", "s": "meny"}
    kept = {"b": "mem", "d": "men", "c": "men", "j": "men", "l": "me", "m": "me", "a": "meng", "u": "meng"}
    return kept[stem[0]] + stem if stem[0] in kept else dropped[stem[0]] + stem[1:]


def test_actives_and_passives_share_a_stem():
    pairs = [cell.split() for cell in indonesian.LEXICON["verbs"].values() if " " in cell]
    assert len(pairs) > 20
    for active, passive in pairs:
        assert passive.startswith("di") and active == meN(passive.removeprefix("di"))


def test_forms_agree_with_a_lemmatiser():
    simplemma = pytest.importorskip("simplemma")

    def root(form: str) -> str:
        return simplemma.lemmatize(form, lang="id")

    for cell in indonesian.LEXICON["verbs"].values():
        forms = [form.partition("+")[0] for form in cell.split()]
        unknown = {"mengecat", "bepergian"}
        assert simplemma.is_known(forms[0], lang="id") or forms[0] in unknown
        assert forms[0] in unknown or len(set(map(root, forms))) == 1
    for table in ("nouns", "instruments", "properties", "states"):
        for cell in indonesian.LEXICON[table].values():
            word = cell.split()[-1]
            assert root(word) == word or word in {"kendaraan", "topi"}  # the lemmatiser strips -an and -i
