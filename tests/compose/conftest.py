"""The sample editions are shared with the tests of the room that renders them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "digests"))
