"""The JSON of an edition: the keys that others rely on, exactly."""

from __future__ import annotations

import json
from datetime import datetime

import editions
import jsonschema

from digest import compose

STRING = {"type": "string"}
NUMBER = {"type": "integer"}
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00$"}


def thing(**keys: object) -> dict[str, object]:
    return {"type": "object", "properties": keys, "required": list(keys), "additionalProperties": False}


def many(of: object) -> dict[str, object]:
    return {"type": "array", "items": of}


CONTRACT = thing(
    id=STRING,
    title=STRING,
    subject=STRING,
    window=thing(**{"from": MOMENT, "to": MOMENT}),
    topics=many(
        thing(
            id=STRING,
            title=STRING,
            stories=many(
                thing(
                    title=STRING,
                    url=STRING,
                    feed=STRING,
                    authors=many(STRING),
                    published={"anyOf": [MOMENT, {"type": "null"}]},
                    language={"type": ["string", "null"]},
                    score=NUMBER,
                    complete={"type": "boolean"},
                    text=STRING,
                    why=many(
                        thing(
                            points=NUMBER,
                            rule=STRING,
                            terms=many(STRING),
                            field={"enum": ["title", "lead", "body", None]},
                            at={"type": "string", "pattern": r"^topics/.+\.yaml:\d+$"},
                        )
                    ),
                    snippets=many(
                        thing(text=STRING, hits=many({"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}))
                    ),
                    also_in=many(
                        thing(feed=STRING, title=STRING, url=STRING, kind={"enum": ["copy", "excerpt", "same story"]})
                    ),
                )
            ),
        )
    ),
    omitted=NUMBER,
    repeats=many(
        thing(
            title=STRING,
            url=STRING,
            feed=STRING,
            at=MOMENT,
            alerted={"type": "boolean"},
            also_in=many(thing(feed=STRING, title=STRING, url=STRING, kind={"enum": ["copy"]})),
        )
    ),
)


def test_the_object_has_exactly_the_keys_of_the_contract():
    for digest in (editions.full(), editions.quiet(), editions.broken()):
        jsonschema.validate(compose.as_json(digest, "A subject"), CONTRACT)


def test_points_add_up_to_the_score_and_the_text_is_whole():
    found = compose.as_json(editions.full(), "A subject")
    told = [story for topic in found["topics"] for story in topic["stories"]]
    assert all(sum(why["points"] for why in story["why"]) == story["score"] for story in told)
    assert told[0]["text"] == editions.ENVOY


def test_moments_are_the_windows_own():
    found = compose.as_json(editions.full(), "A subject")
    assert datetime.fromisoformat(found["window"]["from"]) == editions.START
    assert datetime.fromisoformat(found["window"]["to"]) == editions.END


def test_the_text_form_reads_back_as_the_object_and_keeps_every_script_readable():
    digest = editions.full()
    text = compose.to_json(digest, "Betreff: 북한")
    assert json.loads(text) == compose.as_json(digest, "Betreff: 북한")
    assert "특사" in text
    assert text.endswith("}\n")
