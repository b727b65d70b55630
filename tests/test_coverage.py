"""Which goals projects serve: the counting, and how well the software recognises a goal."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.coverage import (
    COLUMNS,
    PAIR_COLUMNS,
    SuggestedTable,
    coverage_rows,
    decided,
    find_overlaps,
    pair_rows,
)
from app.decisions.records import ACCEPTED, ADDED, REJECTED, Decision, Draft, GoalVerdict
from app.desk import Desk
from app.page.coverage_view import coverage_html, overlaps_html
from app.recognition import known_recognition, measure_recognition
from app.service import thresholds_of
from app.settings import Settings
from data.catalogue import Catalogue
from data.errors import UserError
from data.labelled import LabelledCase
from eval.coverage import Recognition, Served, coverage, recognition
from eval.run import Record
from index.matcher import Matcher


def project(key: str, *goals: str, title: str = "", text: str = "") -> Served:
    return Served(key, title, text, frozenset(goals))


def test_every_goal_is_counted_in_the_order_of_the_catalogue(small: Catalogue) -> None:
    covered = coverage(small, [project("1", "rad", "S"), project("2", "rad"), project("3"), project("4", "weg")])
    assert [(line.goal.id, line.projects) for line in covered.goals] == [("S", (0,)), ("rad", (0, 1)), ("schule", ())]
    assert [line.goal.id for line in covered.unserved] == ["schule"]
    assert (covered.unknown, covered.without_goal) == (("weg",), 2)
    assert [line.goal.id for line in covered.of_area(None)] == ["S"]
    assert [line.goal.id for line in covered.of_area("jugend")] == ["schule"]


def case(
    identity: str, primary: str | None, secondary: tuple[str, ...] = (), citywide: tuple[str, ...] = ()
) -> LabelledCase:
    return LabelledCase(identity, "Text", "short", None, primary, secondary, citywide, "", "dev")


def answer(*suggested: str) -> dict[str, object]:
    goals = [{"id": goal, "suggested": goal in suggested} for goal in ("rad", "schule")]
    return {"goals": goals, "citywide": [{"id": "S", "suggested": "S" in suggested}], "no_goal": False}


def test_recognition_counts_how_often_a_right_goal_is_suggested_on_its_own_level(small: Catalogue) -> None:
    records = [
        Record(case("1", "rad", ("schule",), ("S",)), answer("rad", "S")),
        Record(case("2", "rad"), answer("schule")),
        Record(case("3", None, (), ("S",)), answer()),
    ]
    assert recognition(records, small) == {
        "S": Recognition(2, 1),
        "rad": Recognition(2, 1),
        "schule": Recognition(1, 0),
    }


@pytest.mark.parametrize(
    ("cases", "suggested", "few", "weak"),
    [(0, 0, True, False), (4, 0, True, False), (5, 2, False, True), (6, 3, False, False), (9, 8, False, False)],
)
def test_few_cases_are_never_called_weak(cases: int, suggested: int, few: bool, weak: bool) -> None:
    found = Recognition(cases, suggested)
    assert (found.few, found.weak) == (few, weak)
    assert (found.interval is None) == (cases == 0)


def decision(number: int, *goals: GoalVerdict, **more: object) -> Decision:
    draft = Draft("Titel", "Ein Text", goals, "n@1", "", "m", "", reference="AZ 7")
    return Decision(number, 1, draft, "Ada", datetime.now(UTC), **more)  # type: ignore[arg-type]


def test_decided_projects_serve_what_staff_accepted_or_added() -> None:
    verdicts = [GoalVerdict("rad", "", "umwelt", ACCEPTED), GoalVerdict("schule", "", "jugend", REJECTED)]
    verdicts.append(GoalVerdict("S", "", None, ADDED))
    served = list(decided([decision(3, *verdicts), decision(4, *verdicts, withdrawn=True)]))
    assert served == [Served("AZ 7 (Entscheidung 3)", "Titel", "Ein Text", frozenset({"rad", "S"}))]


@pytest.fixture(scope="module")
def desk(matcher: Matcher) -> Desk:
    return Desk(matcher, Settings())


TABLE = (
    "id;titel;text\n7;Rad;Fahrradstraße am Stadtwald\n8;;Ich möchte meinen Personalausweis verlängern\n9;;\n"
    "10;Drehleiter;Drehleiter DLK 23 Ersatzbeschaffung\n"
)


def test_a_table_is_covered_by_what_the_software_suggests(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "projekte.csv"
    path.write_text(TABLE, "utf-8")
    table = SuggestedTable(desk, path, None)
    assert list(table.steps(every=2)) == [2, 4]
    assert (table.total, table.faulty) == (4, 1)
    served = {project.key: project for project in table.projects}
    assert served["7"].title == "Rad" and "PB5.4" in served["7"].goals
    assert served["8"].goals == frozenset()
    match = desk.match("Drehleiter\nDrehleiter DLK 23 Ersatzbeschaffung")
    assert served["10"].goals == {hit.id for hit in (*match.goals, *match.citywide) if hit.suggested}


def test_overlapping_projects_are_listed_with_the_passages_that_agree(desk: Desk) -> None:
    text = "Auf dem Rathausplatz entsteht eine Fahrradstation mit 80 Plätzen und einer Werkstatt."
    projects = [
        project("A", "PB5.4", text=f"Antragsteller: Verein\n{text}"),
        project("B", "PB1.4", text=text),
        project("C", "PB5.4", "G.8", text="Die Fahrradstation am Rathausplatz bekommt 80 Plätze und eine Werkstatt."),
        project("D", "PB5.4", text="Zwölf Elektrobusse ersetzen Dieselbusse."),
        project("E", "PB5.4"),
    ]
    found = find_overlaps(desk, projects)
    assert [(pair.first.key, pair.second.key, set(pair.overlap.goals)) for pair in found.shown] == [
        ("A", "C", {"PB5.4"})
    ]
    assert (found.found, found.compared, found.left_out, found.pairs) == (1, 4, 0, 3)
    (row,) = pair_rows(found)
    assert tuple(row) == PAIR_COLUMNS and row["stelle_1"] == text and row["projekt_2"] == "C"
    assert row["aehnlichkeit"] == pytest.approx((row["gleiche_woerter"] + row["gleiche_bedeutung"]) / 2, abs=0.001)


def test_no_project_is_kept_apart_from_weakly_recognised(neumuenster: Catalogue) -> None:
    covered = coverage(neumuenster, [project("1", *(goal.id for goal in neumuenster.goals[3:]))])
    ids = [goal.id for goal in neumuenster.goals[:3]]
    known = dict(zip(ids, (Recognition(9, 8), Recognition(6, 0), Recognition(4, 4)), strict=True))
    page = coverage_html(covered, neumuenster, known, suggested=False, announced=True)
    parts = page.split("<h2>Ziele ohne Projekt</h2>")[1].split("</section>")[0].split("<h3>")[1:]
    assert [(part.split("</h3>")[0], [goal for goal in ids if f">{goal}<" in part]) for part in parts] == [
        ("Kein Projekt", [ids[0]]),
        ("Kein Projekt, aber schwach erkannt", [ids[1]]),
        ("Kein Projekt, Erkennung unbekannt", [ids[2]]),
    ]
    assert "zu wenige Beispiele, n = 4" in parts[2] and "in 0 von 6 Beispielen" in parts[1]
    assert 'data-ansage="28 von 31 Zielen haben mindestens ein Projekt."' in page and "Niemand hat sie" not in page


def test_suggestions_are_marked_as_not_decided_and_foreign_text_is_escaped(small: Catalogue) -> None:
    covered = coverage(small, [project("<b>1", "rad", title="<script>x")])
    page = coverage_html(covered, small, None, suggested=True, announced=False)
    assert "Niemand hat sie entschieden" in page and "data-ansage" not in page
    assert "<script>" not in page and "&lt;b&gt;1 &lt;script&gt;x" in page


def test_foreign_text_in_pairs_is_escaped(desk: Desk) -> None:
    text = "Fahrradstation <img src=x> am Rathausplatz mit 80 Plätzen"
    found = find_overlaps(desk, [project("1", "PB5.4", title="<i>", text=text), project("2", "PB5.4", text=text)])
    page = overlaps_html(found, desk.catalogue)
    assert "<img" not in page and "<i>" not in page and "Ein auffälliges Paar." in page


def test_the_export_has_a_row_for_each_goal(small: Catalogue) -> None:
    covered = coverage(small, [project("=1+1", "rad")])
    areas = {area.id: area.title for area in small.areas}
    rows = list(coverage_rows(covered, areas, {"rad": Recognition(6, 5)}))
    assert [tuple(row) for row in rows] == [COLUMNS] * 3
    assert list(rows[1].values()) == [
        "Produktbereich", "umwelt", "Umwelt und Verkehr", "rad", "Radverkehr ausbauen", 1, "=1+1", 6, 5,
    ]  # fmt: skip
    from app.downloads import write_downloads

    files = write_downloads("abdeckung", COLUMNS, rows)
    assert [file.name for file in files] == ["abdeckung.xlsx", "abdeckung.csv"]
    written = list(csv.DictReader(files[1].read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert [row["ziel"] for row in written] == ["S", "rad", "schule"] and written[1]["projekt_kennungen"] == "'=1+1"


@pytest.mark.slow
def test_recognition_is_measured_once_and_kept(matcher: Matcher, home: Path) -> None:
    """In the session's home, whose folds other tests use too, under thresholds that no other test has."""
    settings = Settings(suggest_from=0.2517)
    other = Matcher(matcher.catalogue, matcher.index, matcher.encoder, thresholds_of(settings))
    for stored in (home / "recognition").glob("*"):
        stored.unlink()
    assert known_recognition(other) is None
    seen: list[int] = []
    found = measure_recognition(other, settings, lambda done, _: seen.append(done), lambda _: None)
    assert seen[-1] == 156 and found.keys() == matcher.catalogue.by_id.keys()
    assert found["PB2.2"].cases == 6 and found["PB2.2"].suggested >= 4 and found["G.2"].cases == 27
    assert (known_recognition(other), known_recognition(matcher)) == (found, None)
    (stored,) = (home / "recognition").iterdir()
    stored.write_text(json.dumps({"PB1.1": 5}), "utf-8")
    assert known_recognition(other) is None


def test_a_catalogue_without_labelled_set_has_nothing_to_measure(small: Catalogue) -> None:
    from types import SimpleNamespace

    other = SimpleNamespace(catalogue=small)
    assert known_recognition(other) is None  # type: ignore[arg-type]
    with pytest.raises(UserError, match="gibt es keinen Prüfsatz"):
        measure_recognition(other, Settings())  # type: ignore[arg-type]


def test_without_a_decision_nothing_is_counted(small: Catalogue) -> None:
    nothing = coverage(small, [])
    page = coverage_html(nothing, small, None, suggested=False, announced=False)
    assert "noch nichts entschieden" in page and "<table" not in page and "kennzahlen" not in page
    measured = coverage_html(nothing, small, {"rad": Recognition(9, 8)}, suggested=False, announced=False)
    assert (
        "noch nichts entschieden" in measured and "kennzahlen" not in measured and "Ziele ohne Projekt" not in measured
    )
    assert "in 8 von 9 Beispielen" in measured  # whoever measured the recognition sees it


def test_recognition_that_nobody_measured_takes_no_column(small: Catalogue) -> None:
    covered = coverage(small, [project("1", "rad")])
    unmeasured = coverage_html(covered, small, None, suggested=False, announced=False)
    assert "Erkennung</th>" not in unmeasured and "nicht gemessen" not in unmeasured
    measured = coverage_html(covered, small, {"rad": Recognition(9, 8)}, suggested=False, announced=False)
    assert "Erkennung</th>" in measured and "nicht gemessen" in measured  # of the others
