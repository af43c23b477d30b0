"""`python -m tests.soak`: captures with random faults on six scanners at once; 1 where anything is not as promised."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.soak.soak import CAPTURES, SEED, WARM_UP, soak


def main() -> int:
    """Soak a gateway and print the tally."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__.partition(": ")[2])
    parser.add_argument("--captures", type=int, default=CAPTURES)
    parser.add_argument("--seed", type=int, default=SEED, help="of the faults and of what clients do")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the gateway's log and state in this new folder")
    options = parser.parse_args()
    warm_up = WARM_UP if options.captures > 2 * WARM_UP else 0
    if options.keep:
        options.keep.mkdir(parents=True)
        tally = soak(options.keep, seed=options.seed, captures=options.captures, warm_up=warm_up)
    else:
        with tempfile.TemporaryDirectory(prefix="rekam-soak-") as folder:
            tally = soak(Path(folder), seed=options.seed, captures=options.captures, warm_up=warm_up)
    print(tally)
    return int(bool(tally.problems))


if __name__ == "__main__":
    sys.exit(main())
