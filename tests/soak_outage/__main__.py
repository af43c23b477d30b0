"""Packets of several offices through every fault of an outage at once; prints the tally.

Run as `python -m tests.soak_outage [--packets N] [--kills N] [--offices N] [--seed N]`; the last line on standard
output is the tally as JSON, and the status is 1 where anything was lost, doubled or wrong, or a fault never came.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

import structlog

from tests.soak_outage.field import field_of
from tests.soak_outage.storm import Storm
from tests.soak_outage.tally import Tally, look_at


async def soak(folder: Path, packets: int, kills: int, offices: int, seed: int) -> Tally:
    """Let it storm, let it settle, count."""
    began = time.monotonic()
    async with field_of(folder, offices, packets, seed) as field:
        storm = Storm(field, kills, seed)
        await storm.rage()
        await storm.settle()
        tally = Tally(packets, faults=storm.faults, wanted=storm.wanted, not_made=storm.not_made)
        folders = {office.gateway_id: office.folder for office in field.offices}
        await asyncio.to_thread(look_at, field.centre_state, folders, field.made, tally)
    tally.seconds = time.monotonic() - began
    return tally


def main() -> int:
    """Run as the command says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--packets", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=200, help="of forwarders, at random instants")
    parser.add_argument("--offices", type=int, default=4)
    parser.add_argument("--seed", type=int, default=20240620)
    parser.add_argument("--folder", type=Path, help="kept afterwards; else a temporary one")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        tally = asyncio.run(soak(folder, options.packets, options.kills, options.offices, options.seed))
    print(tally.table())
    print(json.dumps({**vars(tally), "wanted": sorted(tally.wanted), "ok": tally.ok}))
    return int(not tally.ok)


if __name__ == "__main__":
    sys.exit(main())
