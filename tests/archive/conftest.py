"""The sample editions are shared with the tests of the room that composes them."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "digests"), str(Path(__file__).parents[1] / "render")]
