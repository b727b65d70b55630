"""A conversation about one project: what an utterance means, and what it changes. Deterministic; nothing is guessed.

An utterance is either one of the requests below or a project description. What looks like a request and is none of
them is answered with a plain "not understood" and the list of what is understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from app.desk import TOP, Desk
from app.mention import ORDINALS, areas_named, goals_meant, goals_named, number_said, unknown_id_said
from app.talk import FIRST, Reply, Talk
from app.verdict_talk import (
    NO,
    YES,
    ask_to_save,
    confirmed,
    decided,
    declined,
    no_such_number,
    none_fits,
    reject,
    take,
    undo,
)
from data.catalogue import Catalogue
from data.errors import UserError
from index.result import Hit, Match

STEP = 5
FEWEST_WORDS = 5  # of an utterance that replaces a project although no goal fits it
Action = Callable[[Desk, Talk, str], Reply]
UNKNOWN_GOAL = "Dieses Ziel kenne ich nicht. Ein Beispiel: «was bedeutet PB5.4?»; «welche Ziele gibt es?» zeigt alle."
HELP = (
    "Beschreiben Sie ein Projekt. Danach verstehe ich zum Beispiel: «nur Bereich 5», «alle Bereiche», «und gesamtstädtisch?», "
    "«warum PB5.4?», «was bedeutet PB5.4?», «zeig weitere», «eher für Kinder», «übernimm 1 und 3», «lehne 2 ab», «kein Ziel passt», «speichern», "
    "«welche Ziele gibt es im Bereich Soziales?», «neues Projekt»."
)
_YES = re.compile(r"^(?:ja|jawohl|gern|ok|okay|stimmt|genau|speicher\w*)\b")
_NO = re.compile(r"^(?:nein|nicht|abbrechen|lieber nicht|doch nicht|stopp)\b")
_QUESTION = re.compile(
    r"\?\s*$|^(?:warum|wieso|weshalb|was|wer|wie|wo|wann|welche\w*|zeig\w*|übernimm|nimm|lösch\w*|mach\w*|kannst|gibt es|danke|hallo)\b"
)
_REJECTING = re.compile(r"\b(?:ablehnen|lehne?|verwirf|verwerfe\w*|streiche?)\b")
_TAKING = r"übernimm|übernehme\w*|nimm|nehme|akzeptier\w*|wähle?"
_VERDICT = re.compile(
    rf"[\s,;]*\b(?:und|aber)?\s*\b(?=(?:lehne?|verwirf|verwerfe\w*|streiche?|{_TAKING})\s)", re.IGNORECASE
)
_ABOUT = re.compile(
    r"\b(?:zu[mr]?|für)\s+(?!(?:diese\w*|dem|das|mein\w*|unser\w*)\s+(?:projekt|antrag|vorhaben|text)\w*\s*\?*$)(\w.+?)\s*\?*$",
    re.IGNORECASE,
)
_NUMBERS = r"(?:(?:ziele?|nr\.?|und|[a-zäöü]{0,4}[. ]?\d[\d.]*)[ ,]+)+"
_PLACE = rf"(?:{'|'.join(ORDINALS)})[ns]?|\d{{1,2}}"
_AND = re.compile(r"^(?:und|was ist mit|wie (?:ist|steht) es mit)\b[^?]{1,40}\?+$")
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"^(?:neues|nächstes|anderes) projekt\b|^(?:von vorne?|neu anfangen|neustart)\b", "new"),
        (r"^(?:hilfe|help|was kannst du|wie geht das|was verstehst du)\b", "help"),
        (r"^(?:hallo|moin|guten (?:tag|morgen|abend))\s*[.!]*$", "greeting"),
        (r"^(?:vielen |besten |herzlichen )?(?:dank|danke)(?: schön| sehr| dir| ihnen)?\s*[.!]*$", "thanks"),
        (r"\b(?:warum|wieso|weshalb|begründ\w*|woran)\b", "why"),
        (
            rf"^(?:und|was ist mit|wie (?:ist|steht) es mit) (?:(?:das|dem|ziel|nr\.?) )*(?:{_PLACE})(?: ziel)?\s*\?+$",
            "why",
        ),
        (r"^(?:nimm|nehme) .*\bzurück\b|\bzurücknehmen\s*[.!]*$|^doch nicht\b", "undo"),
        (rf"^(?:ablehnen|lehne?|verwirf|verwerfe\w*|streiche?)\b|^{_NUMBERS}ablehnen\s*[.!]*$", "judge"),
        (
            rf"^(?:übernimm|übernehme\w*|nimm|nehme|annehmen|akzeptier\w*|wähle?)\b|^{_NUMBERS}(?:übernehmen|annehmen)\s*[.!]*$",
            "judge",
        ),
        (r"^(?:es |hier |da )?(?:passt )?kein(?:es|s)?(?: der| von den)? ?(?:ziele?n?)?(?: passt)?\s*[.!]*$", "none"),
        (
            r"^(?:(?:bitte|entscheidung|das|die|jetzt|so) )*(?:speichern|speichere|speicher)(?: (?:das|die|es|bitte|entscheidung|jetzt|so|ab))*\s*[.!]*$",
            "save",
        ),
        (
            r"^(?:was (?:ist|habe ich|wurde) (?:schon )?(?:übernommen|entschieden)|auswahl zeigen|zeig\w* (?:die |meine )?auswahl)",
            "taken",
        ),
        (r"^(?:was (?:bedeutet|heisst|ist|meint)|worum geht es (?:in|bei)|erkläre?)\b", "meaning"),
        (r"^welche ziele (?:passen|gehören|dienen|gelten)\b", "fitting"),
        (r"\bwelche\w* (?:\w+ )?ziele\b|^(?:zeig\w*|liste\w*) (?:mir )?(?:alle |die )?ziele\b|^alle ziele\b", "goals"),
        (
            r"^(?:wieder )?alle bereiche\b|^ohne filter\b|^filter (?:weg|aus|löschen)\b|^in allen bereichen\b",
            "all_areas",
        ),
        (r"^(?:und |nur )?(?:die )?(?:gesamtstädtisch\w*|stadtweit\w*)(?: ziele)?\s*\?*$", "citywide"),
        (r"^(?:nur|und|bitte nur|beschränke auf)?\s*(?:im |in |den |der )?(?:produkt)?bereich(?:e|en)?\b", "areas"),
        (r"^nur \w+", "areas"),
        (r"^(?:zeig\w* |noch |gib )?(?:mir )?(?:noch )?(?:weitere|mehr)\b(?: ziele)?(?: zeigen)?\s*[.!?]*$", "more"),
        (r"^(?:(?:es geht )?eher|mehr richtung|genauer|und zwar|nicht nur|außerdem|zusätzlich)\b", "refine"),
    )
)


def reply(desk: Desk, talk: Talk, said: str) -> Reply:
    """The answer to one utterance."""
    asked = " ".join(said.casefold().split())
    if not asked:
        return Reply(talk, "Bitte etwas eingeben.", quick=quick_replies(talk))
    if talk.asking and (_YES.search(asked) or _NO.search(asked)):
        return _answered(confirmed if _YES.search(asked) else declined, desk, talk, said)
    talk = replace(talk, asking=False)
    name = next((name for rule, name in _RULES if len(asked) < 200 and rule.search(asked)), "")
    asks = _AND.search(asked) if talk.match else _QUESTION.search(asked)
    if not name and asks and goals_named(desk.catalogue, said):
        name = "why"
    if not name and len(asked) < 200 and _QUESTION.search(asked):
        return with_quick(Reply(talk, f"Das habe ich nicht verstanden. {HELP}"))
    return _answered(_ACTIONS.get(name, _new_project), desk, talk, said)


def _judge(desk: Desk, talk: Talk, said: str) -> Reply:
    """Take over and reject in one utterance, «übernimm 1 und lehne den Rest ab»; all of it or nothing."""
    answer = Reply(talk, "")
    for part in filter(None, _VERDICT.split(said.strip())):
        if _REJECTING.search(part.casefold()) and re.search(rf"\b(?:{_TAKING})\b", part.casefold()):
            return Reply(talk, "Bitte einzeln sagen, was übernommen und was abgelehnt wird.")
        action = reject if _REJECTING.search(part.casefold()) else take
        before = answer.talk
        answer = action(desk, before, part)
        if answer.talk is before:  # not understood
            return replace(answer, talk=talk)
    return answer


def _answered(action: Action, desk: Desk, talk: Talk, said: str) -> Reply:
    try:
        return with_quick(action(desk, talk, said))
    except UserError as error:
        return with_quick(Reply(replace(talk, asking=False), str(error)))


def quick_replies(talk: Talk) -> tuple[str, ...]:
    """Up to four sensible next utterances."""
    if talk.match is None:
        return ("Welche Ziele gibt es?", "Hilfe")
    if talk.asking:
        return (YES, NO)
    best = talk.match.goals[0].id if talk.match.goals else talk.match.citywide[0].id
    area = () if talk.areas or not str(talk.match.area.id) else (f"Nur Bereich {talk.match.area.id}",)
    wide = ("Alle Bereiche",) if talk.areas else ()
    if (talk.taken or talk.no_goal) and not talk.saved:
        return ("Speichern", f"Warum {best}?", "Und gesamtstädtisch?", "Neues Projekt")
    return (f"Warum {best}?", "Und gesamtstädtisch?", *area, *wide, "Neues Projekt")[:4]


def with_quick(answer: Reply) -> Reply:
    """The answer with what may be said next."""
    return replace(answer, quick=quick_replies(answer.talk))


def _describe(desk: Desk, talk: Talk, said: str) -> Reply:
    return _matched(desk, talk.about(said), _leaving(talk))


def _new_project(desk: Desk, talk: Talk, said: str) -> Reply:
    """A project, unless there is one already and nothing fits these few words."""
    answer = _describe(desk, talk, said)
    if talk.text and len(said.split()) < FEWEST_WORDS and answer.talk.match and answer.talk.match.no_goal:
        return Reply(
            talk,
            f"Das habe ich nicht verstanden; es bleibt beim Projekt von vorhin. Ein anderes beginnt mit «neues Projekt». {HELP}",
        )
    return answer


def _leaving(talk: Talk) -> str:
    """That a project is left behind, and what is lost with it; an utterance may not have been meant as another one."""
    if not talk.text:
        return ""
    told = " Was Sie zum vorigen entschieden haben, ist nicht gespeichert." if talk.unsaved else ""
    return f"Das nehme ich als neues Projekt.{told} "


def _matched(desk: Desk, talk: Talk, lead: str = "") -> Reply:
    match = desk.match(talk.text, list(talk.areas), talk.top)
    chosen = [hit.id for hit in (*match.goals, *match.citywide) if hit.suggested]
    others = [hit.id for hit in match.goals if not hit.suggested]
    listed = tuple(chosen or others[:3]) if talk.top == TOP else tuple(dict.fromkeys([*chosen, *others]))
    return Reply(replace(talk, match=match, listed=listed), lead + _verdict(match, talk, desk.catalogue), listed)


def _verdict(match: Match, talk: Talk, catalogue: Catalogue) -> str:
    where = f" im Bereich {', '.join(talk.areas)}" if talk.areas else ""
    if match.no_goal:
        return "Kein Ziel passt. Am nächsten liegen:"
    if not any(hit.suggested for hit in match.goals):
        cities = any(hit.suggested for hit in match.citywide)
        return f"Kein Produktbereichsziel passt{where}." + (" Gesamtstädtisch schlage ich vor:" if cities else "")
    sentence = f"Das Projekt gehört in den Produktbereich {match.area.id} {match.area.title}. Ich schlage vor:"
    if talk.areas:
        sentence = f"Ich schlage{where} vor:"
    if match.question and not talk.areas:
        names = " oder ".join(f"{goal} {catalogue.by_id[goal].title}" for goal in match.question.between)
        sentence += f" Zwei Ziele liegen nah beieinander ({names}). {match.question.text}"
    return sentence


def _new(_desk: Desk, _talk: Talk, _said: str) -> Reply:
    return Reply(Talk(), "Gut, ein neues Projekt. Worum geht es?")


def _help(_desk: Desk, talk: Talk, _said: str) -> Reply:
    return Reply(talk, HELP)


def _why(desk: Desk, talk: Talk, said: str) -> Reply:
    if talk.match is None:
        return Reply(talk, FIRST)
    named = goals_meant(desk.catalogue, talk, said)
    if not named and unknown_id_said(desk.catalogue, said):
        return Reply(talk, UNKNOWN_GOAL)
    if not named and number_said(said):
        return no_such_number(talk)
    named = named or talk.listed[:1]
    if not named:
        return Reply(talk, "Welches Ziel meinen Sie? Zum Beispiel: «warum PB5.4?»")
    goal = desk.catalogue.by_id[named[0]]
    hit = _hit(talk.match, goal.id) or _hit(desk.match(talk.text, (), len(desk.catalogue.goals)), goal.id)
    if hit is None or not hit.evidence:
        return Reply(
            talk, f"Für {goal.id} {goal.title} spricht keine einzelne Stelle Ihres Textes.", why="", goals=(goal.id,)
        )
    advised = "habe ich vorgeschlagen" if hit.suggested else "habe ich nicht vorgeschlagen"
    return Reply(talk, f"{goal.id} {goal.title} {advised}. Am stärksten dafür spricht diese Stelle:", why=goal.id)


def _meaning(desk: Desk, talk: Talk, said: str) -> Reply:
    """What a goal is about, in the words of the catalogue."""
    named = goals_meant(desk.catalogue, talk, said)
    if not named:
        return Reply(talk, UNKNOWN_GOAL)
    goal = desk.catalogue.by_id[named[0]]
    meaning = " ".join(goal.meaning.split()) or "Im Zielkatalog steht nichts weiter dazu."
    return Reply(talk, f"{goal.id} {goal.title}. {meaning}")


def _fitting(desk: Desk, talk: Talk, said: str) -> Reply:
    """Which goals fit: what stands in the question, or else the project the talk is about."""
    asked = _ABOUT.search(said)
    if asked:
        return _describe(desk, talk, asked[1])
    return _matched(desk, talk) if talk.text else Reply(talk, FIRST)


def _greeting(_desk: Desk, talk: Talk, _said: str) -> Reply:
    return Reply(talk, f"Guten Tag. {HELP}")


def _thanks(_desk: Desk, talk: Talk, _said: str) -> Reply:
    return Reply(talk, "Gern." + (" Die Entscheidung ist noch nicht gespeichert." if talk.unsaved else ""))


def _goals(desk: Desk, talk: Talk, said: str) -> Reply:
    if re.search(r"gesamtstädt|stadtweit", said.casefold()):
        goals = tuple(goal.id for goal in desk.catalogue.citywide_goals)
        return Reply(replace(talk, listed=goals), f"Es gibt {len(goals)} gesamtstädtische Ziele:", goals)
    found = areas_named(desk.catalogue, said)
    if not found and re.search(r"bereich", said.casefold()):
        raise UserError(_unknown_area(desk.catalogue))
    wanted = {area.id for area in found}
    goals = tuple(goal.id for goal in desk.catalogue.goals if not wanted or goal.area in wanted)
    where = f" im Bereich {', '.join(f'{area.id} {area.title}' for area in found)}" if found else ""
    return Reply(replace(talk, listed=goals), f"Es gibt{where} {len(goals)} Ziele:", goals)


def _all_areas(desk: Desk, talk: Talk, _said: str) -> Reply:
    changed = replace(talk, areas=(), top=TOP)
    return _matched(desk, changed) if talk.text else Reply(changed, f"Ich suche wieder in allen Bereichen. {FIRST}")


def _areas(desk: Desk, talk: Talk, said: str) -> Reply:
    found = areas_named(desk.catalogue, said)
    if not found:
        raise UserError(_unknown_area(desk.catalogue))
    changed = replace(talk, areas=tuple(str(area.id) for area in found), top=TOP)
    named = " und ".join(f"{area.id} {area.title}" for area in found)
    return _matched(desk, changed) if talk.text else Reply(changed, f"Ich suche nur im Bereich {named}. {FIRST}")


def _citywide(_desk: Desk, talk: Talk, _said: str) -> Reply:
    if talk.match is None:
        return Reply(talk, FIRST)
    chosen = [hit.id for hit in talk.match.citywide if hit.suggested]
    if chosen:
        return Reply(replace(talk, listed=tuple(chosen)), "Gesamtstädtisch schlage ich vor:", tuple(chosen))
    nearest = tuple(hit.id for hit in talk.match.citywide[:3])
    if not nearest:
        return Reply(talk, "Dieser Zielkatalog hat keine gesamtstädtischen Ziele.")
    told = "Kein gesamtstädtisches Ziel schlage ich vor. Am nächsten liegen:"
    return Reply(replace(talk, listed=nearest), told, nearest)


def _more(desk: Desk, talk: Talk, _said: str) -> Reply:
    if talk.match is None:
        return Reply(talk, FIRST)
    answer = _matched(desk, replace(talk, top=talk.top + STEP))
    return replace(answer, sentence=f"Die {len(answer.goals)} nächstliegenden Ziele:")


def _refine(desk: Desk, talk: Talk, said: str) -> Reply:
    if not talk.text:
        return _describe(desk, talk, said)
    return _matched(desk, replace(talk, text=f"{talk.text}\n{said}", top=TOP, saved=False), "Ich habe das ergänzt. ")


_ACTIONS: dict[str, Action] = {
    "new": _new,
    "help": _help,
    "why": _why,
    "judge": _judge,
    "meaning": _meaning,
    "fitting": _fitting,
    "thanks": _thanks,
    "greeting": _greeting,
    "undo": undo,
    "none": none_fits,
    "save": ask_to_save,
    "taken": decided,
    "goals": _goals,
    "all_areas": _all_areas,
    "areas": _areas,
    "citywide": _citywide,
    "more": _more,
    "refine": _refine,
}


def _hit(match: Match, goal: str) -> Hit | None:
    return next((hit for hit in (*match.goals, *match.citywide) if hit.id == goal), None)


def _unknown_area(catalogue: Catalogue) -> str:
    known = ", ".join(f"{area.id} {area.title}" for area in catalogue.areas)
    return f"Diesen Bereich kenne ich nicht; es gibt: {known}."
