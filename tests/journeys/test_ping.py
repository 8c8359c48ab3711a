"""A dead man's switch hears from a service that works, and the key in its address is told to nobody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from loopback import Answer, Web
from running import Service

import canaries


def test_the_owners_address_is_asked_for_as_long_as_the_service_works(
    serve: Callable[[Path], Service], desk: Path, web: Web
) -> None:
    web.publish("Mayor opens a library")
    path = f"/ping/{canaries.FEED_KEY}"
    web.answers[path] = Answer(b"ok")
    with (desk / "digest.yaml").open("a") as settings:
        settings.write(f"ping: {{url: {web.url(path)}, every: 500ms}}\n")
    service = serve(desk)
    service.wait_for(lambda: sum(seen.path == path for seen in web.seen) >= 3)
    web.answers[path] = Answer(b"no", status=500)
    service.wait_for(lambda: "ping failed" in service.logged())
    assert service.stop() == 0
