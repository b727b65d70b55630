from __future__ import annotations

from pathlib import Path

from index.vectors import _load


def test_a_damaged_cache_counts_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    for raw in (b"", b"PK\x03\x04kaputt", b"\x93NUMPY"):
        path.write_bytes(raw)
        assert _load(path) == {}
