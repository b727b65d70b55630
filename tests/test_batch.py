from __future__ import annotations

from app.batch import BatchRow, output_columns, output_row
from data.tables import Project


def test_no_stale_goal_survives_in_a_faulty_row() -> None:
    row = {"id": "1", "text": "x", "goal_1": "alt", "area": 3}
    columns = output_columns(list(row), 1, 0)
    cells = output_row(BatchRow(Project("1", "x", row), None, "leer"), columns)
    assert cells == {"id": "1", "text": "x", "error": "leer"}
