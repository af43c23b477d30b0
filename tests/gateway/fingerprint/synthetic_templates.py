"""Templates of fingers that nobody has: minutiae strewn with a minimum distance along a smooth ridge flow."""

import math
from typing import Any

import numpy as np

from gateway.finger import FingerTemplate

SIDE = 380
_APART_PX = 11.0


def finger_template(finger: int, count: int = 40) -> FingerTemplate:
    """A finger's whole print: minutiae at least a ridge apart, directions along or against a flow of its own."""
    rng = np.random.default_rng([finger, 1])
    places = np.zeros((0, 2))
    while len(places) < count:
        place = rng.uniform(15, SIDE - 15, 2)
        if not len(places) or np.hypot(*(places - place).T).min() > _APART_PX:
            places = np.vstack([places, place])
    waves = rng.normal(0, 1, (3, 2)) / 120
    flow = sum(np.sin(places @ wave + phase) for wave, phase in zip(waves, rng.uniform(0, 6, 3), strict=True))
    angle = flow + math.pi * rng.integers(0, 2, count) + rng.normal(0, 0.1, count)
    return FingerTemplate(
        x=places[:, 0].astype(np.float32),
        y=places[:, 1].astype(np.float32),
        angle=(angle % (2 * math.pi)).astype(np.float32),
        kind=rng.integers(1, 3, count).astype(np.uint8),
        quality=rng.integers(40, 101, count).astype(np.uint8),
        width=SIDE,
        height=SIDE,
        ppi=500.0,
    )


def impression(template: FingerTemplate, seed: int, *, turn: float = 0.0, kept: float = 0.8) -> FingerTemplate:
    """Another capture: moved, turned (radians, counter-clockwise), stretched, minutiae missed and invented."""
    rng = np.random.default_rng([seed, 2])
    seen = rng.random(len(template)) < kept
    invented = rng.binomial(len(template), 0.1)
    x = np.concatenate([template.x[seen], rng.uniform(15, SIDE - 15, invented)])
    y = np.concatenate([template.y[seen], rng.uniform(15, SIDE - 15, invented)])
    angle = np.concatenate([template.angle[seen], rng.uniform(0, 2 * math.pi, invented)])
    x, y = x + 4 * np.sin(y / 90) + rng.normal(0, 1.2, len(x)), y + 3 * np.sin(x / 80) + rng.normal(0, 1.2, len(y))
    angle = angle + rng.normal(0, 0.08, len(angle))
    return moved(
        changed(
            template,
            x=x.astype(np.float32),
            y=y.astype(np.float32),
            angle=angle.astype(np.float32),
            kind=np.concatenate([template.kind[seen], rng.integers(1, 3, invented)]).astype(np.uint8),
            quality=np.concatenate([template.quality[seen], rng.integers(20, 101, invented)]).astype(np.uint8),
        ),
        turn,
        (float(rng.uniform(-30, 30)), float(rng.uniform(-30, 30))),
    )


def moved(template: FingerTemplate, turn: float, shift: tuple[float, float] = (0.0, 0.0)) -> FingerTemplate:
    """`template` turned around the middle of its image (radians, counter-clockwise as seen) and shifted by px."""
    cos, sin = math.cos(turn), math.sin(turn)
    x, y = template.x.astype(np.float64) - SIDE / 2, template.y.astype(np.float64) - SIDE / 2
    return changed(
        template,
        x=(cos * x + sin * y + SIDE / 2 + shift[0]).astype(np.float32),
        y=(-sin * x + cos * y + SIDE / 2 + shift[1]).astype(np.float32),
        angle=((template.angle + turn) % (2 * math.pi)).astype(np.float32),
    )


def changed(template: FingerTemplate, **changes: Any) -> FingerTemplate:
    """`template` with other fields."""
    values = {name: getattr(template, name) for name in template.__dataclass_fields__}
    return FingerTemplate(**{**values, **changes})


def reordered(template: FingerTemplate, seed: int) -> FingerTemplate:
    """The same minutiae in another order."""
    order = np.random.default_rng([seed, 3]).permutation(len(template))
    return changed(
        template, **{name: getattr(template, name)[order] for name in ("x", "y", "angle", "kind", "quality")}
    )
