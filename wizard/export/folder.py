"""The folder of an export: nobody else's files are touched, and a manifest says which are ours."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click import ClickException

MANIFEST = "manifest.json"
MADE_BY = "zayavka export"


class ExportError(ClickException):
    """The export cannot be written; the text says why and what to change."""


@dataclass(frozen=True)
class ExportedFile:
    """One file of an export."""

    path: str
    """Within the export, with ``/`` between its steps."""
    content: bytes
    type: str
    """The media type to serve it with."""
    encoding: str | None = None
    """How ``content`` is compressed, as ``Content-Encoding`` says it."""
    assets: frozenset[str] = frozenset()
    """The static files that a page names."""


def earlier_files(folder: Path) -> set[str]:
    """The files that an earlier export has written here.

    Raises:
        ExportError: something else lies in the folder.
    """
    try:
        if not folder.exists() or not any(folder.iterdir()):
            return set()
        manifest = json.loads((folder / MANIFEST).read_bytes())
        if manifest["made_by"] == MADE_BY:
            return {str(entry["path"]) for entry in manifest["files"]}
    except NotADirectoryError:
        raise ExportError(f"{folder} is a file. Name a folder") from None
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        pass
    raise ExportError(f"{folder} is not empty and holds no earlier export. Name another folder, or empty this one")


def write_folder(folder: Path, files: Sequence[ExportedFile], about: Mapping[str, Any]) -> int:
    """Make the folder hold these files and no others of an earlier export. Returns how many were removed.

    Whoever reads meanwhile never sees half a file, nor a page before the files that it names: ``files`` come in the
    order in which they are written.

    Raises:
        ExportError: something else lies in the folder, or it cannot be written.
    """
    ours = {file.path for file in files}
    stale = sorted(path for path in earlier_files(folder) - ours if _is_within(folder, path))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # An export that is cut short is known as one, with all that it may have written.
        remaining = [{"path": path} for path in stale]
        _write(folder / MANIFEST, _manifest(about, [*map(_entry, files), *remaining]))
        for file in files:
            _write(folder / file.path, file.content)
        for path in stale:
            _remove(folder, path)
        entries = [_entry(file) for file in sorted(files, key=lambda file: file.path)]
        _write(folder / MANIFEST, _manifest(about, entries))
    except OSError as error:
        raise ExportError(f"cannot write {error.filename or folder}: {error.strerror}") from None
    return len(stale)


def _manifest(about: Mapping[str, Any], files: Sequence[Mapping[str, Any]]) -> bytes:
    return (json.dumps({"made_by": MADE_BY, **about, "files": files}, ensure_ascii=False, indent=1) + "\n").encode()


def _entry(file: ExportedFile) -> dict[str, Any]:
    entry = {
        "path": file.path,
        "sha256": hashlib.sha256(file.content).hexdigest(),
        "size": len(file.content),
        "type": file.type,
    }
    return {**entry, "encoding": file.encoding} if file.encoding else entry


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file() and path.read_bytes() == content:
        return
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    os.replace(part, path)


def _is_within(folder: Path, path: str) -> bool:
    """Whether a path of a manifest, which anybody may have changed, leads to a place inside of the folder."""
    return (folder / path).resolve().is_relative_to(folder.resolve())


def _remove(folder: Path, path: str) -> None:
    (folder / path).unlink(missing_ok=True)
    for parent in (folder / path).parents:
        if parent == folder or any(parent.iterdir()):
            return
        parent.rmdir()
