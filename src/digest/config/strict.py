"""What every model of the configuration shares: it is frozen, knows all its keys, and refuses in plain words."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A mapping whose keys are all known; every key has a description."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Wrong(ValueError):
    """Raised by validators. It becomes `file:line:column: SUBJECT WHAT; MEND`.

    The subject is the key and the value as the file has them, so `what` reads on from there ("is not a duration") and
    never repeats the value: it may be a secret. `at` leads from the value under validation to the guilty part of it.
    """

    def __init__(self, what: str, mend: str = "", at: tuple[str | int, ...] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend
        self.at = at
