"""Moments as German text, in the time of the machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from data.errors import UserError

_FORMS = ("%d.%m.%Y", "%d.%m.%y", "%Y-%m-%d")


def day_text(moment: datetime) -> str:
    """``25.11.2026``."""
    return moment.astimezone().strftime("%d.%m.%Y")


def moment_text(moment: datetime) -> str:
    """``25.11.2026, 16:05 Uhr``."""
    return moment.astimezone().strftime("%d.%m.%Y, %H:%M Uhr")


def day_start(text: str, what: str, later: int = 0) -> datetime | None:
    """When the day that a text names begins, or the day `later` days after it, in UTC; None for a blank text.

    Raises:
        UserError: not a day; `what` names the field.
    """
    given = text.strip()
    for form in _FORMS if given else ():
        try:
            day = datetime.strptime(given, form) + timedelta(days=later)
            return day.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    if given:
        raise UserError(f"«{what}» erwartet einen Tag wie 25.11.2026, gefunden wurde {given[:40]!r}.")
    return None
