"""What one request may ask of the process that reads files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from wizard.config.settings import Settings
from wizard.files.pixels import PixelBudget


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Allowance:
    """Whose turn a request's files take, and what they may cost together."""

    network: str
    """Whom the work counts for (``values.ip.network_of``)."""
    slots: Path
    """Folder of the files by which all web processes of a machine take turns."""
    pixels: PixelBudget = field(default_factory=PixelBudget)
    """What is left for further pictures of the request."""
    is_given_up: Callable[[], bool] = _never
    """Whether nobody waits for the answer any more."""

    @classmethod
    def of(cls, settings: Settings, network: str, is_given_up: Callable[[], bool] = _never) -> Allowance:
        """The allowance of a request that begins."""
        pixels = PixelBudget.of(settings.upload_request_megapixels)
        return cls(network, settings.instance_path / "heavy", pixels, is_given_up)
