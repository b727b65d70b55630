"""What is wrong with this installation, and how to mend it: one finding for each thing the program needs."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata

from app.settings import CHECKOUT, Settings, isek_home, load_settings, settings_path
from data.errors import UserError, grouped, reason

GOOD, NOTE, FAULT = "gut", "Hinweis", "Fehler"
FREE_MB = 500  # an index, its cache of vectors and a table of 100,000 rows fit into this
MEMORY_MB = 2_000  # a server with twenty users stays well below
FEW_EXAMPLES = 5  # with fewer texts of its own a goal is found poorly


@dataclass(frozen=True)
class Finding:
    """`level` is GOOD, NOTE or FAULT; `remedy` says what to do, empty where there is nothing to do."""

    subject: str
    level: str
    sentence: str
    remedy: str = ""

    def to_json(self) -> dict[str, str]:
        return asdict(self)


Check = Callable[[Settings], Iterator[Finding]]


def findings() -> list[Finding]:
    """All findings. Where the settings are faulty, the rest is checked with the defaults."""
    try:
        settings = load_settings()
        found = [Finding("Einstellungen", GOOD, _settings_sentence())]
    except UserError as error:
        settings = Settings()
        found = [Finding("Einstellungen", FAULT, str(error), "Bis dahin gelten unten die Standardwerte.")]
    for subject, check in CHECKS.items():
        try:
            found += check(settings)
        except UserError as error:
            found.append(Finding(subject, FAULT, str(error)))
        except OSError as error:
            found.append(Finding(subject, FAULT, f"Nicht zugänglich: {reason(error)}."))
    return found


def _settings_sentence() -> str:
    path = settings_path()
    return f"Gelesen aus «{path}»." if path.exists() else f"Es gelten die Standardwerte; «{path}» gibt es nicht."


def _python(_: Settings) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", GOOD, f"Python {version} ({sys.executable}).")


def pinned(text: str) -> dict[str, str]:
    """Package → version of a constraints file; names are normalised as in PEP 503."""
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    pairs = (line.split("==", 1) for line in lines if "==" in line)
    return {_normal(name): version.strip() for name, version in pairs}


def required(name: str = "isek-zielfinder") -> set[str]:
    """Everything a package needs to run, directly or not, by its installed metadata; extras that are asked for count."""
    found: set[str] = set()
    waiting = [(name, frozenset[str]())]
    while waiting:
        package, extras = waiting.pop()
        for requirement in _requirements(package, extras):
            if requirement not in found:
                found.add(requirement)
                waiting.append((requirement, frozenset()))
    return found


def _requirements(package: str, extras: frozenset[str]) -> Iterator[str]:
    from packaging.requirements import Requirement

    try:
        lines = metadata.requires(package) or []
    except metadata.PackageNotFoundError:
        return
    for line in lines:
        needed = Requirement(line)
        if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield _normal(needed.name)
            for extra in needed.extras:
                yield from _requirements(needed.name, frozenset({extra}))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def _packages(_: Settings) -> Iterator[Finding]:
    wanted = pinned((CHECKOUT / "constraints.txt").read_text("utf-8"))
    missing, other = [], []
    for name in sorted(required()):
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            missing.append(name)
            continue
        if name in wanted and version.split("+")[0] != wanted[name]:
            other.append(f"{name} {version} statt {wanted[name]}")
    remedy = "«make clean» und «make run» installieren alles neu."
    if missing:
        yield Finding("Pakete", FAULT, f"Es fehlen: {', '.join(missing)}.", remedy)
    if other:
        yield Finding("Pakete", NOTE, f"Andere Fassungen als geprüft: {', '.join(other)}.", remedy)
    if not missing and not other:
        yield Finding("Pakete", GOOD, "Alle Pakete in den geprüften Fassungen.")


def _home(_: Settings) -> Iterator[Finding]:
    home = isek_home()
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=home, prefix="probe-"):
        pass
    free = shutil.disk_usage(home).free // 1_000_000
    if free < FREE_MB:
        yield Finding(
            "Ordner",
            NOTE,
            f"Auf dem Datenträger von «{home}» sind nur {grouped(free)} MB frei.",
            f"Mindestens {grouped(FREE_MB)} MB freimachen oder ISEK_HOME auf einen anderen Datenträger legen.",
        )
    else:
        yield Finding("Ordner", GOOD, f"«{home}» ist beschreibbar, {grouped(free)} MB frei.")


def _memory(_: Settings) -> Iterator[Finding]:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:  # Windows
        return
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1_000_000
    sentence = f"{grouped(total)} MB Arbeitsspeicher, {os.cpu_count()} Prozessorkerne."
    if total < MEMORY_MB:
        yield Finding("Rechner", NOTE, sentence, f"Empfohlen sind mindestens {grouped(MEMORY_MB)} MB.")
    else:
        yield Finding("Rechner", GOOD, sentence)


def _catalogue(settings: Settings) -> Iterator[Finding]:
    from app.service import the_catalogue

    catalogue = the_catalogue(settings)
    thin = [goal.id for goal in catalogue.goals if len(goal.examples) < FEW_EXAMPLES]
    if thin:
        shown = ", ".join(thin[:10]) + (" …" if len(thin) > 10 else "")
        yield Finding(
            "Zielkatalog",
            NOTE,
            f"{len(thin)} von {len(catalogue.goals)} Zielen in «{catalogue.name}» haben weniger als {FEW_EXAMPLES} Beispiele: {shown}.",
            "Beispiele in den Worten der Antragstellenden ergänzen; davon hängt die Güte ab.",
        )
    else:
        yield Finding("Zielkatalog", GOOD, f"«{catalogue.name}» mit {len(catalogue.goals)} Zielen.")


def _labels(settings: Settings) -> Iterator[Finding]:
    from app.service import the_catalogue
    from data.labelled import labelled_path, load_labelled, of_split

    path = labelled_path(the_catalogue(settings))
    if not path.is_file():
        sentence = "Zu diesem Zielkatalog gibt es keine beurteilten Projekte; die Prozentzahlen sind Erfahrungswerte."
        yield Finding("Prüfsatz", NOTE, sentence, "«isek eval import» legt einen Prüfsatz an.")
        return
    cases = load_labelled(path)
    parts = f"{len(of_split(cases, 'dev'))} zum Lernen, {len(of_split(cases, 'test'))} zum Prüfen"
    yield Finding("Prüfsatz", GOOD, f"{len(cases)} beurteilte Projekte ({parts}).")


def _model(settings: Settings) -> Iterator[Finding]:
    from index.encoder import load_encoder

    encoder = load_encoder(settings.model)
    dimension = encoder.encode(["Radweg"]).shape[1]
    yield Finding("Sprachmodell", GOOD, f"«{encoder.name}» ist unversehrt und antwortet ({dimension} Dimensionen).")


def _index(settings: Settings) -> Iterator[Finding]:
    from app.service import index_state

    state = index_state(settings)
    built = "Er wird beim nächsten Gebrauch gebaut; «isek index build» tut es gleich."
    if state.fault:
        yield Finding("Suchindex", NOTE, state.fault, built)
    elif state.manifest is None:
        yield Finding("Suchindex", NOTE, "Der Suchindex fehlt oder ist veraltet.", built)
    else:
        yield Finding("Suchindex", GOOD, f"Aktuell, {grouped(state.manifest['texts'])} Texte.")


def _database(settings: Settings) -> Iterator[Finding]:
    from app.database import database_file, open_database, version, versions

    path = database_file(settings)
    if path is not None and not path.exists():
        yield Finding("Datenbank", GOOD, f"«{path}» gibt es noch nicht; sie entsteht beim ersten Start.")
        return
    with contextlib.closing(open_database(settings, upgrade=False)) as database:
        if not database.sound():
            sentence = f"Die Datenbank {database.shown} ist beschädigt."
            yield Finding(
                "Datenbank", FAULT, sentence, "Eine Sicherung einspielen: «isek decisions restore DATEI --force»."
            )
            return
        found = version(database)
    if found not in (None, *versions()):
        sentence = f"Die Datenbank {database.shown} stammt von einer neueren Fassung des Programms ({found})."
        yield Finding("Datenbank", FAULT, sentence, "Das Programm aktualisieren.")
    elif found != versions()[0]:
        sentence = (
            f"Die Datenbank {database.shown} ist unversehrt und wird beim nächsten Start auf den neuen Stand gebracht."
        )
        yield Finding("Datenbank", NOTE, sentence, "Vorher sichern: «isek decisions backup DATEI».")
    else:
        yield Finding("Datenbank", GOOD, f"{database.shown} ist unversehrt und auf dem Stand dieses Programms.")


CHECKS: dict[str, Check] = {
    "Python": _python,
    "Pakete": _packages,
    "Rechner": _memory,
    "Ordner": _home,
    "Datenbank": _database,
    "Zielkatalog": _catalogue,
    "Prüfsatz": _labels,
    "Sprachmodell": _model,
    "Suchindex": _index,
}
