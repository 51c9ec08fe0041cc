"""The instance folder, the secret key that an installation generates for itself, and the address it listens on."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from wizard.config.setting_types import SettingsError


def prepare_instance_folder(path: Path) -> Path:
    """Make the instance folder and see that it can be written.

    Raises:
        SettingsError: it cannot.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = path / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SettingsError(
            f"WIZARD_INSTANCE_PATH: cannot write to {path} ({error.strerror}). Name a folder that this user can write"
        ) from None
    return path


def listen_address() -> tuple[str, int]:
    """``HOST`` and ``PORT`` of the environment, where ``make run`` listens.

    Raises:
        SettingsError: PORT is not a port.
    """
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise SettingsError(f"PORT: {port!r} is not a port. Give a number from 1 to 65535")
    return host, int(port)


def local_url(host: str, port: int) -> str:
    """The URL under which this machine's own browser reaches the server."""
    host = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def load_or_create_secret_key(instance_path: Path) -> str:
    """The secret key that this installation generated for itself; one for all its processes.

    Raises:
        SettingsError: the stored key is too short.
    """
    path = instance_path / "secret_key"
    if not path.exists():
        unfinished = instance_path / f"secret_key.{secrets.token_hex(4)}"
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        # Of several processes that start together one writes the key; nobody ever reads half of it.
        with suppress(FileExistsError):
            os.link(unfinished, path)
        unfinished.unlink()
    key = path.read_text().strip()
    if len(key) < 16:
        raise SettingsError(f"SECRET_KEY: {path} is empty or cut short. Delete it, or set WIZARD_SECRET_KEY")
    return key
