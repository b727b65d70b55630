"""The assistant: a conversation about one project, with quick replies as buttons."""

from __future__ import annotations

from typing import Any

import gradio as gr

from app.access.person import EDITOR, Person, person_of
from app.desk import Desk
from app.dialogue import HELP, quick_replies, reply, with_quick
from app.page.cards import View, catalogue_address, reason_html
from app.page.confidence import in_full
from app.page.frame import html, on, page_header, page_title, place
from app.page.markup import element, escaped, spoken
from app.page.saved import decision_address, reader_sentence
from app.talk import Reply, Talk
from app.verdict_talk import stored
from data.errors import UserError
from index.result import Hit

PLACE = place("assistent")
MOST_TURNS = 60
LONGEST_SHOWN = 600
BUTTONS = 4
Turns = tuple[str, ...]


def assistant_page(desk: Desk) -> None:
    """Build the page inside the current Blocks."""
    page_header(PLACE, desk.catalogue.title)
    page_title("Assistent", "Ein Gespräch über ein Projekt: beschreiben, nachfragen, eingrenzen.")
    with gr.Column(elem_classes="gespraech"):
        log = html(log_html(()), elem_id="gespraech")
        with gr.Row(elem_classes="beispiele", elem_id="schnell"):
            first = quick_replies(Talk())
            buttons = [_button(first[place] if place < len(first) else "") for place in range(BUTTONS)]
        said = gr.Textbox(
            label="Ihre Nachricht",
            info="Die Eingabetaste sendet, mit der Umschalttaste beginnt sie eine neue Zeile.",
            placeholder="Projekt beschreiben oder nachfragen …",
            lines=2,
            elem_id="text",
        )
        send = gr.Button("Senden", variant="primary", elem_id="finden", scale=0, min_width=140)
    talk, turns = gr.State(Talk()), gr.State(())
    outputs = [talk, turns, log, said, *buttons]

    def next_state(talk: Talk, turns: Turns, said: str, request: gr.Request) -> tuple[Any, ...]:
        return answered(desk, person_of(request), talk, turns, said)

    on(send.click, next_state, [talk, turns, said], outputs)
    for button in buttons:
        on(button.click, next_state, [talk, turns, button], outputs)


def answered(desk: Desk, person: Person, talk: Talk, turns: Turns, said: str) -> tuple[Any, ...]:
    """The next state of the page after one utterance; a decision that was confirmed is saved."""
    answer = reply(desk, talk, str(said or ""))
    if answer.draft:
        answer = saved(desk, person, answer)
    turns = (*turns, _said_html(str(said or "")), _reply_html(desk, answer))[-MOST_TURNS:]
    quick = [*answer.quick, *[""] * BUTTONS][:BUTTONS]
    shown = [gr.update(value=label, visible=bool(label)) for label in quick]
    return answer.talk, turns, log_html(turns, answer.sentence), "", *shown


def saved(desk: Desk, person: Person, answer: Reply) -> Reply:
    """The answer once its draft is saved, or why it is not."""
    talk, draft = answer.talk, answer.draft
    if draft is None:
        return answer
    if not person.may(EDITOR):
        return with_quick(Reply(talk, reader_sentence(person)))
    try:
        return with_quick(stored(talk, desk.store.save(draft, person.name, talk.project, talk.revision)))
    except UserError as error:
        return with_quick(Reply(talk, f"Nicht gespeichert. {error}"))


def log_html(turns: Turns, sentence: str = "") -> str:
    """All turns; `sentence` is announced. Before the first one, what can be said."""
    if not turns:
        return element("div", element("p", escaped(HELP)), class_="turn antwortet")
    return element("div", *turns, class_="verlauf", data_ansage=sentence)


def _button(label: str) -> gr.Button:
    return gr.Button(label, size="sm", min_width=60, scale=0, visible=bool(label))


def _said_html(said: str) -> str:
    shown = said if len(said) <= LONGEST_SHOWN else said[:LONGEST_SHOWN] + " …"
    return element("div", spoken("Sie: "), escaped(shown), class_="turn gesagt")


def _reply_html(desk: Desk, answer: Reply) -> str:
    parts = [element("p", spoken("Assistent: "), escaped(answer.sentence))]
    if answer.why:
        parts.append(_why_html(desk, answer))
    if answer.goals:
        parts.append(element("ol", *(_goal_html(desk, answer, goal) for goal in answer.goals)))
    if answer.saved is not None:
        parts.append(_links_html(answer.saved))
    return element("div", *parts, class_="turn antwortet")


def _links_html(project: int) -> str:
    """The ways to a saved decision."""
    more = element("a", "Titel, Fachdienst und Begründung ergänzen", href=f"./?nr={project}")
    view = element("a", f"Projekt Nr. {project} ansehen", href=decision_address(project))
    return element("p", view, " · ", more)


def _goal_html(desk: Desk, answer: Reply, identity: str) -> str:
    goal, hit = desk.catalogue.by_id[identity], _hit(answer, identity)
    link = element("a", escaped(identity), href=catalogue_address(identity), class_="kennung")
    certain = in_full(hit.confidence, hit.suggested) if hit else ""
    shown = (link, " ", escaped(goal.title), " ", element("span", certain, class_="leise"))
    listed = answer.talk.listed  # a goal keeps the number by which it can be named
    return (
        element("li", *shown, value=listed.index(identity) + 1)
        if identity in listed
        else element("li", *shown, class_="ohne-nummer")
    )


def _why_html(desk: Desk, answer: Reply) -> str:
    match = desk.match(answer.talk.text, (), len(desk.catalogue.goals))
    hit = next(hit for hit in (*match.goals, *match.citywide) if hit.id == answer.why)
    return element("div", *(reason_html(hit, item, View(desk.catalogue)) for item in hit.evidence), class_="grund")


def _hit(answer: Reply, identity: str) -> Hit | None:
    match = answer.talk.match
    return next((hit for hit in (*match.goals, *match.citywide) if hit.id == identity), None) if match else None
