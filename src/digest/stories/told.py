"""What counts as told: which stories the readers of a mailing have had."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta

from digest.model import ALERT, Told

REMEMBERED = timedelta(days=14)
"""How long copies are looked for; one that comes later is news again."""


def told_to(
    readers: Collection[str],
    digest_id: str,
    ledger: Mapping[int, Collection[Told]],
    papers: Collection[str] | None = None,
) -> Mapping[int, Told]:
    """How each entry was first told to these readers of this mailing; those that were not are left out.

    What the same mailing has told counts, whoever read it then: somebody who joins later gets no old stories.
    Beyond that, an alert counts for digests and a digest for alerts, where all of these readers got it. Two digests
    are two papers: what one has said, the other may say. But one that is not among `papers`, the ids of all that are
    configured, is a paper no more: it was renamed, or merged into this one, and has told what it told these readers.
    """
    known = frozenset(reader.casefold() for reader in readers)
    found = {}
    for entry_id, editions in ledger.items():
        counted = [told for told in editions if _counts(told, digest_id, known, papers)]
        if counted:
            found[entry_id] = min(counted, key=lambda told: told.at)
    return found


def _counts(told: Told, digest_id: str, readers: frozenset[str], papers: Collection[str] | None) -> bool:
    if told.digest == digest_id:
        return True
    alert_involved = told.digest.startswith(ALERT) or digest_id.startswith(ALERT)
    gone = papers is not None and told.digest not in papers
    return (alert_involved or gone) and readers <= {reader.casefold() for reader in told.readers}
