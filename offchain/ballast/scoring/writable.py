"""Whether a figure can be written, told before the work that it would show."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from ballast.errors import GasModelError

FORMATS: Final = ("eps", "jpeg", "jpg", "pdf", "png", "ps", "svg", "svgz", "tif", "tiff", "webp")
"""Endings of figures that matplotlib draws on its own, without other programs."""


def check_figure(path: Path) -> None:
    """Check the ending of a figure's name, and that its folder takes files.

    Raises
    ------
    GasModelError
        If it could not be written.
    """
    if path.suffix.lower().lstrip(".") not in FORMATS:
        raise GasModelError(f"{path} is no name of a figure; let it end in .{', .'.join(FORMATS)}")
    try:
        if path.is_file():
            path.open("ab").close()
        else:
            tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise GasModelError(f"the figure cannot be written to {path}: {error.strerror}") from None
