"""An edited topic counts for articles that were read before; what was mailed stays, and is not mailed again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from store_values import FEED, NOW, edition, flag, match

from digest.model import RejudgeUpdate
from digest.store import Store

LONG_AGO = NOW - timedelta(days=30)


@pytest.fixture(autouse=True)
def _subscribed(store: Store) -> None:
    store.subscribe([FEED], NOW)


def rejudged(**changes: object) -> RejudgeUpdate:
    return RejudgeUpdate(**{"topic": "korea", "gained": (), "renewed": (), "withdrawn": (), "now": NOW} | changes)


def test_a_gained_match_becomes_pending_although_its_article_is_older_than_the_last_edition(store: Store) -> None:
    [known] = flag(store, 1)
    [entry_id] = store.judged("korea", LONG_AGO)
    store.apply(edition(known))
    store.apply(rejudged(topic="tunnels", gained=((entry_id, match("tunnels")),)))
    [pending] = store.pending(store.digest_state("daily", NOW), ("korea", "tunnels"))
    assert pending.match.topic == "tunnels"
    store.apply(rejudged(topic="tunnels", gained=((entry_id, match("tunnels")),)))
    assert len(store.pending(store.digest_state("daily", NOW), ("tunnels",))) == 1


def test_a_withdrawn_match_is_not_mailed_unless_it_was_carried_into_an_edition_before(store: Store) -> None:
    mailed, carried, fresh = flag(store, 1, 2, 3)
    store.apply(edition(mailed, carried=(carried.match_id,), high_water=carried.match_id))
    assert [known.mailed for known in store.judged("korea", LONG_AGO).values()] == [True, False, False]
    store.apply(rejudged(withdrawn=(mailed.match_id, carried.match_id, fresh.match_id)))
    assert store.pending(store.digest_state("daily", NOW), ("korea",)) == []
    assert [known.id for known in store.judged("korea", LONG_AGO).values()] == [mailed.match_id]


def test_what_is_still_to_be_mailed_is_mailed_with_its_new_score(store: Store) -> None:
    mailed, fresh = flag(store, 1, 2)
    store.apply(edition(mailed))
    store.apply(rejudged(renewed=((mailed.match_id, match(score=9)), (fresh.match_id, match(score=9)))))
    assert [known.match.score for known in store.judged("korea", LONG_AGO).values()] == [3, 9]
    [pending] = store.pending(store.digest_state("daily", NOW), ("korea",))
    assert pending.match_id == fresh.match_id


def test_an_article_that_was_forgotten_meanwhile_gains_nothing(store: Store) -> None:
    flag(store, 1)
    store.apply(rejudged(topic="tunnels", gained=((999, match("tunnels")),)))
    assert store.judged("tunnels", LONG_AGO) == {}
