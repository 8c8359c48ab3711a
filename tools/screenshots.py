# ruff: noqa: INP001 - a script, not a package
"""Photograph the sample editions in headless Chromium: narrow, middle and wide, light and dark.

    python tools/screenshots.py [--out docs/images] [--edition full ...] [--width 360 ...] [--scheme dark ...]

Needs `chromium` on the PATH. Nothing is loaded from a network.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "digests"))

import editions  # noqa: E402 - found by the line above
from chromium import browser  # noqa: E402 - beside this file

from digest.render import Renderer  # noqa: E402

WIDTHS = (360, 640, 1000)
SCHEMES = ("light", "dark")
EDITIONS = ("full", "quiet", "broken")


async def photograph(out: Path, names: list[str], widths: list[int], schemes: list[str]) -> None:
    """Write NAME-WIDTH-SCHEME.webp for every combination, and email.webp for the README."""
    async with browser() as page:
        for name in names:
            html = Renderer().message(getattr(editions, name)()).html
            for width in widths:
                for scheme in schemes:
                    target = out / f"{name}-{width}-{scheme}.webp"
                    target.write_bytes(await page.photograph(html, width, scheme))
                    print(target, file=sys.stderr)  # noqa: T201 - a tool for the terminal
        html = Renderer().message(editions.full()).html
        (out / "email.webp").write_bytes(await page.photograph(html, 720, "light", height=1150))


def main() -> None:
    """Read the options and photograph."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--edition", nargs="*", default=list(EDITIONS))
    parser.add_argument("--width", nargs="*", type=int, default=list(WIDTHS))
    parser.add_argument("--scheme", nargs="*", default=list(SCHEMES))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    asyncio.run(photograph(options.out, options.edition, options.width, options.scheme))


if __name__ == "__main__":
    main()
