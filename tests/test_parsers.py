"""Every parser against made-up input: it answers or refuses with a UserError, whatever the bytes; ``make fuzz`` goes on longer."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from parsers import PARSERS, archive, parse

from data.errors import UserError
from data.strict_yaml import YamlMap, dump, load_bytes
from data.tables import TableWriter, neutralised, read_projects

FEW = settings(max_examples=25, deadline=None)
TEXT = st.text(max_size=60)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | TEXT, lambda inner: st.lists(inner, max_size=3)
)
LINES = {  # beginnings that lead the made-up rest deeper into the parser
    "table-csv": (b"id;text\n", b"\xff\xfe", b'text\n"'),
    "table-jsonl": (b'{"text": "a"}\n', b'{"id": ', b""),
    "document-pdf": (b"%PDF-1.7\n1 0 obj\n<<", b"%PDF-1.4\ntrailer<</Root 1 0 R>>", b""),
    "document-txt": (b"", b"\xff\xfe", b"\xef\xbb\xbf"),
    "yaml": (b"a: ", b"- ", b""),
    "settings": (b"max_rows: ", b"labels: ", b"catalogue: "),
    "catalogue": (b"catalogue: {id: a, title: b}\nareas: []\ngoals:\n - id: ", b"catalogue: ", b""),
    "labelled": (b'{"id": ', b"", b"[["),
    "passages": (b"Projekt: ", b"IBAN ", b""),
}


@pytest.mark.parametrize("name", sorted(LINES))
@given(st.data())
@FEW
def test_bytes_are_read_or_refused(name: str, data: st.DataObject) -> None:
    parse(name, data.draw(st.sampled_from(LINES[name])) + data.draw(st.binary(max_size=200) | TEXT.map(_encoded)))


@pytest.mark.parametrize("name", sorted(PARSERS.keys() - LINES.keys()))
@given(st.binary(max_size=400))
@FEW
def test_the_parts_of_an_archive_are_read_or_refused(name: str, content: bytes) -> None:
    parse(name, content)


@given(
    st.lists(st.dictionaries(st.sampled_from(["id", "text", "x"]), TEXT | st.integers(-9, 9), max_size=3), max_size=4)
)
@FEW
def test_what_a_table_is_given_it_gives_back(rows: list[dict[str, object]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a.csv", "a.xlsx", "a.jsonl"):
            with TableWriter(Path(folder) / name, ["id", "text", "x"]) as writer:
                for row in rows:
                    writer.write(row)
                writer.commit()
            try:
                read = read_projects(Path(folder) / name).projects
            except UserError:  # no row with text
                continue
            assert all(isinstance(project.text, str) for project in read)
            assert len(read) <= len(rows)


@given(TEXT)
@FEW
def test_no_cell_begins_like_a_formula(text: str) -> None:
    assert not str(neutralised(text)).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}", fullmatch=True), TEXT | st.lists(TEXT, max_size=3), min_size=1, max_size=4
    )
)
@example({"a": "\x85", "b": ["Rad\u2028weg", "\u2029"]})
@FEW
def test_yaml_that_was_written_is_read_the_same(values: dict[str, object]) -> None:
    tree = YamlMap(1)
    tree.update(values)
    try:
        assert load_bytes(dump(tree), "a.yaml") == values
    except UserError:  # what YAML cannot hold even in quotation marks
        assert any(not _printable(text) for text in _texts(values))


def _texts(values: dict[str, object]) -> list[str]:
    return [text for value in values.values() for text in (value if isinstance(value, list) else [value])]


def _printable(text: str) -> bool:
    return text.isprintable() and text.isascii()


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def test_the_archive_that_parts_are_put_into_is_one() -> None:
    with zipfile.ZipFile(io.BytesIO(archive("content.xml", b"<a/>"))) as packed:
        assert packed.read("content.xml") == b"<a/>"
