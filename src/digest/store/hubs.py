"""The subscriptions with hubs, and what hubs tell."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from digest.model import HubState, PushUpdate, Subscription, SubscriptionUpdate
from digest.store.tables import feeds, storable, subscriptions

_QUERY = sa.select(subscriptions, feeds.c.url).join(feeds).order_by(subscriptions.c.next_at)


def listed(connection: Connection) -> list[Subscription]:
    """All subscriptions, the next to be asked first."""
    return [_subscription(row) for row in connection.execute(_QUERY)]


def of(connection: Connection, callback: str) -> Subscription | None:
    """The subscription with this callback."""
    row = connection.execute(_QUERY.where(subscriptions.c.callback == callback)).one_or_none()
    return _subscription(row) if row else None


def _subscription(row: Row[Any]) -> Subscription:
    """A row of `subscriptions` with its feed's `url`."""
    return Subscription(
        feed=row.url,
        hub=row.hub,
        topic=row.topic,
        callback=row.callback,
        secret=row.secret,
        state=HubState(row.state),
        next_at=row.next_at,
        lease_until=row.lease_until,
        failures=row.failures,
    )


def change(connection: Connection, update: SubscriptionUpdate) -> None:
    """Put the subscription into its next state; its feed knows until when news are told."""
    held = update.subscription
    feed_id = connection.scalar(sa.select(feeds.c.id).where(feeds.c.url == storable(held.feed)))
    if feed_id is None:
        return
    connection.execute(subscriptions.delete().where(subscriptions.c.feed_id == feed_id))
    if held.state is not HubState.GONE:
        connection.execute(
            subscriptions.insert().values(
                feed_id=feed_id,
                hub=held.hub,
                topic=held.topic,
                callback=held.callback,
                secret=held.secret,
                state=held.state.value,
                next_at=held.next_at,
                lease_until=held.lease_until,
                failures=held.failures,
            )
        )
    until = held.lease_until if held.state is HubState.ACTIVE else None
    connection.execute(feeds.update().where(feeds.c.id == feed_id).values(pushed_until=until))


def pushed(connection: Connection, update: PushUpdate) -> None:
    """Let the feed be polled at that time, or earlier if it is due earlier."""
    well = sa.and_(feeds.c.failures == 0, feeds.c.next_poll_at > update.poll_at)
    connection.execute(
        feeds.update()
        .where(feeds.c.url == storable(update.feed))
        .values(
            pushed_at=update.now,
            next_poll_at=sa.case(
                (well, sa.literal(update.poll_at, feeds.c.next_poll_at.type)), else_=feeds.c.next_poll_at
            ),
        )
    )
