"""Every figure that is promised, measured and printed beside its goal.

`python -m tests.benchmarks` (or `make bench`) takes some minutes; `--quick` fewer runs and captures, `--only` one
group. `--write docs/benchmarks.md` keeps the table. Every gateway runs on free ports and in a temporary folder.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import (
    audit_log,
    card_figures,
    card_templates,
    central_ingest,
    driver_discovery,
    driver_frames,
    driver_imports,
    duplicate_search,
    finger_speed,
    gateway_captures,
    gateway_preview,
    gateway_requests,
    gateway_soak,
    gateway_start,
    iris_separation,
    iris_speed,
    jetstream_drain,
    outage_figures,
    packet_sealing,
    preview_cost,
    signing_speed,
    spool_figures,
    stages,
    web_browser,
    web_door,
)
from tests.benchmarks.figure import Figure, table
from tests.benchmarks.machine import machine_lines


def driver_figures(scratch: Path, quick: bool) -> list[Figure]:
    """What a recording costs to decode, a driver to load, a look at the ports; how soon a cable is noticed."""
    parts = (driver_frames.figures, driver_imports.figures, driver_discovery.figures)
    return [figure for part in parts for figure in part(scratch, quick)]


def card_and_template_figures(scratch: Path, quick: bool) -> list[Figure]:
    """What a card costs to personalise, and what its templates lose and its holder waits for."""
    return card_figures.figures(scratch, quick) + card_templates.figures(scratch, quick)


def iris_figures(scratch: Path, quick: bool) -> list[Figure]:
    """What an eye costs, and how well the drawn ones tell mates from strangers."""
    return iris_speed.figures(scratch, quick) + iris_separation.figures(scratch, quick)


def outage_and_hub_figures(scratch: Path, quick: bool) -> list[Figure]:
    """How a backlog leaves after an outage: straight to the centre, and over a hub."""
    return outage_figures.figures(scratch, quick) + jetstream_drain.figures(scratch, quick)


def web_figures(scratch: Path, quick: bool) -> list[Figure]:
    """The web door, and the page behind it in a browser."""
    return web_door.figures(scratch, quick) + web_browser.figures(scratch, quick)


GROUPS: dict[str, Callable[[Path, bool], list[Figure]]] = {
    "captures": gateway_captures.figures,
    "start": gateway_start.figures,
    "preview": gateway_preview.figures,
    "requests": gateway_requests.figures,
    "spool": spool_figures.figures,
    "stages": stages.figures,
    "fingers": finger_speed.figures,
    "drivers": driver_figures,
    "cameras": preview_cost.figures,
    "irises": iris_figures,
    "keys": signing_speed.figures,
    "audit": audit_log.figures,
    "duplicates": duplicate_search.figures,
    "cards": card_and_template_figures,
    "packets": packet_sealing.figures,
    "central": central_ingest.figures,
    "outage": outage_and_hub_figures,
    "web": web_figures,
    "soak": gateway_soak.figures,
}

PAGE = """# Figures

Measured by `make bench` (`python -m tests.benchmarks --write docs/benchmarks.md` rewrites this page): the median of
several runs is held against the goal. Servers run on loopback in processes of their own, with state in the
system's temporary folder.
{mode}

{machine}

{table}

## How each is taken

- **frame → announced**: from the moment the synthetic scanner delivered the frame that was taken until the client had
  the event DONE over gRPC. The client follows the preview meanwhile, as a desk does. Stages are the gateway's own
  metrics. The first capture of a run loads what the others find loaded; it is told apart.
- **start**: from the start of the process `rekam serve` until the health check over gRPC says SERVING; caches of the
  disk are warm, Python starts anew.
- **preview**: a manual capture with two clients at once, one that asks again at once and one that pauses 300 ms. The
  age is the gateway's word plus the whole duration of the call, and the oldest frame of all counts. Over the end of a
  capture: one that ends by itself, where the frames stop.
- **GetInfo**: one process, one channel, insecure loopback. The goal is held against each way of calling: eight in
  flight (blocking futures, asyncio) and strictly one after the other, where the way there and back is waited for.
- **memory**: resident set in 10^6 bytes, with two synthetic scanners, 3 s after the start. The growth is taken from
  200 captures on: until then the gateway fills what it keeps to be watched again. Four synthetic scanners are laid
  on as fast as a hand can be lifted.
- **event loop stall**: how late a timer of 50 ms fires, from the gateway's histogram; the bounds of its buckets are
  the resolution. The same timer in a process that does nothing else tells what the machine adds.
- **(CPU)**: processor time of all threads, so that a busy machine does not count.
- **drivers**: decoding is that of the recordings beside the checkout, pixel-equal. An import is a fresh interpreter's.
  Cables are pulled from a gateway in a process of its own, at any moment of its rescan, and a watcher of the devices
  is told: the driver is the soak's, opened at once; what a scanner itself needs to wake up is added by the scanner.
- **preview of a camera**: the driver over a node without a kernel; what the node does is counted too.
- **irises**: analysed in turn with mindtct's prints, images of CASIA1 where it is beside the checkout, drawn ones
  where it is not; accuracy and the search of 50,000 are in `make accuracy`.
- **synthetic irises**: mates and strangers by a public iris code (Masek's), with the drawing's own outlines.
- **hub**: a NATS JetStream hub was killed and started; the clock runs from then until it has acknowledged the last
  byte, and until the last signed receipt is here. Office, hub and centre share this machine's processors.
- **web**: pages are an independent HTTP/2 client in a process of its own, each with a connection, TLS and a token. What
  pages cost native clients is held against the same pages at another gateway of this machine, so that the pages' own
  work, which a desk has in any case, does not count; both gateways run a camera meanwhile. An event is late by the
  time from its own stamp to its arrival.
- **the page**: Chromium by playwright, beside the gateway and its camera of 30 frames a second. It can be used once its
  first button is enabled; the cache is empty. A frame is on the screen after the frame callback that follows its
  drawing; its age is the gateway's word. Processor time is the gateway's per frame of the camera, times 30: all of the
  capture, whose frames are judged whether or not a page looks. What the synthetic camera draws, as a real one does not,
  is measured apart and taken off. On a machine whose load is more than two a core the goals are not held.
- **spool**: `python -m tests.benchmarks.spool_appends DIRECTORY` measures another disk.
"""


def main() -> int:
    """Measure, print, perhaps write; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer runs and captures")
    parser.add_argument("--only", action="append", choices=list(GROUPS), help="this group alone; may be repeated")
    parser.add_argument("--write", type=Path, metavar="FILE", help="keep the table as Markdown")
    options = parser.parse_args()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="rekam-bench-") as folder:
        scratch = Path(folder)
        machine = [f"- {line}" for line in machine_lines(scratch)]
        for name in options.only or GROUPS:
            began = time.perf_counter()
            figures += GROUPS[name](scratch, options.quick)
            print(f"{name}: measured in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    print("\n".join(machine), table(figures), sep="\n\n")
    if options.write:
        mode = "This table is of a `--quick` run." if options.quick else "This table is of a full run."
        page = PAGE.format(mode=mode, machine="\n".join(machine), table=table(figures))
        options.write.write_text(page, encoding="utf-8")
    return int(any(figure.verdict == "MISSED" for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
