"""Arabic, Modern Standard, without short vowels. Verb, subject, objects, place, time; or the subject first.

Every inflected form is stored. Names stay in Latin script, with prepositions before them as separate words.
"""

from __future__ import annotations

from dataclasses import replace

from adapterstilts.pocket.languages.base import Token, Variant, closed, marked, words
from adapterstilts.pocket.meanings import ANIMALS, FEMININE, Concept, Event

CODE = "ar"
NAME = "Arabic"

# gender, definite singular, plural after 3 to 9, accusative singular after كم, lexeme; "~" joins two words
NOUNS = {
    "dog": "m الكلب كلاب كلبا كلب", "cat": "f القطة قطط قطة قطة", "horse": "m الحصان أحصنة حصانا حصان",
    "cow": "f البقرة بقرات بقرة بقرة", "animal": "m الحيوان حيوانات حيوانا حيوان",
    "car": "f السيارة سيارات سيارة سيارة", "bicycle": "f الدراجة دراجات دراجة دراجة",
    "boat": "m القارب قوارب قاربا قارب", "bus": "f الحافلة حافلات حافلة حافلة",
    "vehicle": "f المركبة مركبات مركبة مركبة", "apple": "f التفاحة تفاحات تفاحة تفاحة",
    "orange": "f البرتقالة برتقالات برتقالة برتقالة", "lemon": "f الليمونة ليمونات ليمونة ليمونة",
    "banana": "f الموزة موزات موزة موزة", "fruit": "f الفاكهة فواكه فاكهة فاكهة",
    "egg": "f البيضة بيضات بيضة بيضة", "tomato": "f حبة~الطماطم حبات~طماطم حبة~طماطم حبة~طماطم",
    "cake": "f الكعكة كعكات كعكة كعكة", "fish": "f السمكة سمكات سمكة سمكة",
    "table": "f الطاولة طاولات طاولة طاولة", "chair": "m الكرسي كراسي كرسيا كرسي",
    "bed": "m السرير أسرة سريرا سرير", "lamp": "m المصباح مصابيح مصباحا مصباح",
    "book": "m الكتاب كتب كتابا كتاب", "letter": "f الرسالة رسائل رسالة رسالة",
    "picture": "f الصورة صور صورة صورة", "clock": "f ساعة~الحائط ساعات~حائط ساعة~حائط ساعة~حائط",
    "camera": "f الكاميرا كاميرات كاميرا كاميرا", "guitar": "m الغيتار غيتارات غيتارا غيتار",
    "ring": "m الخاتم خواتم خاتما خاتم", "hat": "f القبعة قبعات قبعة قبعة",
    "coat": "m المعطف معاطف معطفا معطف", "key": "m المفتاح مفاتيح مفتاحا مفتاح",
    "phone": "m الهاتف هواتف هاتفا هاتف", "ticket": "f التذكرة تذاكر تذكرة تذكرة",
}  # fmt: skip
# definite masculine, definite feminine, lexeme; "aged" is said of animals
ADJECTIVES = {
    "red": "الأحمر الحمراء أحمر", "green": "الأخضر الخضراء أخضر", "white": "الأبيض البيضاء أبيض",
    "black": "الأسود السوداء أسود", "old": "القديم القديمة قديم", "aged": "المسن المسنة مسن",
    "new": "الجديد الجديدة جديد", "small": "الصغير الصغيرة صغير", "big": "الكبير الكبيرة كبير",
}  # fmt: skip
# accusative masculine, accusative feminine, lexeme
STATES = {
    "tired": "متعبا متعبة متعب", "hungry": "جائعا جائعة جائع", "ill": "مريضا مريضة مريض",
    "happy": "سعيدا سعيدة سعيد", "sad": "حزينا حزينة حزين", "angry": "غاضبا غاضبة غاضب",
}  # fmt: skip
# definite form, lexeme
PLAIN_NOUNS = {
    "mathematics": "الرياضيات رياضيات", "music": "الموسيقى موسيقى", "history": "التاريخ تاريخ",
    "chemistry": "الكيمياء كيمياء", "english": "الإنجليزية إنجليزية", "german": "الألمانية ألمانية",
    "arabic": "العربية عربية", "japanese": "اليابانية يابانية", "chess": "الشطرنج شطرنج",
    "tennis": "التنس تنس", "football": "كرة~القدم كرة~قدم", "poker": "البوكر بوكر", "kitchen": "المطبخ مطبخ",
    "garden": "الحديقة حديقة", "park": "المتنزه متنزه", "school": "المدرسة مدرسة", "library": "المكتبة مكتبة",
    "market": "السوق سوق", "station": "المحطة محطة", "museum": "المتحف متحف", "church": "الكنيسة كنيسة",
    "hotel": "الفندق فندق", "restaurant": "المطعم مطعم", "hospital": "المستشفى مستشفى",
    "knife": "السكين سكين", "scissors": "المقص مقص", "brush": "الفرشاة فرشاة", "hammer": "المطرقة مطرقة",
    "cloth": "قطعة~القماش قطعة~قماش", "spoon": "الملعقة ملعقة", "monday": "الاثنين اثنين",
    "tuesday": "الثلاثاء ثلاثاء", "wednesday": "الأربعاء أربعاء", "thursday": "الخميس خميس",
    "friday": "الجمعة جمعة", "saturday": "السبت سبت", "sunday": "الأحد أحد",
}  # fmt: skip
CITIES = {
    "berlin": "برلين", "paris": "باريس", "london": "لندن", "rome": "روما", "vienna": "فيينا",
    "madrid": "مدريد", "tokyo": "طوكيو", "cairo": "القاهرة", "athens": "أثينا", "moscow": "موسكو",
    "lisbon": "لشبونة", "prague": "براغ", "beirut": "بيروت", "kyoto": "كيوتو", "boston": "بوسطن",
    "chicago": "شيكاغو", "dublin": "دبلن", "oslo": "أوسلو", "warsaw": "وارسو", "geneva": "جنيف",
}  # fmt: skip
# perfect masculine (the lexeme) and feminine, jussive masculine and feminine
VERBS = {
    "be": "كان كانت يكن تكن", "sell": "باع باعت يبع تبع", "buy": "اشترى اشترت يشتر تشتر",
    "give": "أهدى أهدت يهد تهد", "receive": "تلقى تلقت يتلق تتلق", "lend": "أعار أعارت يعر تعر",
    "borrow": "استعار استعارت يستعر تستعر", "teach": "علم علمت يعلم تعلم", "learn": "تعلم تعلمت يتعلم تتعلم",
    "beat": "فاز فازت يفز تفز", "be_beaten": "خسر خسرت يخسر تخسر", "arrive": "وصل وصلت يصل تصل",
    "help": "ساعد ساعدت يساعد تساعد", "visit": "زار زارت يزر تزر", "praise": "مدح مدحت يمدح تمدح",
    "invite": "دعا دعت يدع تدع", "thank": "شكر شكرت يشكر تشكر", "greet": "سلم سلمت يسلم تسلم",
    "call": "اتصل اتصلت يتصل تتصل", "see": "رأى رأت ير تر", "eat": "أكل أكلت يأكل تأكل",
    "cut": "قطع قطعت يقطع تقطع", "clip": "قص قصت يقص تقص", "wash": "غسل غسلت يغسل تغسل",
    "repair": "أصلح أصلحت يصلح تصلح", "find": "وجد وجدت يجد تجد", "lose": "فقد فقدت يفقد تفقد",
    "paint": "دهن دهنت يدهن تدهن", "travel": "سافر سافرت يسافر تسافر", "employ": "وظف وظفت يوظف توظف",
    "work": "عمل عملت يعمل تعمل", "found": "أسس أسست يؤسس تؤسس", "leave": "استقال استقالت يستقل تستقل",
    "take_over": "استحوذ استحوذت يستحوذ تستحوذ", "support": "دعم دعمت يدعم تدعم",
}  # fmt: skip
# the perfect masculine before an object pronoun, where it is written otherwise
BEFORE_PRONOUN = {"see": "رآ"}
COMPARATIVES = {
    "age": ("أكبر|أكبر|ADJ سنا|سن|NOUN", "أصغر|أصغر|ADJ سنا|سن|NOUN"),
    "height": ("أطول|أطول|ADJ قامة|قامة|NOUN", "أقصر|أقصر|ADJ قامة|قامة|NOUN"),
    "speed": ("أسرع|أسرع|ADJ", "أبطأ|أبطأ|ADJ"),
    "strength": ("أقوى|أقوى|ADJ", "أضعف|أضعف|ADJ"),
}
# the preposition and what follows it: a noun phrase of its own, or the person asked for
TO, FROM, ON, IN = "إلى|إلى|ADP", "من|من|ADP", "على|على|ADP", "في|في|ADP"
BEFORE, AFTER, FACING, WITH = "قبل|قبل|ADP", "بعد|بعد|ADP", "أمام|أمام|ADP", "لدى|لدى|ADP"
BY_NAME, BY = "بـ|ب|ADP", "ب_|ب|ADP"
# relation: view: verb, subject, complements (role, preposition); without a preposition a direct object
VIEWS: dict[str, dict[str, tuple[str, str, tuple[tuple[str, str], ...]]]] = {
    "sale": {
        "sell": ("sell", "seller", (("theme", ""), ("buyer", TO))),
        "buy": ("buy", "buyer", (("theme", ""), ("seller", FROM))),
    },
    "gift": {
        "give": ("give", "giver", (("theme", ""), ("receiver", TO))),
        "receive": ("receive", "receiver", (("theme", ""), ("giver", FROM))),
    },
    "loan": {
        "lend": ("lend", "lender", (("theme", ""), ("borrower", TO))),
        "borrow": ("borrow", "borrower", (("theme", ""), ("lender", FROM))),
    },
    "lesson": {
        "teach": ("teach", "teacher", (("learner", ""), ("field", ""))),
        "learn": ("learn", "learner", (("field", ""), ("teacher", FROM))),
    },
    "victory": {
        "beat": ("beat", "winner", (("loser", ON), ("field", IN))),
        "lose": ("be_beaten", "loser", (("winner", FACING), ("field", IN))),
    },
    **{name: {
        "greater": ("be", "greater", (("lesser", FROM),)),
        "lesser": ("be", "lesser", (("greater", FROM),)),
    } for name in COMPARATIVES},
    "arrival": {
        "before": ("arrive", "earlier", (("later", BEFORE),)),
        "after": ("arrive", "later", (("earlier", AFTER),)),
    },
    **{name: {name: (name, "agent", (("patient", ""),))} for name in
       ("help", "visit", "praise", "invite", "thank", "see", "support")},
    "greet": {"greet": ("greet", "agent", (("patient", ON),))},
    "call": {"call": ("call", "agent", (("patient", BY_NAME),))},
    **{name: {name: (name, "agent", (("theme", ""),))} for name in
       ("eat", "cut", "wash", "repair", "find", "lose", "paint")},
    "travel": {
        "from_to": ("travel", "agent", (("source", FROM), ("goal", TO))),
        "to_from": ("travel", "agent", (("goal", TO), ("source", FROM))),
    },
    "employ": {
        "employ": ("employ", "employer", (("employee", ""),)),
        "work": ("work", "employee", (("employer", WITH),)),
    },
    "found": {"found": ("found", "founder", (("theme", ""),))},
    "leave": {"leave": ("leave", "agent", (("theme", FROM),))},
    "takeover": {"buy": ("take_over", "agent", (("theme", ON),))},
    "state": {"state": ("be", "experiencer", ())},
}  # fmt: skip

WHO, WHO_IS_IT = "من|من|PRON", "من|من|PRON الذي|الذي|PRON"
# "from whom" and "by whom" are written as one word
WHOM = {FROM: "م_|من|ADP من|من|PRON", BY_NAME: "ب_|ب|ADP من|من|PRON"}
WHICH = {
    "organisation": "أي|أي|DET شركة|شركة|NOUN",
    "city": "أي|أي|DET مدينة|مدينة|NOUN", "game": "أي|أي|DET لعبة|لعبة|NOUN",
}  # fmt: skip
CHECK, YES, NO = words("هل|هل|PART هذا|هذا|PRON صحيح|صحيح|ADJ"), words("نعم", "INTJ"), words("لا", "INTJ")
WHICH_IS_IT = "ما|ما|PRON الشركة|شركة|NOUN التي|الذي|PRON"
WHAT, WHERE, WHEN, HOW_MANY = "ماذا|ماذا|PRON", "أين|أين|ADV", "متى|متى|ADV", "كم|كم|DET"


def _joined(forms: str, lexemes: str, upos: str = "NOUN") -> list[Token]:
    pairs = zip(forms.split("~"), lexemes.split("~"), strict=True)
    return [Token(form, lexeme, upos) for form, lexeme in pairs]


def _feminine(concept: Concept) -> bool:
    """Agreement of the verb; an organisation is feminine because شركة is understood."""
    return concept.kind == "organisation" or concept.name in FEMININE


def noun_phrase(concept: Concept, role: str) -> list[Token]:
    """The filler as a noun phrase; the article is a part of the noun, and of the adjective beside it."""
    if concept.kind in ("person", "organisation"):
        entity = "PER" if concept.kind == "person" else "ORG"
        return [Token(name, name, "PROPN", role, entity) for name in (concept.name, concept.surname) if name]
    if concept.kind == "city":
        return [Token(CITIES[concept.name], CITIES[concept.name], "PROPN", role, "LOC")]
    if concept.name in PLAIN_NOUNS:
        form, lexeme = PLAIN_NOUNS[concept.name].split()
        return marked(_joined(form, lexeme), role)
    gender, definite, plural, _, lexeme = NOUNS[concept.name].split()
    if concept.number > 1:
        number = str(concept.number)
        return marked([Token(number, number, "NUM"), *_joined(plural, lexeme)], role)
    adjective: list[Token] = []
    if concept.property:
        aged = concept.property == "old" and concept.name in (*ANIMALS, "animal")
        masculine, feminine, base = ADJECTIVES["aged" if aged else concept.property].split()
        adjective = _joined(feminine if gender == "f" else masculine, base, "ADJ")
    return marked([*_joined(definite, lexeme), *adjective], role)


def adverbial(role: str, concept: Concept, place: str = IN) -> list[Token]:
    """An adjunct; ``place`` is the preposition of places."""
    if concept.kind == "year":
        return [*words(IN), Token("عام", "عام", "NOUN", role), Token(concept.name, concept.name, "NUM", role)]
    if concept.name == "yesterday":
        return [Token("أمس", "أمس", "ADV", role)]
    if concept.kind == "day":
        return [Token("يوم", "يوم", "NOUN", role), *noun_phrase(concept, role)]
    return [*words(BY if concept.kind == "instrument" else place), *noun_phrase(concept, role)]


def variants(event: Event) -> list[Variant]:
    orders = ["plain", "svo", *(["time_first"] if event.get("time") else [])]
    if event.get("place") and event.relation != "arrival":
        orders.append("place_first")
    if event.cause and not event.negated:
        orders.append("cause_first")
    return [Variant(view, order) for view in VIEWS[event.relation] for order in orders]


def _verb(event: Event, key: str, feminine: bool) -> list[Token]:
    if key == "cut" and event["theme"].name in ("picture", "ticket"):
        key = "clip"
    perfect, perfect_feminine, jussive, jussive_feminine = VERBS[key].split()
    upos = "AUX" if key == "be" else "VERB"
    if event.negated:
        form = jussive_feminine if feminine else jussive
        return [*words("لم|لم|PART"), Token(form, perfect, upos)]
    return [Token(perfect_feminine if feminine else perfect, perfect, upos)]


def _constituents(event: Event, view: str) -> dict[str, list[Token]]:
    """Everything but verb and subject by role, with its preposition, in the plain order."""
    _, subject, complements = VIEWS[event.relation][view]
    adjuncts = {
        role: adverbial(role, concept, TO if event.relation == "arrival" else IN)
        for role, concept in event.roles
        if role in ("instrument", "place", "time")
    }
    parts: dict[str, list[Token]] = {}
    if event.relation == "arrival" and "place" in adjuncts:
        parts["place"] = adjuncts["place"]
    if event.relation in COMPARATIVES:
        parts["predicate"] = words(COMPARATIVES[event.relation][("greater", "lesser").index(view)])
    if event.relation == "state":
        masculine, feminine, lexeme = STATES[event.state].split()
        parts["predicate"] = _joined(feminine if _feminine(event[subject]) else masculine, lexeme, "ADJ")
    for role, preposition in complements:
        parts[role] = [*(words(preposition) if preposition else []), *noun_phrase(event[role], role)]
    for role in ("instrument", "place", "time"):
        if role in adjuncts:
            parts.setdefault(role, adjuncts[role])
    if event.cause:
        parts["cause"] = [*words("ل_|ل|ADP أن|أن|SCONJ"), *clause_of_cause(event.cause)]
    return parts


def _flat(parts: dict[str, list[Token]]) -> list[Token]:
    return [token for part in parts.values() for token in part]


def clause(event: Event, variant: Variant) -> list[Token]:
    key, subject, _ = VIEWS[event.relation][variant.view]
    who = noun_phrase(event[subject], subject)
    verb = _verb(event, key, _feminine(event[subject]))
    parts = _constituents(event, variant.view)
    if variant.order == "svo":
        return [*who, *verb, *_flat(parts)]
    fronted = parts.pop(variant.order.removesuffix("_first"), [])
    if variant.order == "cause_first":
        fronted = [*fronted[:-1], replace(fronted[-1], space=False), Token("،", "،", "PUNCT")]
    return [*fronted, *verb, *who, *_flat(parts)]


def clause_of_cause(cause: Event) -> list[Token]:
    """The causing state with its subject first, as أن wants it, its words outside every role of the event."""
    return [replace(token, role="") for token in clause(cause, Variant("state", "svo"))]


def conjoin(first: list[Token], second: list[Token]) -> list[Token]:
    """The conjunction is written together with an Arabic word and apart from a Latin one."""
    return [*first, Token("و", "و", "CCONJ", space=second[0].form.isascii()), *second]


def question(event: Event, asked: str, view: str) -> list[Token] | None:
    if event.negated or event.relation == "state":
        return None
    role, _, number = asked.partition(":")
    if event.cause and event.cause["experiencer"] == event[role]:
        event = replace(event, cause=None)
    key, subject, complements = VIEWS[event.relation][view]
    parts = _constituents(event, view)
    prepositions = dict(complements)
    company = event[role].kind == "organisation"
    if role == subject:
        # a bare name after من and a verb could be taken for the subject; من الذي rules that out
        objects = [event[other].kind for other, preposition in complements if not preposition]
        bare = not {"person", "organisation"}.isdisjoint(objects)
        who = WHICH["organisation"] if company else WHO_IS_IT if bare else WHO
        return [*words(who), *_verb(event, key, company), *_flat(parts)]
    if event.relation in COMPARATIVES:
        return None
    del parts[role]
    verb = _verb(event, key, _feminine(event[subject]))
    preposition = prepositions.get(role, "")
    if number:
        _, _, _, accusative, lexeme = NOUNS[event[role].name].split()
        wh = [*words(HOW_MANY), *_joined(accusative, lexeme)]
    elif role == "place":
        wh = [*words(TO if event.relation == "arrival" else ""), *words(WHERE)]
    elif role == "time":
        wh = words(WHEN)
    elif role == "instrument":
        wh = [*words(BY), *words(WHAT)]
    elif event[role].kind in WHICH and preposition:
        wh = [*words(preposition), *words(WHICH[event[role].kind])]
    elif preposition:
        wh = words(WHOM.get(preposition) or f"{preposition} {WHO}")
    elif event[role].kind in ("person", "organisation"):
        # "who is it that X helped him": the pronoun tells the object from the subject
        wh = words(WHICH_IS_IT if company else WHO_IS_IT)
        masculine = not _feminine(event[subject])
        form = BEFORE_PRONOUN.get(key, verb[0].form) if masculine else verb[0].form
        pronoun = Token("ها" if company else "ه", "هو", "PRON")
        verb = [replace(verb[0], form=form, space=False), pronoun]
    else:
        wh = words(WHAT)
    return [*wh, *verb, *noun_phrase(event[subject], subject), *_flat(parts)]


def finish(tokens: list[Token], mark: str) -> list[Token]:
    return closed(tokens, "؟" if mark == "?" else mark)
