"""When a message that was not taken is tried again, and when no more (design, 7.4)."""

from __future__ import annotations

from datetime import datetime, timedelta

from digest.errors import DeliveryError
from digest.model import Parcel, ParcelState, ParcelUpdate

FIRST_S, LONGEST_S = 5 * 60.0, 4 * 3600.0
AWAY = timedelta(hours=12)  # an attempt that comes so late: we slept, were down, or the clock jumped
PATIENCE = timedelta(days=5)  # RFC 5321, 4.5.4.1: give up after at least 4 to 5 days


def delivery_backoff_s(attempts: int, jitter: float) -> float:
    """Seconds to wait after so many attempts: 5 minutes, doubled each time, at most 4 hours; then up to a fifth more.

    `jitter` is in [0, 1).
    """
    doubled = FIRST_S * 2.0 ** min(max(attempts, 1) - 1, 16)
    return min(doubled, LONGEST_S) * (1 + jitter / 5)


def not_delivered(parcel: Parcel, error: DeliveryError, on_unknown: str, now: datetime, delay_s: float) -> ParcelUpdate:
    """What becomes of a parcel after an attempt that failed: ready again in `delay_s` seconds, or no more.

    No more is `unknown` where its outcome is and `on_unknown` is not "resend", `failed` where it was refused for
    good or waited for too long. A fault of the relay itself is never a refusal of the parcel. The first attempt after
    a long absence decides nothing: when a machine wakes up, its network often does so later.
    """
    resend = error.unknown and on_unknown == "resend"
    if error.unknown and not resend:
        return ParcelUpdate(parcel.id, ParcelState.UNKNOWN, now, str(error))
    if not (error.retryable or error.relay or resend):
        return ParcelUpdate(parcel.id, ParcelState.FAILED, now, str(error))
    due_at = parcel.next_attempt_at or parcel.created_at or now
    if parcel.created_at is not None and now - parcel.created_at >= PATIENCE and now - due_at < AWAY:
        return ParcelUpdate(parcel.id, ParcelState.FAILED, now, f"given up after five days: {error}")
    later = now + timedelta(seconds=delay_s)
    return ParcelUpdate(parcel.id, ParcelState.READY, now, str(error), next_attempt_at=later)
