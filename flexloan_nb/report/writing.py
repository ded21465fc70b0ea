"""Files with balances in them: whole or not at all, and their owner's alone."""

import os
import tempfile
from pathlib import Path

from flexloan_nb.errors import InvalidArgumentError

__all__ = ["check_target", "write_private"]


def check_target(path: Path, *, overwrite: bool) -> None:
    """Refuse a file that cannot be written, before time is spent on what would be in it.

    Raises
    ------
    InvalidArgumentError
        It exists and may not be overwritten, or its folder does not.
    """
    if not path.parent.is_dir():
        raise InvalidArgumentError(f"There is no folder {path.parent}: make it, or name another.")
    if path.is_dir():
        raise InvalidArgumentError(f"{path} is a folder: name a file in it.")
    if path.exists() and not overwrite:
        raise InvalidArgumentError(
            f"{path} exists: name another file, or overwrite it (--force, overwrite=True)."
        )


def write_private(path: Path, content: bytes, *, overwrite: bool) -> None:
    """Write a file that nobody but its owner can read, at no moment.

    It is written beside the place and then put there at once, so that who looks finds the old
    file, or the new one, never a part.

    Raises
    ------
    InvalidArgumentError
        As `check_target`.
    OSError
        The folder cannot be written.
    """
    check_target(path, overwrite=overwrite)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    unfinished = Path(name)  # mkstemp makes it with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
