"""Replaces a file of the user's, whole or not at all: the service may be reading it."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from digest.errors import ConfigError, Problem


def save(path: Path, data: bytes, shown_as: str) -> None:
    """Put this text in the place of the file's. Its permissions and its owner stay, and a link still leads to it.

    Raises ConfigError where it can't be written; then nothing has changed.
    """
    place, temporary = path.resolve(), None
    try:
        with tempfile.NamedTemporaryFile(dir=place.parent, prefix=f".{place.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        facts = place.stat()
        with suppress(PermissionError):  # only root may
            os.chown(temporary, facts.st_uid, facts.st_gid)
        temporary.chmod(facts.st_mode & 0o7777)
        temporary.replace(place)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        what = f"the file can't be written ({error.strerror or type(error).__name__})"
        mend = "check that you may write it and its directory"
        raise ConfigError([Problem(shown_as, 0, 0, what, mend)]) from error
