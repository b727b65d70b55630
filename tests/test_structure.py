"""The house itself: imports go one way, heavy libraries stay where they belong, nothing tracked is written."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
LAYERS = ("data", "index", "eval", "app")
GIANTS = {
    "faiss": {"index/store.py"},
    "onnxruntime": {"index/encoder.py"},
    "yaml": {"data/strict_yaml.py"},
}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def sources(layer: str) -> list[Path]:
    return sorted((CHECKOUT / layer).rglob("*.py"))


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_itself_and_the_layers_below(layer: str) -> None:
    above = set(LAYERS[LAYERS.index(layer) + 1 :])
    wrong = {str(path): imported(path) & above for path in sources(layer) if imported(path) & above}
    assert wrong == {}


@pytest.mark.parametrize("giant", GIANTS)
def test_a_giant_is_imported_in_one_module(giant: str) -> None:
    users = {
        path.relative_to(CHECKOUT).as_posix() for layer in LAYERS for path in sources(layer) if giant in imported(path)
    }
    assert {user for user in users if "training" not in user and "benchmark" not in user} == GIANTS[giant]


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys; from app.__main__ import parser; parser();"
        "print([name for name in ('numpy', 'faiss', 'torch', 'gradio', 'onnxruntime', 'yaml', 'pandas', 'sqlalchemy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=CHECKOUT, check=True)
    assert done.stdout.strip() == "[]"
