"""Whatever an index was made of, one changed byte of it is noticed: refused, or answered by another index."""

from __future__ import annotations

import random
import shutil
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from conftest import SMALL
from fakes import WordEncoder

from app.settings import Settings
from data.background import Background
from data.catalogue import parse_catalogue
from data.errors import UserError
from data.labelled import LabelledCase
from index.encoder import MODELS, OnnxEncoder, _model_fingerprint
from index.learning import Tuning
from index.store import index_key
from index.texts import corpus_of

CASE = LabelledCase("1", "Radweg am Bahnhof", "short", "umwelt", "rad", (), (), "", "dev")
ANSWERED_BY = {"catalogue", "model", "labels", "decided_labels", "faiss_factory"}  # the others are read at every start


def key(raw: bytes, encoder: Any = None, cases: tuple[LabelledCase, ...] = (), factory: str = "Flat") -> str:
    catalogue = parse_catalogue(raw, "klein.yaml")
    corpus = corpus_of(catalogue, Background(("Sofa zu verkaufen",)), cases)
    return index_key(catalogue, corpus, encoder or WordEncoder("rad"), Tuning(), factory)


def changed(raw: bytes, position: int, dice: random.Random) -> bytes:
    other = bytearray(raw)
    other[position] ^= 1 << dice.randrange(8)
    return bytes(other)


def test_every_byte_of_a_catalogue_counts() -> None:
    raw, dice = SMALL.encode(), random.Random(1)
    given, keys, refused = key(raw), set(), 0
    for position in range(len(raw)):
        try:
            keys.add(key(changed(raw, position, dice)))
        except UserError:
            refused += 1
    assert given not in keys
    assert len(keys) + refused == len(raw) and len(keys) > 100 and refused > 100


def test_every_setting_that_an_index_depends_on_has_an_index_of_its_own() -> None:
    raw = SMALL.encode()
    keys = {
        "": key(raw),
        "catalogue": key(raw.replace(b"Radweg,", b"Radwege,")),
        "model": key(raw, WordEncoder("schule")),
        "labels": key(raw, cases=(CASE,)),
        "faiss_factory": key(raw, factory="HNSW8"),
    }
    assert len(set(keys.values())) == len(keys)
    assert ANSWERED_BY - {"decided_labels"} == keys.keys() - {""}  # those are labels too
    named = {field.name for field in fields(Settings)}
    assert named >= ANSWERED_BY


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(MODELS / "isek-de", tmp_path_factory.mktemp("modell") / "isek-de"))


FILES = sorted(str(path.relative_to(MODELS / "isek-de")) for path in (MODELS / "isek-de").rglob("*") if path.is_file())


@pytest.mark.parametrize("name", FILES)
def test_one_changed_byte_anywhere_in_the_bundled_model_is_noticed(model: Path, name: str) -> None:
    path, dice = model / name, random.Random(name)
    raw = path.read_bytes()
    try:
        for position in (0, len(raw) - 1, *(dice.randrange(len(raw)) for _ in range(3))):
            path.write_bytes(changed(raw, position, dice))
            try:
                fingerprint = OnnxEncoder.load(model).fingerprint
            except UserError:
                continue
            assert name == "manifest.json"  # nothing else passes
            assert fingerprint != OnnxEncoder.load(MODELS / "isek-de").fingerprint
        path.unlink()
        with pytest.raises(UserError, match=r"vollständiges Modell|beschädigt"):
            OnnxEncoder.load(model)
    finally:
        path.write_bytes(raw)


def test_one_changed_byte_in_any_file_of_another_model_is_noticed(tmp_path: Path) -> None:
    dice = random.Random(2)
    for name in ("model.safetensors", "tokenizer.json", "modules.json", "1_Pooling/config.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(dice.randbytes(300))
    seen = {_model_fingerprint(None, str(tmp_path))}
    for path in [path for path in tmp_path.rglob("*") if path.is_file()]:
        raw = path.read_bytes()
        path.write_bytes(changed(raw, dice.randrange(len(raw)), dice))
        seen.add(_model_fingerprint(None, str(tmp_path)))
        path.write_bytes(raw)
    (tmp_path / "modules.json").rename(tmp_path / "modul.json")
    seen.add(_model_fingerprint(None, str(tmp_path)))
    assert len(seen) == 6
