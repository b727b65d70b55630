"""The report: one self-contained German page that needs no foreign host, prints well and reads well aloud."""

from __future__ import annotations

from datetime import date
from html import escape

from eval.evaluation import Evaluation
from eval.report_sections import (
    comparisons_section,
    confusions_section,
    errors_section,
    goals_section,
    method_section,
    reliability_section,
    result_section,
    risk_coverage_section,
    slices_section,
)
from eval.wording import SPLITS, labels_sentence

_STYLE = """
:root{color-scheme:light}
body{font:1rem/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:64rem;margin:0 auto;padding:1rem}
h1{font-size:1.7rem;line-height:1.2}h2{font-size:1.3rem;margin-top:2.5rem;border-bottom:2px solid #0b4f8a}
h3{font-size:1.05rem;margin-top:1.5rem}
a{color:#0b4f8a}a.skip{position:absolute;left:-99rem}a.skip:focus{position:static}
:focus-visible{outline:3px solid #a33b00;outline-offset:2px}
table{border-collapse:collapse;margin:.8rem 0;font-size:.92rem}
caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{border:1px solid #8a8a8a;padding:.25rem .5rem;text-align:left;vertical-align:top}
thead th{background:#e8eef4}td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.wide{overflow-x:auto}td.hit{background:#d9ead9}td.miss{background:#f6d9cc;font-weight:600}
svg{max-width:100%;height:auto}svg text{font:13px system-ui,sans-serif}
.note{background:#f3f3f3;border-left:5px solid #0b4f8a;padding:.5rem .9rem}ul.note{padding-left:2rem}ul.note li{margin:.3rem 0}
summary{cursor:pointer;padding:.4rem 0;font-weight:600}nav ul{columns:2 20rem}
article{border:1px solid #8a8a8a;padding:.3rem .9rem;margin:.8rem 0;break-inside:avoid}
blockquote{margin:.4rem 0;padding-left:.8rem;border-left:3px solid #8a8a8a;white-space:pre-line}
dt{font-weight:600}dd{margin:0 0 .3rem 1rem}
@media print{body{max-width:none;font-size:10pt;padding:0}nav,a.skip,.back{display:none}.wide{overflow:visible}
h2{break-after:avoid}table{font-size:8pt;break-inside:auto}tr{break-inside:avoid}}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def report_html(evaluation: Evaluation, day: date) -> str:
    """The page; `day` is the day of the measurement."""
    sections = [
        ("ergebnis", "Ergebnis", result_section),
        ("vergleich", "Vergleiche", comparisons_section),
        ("teile", "Nach Textart und Produktbereich", slices_section),
        ("ziele", "Nach Ziel", goals_section),
        ("verwechslungen", "Verwechslungen", confusions_section),
        ("sicherheit", "Stimmen die Sicherheiten?", reliability_section),
        ("enthaltung", "Antworten oder sich enthalten?", risk_coverage_section),
        ("fehler", "Fälle mit Fehlern", errors_section),
        ("verfahren", "Wie gemessen wurde", method_section),
    ]
    made = [(name, title, make(evaluation)) for name, title, make in sections]
    shown = [(name, title, body) for name, title, body in made if body]
    links = "".join(f'<li><a href="#{name}">{escape(title)}</a></li>' for name, title, _ in shown)
    body = "".join(
        f'<section aria-labelledby="{name}"><h2 id="{name}">{escape(title)}</h2>{text}</section>'
        for name, title, text in shown
    )
    return (
        '<!DOCTYPE html>\n<html lang="de"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Güte der Zielzuordnung: {escape(evaluation.run.catalogue.title)}</title><style>{_STYLE}</style></head>"
        f'<body><a class="skip" href="#inhalt">Zum Inhalt</a><header><h1>Wie gut findet die Software die Ziele?</h1>'
        f"{_head(evaluation, day)}</header>"
        f'<nav aria-label="Abschnitte"><ul>{links}</ul></nav><main id="inhalt">{body}</main></body></html>\n'
    )


def _head(evaluation: Evaluation, day: date) -> str:
    run = evaluation.run
    facts = {
        "Zielkatalog": f"{run.catalogue.title} ({run.catalogue.name})",
        "Prüfsatz": f"{evaluation.set}, {SPLITS[evaluation.split]}: {len(run.records)} Texte",
        "Sprachmodell": run.model,
        "Beurteilte Texte": labels_sentence(run),
        "Gemessen am": day.strftime("%d.%m.%Y"),
    }
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
    return (
        "<p>Menschen haben Texte gelesen und aufgeschrieben, welchen Zielen der Stadt sie dienen. Hier steht, wie oft "
        f"die Software zum selben Ergebnis kommt.</p><dl>{rows}</dl>"
    )
