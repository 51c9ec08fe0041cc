"""Loads and validates a catalog: every fault at once, or a catalog that can be relied on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from wizard.catalog.models import Catalog
from wizard.catalog.phrasebook import built_in_phrasebook
from wizard.catalog.validation.faults import CatalogError, Fault
from wizard.catalog.validation.messages import shape_faults
from wizard.catalog.validation.references import semantic_faults
from wizard.catalog.validation.shape import language_faults, unknown_keys
from wizard.catalog.yaml_nodes import Node, read_yaml

__all__ = ["CatalogError", "Fault", "load_catalog", "named_catalog"]

_HERE = Path(__file__).parent


def load_catalog(path: Path) -> Catalog:
    """Read and check a catalog.

    Raises:
        CatalogError: with every fault, each as ``file:line: what is wrong and what is allowed``.
    """
    root, faults, is_whole = read_nodes(path)
    if root is None:
        raise CatalogError(faults)
    try:
        catalog = Catalog.model_validate(plain_data(root))
    except ValidationError as error:
        faults.extend(shape_faults(error, root, is_whole=is_whole))
    if is_whole:
        # With a file missing, all that it defines would be reported as unknown: noise that hides the cause.
        faults.extend(semantic_faults(root))
    faults.extend((*unknown_keys(root), *language_faults(root)))
    if faults:
        raise CatalogError(faults)
    return catalog


def named_catalog(name_or_path: str) -> Path:
    """The file of a built-in catalog by its name, or the file itself when a path is given.

    Raises:
        CatalogError: there is neither; it lists the built-in names.
    """
    built_in = {path.stem: path for path in sorted(_HERE.glob("*.yaml"))}
    if name_or_path in built_in:
        return built_in[name_or_path]
    path = Path(name_or_path)
    if _is_file(path):
        return path
    names = ", ".join(built_in)
    problem = f"no such catalog: give the path of a YAML file, or the name of a built-in catalog ({names})"
    raise CatalogError([Fault(name_or_path, 0, problem)])


def read_nodes(path: Path) -> tuple[Node | None, list[Fault], bool]:
    """The nodes of a catalog and of the files that it includes, the faults, and whether all of them could be read."""
    root, faults = _read(path)
    if root is None or not isinstance(root.value, dict):
        if root is not None:
            faults.append(root.fault("a catalog is wanted: lines of the form key: value"))
        return None, faults, False
    is_whole = True
    for include in _included(root, faults):
        part_path = _path_inside(path.parent, include, faults)
        part = _read_part(part_path, include, faults) if part_path else None
        is_whole = is_whole and part is not None
        for key, node in part.items() if part else ():
            _merge(root, key, node, faults)
    return root, faults, is_whole


def plain_data(root: Node) -> Any:
    """The catalog as its models take it: each question knows its id, and the built-in phrasebook is filled in."""
    data = root.plain()
    phrasebook = data.setdefault("phrasebook", {})
    if isinstance(phrasebook, dict):
        data["phrasebook"] = built_in_phrasebook() | phrasebook
    questions = data.get("questions")
    if isinstance(questions, dict):
        for id_, question in questions.items():
            if isinstance(question, dict):
                question["id"] = id_
    return data


def _read(path: Path) -> tuple[Node | None, list[Fault]]:
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return None, [Fault(str(path), 0, f"cannot be read: {reason}")]
    return read_yaml(content, str(path))


def _included(root: Node, faults: list[Fault]) -> list[Node]:
    node = root.value.pop("include", None)
    if node is None:
        return []
    words: list[Node] = node.words()
    if len(words) != (len(node.elements()) or 1):
        faults.append(node.fault("a list of files is wanted: include: [questions.yaml, situations.yaml]"))
    return words


def _path_inside(folder: Path, include: Node, faults: list[Fault]) -> Path | None:
    """The included file, if it lies in the catalog's folder: a catalog reads nothing of the rest of the machine."""
    path = folder / str(include.value)
    try:
        if path.resolve().is_relative_to(folder.resolve()):
            return path
    except (OSError, ValueError, RuntimeError):
        pass  # No path at all: a NUL in it, or a link that leads to itself.
    faults.append(include.fault(f'"{include.value}" is not a file in the folder of the catalog'))
    return None


def _read_part(path: Path, include: Node, faults: list[Fault]) -> Node | None:
    if not _is_file(path):
        faults.append(include.fault(f'"{include.value}" does not exist; paths are relative to this file'))
        return None
    part, part_faults = _read(path)
    faults.extend(part_faults)
    if part is not None and not isinstance(part.value, dict):
        faults.append(part.fault("a part of a catalog is wanted: lines of the form key: value"))
        return None
    return part


def _merge(root: Node, key: str, node: Node, faults: list[Fault]) -> None:
    if key == "include":
        faults.append(node.key_fault("only the first file of a catalog includes others"))
    elif root.has(key):
        first = root.get(key)
        faults.append(node.key_fault(f'duplicate key "{key}": it already stands in {first.file}:{first.key_line}'))
    else:
        root.value[key] = node


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
