"""Scale: a small table killed half-way, a small index, figures by hand."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import numpy as np

from eval.benchmark_process import Machine
from eval.benchmark_scale import (
    COSINE,
    BatchFigures,
    IndexFigures,
    batch_record,
    many_vectors,
    recall,
    run_batch,
    run_index,
)
from eval.benchmark_scale_table import scale_json, scale_markdown
from index.encoder import Vectors

MACHINE = Machine("Rechenwerk", 2, "3.11", {}, "")


def hashed(texts: list[str]) -> Vectors:
    """A vector of its own for each text."""
    rows = np.stack([np.random.default_rng(list(text.encode())).standard_normal(32) for text in texts])
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_vectors_are_of_length_one_and_noisy_ones_keep_their_distance() -> None:
    vectors, asked = many_vectors(hashed, 300, 50, lambda _: None)
    assert (vectors.shape, asked.shape) == ((300, 32), (50, 32))
    np.testing.assert_allclose(np.linalg.norm(asked, axis=1), 1.0, rtol=1e-5)
    nearest = (asked @ vectors.T).max(axis=1)
    assert abs(float(np.median(nearest)) - COSINE) < 0.08


def test_the_exact_index_finds_all_and_another_is_compared_with_it() -> None:
    exact, other = run_index(hashed, 400, ("Flat", "IVF4,Flat"), 20, lambda _: None)
    assert (exact.recall, other.recall) == (1.0, 1.0)  # so few cells are all searched
    assert exact.bytes > 400 * 32 * 4 and len(exact.waits) == 20


def test_recall_by_hand() -> None:
    assert recall(np.array([[1, 2], [3, 4]]), np.array([[2, 1], [4, 5]])) == 0.75


def test_a_run_is_killed_half_way_and_finished_by_the_second(tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(
        "import sys, time\n"
        "source, target, resume = sys.argv[1], sys.argv[2], sys.argv[3] == 'True'\n"
        "rows = len(open(source, encoding='utf-8').readlines())\n"
        "if resume: open(target, 'w').write('kopf\\n' + 'x\\n' * rows)\n"
        "else:\n open(target + '.j', 'w').write('kopf\\n' + 'x\\n' * 2); time.sleep(60)\n"
    )

    def command(source: Path, target: Path, resume: bool) -> list[str]:
        return [sys.executable, str(script), str(source), str(target), str(resume)]

    figures = run_batch(command, lambda target: Path(f"{target}.j"), 1000)
    assert (figures.killed_at, figures.rows, len(figures.seconds)) == (512, 1000, 2)
    assert figures.seconds[0] < 30


def test_tables_and_records_by_hand() -> None:
    part = [(0.0, 100_000_000), (1.0, 300_000_000), (2.0, 301_000_000), (3.0, 303_000_000)]
    batch = BatchFigures(1000, 512, [2.0, 3.0], [part, part[:1]], 1000)
    assert batch_record(batch) == {
        "texts": 1000,
        "rows_written": 1000,
        "killed_at": 512,
        "seconds": [2.0, 3.0],
        "rows_per_s": 200.0,
        "memory_peak_mb": [303.0, 100.0],
        "memory_growth_mb": [3.0, None],
    }
    index = IndexFigures("Flat", 1.25, 2_000_000, 1.0, (0.001, 0.003, 0.002))
    given = (batch, [index], 50, MACHINE, (0.0, 1.0), date(2026, 11, 25))
    page = scale_markdown(*given)
    assert "| `Flat` | 1,2 s | 2 MB | 1,0000 | 2,00 ms | 2,90 ms |" in page
    assert "200 Zeilen/s" in page and "nach 512 Zeilen mit kill -9 beendet" in page
    assert scale_json(*given)["indexes"][0]["p95_ms"] == 2.9
