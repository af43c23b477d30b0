"""People whom nobody is, for cards: drawn portraits and signatures, strewn minutiae; a list of them, and its key."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from gateway.card_holders import CardHolders
from gateway.enrolment.local_cipher import LocalCipher
from gateway.finger import FingerPosition, FingerTemplate
from gateway.trust import ClockQuality, SignedTime
from tests.gateway.fingerprint.synthetic_templates import finger_template

NIK = "3602041211870001"
NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
KEEP = timedelta(days=180)
R, L = FingerPosition.RIGHT_INDEX, FingerPosition.LEFT_INDEX
PROFILES = ("ktp-el", "quick")


class Clock:
    """Shows what a test says."""

    def __init__(self, wall: datetime = NOON) -> None:
        self.wall = wall

    def __call__(self) -> SignedTime:
        return SignedTime(self.wall, 100.0, ClockQuality.TRUSTED, 0.01)


def opened(folder: Path, clock: Clock | None = None) -> CardHolders:
    needed = (folder / "card-holders.sqlite3").exists()
    cipher = LocalCipher.open(folder / "keys", needed=needed, name="card-holders.key")
    return CardHolders.open(folder, cipher, PROFILES, clock or Clock())


@cache
def portrait(seed: int = 1, width: int = 900, height: int = 1200, kind: str = ".jpg") -> bytes:
    """A smooth picture that looks like no other."""
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 9, 3), np.uint8)
    picture = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return bytes(cv2.imencode(kind, picture)[1])


@cache
def signature(seed: int = 1, kind: str = ".png") -> bytes:
    """A pen's walk over paper."""
    paper = np.full((400, 1000), 250, np.uint8)
    walk = np.random.default_rng(seed).normal(0, 25, (60, 2)).cumsum(axis=0)
    low, high = walk.min(axis=0), walk.max(axis=0)
    points = (50 + (walk - low) / (high - low) * (900, 300)).astype(np.int32)
    cv2.polylines(paper, [points.reshape(-1, 1, 2)], False, 20, 5)
    return bytes(cv2.imencode(kind, paper)[1])


@cache
def finger(number: int, count: int = 40) -> FingerTemplate:
    """Whole pixels and 256ths of a turn, as records have them."""
    found = finger_template(number, count)
    turn = 2 * np.pi / 256
    return FingerTemplate(
        x=np.floor(found.x).astype(np.float32),
        y=np.floor(found.y).astype(np.float32),
        angle=(np.floor(found.angle / turn) % 256 * turn).astype(np.float32),
        kind=found.kind,
        quality=found.quality,
        width=found.width,
        height=found.height,
        ppi=197 * 2.54,
    )


def two_fingers(person: int = 0) -> dict[FingerPosition, FingerTemplate]:
    return {R: finger(10 * person + 1), L: finger(10 * person + 2)}


def kept(holders: CardHolders, enrolment_id: str = "enr-1", **changes: Any) -> None:
    """Keep somebody; what is not named is filled in."""
    usual: dict[str, Any] = {
        "reference": NIK,
        "portrait": portrait(),
        "signature": signature(),
        "fingers": two_fingers(),
        "scores": {R: 70, L: 60},
    }
    holders.keep(enrolment_id, **{**usual, **changes})


def everything_in(folder: Path) -> bytes:
    """All bytes of the files of a list."""
    return b"".join(each.read_bytes() for each in sorted(folder.glob("card-holders.*")) if each.is_file())
