"""The report stands alone, is well-formed, says everything in words too, and runs nothing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from app.evaluation_files import write_report
from data.catalogue import Catalogue
from data.errors import UserError
from eval.comparison import compare, corrected, flips
from eval.evaluation import Comparison, Evaluation, Run
from eval.figures import figures
from eval.plots import Dot, intervals_plot
from eval.report import report_html
from tests.test_errors import wrong
from tests.test_evaluation import case, runs

DAY = date(2026, 11, 23)


@pytest.fixture
def evaluation(small: Catalogue) -> Evaluation:
    first, second = runs(3, 1, 8)
    first, second = [*first, wrong()], [*second, wrong()]
    for number, (a, b) in enumerate(zip(first, second, strict=True)):
        named = replace(a.case, id=f"f{number}", text="<script>alert(1)</script> & Rad" if number == 0 else a.case.text)
        first[number], second[number] = replace(a, case=named), replace(b, case=named)
    base = Run("Grundeinstellung", small, "fake", 0, first, figures(first))
    other = Run("labels=<off>", small, "fake", 0, second, figures(second))
    differences = corrected([compare(first, second)])[0]
    return Evaluation("klein.jsonl", "test", base, [Comparison(other, differences, flips(first, second))])


def test_the_page_is_well_formed_and_german(evaluation: Evaluation) -> None:
    page = report_html(evaluation, DAY)
    tree = ElementTree.fromstring(re.sub(r"<meta ([^>]*)>", r"<meta \1/>", page.replace("<!DOCTYPE html>", "")))
    assert tree.attrib["lang"] == "de"
    assert tree.findtext("./head/title") == "Güte der Zielzuordnung: Ziele von Kleinstadt"
    assert "23.11.2026" in page


def test_nothing_is_loaded_and_nothing_is_run(evaluation: Evaluation) -> None:
    page = report_html(evaluation, DAY)
    assert re.findall(r"(?:src|srcset|xlink:href|action)=", page) == []
    assert [link for link in re.findall(r'href="([^"]*)"', page) if not link.startswith("#")] == []
    assert "<script" not in page
    assert "url(" not in page
    assert "default-src 'none'" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Rad" in page


def test_every_plot_has_words_and_every_table_its_headers(evaluation: Evaluation) -> None:
    page = report_html(evaluation, DAY)
    plots = re.findall(r"<svg .*?</svg>", page)
    assert len(plots) >= 5
    for plot in plots:
        assert 'role="img"' in plot
        title, said = re.search(r"<title[^>]*>(.+?)</title><desc[^>]*>(.*?)</desc>", plot).groups()  # type: ignore[union-attr]
        assert title
        assert said
    tables = re.findall(r"<table>.*?</table>", page)
    assert len(tables) >= 8
    for table in tables:
        assert "<caption>" in table
        assert re.findall(r"<th(?! scope)", table.replace("<thead", "")) == []
    identifiers = re.findall(r' id="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))


def test_the_page_names_the_numbers_the_doubt_and_the_errors(evaluation: Evaluation) -> None:
    page = report_html(evaluation, DAY)
    assert "Unterschied nicht nachweisbar bei n = 13" in page
    assert "ähnlich dem Profileintrag „Schulhof“" in page
    assert "labels=&lt;off&gt;" in page
    assert "Diese Fälle gehören zum Prüfteil" in page
    assert "Diese Fälle gehören zum Prüfteil" not in report_html(replace(evaluation, split="dev"), DAY)


def test_a_set_with_one_goalless_text_still_gives_a_page(small: Catalogue) -> None:
    made = [replace(wrong(), case=case("1", "Pass verloren", style="none"))]
    page = report_html(Evaluation("eins.jsonl", "all", Run("x", small, "fake", 0, made, figures(made))), DAY)
    assert "Ziel genannt, obwohl keines passt" in page
    assert "nan" not in page.lower().replace("genannt", "")


def test_the_interval_plot_draws_what_it_is_given() -> None:
    plot = intervals_plot([Dot("a", 0.5, (0.25, 0.75)), Dot("b", None, None)], "Titel")
    tree = ElementTree.fromstring(plot)
    circles = [item for item in tree if item.tag.endswith("circle")]
    assert [item.attrib["cx"] for item in circles] == ["430.0"]  # 190 + 480 · 0.5
    bars = [item for item in tree if item.attrib.get("stroke-width") == "3"]
    assert [(item.attrib["x1"], item.attrib["x2"]) for item in bars] == [("310.0", "550.0")]


def test_the_report_is_a_page_with_its_json_beside_it(evaluation: Evaluation, tmp_path: Path) -> None:
    page, record = write_report(evaluation, tmp_path / "neu" / "bericht", DAY)
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")
    data = json.loads(record.read_text("utf-8"))
    assert (data["date"], data["n"]) == ("2026-11-23", 13)
    assert sorted(path.name for path in page.parent.iterdir()) == ["bericht.html", "bericht.json"]


def test_a_folder_that_cannot_be_written_is_named(evaluation: Evaluation, tmp_path: Path) -> None:
    (tmp_path / "datei").write_text("x")
    with pytest.raises(UserError, match=r"lässt sich in «.*datei» nicht schreiben"):
        write_report(evaluation, tmp_path / "datei", DAY)
