"""Looks for secrets in bytes, in every spelling in which they could have got there.

A secret is bytes (a text, a template) or an image. Of bytes, runs are looked for; of an image, runs of its rows and of
its columns, and any picture that decodes to something like it.
"""

import base64
import json
import re
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
from numpy.typing import NDArray

RUN = 16
"""Bytes of a run that is looked for: by chance it stands in a gigabyte once in 10^29."""
RUNS = 24
"""Of one record, spread over it."""
LINES = 12
"""Rows of an image, and as many columns, of which two runs each are looked for."""
LEAST_NEEDLE = 8
DEPTH = 3
"""Of one thing in another: a PNG in base64 in a zlib stream."""
LIKE = 0.85
"""Correlation from which a picture is the secret one, scaled or compressed."""
LEAST_PICTURE = 32

Image = NDArray[np.uint8]


def spellings(run: bytes) -> dict[bytes, str]:
    """How a run of bytes may stand in a file or a log, and what that is called."""
    text = run.decode("latin-1")
    numbers = [str(each) for each in run]
    found = {
        run: "raw",
        run.hex().encode(): "hex",
        run.hex().upper().encode(): "HEX",
        run.hex(" ").encode(): "hex dump",
        text.encode("utf-8"): "UTF-8",
        text.encode("utf-16-le"): "UTF-16",
        json.dumps(text)[1:-1].encode(): "JSON",
        json.dumps(run.decode("utf-8", "surrogateescape"))[1:-1].encode(): "JSON, surrogates",
        repr(run)[2:-1].encode(): "repr",
        ", ".join(numbers).encode(): "list",
        ",".join(numbers).encode(): "JSON list",
        " ".join(numbers).encode(): "numbers",
        " ".join(f"{each:>3}" for each in run).strip().encode(): "array",
        "\n".join(numbers).encode(): "column",
        base64.b32encode(run[: len(run) // 5 * 5]): "base32",
        run[::-1]: "backwards",
        (255 - np.frombuffer(run, np.uint8)).tobytes(): "inverted",
    }
    for shift in range(3):
        for name, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
            # What stands before it moves the groups of three; of the first and the last only some bits are its own.
            coded = encode(bytes(shift) + run + bytes(-(shift + len(run)) % 3))
            found[coded[4 if shift else 0 : -4]] = f"{name} +{shift}"
    return {needle: name for needle, name in found.items() if len(needle) >= LEAST_NEEDLE}


class _Index:
    """Many needles, looked for at once: by their first two bytes, then their first eight, then whole."""

    def __init__(self, needles: dict[bytes, str]) -> None:
        self._by_start: dict[int, list[tuple[bytes, str]]] = {}
        self._seen = np.zeros(1 << 16, bool)
        for needle, name in needles.items():
            start = int.from_bytes(needle[:LEAST_NEEDLE], "little")
            self._by_start.setdefault(start, []).append((needle, name))
            self._seen[start & 0xFFFF] = True
        self._starts = np.array(sorted(self._by_start), np.uint64)

    def names_in(self, data: bytes) -> set[str]:
        """Names of the needles that stand in the data."""
        found: set[str] = set()
        octets = np.frombuffer(data, np.uint8)
        if len(octets) < LEAST_NEEDLE or not len(self._starts):
            return found
        pairs = octets[:-1].astype(np.uint16) | (octets[1:].astype(np.uint16) << 8)
        places = np.flatnonzero(self._seen[pairs[: len(octets) - LEAST_NEEDLE + 1]])
        starts = np.zeros(len(places), np.uint64)
        for number in range(LEAST_NEEDLE):
            starts |= octets[places + number].astype(np.uint64) << np.uint64(8 * number)
        at = np.minimum(np.searchsorted(self._starts, starts), len(self._starts) - 1)
        for place, start in zip(*(part[self._starts[at] == starts].tolist() for part in (places, starts)), strict=True):
            found |= {name for needle, name in self._by_start[start] if data.startswith(needle, place)}
        return found


class Secrets:
    """What must not be found, by name."""

    def __init__(self) -> None:
        self._needles: dict[bytes, str] = {}
        self._index: _Index | None = None
        self._images: dict[str, Image] = {}

    def add(self, name: str, data: bytes) -> None:
        """A text or a record; a short one as a whole."""
        if len(data) < LEAST_NEEDLE:
            raise ValueError(f"{name}: so short a text stands everywhere by chance")
        if len(data) <= 2 * RUN:
            self._add_run(name, data)
        else:
            self._add_runs(name, data, RUNS)

    def add_image(self, name: str, pixels: Image) -> None:
        """A picture: its rows, its columns, and how it looks."""
        self._images[name] = pixels
        for way, lines in (("rows", pixels), ("columns", pixels.T)):
            busy = sorted(range(len(lines)), key=lambda number, lines=lines: -float(lines[number].std()))
            for number in busy[: len(lines) // 2 : max(1, len(lines) // 2 // LINES)]:
                line = np.ascontiguousarray(lines[number])
                self._add_runs(f"{name}, {way}", line[len(line) // 4 : 3 * len(line) // 4].tobytes(), 2)

    def _add_runs(self, name: str, data: bytes, count: int) -> None:
        for start in np.linspace(0, len(data) - RUN, count).astype(int):
            run = data[start : start + RUN]
            if len(set(run)) > RUN // 2:  # a row of zeros says nothing of anybody
                self._add_run(name, run)

    def _add_run(self, name: str, run: bytes) -> None:
        for needle, spelling in spellings(run).items():
            self._needles.setdefault(needle, f"{name} ({spelling})")
        self._index = None

    def __len__(self) -> int:
        return len(self._needles)

    def found_in(self, data: bytes) -> set[str]:
        """Names and spellings of the secrets that stand in the data, or in what can be unpacked from it."""
        self._index = index = self._index or _Index(self._needles)
        found: set[str] = set()
        for layer in layers(data):
            if isinstance(layer, bytes):
                found |= index.names_in(layer)
            else:
                found |= {f"{name} (picture)" for name, image in self._images.items() if looks_like(layer, image)}
                for pixels in (layer, layer.T):
                    found |= index.names_in(np.ascontiguousarray(pixels).tobytes())
        return found

    def found_below(self, folder: Path) -> set[str]:
        """The same of every file below a folder: its bytes as they lie there, free pages among them, then, of a
        database, every value whole, as its pages tear long ones apart."""
        found: set[str] = set()
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = str(path.relative_to(folder))
                found |= {f"{name}: {each}" for each in self.found_in(name.encode() + b"\n" + path.read_bytes())}
                found |= {f"{name}: {each}" for value in values(path) for each in self.found_in(value)}
        return found


def values(path: Path) -> Iterator[bytes]:
    """Every text and blob of an SQLite file."""
    with path.open("rb") as file:
        if file.read(16) != b"SQLite format 3\0":
            return
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    if isinstance(value, str | bytes) and len(value) > 4:
                        yield value.encode() if isinstance(value, str) else value


def layers(data: bytes, depth: int = DEPTH) -> Iterator[bytes | Image]:
    """The data, and what is packed in it: zlib and gzip streams, pictures, texts in base64 and hex."""
    yield data
    if not depth:
        return
    for packed in _unpacked(data):
        yield from layers(packed, depth - 1)
    yield from _pictures(data)


def _unpacked(data: bytes) -> Iterator[bytes]:
    for match in re.finditer(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08", data):
        stream = zlib.decompressobj(wbits=47)
        try:
            unpacked = stream.decompress(memoryview(data)[match.start() :], 1 << 24)
        except zlib.error:
            continue
        if len(unpacked) >= LEAST_NEEDLE:
            yield unpacked
    for match in re.finditer(rb"[A-Za-z0-9+/_-]{24,}", data):
        text = match.group().translate(bytes.maketrans(b"-_", b"+/"))
        for start in range(4):
            coded = text[start:]
            if len(coded) % 4 == 1:  # six bits are no byte
                coded = coded[:-1]
            yield base64.b64decode(coded + b"=" * (-len(coded) % 4))
    for match in re.finditer(rb"(?:[0-9a-fA-F]{2}){64,}", data):
        yield bytes.fromhex(match.group().decode())


def _pictures(data: bytes) -> Iterator[Image]:
    for match in re.finditer(
        rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|\xff\x4f\xff\x51|BM.{8}\x36|P5\n|II\*\0|MM\0\*", data, re.S
    ):
        rest = data[match.start() : match.start() + (8 << 20)]
        try:
            if match.group() == b"\xff\x4f\xff\x51":  # ISO/IEC 15444-1 A.4: SOC and SIZ begin a codestream, EOC ends it
                picture = imagecodecs.jpeg2k_decode(rest[: rest.index(b"\xff\xd9") + 2])
            else:
                picture = cv2.imdecode(np.frombuffer(rest, np.uint8), cv2.IMREAD_GRAYSCALE)
        except (ValueError, cv2.error, imagecodecs.Jpeg2kError):
            continue
        if picture is not None and picture.ndim == 2 and min(picture.shape) >= LEAST_PICTURE:
            yield picture.astype(np.uint8)


def looks_like(picture: Image, secret: Image) -> bool:
    """Whether a picture shows the secret one: scaled, inverted, compressed with losses, written upon."""
    scaled = cv2.resize(picture, secret.shape[::-1], interpolation=cv2.INTER_AREA).astype(float)
    one, other = scaled - scaled.mean(), secret.astype(float) - secret.mean()
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return size > 0 and abs(float(np.sum(one * other))) / size > LIKE
