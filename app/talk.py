"""A conversation's records: what has been said so far, and an answer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from app.decisions.records import Draft
from app.desk import TOP
from index.result import Match

FIRST = "Beschreiben Sie bitte zuerst ein Projekt; ein Satz genügt."


@dataclass(frozen=True)
class Talk:
    """What has been said so far: the project's text, the filter, the last match, the goals last listed, and the verdicts.

    `taken`, `rejected` and `no_goal` are what was decided in the conversation; `project` and `revision` say where that is
    saved, `saved` that nothing has changed since; `asking` that the last answer asked whether to save.
    """

    text: str = ""
    areas: tuple[str, ...] = ()
    top: int = TOP
    match: Match | None = None
    listed: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    no_goal: bool = False
    asking: bool = False
    project: int | None = None
    revision: int | None = None
    saved: bool = False

    @property
    def unsaved(self) -> bool:
        """Whether something was decided that is not saved."""
        return bool(self.taken or self.rejected or self.no_goal) and not self.saved

    def about(self, text: str) -> Talk:
        """The talk as it goes on about another project."""
        return Talk(text=text, areas=self.areas)

    def without(self, goals: tuple[str, ...]) -> Talk:
        """The talk with no verdict on these goals."""
        taken = tuple(goal for goal in self.taken if goal not in goals)
        rejected = tuple(goal for goal in self.rejected if goal not in goals)
        return replace(self, taken=taken, rejected=rejected, saved=False)


@dataclass(frozen=True)
class Reply:
    """An answer: the new state, a sentence, goals to show in order, a goal to give reasons for, and suggestions for the next turn.

    A `draft` is to be saved by whoever asked for the answer; `saved` is the number of a project that has been.
    """

    talk: Talk
    sentence: str
    goals: tuple[str, ...] = ()
    why: str = ""
    quick: tuple[str, ...] = field(default=())
    draft: Draft | None = None
    saved: int | None = None
