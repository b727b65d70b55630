"""Conversations with the assistant, turn by turn, on the bundled model."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.decisions.records import Decision
from app.desk import Desk
from app.dialogue import reply
from app.settings import Settings
from app.talk import Reply, Talk
from app.verdict_talk import stored
from index.matcher import Matcher

BIKE = "Fahrradstraße am Stadtwald mit überdachten Abstellanlagen"
FIRE = "Die Berufsfeuerwehr bekommt eine neue Drehleiter"

# Each conversation: what is said, a part of the answer's sentence, a goal that must be (or, with "-", must not be) listed.
CONVERSATIONS: dict[str, list[tuple[str, str, str]]] = {
    "eingrenzen": [
        (BIKE, "Produktbereich 5 Gestaltung der Umwelt", "PB5.4"),
        ("nur Bereich 5", "im Bereich 5 vor", "PB5.4"),
        ("nur Bereich 4", "Kein Produktbereichsziel passt im Bereich 4", "-PB5.4"),
        ("alle Bereiche", "Produktbereich 5", "PB5.4"),
        ("Nur Gesundheit und Sport", "im Bereich 4", "-PB5.4"),
        ("im Bereich Umwelt", "im Bereich 5", "PB5.4"),
        ("nur Bereich 9", "Diesen Bereich kenne ich nicht", ""),
        ("ohne Filter", "Produktbereich 5", "PB5.4"),
        ("Bereich 5 und 4", "im Bereich 4, 5", "PB5.4"),
        ("wieder alle Bereiche", "Produktbereich 5", "PB5.4"),
    ],
    "gesamtstädtisch": [
        (BIKE, "Ich schlage vor", "PB5.4"),
        ("und gesamtstädtisch?", "esamtstädtisch", "G.1"),
        ("Gesamtstädtische Ziele?", "esamtstädtisch", "-PB5.4"),
        ("welche gesamtstädtischen Ziele gibt es?", "10 gesamtstädtische Ziele", "G.10"),
        ("stadtweit", "esamtstädtisch", ""),
    ],
    "warum": [
        ("warum PB5.4?", "zuerst ein Projekt", ""),
        (BIKE, "Ich schlage vor", "PB5.4"),
        ("warum PB5.4?", "PB5.4 Radverkehr und ÖPNV stärken habe ich vorgeschlagen", ""),
        ("Warum pb 5.4", "PB5.4 Radverkehr", ""),
        ("wieso 1?", "PB5.4 Radverkehr", ""),
        ("Wieso das erste?", "PB5.4 Radverkehr", ""),
        ("warum?", "PB5.4 Radverkehr", ""),
        ("warum 99?", "Diese Nummer gibt es in der Liste nicht", ""),
        ("und das zweite?", "G.1 ", ""),
        ("Was ist mit PB5.4?", "PB5.4 Radverkehr", ""),
        ("und PB6.1?", "PB6.1", ""),
        ("und PB9.9?", "Das habe ich nicht verstanden", ""),
        ("warum PB9.9?", "Dieses Ziel kenne ich nicht", ""),
        ("warum PB 9.9?", "Dieses Ziel kenne ich nicht", ""),
        ("warum nicht wegen CO2?", "PB5.4 Radverkehr", ""),
        ("warum nur 61 %?", "PB5.4 Radverkehr", ""),
        ("warum nicht Bereich 5?", "PB5.4 Radverkehr", ""),
        ("und für 2027?", "Das habe ich nicht verstanden", ""),
        ("warum PB6.1?", "PB6.1", ""),
        ("warum PB6.1 und nicht die anderen?", "PB6.1", ""),
        ("begründe G.8", "G.8", ""),
        ("Weshalb nicht PB1.4?", "PB1.4", ""),
    ],
    "weitere": [
        ("zeig weitere", "zuerst ein Projekt", ""),
        (BIKE, "Ich schlage vor", "PB5.4"),
        ("zeig weitere", "nächstliegenden Ziele", "PB5.5"),
        ("mehr", "nächstliegenden Ziele", "PB5.4"),
        ("noch mehr Ziele", "nächstliegenden Ziele", "PB5.4"),
        ("Zeige mir weitere Ziele.", "nächstliegenden Ziele", "PB5.4"),
    ],
    "übernehmen": [
        ("übernimm 1", "zuerst ein Projekt", ""),
        (BIKE, "Ich schlage vor", "PB5.4"),
        ("übernimm 1", "Übernommen", "PB5.4"),
        ("zeig weitere", "nächstliegenden", "PB5.4"),
        ("übernimm 1 und 3", "Übernommen", "PB5.4"),
        ("übernimm 99", "Diese Nummer gibt es in der Liste nicht", ""),
        ("nimm G.8", "Übernommen", "G.8"),
        ("Was habe ich übernommen?", "Übernommen", "G.8"),
        ("neues Projekt", "Worum geht es?", ""),
        ("was ist übernommen", "Noch ist kein Ziel", ""),
    ],
    "entscheiden": [
        ("speichern", "zuerst ein Projekt", ""),
        ("lehne 1 ab", "zuerst ein Projekt", ""),
        ("kein Ziel passt", "zuerst ein Projekt", ""),
        (BIKE, "Ich schlage vor", "PB5.4"),
        ("Speichern", "Noch ist nichts entschieden", ""),
        ("übernimm 1", "noch nicht gespeichert", "PB5.4"),
        ("lehne G.8 ab", "Abgelehnt: G.8", "PB5.4"),
        ("PB5.5 ablehnen", "Abgelehnt: G.8, PB5.5", "PB5.4"),
        ("nimm PB5.5 zurück", "Abgelehnt: G.8. Übernommen, noch nicht gespeichert", "PB5.4"),
        ("G.8 übernehmen", "Übernommen", "G.8"),
        ("ablehnen 99", "Diese Nummer gibt es in der Liste nicht", ""),
        ("speichern", f"Projekt: {BIKE}. Angenommen: PB5.4, G.8", ""),
        ("Nein", "nichts ist gespeichert", ""),
        ("ja", "", ""),
    ],
    "kein Ziel": [
        ("Ich möchte meinen Personalausweis verlängern", "Kein Ziel passt", ""),
        ("es passt kein Ziel", "Kein Ziel passt", ""),
        ("was habe ich entschieden", "Kein Ziel passt", ""),
        ("bitte speichern", "kein Ziel, es passt keines. Soll ich", ""),
        ("warum PB5.4?", "PB5.4", ""),
        ("Keines der Ziele passt.", "Kein Ziel passt", ""),
        ("übernimm PB5.4", "Übernommen", "PB5.4"),
        ("speichern", "Angenommen: PB5.4. Soll ich", ""),
        ("abbrechen", "nichts ist gespeichert", ""),
    ],
    "Projekte, die wie Befehle anfangen": [
        ("Speicherbecken am Klärwerk bauen", "", ""),
        ("Sichere Schulwege mit Zebrastreifen", "", ""),
        ("Streichorchester der Musikschule fördern", "", ""),
        ("Die Stadt soll die Trägerschaft der Kita übernehmen", "", ""),
    ],
    "katalog": [
        ("welche Ziele gibt es im Bereich Soziales?", "im Bereich 3 Soziales und Jugend 5 Ziele", "PB3.1"),
        ("Welche Ziele gibt es im Bereich 2?", "im Bereich 2 Schule und Kultur", "PB2.1"),
        ("zeig alle Ziele", "31 Ziele", "PB6.1"),
        ("welche Ziele gibt es im Bereich Raumfahrt?", "Diesen Bereich kenne ich nicht", ""),
        ("nur Bereich 3", "Ich suche nur im Bereich 3", ""),
        ("alle Bereiche", "wieder in allen Bereichen", ""),
    ],
    "nach einem Ziel gefragt": [
        ("Was bedeutet PB5.4?", "PB5.4 Radverkehr und ÖPNV stärken. ", ""),
        ("Worum geht es in PB9.9?", "Dieses Ziel kenne ich nicht", ""),
        ("Welche Ziele passen?", "zuerst ein Projekt", ""),
        (f"Welche Ziele passen zu {FIRE}?", "Produktbereich 1", "PB1.4"),
        ("Was heißt das erste?", "PB1.4", ""),
        ("Welche Ziele passen zu diesem Projekt?", "Produktbereich 1", "PB1.4"),
        ("Erklärvideos über Radwege", "neues Projekt. ", ""),
    ],
    "genauer": [
        ("Ein neuer Treffpunkt im Stadtteil", "", ""),
        ("eher für Kinder und Jugendliche", "Ich habe das ergänzt.", ""),
        ("und zwar als Kita", "Ich habe das ergänzt.", "PB3.4"),
        ("neues Projekt", "Worum geht es?", ""),
        (FIRE, "Produktbereich 1", "PB1.4"),
        ("Ich möchte meinen Personalausweis verlängern", "Kein Ziel passt", ""),
    ],
    "ein Wort zu viel": [
        (BIKE, "Ich schlage vor", "PB5.4"),
        ("asdf qwer", "es bleibt beim Projekt von vorhin", ""),
        ("warum?", "PB5.4 Radverkehr", ""),
        ("Kita", "Das nehme ich als neues Projekt", "PB3.4"),
        ("Welche Ziele passen zu einem Personalausweis?", "Kein Ziel passt", ""),
    ],
    "nicht verstanden": [
        ("", "Bitte etwas eingeben", ""),
        ("Hilfe", "Danach verstehe ich", ""),
        ("Was kannst du?", "Danach verstehe ich", ""),
        ("Hallo!", "Guten Tag.", ""),
        ("Vielen Dank!", "Gern.", ""),
        ("Danke für die Drehleiter?", "nicht verstanden", ""),
        (BIKE, "Ich schlage vor", "PB5.4"),
        ("Wie wird das Wetter?", "nicht verstanden", ""),
        ("lösche das Internet", "nicht verstanden", ""),
        ("und gesamtstädtisch?", "esamtstädtisch", ""),
        ("von vorn", "Worum geht es?", ""),
    ],
}


@pytest.fixture(scope="module")
def desk(matcher: Matcher) -> Desk:
    return Desk(matcher, Settings())


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_conversation_goes_as_written(desk: Desk, name: str) -> None:
    talk = Talk()
    for said, sentence, goal in CONVERSATIONS[name]:
        answer = reply(desk, talk, said)
        talk = answer.talk
        where = f"{said!r} → {answer.sentence!r} {answer.goals}"
        assert sentence in answer.sentence, where
        assert not goal.startswith("-") or goal[1:] not in answer.goals, where
        assert goal.startswith("-") or not goal or goal in answer.goals, where
        assert 1 <= len(answer.quick) <= 4, where


def test_the_script_has_at_least_sixty_turns() -> None:
    assert sum(map(len, CONVERSATIONS.values())) >= 60


def said(desk: Desk, *turns: str) -> Reply:
    """The answer to the last of several turns."""
    answer = Reply(Talk(), "")
    for turn in turns:
        answer = reply(desk, answer.talk, turn)
    return answer


def test_only_a_confirmed_decision_is_a_draft(desk: Desk) -> None:
    turns = (BIKE, "übernimm 1", "lehne G.1 ab", "speichern")
    assert said(desk, *turns).draft is None and said(desk, *turns, "nein").draft is None
    assert said(desk, *turns, "nur Bereich 5", "ja").draft is None
    done = said(desk, *turns, "Ja, speichern").draft
    assert done is not None and (done.title, done.text, done.source, done.no_goal) == (BIKE, BIKE, "Assistent", False)
    assert [(goal.goal, goal.verdict, goal.rank) for goal in done.goals] == [
        ("PB5.4", "accepted", 1),
        ("G.1", "rejected", 1),
    ]
    assert (done.catalogue_fingerprint, done.model_fingerprint) == (
        desk.catalogue.digest,
        desk.matcher.encoder.fingerprint,
    )


def test_a_filter_of_the_talk_does_not_change_what_is_saved(desk: Desk) -> None:
    done = said(desk, BIKE, "übernimm 1", "nur Bereich 4", "speichern", "ja").draft
    assert done is not None and [(goal.goal, goal.rank) for goal in done.goals] == [("PB5.4", 1)]


def test_what_was_saved_is_told_and_a_second_time_makes_a_revision(desk: Desk) -> None:
    answer = said(desk, BIKE, "übernimm 1", "speichern", "ja")
    assert answer.draft is not None
    told = stored(answer.talk, Decision(12, 1, answer.draft, "Kim", datetime.now(UTC)))
    assert told.sentence == "Gespeichert als Projekt Nr. 12, Fassung 1, entschieden von Kim." and told.saved == 12
    assert "Speichern" not in reply(desk, told.talk, "Hilfe").quick
    assert reply(desk, told.talk, "was ist übernommen").sentence == "Übernommen, gespeichert als Projekt Nr. 12:"
    assert reply(desk, told.talk, "lehne G.8 ab").quick[0] == "Speichern"
    again = reply(desk, told.talk, "speichern")
    assert "als neue Fassung von Projekt Nr. 12 speichern?" in again.sentence
    assert (again.talk.project, again.talk.revision) == (12, 1)
    assert reply(desk, told.talk, "neues Projekt").talk == Talk()
    assert reply(desk, told.talk, "Die Berufsfeuerwehr bekommt eine neue Drehleiter").talk.project is None


# What is said about five listed goals, and which of them are then taken and rejected.
VERDICTS = {
    "übernimm 1 und lehne den Rest ab": ("1", "2345"),
    "Übernimm 2, lehne alle anderen ab": ("2", "1345"),
    "lehne 1 ab und übernimm 2 und 3": ("23", "1"),
    "übernimm 1 und lehne 2 ab": ("1", "2"),
    "übernimm PB5.3 und die anderen außer 1": ("2345", ""),
    "übernimm alle außer 2": ("1345", ""),
    "lehne alle bis auf 1 und 4 ab": ("", "235"),
    "übernimm 2 bis 4": ("234", ""),
    "nimm 1 und lehne 9 ab": ("", ""),
    "übernimm 1, 2 ablehnen": ("", ""),
}


@pytest.mark.parametrize("utterance", VERDICTS)
def test_each_verdict_of_an_utterance_reaches_its_own_goals(desk: Desk, utterance: str) -> None:
    talk = replace(said(desk, BIKE).talk, listed=("PB5.1", "PB5.2", "PB5.3", "PB5.4", "PB5.5"))
    after = reply(desk, talk, utterance).talk
    numbers = ["".join(sorted(goal[-1] for goal in goals)) for goals in (after.taken, after.rejected)]
    assert tuple(numbers) == VERDICTS[utterance]


def test_the_rest_may_be_empty(desk: Desk) -> None:
    talk = replace(said(desk, BIKE).talk, listed=("PB5.4",))
    after = reply(desk, talk, "übernimm 1 und lehne den Rest ab")
    assert (after.talk.taken, after.talk.rejected) == (("PB5.4",), ())


def test_another_project_is_announced_with_what_is_lost(desk: Desk) -> None:
    assert said(desk, BIKE, FIRE).sentence.startswith("Das nehme ich als neues Projekt. Das Projekt")
    assert "ist nicht gespeichert" in said(desk, BIKE, "übernimm 1", FIRE).sentence


def test_projects_that_begin_like_a_request_are_projects(desk: Desk) -> None:
    for project, *_ in CONVERSATIONS["Projekte, die wie Befehle anfangen"]:
        assert reply(desk, Talk(), project).talk.text == project


def test_no_utterance_takes_long_to_understand(desk: Desk) -> None:
    talk = reply(desk, Talk(), BIKE).talk
    for hostile in ("1" * 199, "1 " * 99, "1," * 99, "und " * 49, "ziele " * 33, "nr " * 66):
        start = time.perf_counter()
        reply(desk, talk, hostile)
        assert time.perf_counter() - start < 2


def test_every_quick_reply_is_understood(desk: Desk) -> None:
    talk = reply(desk, Talk(), BIKE).talk
    taken = reply(desk, talk, "übernimm 1").talk
    asked = reply(desk, taken, "speichern").talk
    assert reply(desk, taken, "Hilfe").quick[0] == "Speichern" and reply(desk, taken, "speichern").quick == (
        "Ja, speichern",
        "Nein",
    )
    for talk_now in (Talk(), talk, reply(desk, talk, "nur Bereich 5").talk, taken, asked):
        for quick in reply(desk, talk_now, "Hilfe").quick:
            assert "nicht verstanden" not in reply(desk, talk_now, quick).sentence, quick


def test_a_long_text_is_a_project_whatever_words_it_holds(desk: Desk) -> None:
    text = f"Warum wir das brauchen: {BIKE}. " * 10
    assert reply(desk, Talk(), text).talk.text == text
