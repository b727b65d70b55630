"""Settings: defaults in one frozen record, overridden by ``settings.yaml`` and by the command line."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from data.errors import UserError
from data.plain_file import named_path
from data.strict_yaml import Unquoted, YamlMap, load_file

CHECKOUT = Path(__file__).parents[1]


def isek_home() -> Path:
    """The folder of everything the program writes: ISEK_HOME, else ``.isek`` in the checkout."""
    return named_path(os.environ.get("ISEK_HOME") or str(CHECKOUT / ".isek")).resolve()


def settings_path() -> Path:
    """The settings file: ISEK_SETTINGS, else ``settings.yaml`` in the home folder."""
    return named_path(os.environ.get("ISEK_SETTINGS") or str(isek_home() / "settings.yaml"))


@dataclass(frozen=True)
class Settings:
    """All settings. Confidences are probabilities in [0, 1]; sizes are in the unit of the name."""

    catalogue: str = "neumuenster"
    model: str = "isek-de"
    database: str = ""  # decisions and accounts: URL of a PostgreSQL server, else a SQLite file in the home folder
    labels: bool = True  # learn and calibrate from the labelled set's dev split
    decided_labels: bool = False  # learn from this installation's own decisions too; see app.decisions.labels
    faiss_factory: str = "Flat"
    suggest_from: float = 0.25
    suggest_citywide_from: float = 0.2
    no_goal_below: float = 0.75
    no_area_goal_below: float = 0.5
    max_text_characters: int = 2_000_000
    max_upload_mb: int = 20
    max_pages: int = 500
    max_rows: int = 100_000
    max_unpacked_mb: int = 50
    max_waiting: int = 32  # answers that may wait for their turn; below the 40 threads that pages are served by
    colour: str = ""  # the city's own colour, such as #7a0019
    log_json: bool = False  # the server writes one JSON object a line about each request and fault
    host_names: str = ""  # further names the page may be asked for by, separated by commas: those of a reverse proxy
    root_path: str = ""  # the path below which a reverse proxy shows the pages, such as /zielfinder
    sign_in: bool = False  # ask for a sign-in on loopback too; where others can reach the pages it is always asked for
    trusted_proxies: str = ""  # addresses or networks of reverse proxies whose X-Forwarded-… headers are believed
    proxy_user_header: str = ""  # the header in which those proxies name the person they have signed in
    proxy_role: str = "reader"  # what people may do whom the proxy names and who have no account here
    session_hours: int = 12  # after that a sign-in ends in any case
    session_idle_minutes: int = 60  # a sign-in ends when nothing was asked for that long

    def changed(self, **values: Any) -> Settings:
        """A copy with every given value that is not None."""
        return replace(self, **{name: value for name, value in values.items() if value is not None})


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings file; a missing default file means the defaults.

    Raises:
        UserError: unknown key, wrong type, value out of range, or a named file that is missing.
    """
    chosen = path or settings_path()
    if not _lies(chosen):
        if path is None and not os.environ.get("ISEK_SETTINGS"):
            return Settings()
        raise UserError(f"Die Einstellungsdatei «{chosen}» gibt es nicht; bitte den Pfad prüfen.")
    node = load_file(chosen, empty=True)
    known = get_type_hints(Settings)
    for key in node:
        if key not in known:
            raise UserError(
                f"{chosen}, Zeile {node.lines[key]}: die Einstellung {key!r} gibt es nicht; bekannt sind {', '.join(known)}."
            )
    given = {key: _typed(node, key, known[key], chosen) for key in node if node[key] is not None}
    return Settings(**{key: _from_folder(key, value, chosen.parent) for key, value in given.items()})


def _from_folder(key: str, value: Any, folder: Path) -> Any:
    """A catalogue or model that the file names by a relative path lies beside the file, not where the program was called."""
    if key not in ("catalogue", "model") or named_path(value).is_absolute():
        return value
    if not ("/" in value or "\\" in value or value.endswith((".yaml", ".yml"))):
        return value  # a name
    beside = folder.resolve() / value
    return str(beside) if key == "catalogue" or _lies(beside) else value  # a model may be on the hub: organisation/name


def _lies(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def parse_value(name: str, text: str) -> Any:
    """The value of a setting given as text on the command line.

    Raises:
        UserError: unknown setting or a text that does not fit its type.
    """
    kinds = {field.name: get_type_hints(Settings)[field.name] for field in fields(Settings)}
    if name not in kinds:
        raise UserError(f"Die Einstellung {name!r} gibt es nicht; bekannt sind {', '.join(kinds)}.")
    kind = kinds[name]
    try:
        if kind is bool:
            return {"on": True, "ja": True, "true": True, "off": False, "nein": False, "false": False}[text.lower()]
        return _in_range(name, kind(text))
    except (ValueError, KeyError) as error:
        raise UserError(f"Die Einstellung {name!r} erwartet {_NAMES[kind]}, angegeben war {text!r}.") from error


_NAMES = {str: "einen Text", bool: "on oder off", int: "eine ganze Zahl", float: "eine Zahl zwischen 0 und 1"}


def _typed(node: YamlMap, key: str, kind: type, path: Path) -> Any:
    value = node[key]
    plain = value.value if isinstance(value, Unquoted) else value
    if kind is str and isinstance(value, Unquoted):
        plain = value.text
    if kind is float and isinstance(plain, int) and not isinstance(plain, bool):
        plain = float(plain)
    try:
        if type(plain) is not kind:
            raise ValueError
        return _in_range(key, plain)
    except ValueError as error:
        where = f"{path}, Zeile {node.lines[key]}"
        raise UserError(
            f"{where}: die Einstellung {key!r} erwartet {_NAMES[kind]}, gefunden wurde {value!r}."
        ) from error


def _in_range(name: str, value: Any) -> Any:
    if isinstance(value, float) and not 0.0 <= value <= 1.0:
        raise ValueError(name)
    if isinstance(value, int) and not isinstance(value, bool) and value < 1:
        raise ValueError(name)
    if isinstance(value, str) and not value.strip():
        raise ValueError(name)
    return value
