"""Writes editions into a directory, to be looked at, published or processed further."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from digest.deliver.files import publish, write_synced
from digest.errors import DeliveryError
from digest.model import Parcel


class DirectoryDelivery:
    """Writes each edition as ID.eml, ID.html, ID.txt and ID.json into one directory, made where it does not exist.

    ID is the digest's id; with `numbered`, the edition's number follows, so that editions don't replace each other.
    An edition's recipients share its files: the last one's stand. `written` names every file, in order.
    """

    def __init__(self, path: Path, *, numbered: bool = False) -> None:
        self._path = path
        self._numbered = numbered
        self.written: list[Path] = []
        self._one_at_a_time = asyncio.Lock()  # recipients of an edition share its files

    async def deliver(self, parcel: Parcel, before_commit: Callable[[], Awaitable[None]]) -> str:
        """Write the files, each appearing whole or not at all; returns the .eml's path.

        Raises DeliveryError, always retryable: a repeat writes the same files again.
        """
        async with self._one_at_a_time:
            return await self._deliver(parcel, before_commit)

    async def _deliver(self, parcel: Parcel, before_commit: Callable[[], Awaitable[None]]) -> str:
        contents = {suffix: content for suffix, content in _contents(parcel).items() if content}
        name = _name(parcel, numbered=self._numbered)
        try:
            drafts = await asyncio.to_thread(self._write, name, contents)
        except OSError as error:
            raise self._failed(error) from error
        await before_commit()
        try:
            final = await asyncio.to_thread(self._publish, name, drafts)
        except OSError as error:
            raise self._failed(error) from error
        self.written += [path for path in final if path not in self.written]
        return f"stored as {self._path / name}.eml"

    async def close(self) -> None:
        """Nothing is held open."""

    def _write(self, name: str, contents: dict[str, bytes]) -> dict[str, Path]:
        self._path.mkdir(parents=True, exist_ok=True)
        drafts = {suffix: self._path / f".{name}.{suffix}.part" for suffix in contents}
        for suffix, draft in drafts.items():
            write_synced(draft, contents[suffix])
        return drafts

    def _publish(self, name: str, drafts: dict[str, Path]) -> list[Path]:
        final = {suffix: self._path / f"{name}.{suffix}" for suffix in drafts}
        for suffix, draft in drafts.items():
            publish(draft, final[suffix])
        return list(final.values())

    def _failed(self, error: OSError) -> DeliveryError:
        return DeliveryError(f"directory {self._path}: {error.strerror or error}", retryable=True, relay=True)


def _contents(parcel: Parcel) -> dict[str, bytes]:
    """The .eml comes last: where it is, the others are."""
    return {
        "html": parcel.html.encode(),
        "txt": parcel.text.encode(),
        "json": parcel.data.encode(),
        "eml": parcel.raw,
    }


def _name(parcel: Parcel, *, numbered: bool) -> str:
    """Of letters, digits, dots and dashes, and never hidden or outside the directory."""
    safe = re.sub(r"[^\w.-]+", "_", parcel.digest).lstrip(".") or "digest"
    return f"{safe}-{parcel.edition:06}" if numbered else safe
