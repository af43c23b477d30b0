"""Drawings made of a few shapes, in millimetres from the upper left: the same for a page and for paper."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10

import cv2
import numpy as np
from numpy.typing import NDArray

INK, GREY, PALE, GOOD, BAD, ACCENT = "#1d2733", "#6b7785", "#d9dee4", "#1b7f4b", "#b3261e", "#1f5fa8"

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Line:
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    colour: str = INK
    width: float = 0.3
    dashed: bool = False


@dataclass(frozen=True)
class Dots:
    """A dot at each point."""

    points: tuple[tuple[float, float], ...]
    colour: str = INK
    radius: float = 0.8


@dataclass(frozen=True)
class Label:
    """Words; `anchor` is `start`, `middle` or `end`."""

    x: float
    y: float
    text: str
    size: float = 2.8
    anchor: str = "start"
    colour: str = INK


@dataclass(frozen=True, eq=False)
class Picture:
    """Pixels, (height, width, 3) uint8 red, green, blue, in a box."""

    x: float
    y: float
    width: float
    height: float
    pixels: NDArray[np.uint8]


Shape = Line | Dots | Label | Picture


@dataclass(frozen=True, eq=False)
class Figure:
    """A drawing with its title and size in millimetres."""

    title: str
    width: float
    height: float
    shapes: tuple[Shape, ...]


class Plot:
    """Axes of a drawing: data in, shapes out.

    Parameters
    ----------
    x_range, y_range : (float, float)
        Of the data; widened where they have no width.
    x_title, y_title : str
    width, height : float
        Of the whole drawing, millimetres.
    """

    LEFT, RIGHT, TOP, BOTTOM = 15.0, 4.0, 4.0, 11.0

    def __init__(
        self,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        x_title: str,
        y_title: str,
        width: float = 120.0,
        height: float = 70.0,
        x_ticks: Sequence[tuple[float, str]] | None = None,
    ) -> None:
        self.width, self.height = width, height
        self._x, self._y = _widened(x_range), _widened(y_range)
        self.shapes: list[Shape] = []
        self._axes(x_title, y_title, x_ticks)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the data lies."""
        share_x = (x - self._x[0]) / (self._x[1] - self._x[0])
        share_y = (y - self._y[0]) / (self._y[1] - self._y[0])
        across = self.width - self.LEFT - self.RIGHT
        down = self.height - self.TOP - self.BOTTOM
        return round(self.LEFT + share_x * across, 2), round(self.height - self.BOTTOM - share_y * down, 2)

    def line(self, points: Points, colour: str = INK, width: float = 0.4, *, dashed: bool = False) -> None:
        """A line of data, cut off at the axes' ends."""
        low, high = self._y
        inside = tuple(self.at(x, min(max(y, low), high)) for x, y in points)
        self.shapes.append(Line(inside, colour, width, dashed))

    def dots(self, points: Points, colour: str = ACCENT, radius: float = 0.9) -> None:
        """Dots of data; those outside the axes are left out."""
        low, high = self._y
        self.shapes.append(Dots(tuple(self.at(x, y) for x, y in points if low <= y <= high), colour, radius))

    def bars(self, points: Sequence[tuple[float, float, float]], colour: str = ACCENT) -> None:
        """Bars of uncertainty: x, y and half the length."""
        for x, y, half in points:
            if half > 0:
                self.line([(x, y - half), (x, y + half)], colour, 0.25)

    def figure(self, title: str) -> Figure:
        """The drawing."""
        return Figure(title, self.width, self.height, tuple(self.shapes))

    def _axes(self, x_title: str, y_title: str, x_ticks: Sequence[tuple[float, str]] | None) -> None:
        for value in ticks(*self._y):
            x, y = self.at(self._x[0], value)
            self.shapes.append(Line(((x, y), (self.width - self.RIGHT, y)), PALE, 0.15))
            self.shapes.append(Label(x - 1, y + 1, f"{value:.6g}", 2.6, "end", GREY))
        named = [(value, f"{value:.6g}") for value in ticks(*self._x)] if x_ticks is None else x_ticks
        for value, text in named:
            x, y = self.at(value, self._y[0])
            self.shapes.append(Line(((x, y), (x, y + 1)), GREY, 0.2))
            self.shapes.append(Label(x, y + 4, text, 2.6, "middle", GREY))
        corner = self.at(self._x[0], self._y[0])
        top, right = self.at(self._x[0], self._y[1]), self.at(self._x[1], self._y[0])
        self.shapes.append(Line((top, corner, right), GREY, 0.3))
        self.shapes.append(Label((corner[0] + right[0]) / 2, self.height - 1.5, x_title, 2.8, "middle"))
        self.shapes.append(Label(self.LEFT, 2.8, y_title, 2.8, "start"))


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round values between two ends."""
    raw = (high - low) / about
    step = 10 ** floor(log10(raw))
    for factor in (1, 2, 5, 10):
        if factor * step >= raw:
            step *= factor
            break
    first = np.ceil(low / step - 1e-9)
    count = int(np.floor(high / step + 1e-9) - first) + 1
    return [float(round((first + index) * step, 12)) + 0.0 for index in range(max(0, count))]


def heat(values: NDArray[np.floating], low: float, high: float, most_pixels: int = 320) -> NDArray[np.uint8]:
    """A map in colours, (height, width, 3): blue below the middle, white at it, red above; shrunk for the page."""
    shown = np.nan_to_num(np.asarray(values, np.float32))
    scale = most_pixels / max(shown.shape)
    if scale < 1:
        size = (max(1, round(shown.shape[1] * scale)), max(1, round(shown.shape[0] * scale)))
        shown = np.asarray(cv2.resize(shown, size, interpolation=cv2.INTER_AREA), np.float32)
    share = np.clip((shown - low) / max(high - low, 1e-12), 0, 1) * 2 - 1
    blue, white, red = (np.array(colour, np.float32) for colour in ((31, 95, 168), (250, 250, 250), (179, 38, 30)))
    weight = np.abs(share)[..., None]
    colour = np.where(share[..., None] < 0, blue, red) * weight + white * (1 - weight)
    return np.asarray(np.rint(colour), np.uint8)


def svg(figure: Figure) -> str:
    """The drawing as inline SVG, which needs nothing beside it."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {figure.width:g} {figure.height:g}" role="img" '
        f'aria-label="{escape(figure.title)}" font-family="sans-serif">'
    ]
    parts += [_svg_shape(shape) for shape in figure.shapes]
    return "".join(parts) + "</svg>"


def png(pixels: NDArray[np.uint8]) -> bytes:
    """(height, width, 3) red, green, blue as PNG."""
    _, encoded = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    return encoded.tobytes()


def _svg_shape(shape: Shape) -> str:
    if isinstance(shape, Line):
        points = " ".join(f"{x:g},{y:g}" for x, y in shape.points)
        dash = ' stroke-dasharray="1.6 1.2"' if shape.dashed else ""
        return f'<polyline points="{points}" fill="none" stroke="{shape.colour}" stroke-width="{shape.width:g}"{dash}/>'
    if isinstance(shape, Dots):
        dots = (f'<circle cx="{x:g}" cy="{y:g}" r="{shape.radius:g}"/>' for x, y in shape.points)
        return f'<g fill="{shape.colour}">{"".join(dots)}</g>'
    if isinstance(shape, Label):
        return (
            f'<text x="{shape.x:g}" y="{shape.y:g}" font-size="{shape.size:g}" text-anchor="{shape.anchor}" '
            f'fill="{shape.colour}">{escape(shape.text)}</text>'
        )
    data = base64.b64encode(png(shape.pixels)).decode("ascii")
    return (
        f'<image x="{shape.x:g}" y="{shape.y:g}" width="{shape.width:g}" height="{shape.height:g}" '
        f'preserveAspectRatio="none" href="data:image/png;base64,{data}"/>'
    )


def _widened(ends: tuple[float, float]) -> tuple[float, float]:
    low, high = float(min(ends)), float(max(ends))
    if high - low > 1e-9 * max(abs(low), abs(high), 1e-9):
        return low, high
    half = max(abs(low) * 0.01, 1e-6)
    return low - half, high + half
