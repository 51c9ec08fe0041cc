"""The sign of a restore that was begun and not finished. It lies with the files, for all machines to see."""

from __future__ import annotations

from pathlib import Path

from wizard.backup.manifest import BackupError, Manifest
from wizard.container import Container
from wizard.files.storage import sync_folder


def refuse_unfinished_restore(container: Container) -> None:
    """At the start: see that no restore was interrupted.

    Raises:
        BackupError: one was.
    """
    path = _path(container)
    if path.exists():
        raise BackupError(
            f"A restore was interrupted ({path}). Run it again with the same backup: flask --app app restore FOLDER"
        )


def begin(container: Container, manifest: Manifest) -> None:
    """Say that a restore of this backup has begun."""
    path = _path(container)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{manifest.digest}\n", encoding="utf-8")
    sync_folder(path.parent)


def is_of(container: Container, manifest: Manifest) -> bool:
    """Whether a restore of this very backup was begun and not finished.

    Raises:
        BackupError: that of another backup was.
    """
    path = _path(container)
    if not path.exists():
        return False
    if path.read_text("utf-8", errors="replace").strip() != manifest.digest:
        raise BackupError(
            f"A restore of another backup was interrupted here. Go on with that one, or empty the database and "
            f"{path.parent} first"
        )
    return True


def end(container: Container) -> None:
    """Say that the restore is finished."""
    _path(container).unlink()
    sync_folder(container.settings.files_folder)


def _path(container: Container) -> Path:
    return container.settings.files_folder / "restore_unfinished"
