"""`digest`, and `python -m digest`. Imports nothing yet: the fork server imports it too, and needs none of the rest."""

import gc
import signal


def main() -> None:
    """Run the command line.

    Until all is imported there is no garbage, and looking for it would take a tenth longer. Nothing has begun either,
    so Ctrl-C may end us on the spot; what it means from then on, the command line says.
    """
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from digest.cli import main as run

    run()


if __name__ == "__main__":
    main()
