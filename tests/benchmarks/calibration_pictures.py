"""Pictures for docs/calibration.md, drawn by the synthetic scanner: what lies on the glass, and what is wrong with it.

`python -m tests.benchmarks.calibration_pictures [--out docs/images]`
"""

import argparse
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path
from threading import Event

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.errors import MeasurementRefused
from calibration.installed import bundled_targets, installed_procedures, lay_synthetic
from calibration.procedures import Sitting, View, plan
from drivers import DeviceKind, Frame
from drivers.fingerprint.synthesis.target_element import LaidTarget
from drivers.fingerprint.synthesis.true_sensor import Lamp
from drivers.fingerprint.synthetic import SyntheticFingerprintScanner

Picture = NDArray[np.uint8]
COLUMNS, TILE, WORDS, GAP = 4, 240, 44, 12
_INK, _PAPER = 30, 255


def main() -> int:
    """Draw both pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="folder to draw into (docs/images)")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for name, tiles in (("calibration-views.png", views()), ("calibration-faults.png", faults())):
        cv2.imwrite(str(out / name), sheet(tiles), [cv2.IMWRITE_PNG_COMPRESSION, 9])
        sys.stdout.write(f"{out / name}\n")
    return 0


def views() -> list[tuple[Picture, str, str]]:
    """Every view of the plan as the scanner shows it, with its name and the procedures that look at it."""
    looked: dict[str, tuple[View, list[str]]] = {}
    for step in plan(installed_procedures(), DeviceKind.FINGERPRINT_SCANNER):
        for view in step.views:
            looked.setdefault(view.name, (view, []))[1].append(step.name)
    tiles = []
    nominal = bundled_targets()
    with SyntheticFingerprintScanner(truth="drawn") as scanner:
        for view, names in looked.values():
            lay_synthetic(scanner, view, nominal[view.target][0] if view.target else None, 1)
            tiles.append((_frame(scanner).pixels, view.name, ", ".join(names)))
    return tiles


def faults() -> list[tuple[Picture, str, str]]:
    """One target laid well, and in every way that is wrong, with the name of the refusal."""
    target = bundled_targets()["steps"][0]
    good = LaidTarget(target.fields, target.size_mm, target.ground, turn_deg=1.0)
    sine = bundled_targets()["sine"][0]
    laid: dict[str, tuple[LaidTarget, Lamp]] = {
        "as it should lie": (good, Lamp()),
        "tilted by 10 degrees": (replace(good, turn_deg=10.0), Lamp()),
        "upside down": (replace(good, upside_down=True), Lamp()),
        "off the glass": (replace(good, shift_mm=(3.0, 0.0)), Lamp()),
        "a hand in the way": (replace(good, covered=0.4), Lamp()),
        "dirty": (replace(good, dirt=0.4), Lamp()),
        "another target": (LaidTarget(sine.fields, sine.size_mm, sine.ground), Lamp()),
        "no light": (good, Lamp(0.02)),
    }
    (step,) = (s for s in plan(installed_procedures(), DeviceKind.FINGERPRINT_SCANNER) if s.name == "grey_linearity")
    (view,) = step.views
    tiles = []
    with SyntheticFingerprintScanner(truth="drawn") as scanner:
        for name, (lying, lamp) in laid.items():
            scanner.set_lamp(lamp)
            scanner.lay_target(lying)
            frame = _frame(scanner)
            try:
                assert step.look is not None
                step.look(view, Sitting({view.name: (frame,)}, {view.name: target}, frame.ppi))
                told = "measured"
            except MeasurementRefused as refusal:
                told = f"refused: {type(refusal).__name__}"
            tiles.append((frame.pixels, name, told))
    return tiles


def sheet(tiles: list[tuple[Picture, str, str]]) -> Picture:
    """Tiles in rows, two lines of words under each."""
    rows = -(-len(tiles) // COLUMNS)
    page = np.full((GAP + rows * (TILE + WORDS + GAP), GAP + COLUMNS * (TILE + GAP)), _PAPER, np.uint8)
    for index, (pixels, *lines) in enumerate(tiles):
        top = GAP + index // COLUMNS * (TILE + WORDS + GAP)
        left = GAP + index % COLUMNS * (TILE + GAP)
        side = min(pixels.shape)
        inner = pixels[(pixels.shape[0] - side) // 2 :, (pixels.shape[1] - side) // 2 :][:side, :side]
        page[top : top + TILE, left : left + TILE] = cv2.resize(inner, (TILE, TILE), interpolation=cv2.INTER_AREA)
        cv2.rectangle(page, (left - 1, top - 1), (left + TILE, top + TILE), (_INK,), 1)
        for line, (text, size) in enumerate(zip(lines, (0.45, 0.34), strict=True)):
            at = (left, top + TILE + 18 + 18 * line)
            cv2.putText(page, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, (_INK,), 1, cv2.LINE_AA)
    return page


def _frame(scanner: SyntheticFingerprintScanner) -> Frame:
    return next(iter(islice(scanner.frames(Event()), 1)))


if __name__ == "__main__":
    sys.exit(main())
