"""Deciding in a conversation: take goals over, reject them, say that none fits, and save what was decided."""

from __future__ import annotations

from dataclasses import replace

from app.application_form import reference_of, title_of
from app.decisions.judgement import Details, Judgement, drafted, unjudged
from app.decisions.proposal import Proposal, proposal_of
from app.decisions.records import ACCEPTED, REJECTED, Decision
from app.desk import Desk
from app.mention import goals_meant, rest_meant
from app.talk import FIRST, Reply, Talk

SOURCE = "Assistent"
NOTHING_YET = "Noch ist nichts entschieden. Sagen Sie zum Beispiel «übernimm 1», «lehne 2 ab» oder «kein Ziel passt»; danach speichere ich."
YES, NO = "Ja, speichern", "Nein"


def take(desk: Desk, talk: Talk, said: str) -> Reply:
    """Take the mentioned goals over."""
    named = _named(desk, talk, said)
    if isinstance(named, Reply):
        return named
    taken = tuple(dict.fromkeys([*talk.taken, *named]))
    return decided(desk, replace(talk.without(named), taken=taken, no_goal=False), said)


def reject(desk: Desk, talk: Talk, said: str) -> Reply:
    """Reject the mentioned goals."""
    named = _named(desk, talk, said)
    if isinstance(named, Reply):
        return named
    rejected = tuple(dict.fromkeys([*talk.rejected, *named]))
    return decided(desk, replace(talk.without(named), rejected=rejected), said)


def undo(desk: Desk, talk: Talk, said: str) -> Reply:
    """Take back what was said about the mentioned goals."""
    named = _named(desk, talk, said)
    return named if isinstance(named, Reply) else decided(desk, talk.without(named), said)


def none_fits(desk: Desk, talk: Talk, said: str) -> Reply:
    """Decide that no goal fits."""
    if talk.match is None:
        return Reply(talk, FIRST)
    return decided(desk, replace(talk, taken=(), rejected=(), no_goal=True, saved=False), said)


def decided(_desk: Desk, talk: Talk, _said: str) -> Reply:
    """What has been decided so far."""
    state = f"gespeichert als Projekt Nr. {talk.project}" if talk.saved else "noch nicht gespeichert"
    if talk.no_goal:
        return Reply(talk, f"Entschieden, {state}: Kein Ziel passt.")
    rejected = f"Abgelehnt: {', '.join(talk.rejected)}. " if talk.rejected else ""
    if not talk.taken:
        return Reply(talk, f"{rejected}Noch ist kein Ziel übernommen.")
    return Reply(talk, f"{rejected}Übernommen, {state}:", talk.taken)


def ask_to_save(desk: Desk, talk: Talk, _said: str) -> Reply:
    """Say what would be saved, and ask."""
    if talk.match is None:
        return Reply(talk, FIRST)
    if not talk.taken and not talk.no_goal:
        return Reply(talk, NOTHING_YET)
    proposal, judgement = _proposal(desk, talk), _judgement(talk)
    parts = [f"Projekt: {title_of(talk.text)}", f"Angenommen: {', '.join(talk.taken) or 'kein Ziel, es passt keines'}"]
    parts += [f"Abgelehnt: {', '.join(talk.rejected)}"] if talk.rejected else []
    open_ones = unjudged(proposal, judgement)
    parts += [f"Ohne Urteil bleibt und zählt beim Messen als unpassend: {', '.join(open_ones)}"] if open_ones else []
    where = "" if talk.project is None else f" als neue Fassung von Projekt Nr. {talk.project}"
    told = f"{'. '.join(parts)}. Soll ich das so{where} speichern?"
    return Reply(replace(talk, asking=True), told)


def confirmed(desk: Desk, talk: Talk, _said: str) -> Reply:
    """The draft of what was decided, for the caller to save."""
    details = Details(title_of(talk.text), reference_of(talk.text))
    draft = drafted(talk.text, _proposal(desk, talk), _judgement(talk), details, desk.catalogue, SOURCE)
    return Reply(replace(talk, asking=False), "Wird gespeichert.", draft=draft)


def declined(_desk: Desk, talk: Talk, _said: str) -> Reply:
    """Nothing is saved."""
    return Reply(replace(talk, asking=False), "Gut, nichts ist gespeichert.")


def stored(talk: Talk, decision: Decision) -> Reply:
    """What is said once a draft has been saved."""
    told = f"Gespeichert als Projekt Nr. {decision.project}, Fassung {decision.revision}, entschieden von {decision.decided_by}."
    kept = replace(talk, project=decision.project, revision=decision.revision, saved=True)
    return Reply(kept, told, saved=decision.project)


def _named(desk: Desk, talk: Talk, said: str) -> tuple[str, ...] | Reply:
    """The goals that are meant, or the answer that there are none."""
    if talk.match is None:
        return Reply(talk, FIRST)
    named = goals_meant(desk.catalogue, talk, said)
    if named or rest_meant(said):
        return named
    return no_such_number(talk)


def no_such_number(talk: Talk) -> Reply:
    """That the last list is shorter than the number somebody named."""
    told = "ein Ziel" if len(talk.listed) == 1 else f"{len(talk.listed)} Ziele"
    return Reply(talk, f"Diese Nummer gibt es in der Liste nicht; sie hat {told}.", talk.listed)


def _proposal(desk: Desk, talk: Talk) -> Proposal:
    """The proposal for the whole text, whatever filter the talk has."""
    matcher = desk.matcher
    return proposal_of(talk.text, desk.match(talk.text), matcher.catalogue, matcher.encoder.fingerprint)


def _judgement(talk: Talk) -> Judgement:
    verdicts = dict.fromkeys(talk.taken, ACCEPTED) | dict.fromkeys(talk.rejected, REJECTED)
    return Judgement(verdicts, primary=talk.taken[0] if talk.taken else "", no_goal=talk.no_goal)
