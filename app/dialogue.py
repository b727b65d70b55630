"""A conversation about one project: what an utterance means, and what it changes. Deterministic; nothing is guessed.

An utterance is either one of the requests below or a project description. What looks like a request and is none of
them is answered with a plain "not understood" and the list of what is understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from app.desk import TOP, Desk
from data.catalogue import Area, Catalogue
from data.errors import UserError
from index.result import Hit, Match

STEP = 5
HELP = (
    "Beschreiben Sie ein Projekt. Danach verstehe ich zum Beispiel: «nur Bereich 5», «alle Bereiche», «und gesamtstädtisch?», "
    "«warum PB5.4?», «zeig weitere», «eher für Kinder», «übernimm 1 und 3», «welche Ziele gibt es im Bereich Soziales?», "
    "«neues Projekt»."
)
FIRST = "Beschreiben Sie bitte zuerst ein Projekt; ein Satz genügt."


@dataclass(frozen=True)
class Talk:
    """What has been said so far: the project's text, the filter, the last match, the goals last listed, those taken over."""

    text: str = ""
    areas: tuple[str, ...] = ()
    top: int = TOP
    match: Match | None = None
    listed: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reply:
    """An answer: the new state, a sentence, goals to show in order, a goal to give reasons for, and suggestions for the next turn."""

    talk: Talk
    sentence: str
    goals: tuple[str, ...] = ()
    why: str = ""
    quick: tuple[str, ...] = field(default=())


_QUESTION = re.compile(
    r"\?\s*$|^(?:warum|wieso|weshalb|was|wer|wie|wo|wann|welche\w*|zeig\w*|übernimm|nimm|lösch\w*|mach\w*|kannst|gibt es|danke|hallo)\b"
)
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"^(?:neues|nächstes|anderes) projekt\b|^(?:von vorne?|neu anfangen|neustart)\b", "new"),
        (r"^(?:hilfe|help|was kannst du|wie geht das|was verstehst du)\b", "help"),
        (r"\b(?:warum|wieso|weshalb|begründ\w*|woran)\b", "why"),
        (r"^(?:übernimm|übernehme\w*|nimm|nehme|akzeptier\w*|wähle?)\b", "take"),
        (
            r"^(?:was (?:ist|habe ich|wurde) (?:schon )?übernommen|auswahl zeigen|zeig\w* (?:die |meine )?auswahl)",
            "taken",
        ),
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
    name = next((name for rule, name in _RULES if len(asked) < 200 and rule.search(asked)), "")
    if not name and talk.match is None and _QUESTION.search(asked) and _goals_named(desk.catalogue, said):
        name = "why"
    if not name and len(asked) < 200 and _QUESTION.search(asked):
        return _with_quick(Reply(talk, f"Das habe ich nicht verstanden. {HELP}"))
    action = _ACTIONS.get(name, _describe)
    try:
        return _with_quick(action(desk, talk, said))
    except UserError as error:
        return _with_quick(Reply(talk, str(error)))


def quick_replies(talk: Talk) -> tuple[str, ...]:
    """Up to four sensible next utterances."""
    if talk.match is None:
        return ("Welche Ziele gibt es?", "Hilfe")
    best = talk.match.goals[0].id if talk.match.goals else talk.match.citywide[0].id
    area = () if talk.areas or not str(talk.match.area.id) else (f"Nur Bereich {talk.match.area.id}",)
    wide = ("Alle Bereiche",) if talk.areas else ()
    return (f"Warum {best}?", "Und gesamtstädtisch?", *area, *wide, "Neues Projekt")[:4]


def _with_quick(answer: Reply) -> Reply:
    return replace(answer, quick=quick_replies(answer.talk))


def _describe(desk: Desk, talk: Talk, said: str) -> Reply:
    return _matched(desk, replace(talk, text=said, top=TOP, taken=()))


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
    named = _referred(desk.catalogue, talk, said) or talk.listed[:1]
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


def _take(desk: Desk, talk: Talk, said: str) -> Reply:
    if talk.match is None:
        return Reply(talk, FIRST)
    named = _referred(desk.catalogue, talk, said)
    if not named:
        return Reply(talk, f"Diese Nummer gibt es in der Liste nicht; sie hat {len(talk.listed)} Ziele.", talk.listed)
    taken = tuple(dict.fromkeys([*talk.taken, *named]))
    return _taken(desk, replace(talk, taken=taken), said)


def _taken(_desk: Desk, talk: Talk, _said: str) -> Reply:
    if not talk.taken:
        return Reply(talk, "Noch ist kein Ziel übernommen.")
    told = "Für dieses Projekt übernommen (nur in diesem Gespräch, nicht gespeichert):"
    return Reply(talk, told, talk.taken)


def _goals(desk: Desk, talk: Talk, said: str) -> Reply:
    if re.search(r"gesamtstädt|stadtweit", said.casefold()):
        goals = tuple(goal.id for goal in desk.catalogue.citywide_goals)
        return Reply(replace(talk, listed=goals), f"Es gibt {len(goals)} gesamtstädtische Ziele:", goals)
    found = _areas_named(desk.catalogue, said)
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
    found = _areas_named(desk.catalogue, said)
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
    return _matched(desk, replace(talk, text=f"{talk.text}\n{said}", top=TOP), "Ich habe das ergänzt. ")


_ACTIONS: dict[str, Callable[[Desk, Talk, str], Reply]] = {
    "new": _new,
    "help": _help,
    "why": _why,
    "take": _take,
    "taken": _taken,
    "goals": _goals,
    "all_areas": _all_areas,
    "areas": _areas,
    "citywide": _citywide,
    "more": _more,
    "refine": _refine,
}


def _hit(match: Match, goal: str) -> Hit | None:
    return next((hit for hit in (*match.goals, *match.citywide) if hit.id == goal), None)


def _goals_named(catalogue: Catalogue, said: str) -> tuple[str, ...]:
    """Goals whose ids stand in the utterance, in the order of the catalogue; ``pb 5.4`` is PB5.4."""
    packed = re.sub(r"(?<=[a-zäöü])[\s.]+(?=\d)", "", said.casefold())
    named = []
    for goal in catalogue.goals:
        identity = re.sub(r"(?<=[a-zäöü])[\s.]+(?=\d)", "", goal.id.casefold())
        if re.search(rf"(?<![\w.]){re.escape(identity)}(?![\w]|\.\d)", packed):
            named.append(goal.id)
    return tuple(named)


def _referred(catalogue: Catalogue, talk: Talk, said: str) -> tuple[str, ...]:
    """Goals meant by id, by their number in the last list, or by «alle» and «das erste»."""
    named = _goals_named(catalogue, said)
    if named:
        return named
    low = said.casefold()
    if re.search(r"\b(?:alle|beide)\b", low):
        return talk.listed
    ordinals = {"erste": 1, "zweite": 2, "dritte": 3, "vierte": 4, "fünfte": 5}
    numbers = [int(number) for number in re.findall(r"(?<![\w.])\d+(?![\w]|\.\d)", low)]
    numbers += [number for word, number in ordinals.items() if re.search(rf"\b{word}[ns]?\b", low)]
    return tuple(talk.listed[number - 1] for number in numbers if 1 <= number <= len(talk.listed))


def _areas_named(catalogue: Catalogue, said: str) -> tuple[Area, ...]:
    """Areas meant by id or by a word of their title, from four letters on."""
    words = re.findall(r"\w+", said.casefold())
    return tuple(area for area in catalogue.areas if str(area.id).casefold() in words or _title_named(area, words))


def _title_named(area: Area, words: list[str]) -> bool:
    title = [word for word in re.findall(r"\w+", area.title.casefold()) if len(word) >= 5]
    return any(len(word) >= 4 and any(part.startswith(word[:6]) for part in title) for word in words)


def _unknown_area(catalogue: Catalogue) -> str:
    known = ", ".join(f"{area.id} {area.title}" for area in catalogue.areas)
    return f"Diesen Bereich kenne ich nicht; es gibt: {known}."
