"""However a catalog is spoilt, it loads or is refused with lines: nothing else ever happens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wizard.catalog.loader import CatalogError, load_catalog, named_catalog
from wizard.catalog.yaml_nodes import read_yaml

HOSTING = named_catalog("hosting").read_text("utf-8")

spoilt = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)

WORTHLESS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        ["yes", "id", "[", "(?P<", "everyone", "choice", "story", "site_domain", "\0", "\ud7ff", "x" * 300]
    ),
    st.lists(st.one_of(st.text(max_size=3), st.integers(), st.none()), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def hosting() -> Any:
    node, _ = read_yaml(HOSTING.encode(), "hosting.yaml")
    return node.plain() if node else None


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container with each of its keys or positions."""
    own = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [(value, key) for key in own] + [place for key in own for place in places(value[key])]


PLACES = len(places(hosting()))


def loads_or_is_refused_with_lines(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        load_catalog(path)
    except CatalogError as error:
        assert error.faults
        last = content.count(b"\n") + 1
        assert all(1 <= fault.line <= last and fault.problem for fault in error.faults), error


@spoilt
@given(changes=st.lists(st.tuples(st.integers(0, PLACES - 1), st.booleans(), WORTHLESS), min_size=1, max_size=4))
def test_a_catalog_with_parts_deleted_or_swapped_never_breaks_the_loader(tmp_path, changes):
    data = hosting()
    for number, deletes, value in changes:
        here = places(data)
        container, key = here[number % len(here)]
        if deletes:
            del container[key]
        else:
            container[key] = value
    content = yaml.dump(data, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False)
    loads_or_is_refused_with_lines(tmp_path / "spoilt.yaml", content.encode("utf-8", "replace"))


@spoilt
@given(
    start=st.integers(0, len(HOSTING)),
    length=st.integers(0, 60),
    text=st.text("{}[]:-,&*!|>'\"%@#~ \n\taя1?", max_size=8),
)
def test_a_catalog_with_stray_characters_never_breaks_the_loader(tmp_path, start, length, text):
    changed = HOSTING[:start] + text + HOSTING[start + length :]
    loads_or_is_refused_with_lines(tmp_path / "spoilt.yaml", changed.encode())


@spoilt
@given(content=st.binary(max_size=200))
def test_any_bytes_at_all_never_break_the_loader(tmp_path, content):
    loads_or_is_refused_with_lines(tmp_path / "spoilt.yaml", content)


@pytest.mark.parametrize("line", range(1, HOSTING.count("\n") + 1, 7))
def test_a_catalog_without_one_of_its_lines_never_breaks_the_loader(tmp_path, line):
    lines = HOSTING.splitlines(keepends=True)
    del lines[line - 1]
    loads_or_is_refused_with_lines(tmp_path / "spoilt.yaml", "".join(lines).encode())
