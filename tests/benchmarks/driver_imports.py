"""What importing one driver costs a fresh interpreter, and that no other driver comes with it."""

import json
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

from drivers import DeviceKind
from tests.benchmarks.figure import Figure

GOAL_MS = 50.0

CHILD = """
import importlib, json, sys, time
began = time.process_time()
import drivers
face = time.process_time() - began
import numpy, usb.core, usb.backend.libusb1
began = time.process_time()
if sys.argv[1]:
    importlib.import_module(sys.argv[1])
took = time.process_time() - began
print(json.dumps({"face_ms": 1e3 * face, "driver_ms": 1e3 * took, "loaded": list(sys.modules)}))
"""
"""numpy and pyusb are every driver's; what else a driver needs, as pyserial or OpenCV, is counted as its own."""


def figures(_scratch: Path, quick: bool) -> list[Figure]:
    """Each installed driver on top of the drivers' face, and that face by itself.

    Raises
    ------
    RuntimeError
        The module of another driver was loaded as well.
    """
    runs = 2 if quick else 5
    modules = {
        entry.name: entry.module
        for kind in DeviceKind
        for entry in entry_points(group=kind.group)
        if entry.module.startswith("drivers.")
    }
    figures = [
        Figure(
            "the face of the drivers imported, with numpy and pyusb (CPU)",
            [_imported("", set(modules.values()))["face_ms"] for _ in range(runs)],
            "ms",
        )
    ]
    for name, module in modules.items():
        took = [_imported(module, set(modules.values()) - {module})["driver_ms"] for _ in range(runs)]
        figures.append(Figure(f"  {name} beyond that (CPU)", took, "ms", goal=GOAL_MS))
    return figures


def _imported(module: str, others: set[str]) -> dict[str, float]:
    done = subprocess.run([sys.executable, "-c", CHILD, module], check=True, capture_output=True, text=True, timeout=60)
    told = json.loads(done.stdout)
    strangers = others.intersection(told.pop("loaded"))
    if strangers:
        raise RuntimeError(f"importing {module or 'drivers'} loads {', '.join(sorted(strangers))} as well")
    return {name: float(value) for name, value in told.items()}
