"""What the software proposed for one text, tied to that text, the catalogue and the model."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from data.catalogue import Catalogue
from data.errors import UserError
from index.result import Hit, Match

CHANGED_TEXT = "Der Text wurde nach dieser Antwort geändert; bitte zuerst wieder «Ziele finden», dann speichern."
CHANGED_CATALOGUE = (
    "Der Zielkatalog wurde nach dieser Antwort geändert; bitte zuerst wieder «Ziele finden», dann speichern."
)


@dataclass(frozen=True)
class Proposal:
    """An answer that waits for a decision. `text_digest` is the SHA-256 of the text it answers; the text is not kept."""

    match: Match
    text_digest: str
    catalogue_fingerprint: str
    model_fingerprint: str

    @property
    def suggested(self) -> tuple[tuple[Hit, int], ...]:
        """The suggested goals with their ranks (from 1, by level); product areas first."""
        levels = () if self.match.no_goal else (self.match.goals, self.match.citywide)
        return tuple((hit, rank) for level in levels for rank, hit in enumerate(level, 1) if hit.suggested)

    @property
    def light(self) -> Proposal:
        """The same without the passages that were set aside, which may be as long as the text: to be kept for a while."""
        return replace(self, match=replace(self.match, ignored=()))

    def answers(self, text: str) -> bool:
        """Whether this is the answer to exactly that text."""
        return self.text_digest == digest(text)

    def check(self, text: str, catalogue: Catalogue) -> None:
        """Raises UserError when text or catalogue are no longer those of the answer."""
        if not self.answers(text):
            raise UserError(CHANGED_TEXT)
        if self.catalogue_fingerprint != catalogue.digest:
            raise UserError(CHANGED_CATALOGUE)


def digest(text: str) -> str:
    """SHA-256 of a text, hexadecimal; line ends count alike, for browsers rewrite them."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def proposal_of(text: str, match: Match, catalogue: Catalogue, model_fingerprint: str) -> Proposal:
    """The proposal that `match` is for `text`."""
    return Proposal(match, digest(text), catalogue.digest, model_fingerprint)
