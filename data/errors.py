"""The one family of errors that are the user's to mend; the layers raise them, the command line prints them."""


class UserError(Exception):
    """A fault in the user's input, files or settings.

    The message is one German sentence that says what was expected, what came, where, and what to do.
    """


class LimitError(UserError):
    """Input beyond a size limit (characters, bytes, pages, rows)."""


def grouped(number: int) -> str:
    """A number as German text has it: 2000000 → ``2.000.000``."""
    return f"{number:,}".replace(",", ".")
