"""`digest`, and `python -m digest`. Imports nothing yet: the fork server imports it too, and needs none of the rest."""

import gc


def main() -> None:
    """Run the command line. Until all is imported there is no garbage, and looking for it would take a tenth longer."""
    gc.disable()
    from digest.cli import main as run

    run()


if __name__ == "__main__":
    main()
