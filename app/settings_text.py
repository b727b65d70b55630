"""What each setting means, in the order of the settings file's sections."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from app.settings import Settings

MEANINGS = {
    "catalogue": "Zielkatalog: Name oder YAML-Datei",
    "model": "Sprachmodell: isek-de, ein lokaler Ordner oder ein Name vom Hub",
    "labels": "aus den beurteilten Projekten des Teils dev lernen",
    "decided_labels": "auch aus den eigenen Entscheidungen lernen («isek eval import --decisions»)",
    "faiss_factory": "Bauart des Vektorindex; Flat ist genau und reicht für jede Stadt",
    "suggest_from": "ab dieser Wahrscheinlichkeit wird ein weiteres Ziel eines Produktbereichs vorgeschlagen",
    "suggest_citywide_from": "ab dieser Wahrscheinlichkeit wird ein gesamtstädtisches Ziel vorgeschlagen",
    "no_goal_below": "unter dieser Wahrscheinlichkeit, dass irgendein Ziel passt, heißt es «Kein Ziel passt»",
    "no_area_goal_below": "unter dieser Wahrscheinlichkeit wird kein Ziel eines Produktbereichs vorgeschlagen",
    "max_text_characters": "längster Text in Zeichen",
    "max_upload_mb": "größte hochgeladene Datei in MB",
    "max_pages": "längstes PDF in Seiten",
    "max_rows": "längste Tabelle in Zeilen",
    "max_unpacked_mb": "größter Inhalt einer gepackten Datei (XLSX, DOCX, ODT) in MB",
    "max_waiting": "so viele Anfragen dürfen auf ihre Antwort warten; weitere werden gleich abgewiesen",
    "database": "Entscheidungen und Konten: Adresse eines PostgreSQL-Dienstes, sonst eine SQLite-Datei in ISEK_HOME",
    "colour": 'Farbe der Stadt als "#rrggbb"',
    "log_json": "der Server schreibt eine JSON-Zeile je Anfrage und Fehler, ohne eingegebene Texte",
    "sign_in": "auch auf 127.0.0.1 eine Anmeldung verlangen; wo andere die Seiten erreichen, gilt das immer",
    "session_hours": "so viele Stunden nach der Anmeldung endet sie",
    "session_idle_minutes": "so viele Minuten nach der letzten Anfrage endet eine Anmeldung",
    "host_names": "weitere Rechnernamen, unter denen die Seiten aufgerufen werden, mit Kommas getrennt",
    "root_path": "Pfad, unter dem ein Proxy die Seiten zeigt, etwa /zielfinder",
    "trusted_proxies": "Adressen oder Netze der Proxys, deren Kopfzeilen geglaubt wird",
    "proxy_user_header": "Kopfzeile, in der diese Proxys die angemeldete Person nennen",
    "proxy_role": "Rolle solcher Personen ohne eigenes Konto: reader, editor oder admin",
}


@dataclass(frozen=True)
class SettingLine:
    """A setting with its value in force and its default, as YAML would write them."""

    name: str
    value: str
    default: str
    meaning: str

    @property
    def changed(self) -> bool:
        return self.value != self.default


def setting_lines(settings: Settings) -> list[SettingLine]:
    """All settings in the order of MEANINGS; the password in a database's address is not shown."""
    defaults = {field.name: field.default for field in fields(Settings)}
    return [
        SettingLine(name, _shown(name, getattr(settings, name)), _shown(name, defaults[name]), meaning)
        for name, meaning in MEANINGS.items()
    ]


def _shown(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if name == "database" and value:
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            return make_url(value).render_as_string(hide_password=True)
        except (ArgumentError, ValueError):
            return "(keine gültige Adresse)"
    return str(value)
