"""What other programs may ask for: the functions behind the named endpoints and the MCP tools, with what they expect.

Every argument comes from outside and is checked here. Names and descriptions of the functions and their parameters are
what the endpoints publish.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.access.person import EDITOR, ROLE_NAMES, Person, person_of
from app.batch import match_projects
from app.decisions.judgement import Details, Judgement, drafted
from app.decisions.proposal import proposal_of
from app.decisions.records import ACCEPTED, REJECTED, Decision
from app.desk import TOP, Desk, area_ids
from app.evaluation import DECISIONS, Task, run_evaluation
from data.errors import LimitError, UserError, grouped
from data.tables import Project

MOST_TEXTS = 1_000
MOST_NUMBER = 2**31 - 1  # what every database counts to
SPLITS = ("dev", "test", "all")
SOURCE = "Schnittstelle"
_TEXT, _LIST = {"type": "string"}, {"type": "array", "items": {}}
_AREAS = {
    "type": "array",
    "items": {"type": ["string", "integer"]},
    "description": "Kennungen von Produktbereichen, etwa [4, 5]; leer: alle",
}


@dataclass(frozen=True)
class Function:
    """A public function. `parameters` are JSON schemas by name; `answers` runs in a thread and may take its time."""

    name: str
    description: str
    parameters: dict[str, dict[str, Any]]
    answers: Callable[..., Any]

    @property
    def defaults(self) -> dict[str, Any]:
        """The values of the parameters that may be left out."""
        given = inspect.signature(self.answers).parameters
        return {name: given[name].default for name in self.parameters if given[name].default is not inspect._empty}

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of all arguments."""
        needed = [name for name in self.parameters if name not in self.defaults]
        return {"type": "object", "properties": self.parameters, "required": needed, "additionalProperties": False}

    @property
    def asks_who(self) -> bool:
        """Whether the function wants the request too."""
        return "request" in inspect.signature(self.answers).parameters


def optional(function: Function) -> tuple[int, list[Any]]:
    """How many arguments are needed, and the values of the others in order."""
    return len(function.parameters) - len(function.defaults), list(function.defaults.values())


def public_functions(desk: Desk) -> tuple[Function, ...]:
    """All of them, for one desk."""
    api = Api(desk)
    return (
        Function(
            "match",
            "Ordnet einen Text den Zielen zu; `areas` sind Kennungen von Produktbereichen. Antwort: das JSON von isek match.",
            {"text": {**_TEXT, "description": "Projektbeschreibung oder Antrag"}, "areas": _AREAS},
            api.match,
        ),
        Function(
            "batch",
            f"Ordnet viele Texte zu, höchstens {grouped(MOST_TEXTS)}. Antwort: je Text das JSON von isek match, bei einem "
            "fehlerhaften Text stattdessen id und error.",
            {
                "texts": {
                    "type": "array",
                    "maxItems": MOST_TEXTS,
                    "items": {
                        "anyOf": [
                            _TEXT,
                            {
                                "type": "object",
                                "properties": {"id": {"type": ["string", "integer"]}, "text": _TEXT},
                                "required": ["text"],
                            },
                        ]
                    },
                    "description": 'Texte, oder Objekte {"id": …, "text": …}; ohne id wird gezählt',
                },
                "areas": _AREAS,
            },
            api.batch,
        ),
        Function(
            "goals",
            "Der Zielkatalog mit Wortlaut, Stand und Profil jedes Ziels. Antwort: das JSON von isek goals.",
            {"areas": _AREAS},
            api.goals,
        ),
        Function(
            "decide",
            "Speichert eine Entscheidung über ein Projekt; das Recht «Bearbeiten» ist nötig. Nichts wird überschrieben: zu "
            "einem vorhandenen Projekt entsteht eine neue Fassung. Antwort: Nummer, Fassung und die gespeicherten Ziele.",
            {
                "text": {**_TEXT, "description": "Projektbeschreibung oder Antrag"},
                "goals": {
                    **_LIST,
                    "items": _TEXT,
                    "description": "angenommene Ziele; das erste je Ebene ist das beste",
                },
                "rejected": {
                    **_LIST,
                    "items": _TEXT,
                    "description": "Ziele, die abgelehnt werden, vorgeschlagen oder nicht; was in keiner der beiden Listen steht, zählt "
                    "beim Messen als unpassend",
                },
                "no_goal": {"type": "boolean", "description": "ja, wenn kein Ziel passt; dann ist goals leer"},
                "title": {**_TEXT, "description": "Titel; leer: aus dem Text"},
                "reference": {**_TEXT, "description": "Aktenzeichen"},
                "department": {**_TEXT, "description": "zuständiger Fachdienst"},
                "reason": {**_TEXT, "description": "Begründung"},
                "project": {"type": "integer", "description": "Nummer eines vorhandenen Projekts; 0: ein neues"},
                "expected": {"type": "integer", "description": "Fassung, die Sie gesehen haben; nötig bei project"},
            },
            api.decide,
        ),
        Function(
            "evaluate",
            "Misst die Güte der Zuordnung am Prüfsatz; das Recht «Bearbeiten» ist nötig. Dauert bis zu einigen Minuten, und es "
            "läuft nur eine Messung zugleich. Antwort: das JSON von isek eval.",
            {
                "split": {"type": "string", "enum": list(SPLITS), "description": "Teil des Prüfsatzes"},
                "set": {
                    "type": "string",
                    "enum": ["", str(DECISIONS)],
                    "description": "leer: der mitgelieferte Prüfsatz; decisions: die übernommenen Entscheidungen",
                },
            },
            api.evaluate,
        ),
    )


class Api:
    """The functions over one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._running = threading.Lock()

    def match(self, text: str, areas: list[Any] = []) -> dict[str, Any]:  # noqa: B006 - Gradio publishes these defaults
        """The JSON of `isek match`.

        Raises:
            UserError: see `Desk.match`.
        """
        return self._desk.match(text, areas or []).to_json()

    def batch(self, texts: list[Any], areas: list[Any] = []) -> list[dict[str, Any]]:  # noqa: B006
        """The JSON of `isek match` for each text, in order.

        Raises:
            UserError: not a list, too many texts, an unknown area, or another batch is under way; BusyError: too many are
                waiting.
        """
        projects, desk = _projects(texts), self._desk
        wanted = area_ids(areas or [])
        if not self._running.acquire(blocking=False):
            raise UserError("Über die Schnittstelle läuft bereits ein Stapel; bitte später noch einmal.")
        try:
            with desk.turns.in_parts() as turn:
                limit = desk.settings.max_text_characters
                rows = match_projects(desk.matcher, projects, wanted, TOP, limit, turn=turn)
                return [row.to_json() for row in rows]
        finally:
            self._running.release()

    def goals(self, areas: list[Any] = []) -> list[dict[str, Any]]:  # noqa: B006
        """The JSON of `isek goals`.

        Raises:
            UserError: an area that does not exist.
        """
        catalogue = self._desk.catalogue
        wanted = {str(catalogue.area(area).id) for area in area_ids(areas or [])}
        return [goal.to_json() for goal in catalogue.goals if not wanted or str(goal.area) in wanted]

    def decide(  # noqa: PLR0913, PLR0917 - the arguments that are published
        self,
        text: str,
        goals: list[Any] = [],  # noqa: B006
        rejected: list[Any] = [],  # noqa: B006
        no_goal: bool = False,
        title: str = "",
        reference: str = "",
        department: str = "",
        reason: str = "",
        project: int = 0,
        expected: int = 0,
        request: gr.Request | None = None,
    ) -> dict[str, Any]:
        """Save a decision with the proposal that the software makes for the text now.

        Raises:
            UserError: no right to, unknown goals, a contradiction, or a revision that is no longer in force.
        """
        person = _editor(request)
        accepted, refused = _texts("goals", goals), _texts("rejected", rejected)
        if not isinstance(no_goal, bool):
            raise UserError(f"«no_goal» muss true oder false sein, gekommen ist {str(no_goal)[:40]!r}.")
        if not accepted and not no_goal:
            raise UserError("Zu entscheiden ist nichts: «goals» ist leer, und «no_goal» ist nicht gesetzt.")
        number, seen = _number("project", project), _number("expected", expected)
        if number and not seen:
            raise UserError("Zu «project» gehört «expected», die Fassung, die Sie gesehen haben.")
        desk = self._desk
        proposal = proposal_of(text, desk.match(text), desk.catalogue, desk.matcher.encoder.fingerprint)
        judgement = Judgement(dict.fromkeys(refused, REJECTED) | dict.fromkeys(accepted, ACCEPTED), no_goal=no_goal)
        details = Details(*(_text(name, given) for name, given in _details(title, reference, department, reason)))
        draft = drafted(text, proposal, judgement, details, desk.catalogue, SOURCE)
        return _saved(desk.store.save(draft, person.name, number or None, seen or None))

    def evaluate(self, split: str = "test", set: str = "", request: gr.Request | None = None) -> dict[str, Any]:
        """The JSON of `isek eval`.

        Raises:
            UserError: no right to, an unknown split or set, or an evaluation is under way.
        """
        person = _editor(request)
        if split not in SPLITS:
            raise UserError(f"«split» muss eines von {', '.join(SPLITS)} sein, gekommen ist {str(split)[:40]!r}.")
        if set not in ("", str(DECISIONS)):
            raise UserError(f"«set» muss leer oder {str(DECISIONS)!r} sein, gekommen ist {str(set)[:40]!r}.")
        desk, task = self._desk, Task(file=DECISIONS if set else None, split=split)
        with desk.measurements.elsewhere(person.name) as told:
            return run_evaluation(desk.settings, task, encoder=desk.matcher.encoder, progress=told).to_json()


def _editor(request: Any) -> Person:
    person = person_of(request)
    if not person.may(EDITOR):
        raise UserError(f"Dafür ist das Recht «{ROLE_NAMES[EDITOR]}» nötig; Sie haben «{ROLE_NAMES[person.role]}».")
    return person


def _projects(texts: object) -> tuple[Project, ...]:
    if not isinstance(texts, list):
        raise UserError(f"«texts» muss eine Liste von Texten sein, gekommen ist {type(texts).__name__}.")
    if len(texts) > MOST_TEXTS:
        raise LimitError(
            f"«texts» hat {grouped(len(texts))} Texte, erlaubt sind {grouped(MOST_TEXTS)} je Aufruf; bitte aufteilen."
        )
    return tuple(_project(number, given) for number, given in enumerate(texts, 1))


def _project(number: int, given: object) -> Project:
    identity, text = str(number), given
    if isinstance(given, dict):
        text = given.get("text")
        named = given.get("id")
        if isinstance(named, str | int) and not isinstance(named, bool) and str(named).strip():
            identity = str(named).strip()
    if not isinstance(text, str):
        return Project(identity, "", fault=f"«text» muss ein Text sein, gekommen ist {type(text).__name__}.")
    return Project(identity, text)


def _text(name: str, given: object) -> str:
    if not isinstance(given, str):
        raise UserError(f"«{name}» muss ein Text sein, gekommen ist {type(given).__name__}.")
    return given


def _details(*given: object) -> Iterable[tuple[str, object]]:
    return zip(("title", "reference", "department", "reason"), given, strict=True)


def _texts(name: str, given: object) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
        raise UserError(f"«{name}» muss eine Liste von Zielkennungen sein, gekommen ist {str(given)[:40]!r}.")
    return given


def _number(name: str, given: object) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given <= MOST_NUMBER:
        raise UserError(f"«{name}» muss eine ganze Zahl sein (0 bis {MOST_NUMBER}), gekommen ist {str(given)[:40]!r}.")
    return given


def _saved(decision: Decision) -> dict[str, Any]:
    draft = decision.draft
    return {
        "project": decision.project,
        "revision": decision.revision,
        "title": draft.title,
        "reference": draft.reference,
        "no_goal": draft.no_goal,
        "goals": [{"id": line.goal, "title": line.title, "verdict": line.verdict} for line in draft.goals],
        "decided_by": decision.decided_by,
        "decided_at": decision.decided_at.isoformat(timespec="seconds"),
        "catalogue": draft.catalogue,
        "model": draft.model,
    }
