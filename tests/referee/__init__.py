"""A site on loopback that scores how politely a feed reader treats it: `make referee`, `python -m tests.referee`."""
