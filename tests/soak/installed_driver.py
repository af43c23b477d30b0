"""The soak's driver as `pip install` would leave it for a gateway, and the files by which it is told how to behave."""

import os
from pathlib import Path

from tests.soak import faulty_scanner
from tests.soak.faulty_scanner import CALM_NAME, DRIVER, PLAN_VARIABLE, FaultyScanner, Plan, pulled_name

ROOT = Path(__file__).resolve().parents[2]


def environment_with_driver(folder: Path, plan: Plan) -> dict[str, str]:
    """Put entry point and plan into `folder`; the environment of a process that is to find them."""
    package = folder / "site" / "soak_driver-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: soak-driver\nVersion: 1.0\n", encoding="utf-8")
    points = f"[rekam.fingerprint_scanner]\n{DRIVER} = {faulty_scanner.__name__}:{FaultyScanner.__name__}\n"
    (package / "entry_points.txt").write_text(points, encoding="utf-8")
    plan.write(folder / "plan.json")
    path = os.pathsep.join((str(package.parent), str(ROOT)))
    return {**os.environ, PLAN_VARIABLE: str(folder / "plan.json"), "PYTHONPATH": path}


def calm_file(folder: Path) -> Path:
    """While it is there, no new fault begins."""
    return folder / CALM_NAME


def cable_file(folder: Path, serial: str) -> Path:
    """While it is there, the scanner's cable is pulled."""
    return folder / pulled_name(serial)
