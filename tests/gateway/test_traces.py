"""The search for secrets finds what is planted, in every spelling; else that it finds nothing would say nothing."""

import base64
import gzip
import json
import sqlite3
import zlib

import cv2
import imagecodecs
import numpy as np
import pytest

from drivers.fingerprint.synthetic import draw_fingerprint
from tests.gateway.traces import Secrets

NIK = "3171234567890001"
TEMPLATE = bytes(np.random.default_rng(5).integers(0, 256, 300, np.uint8))


@pytest.fixture(scope="module")
def print_of_nobody():
    return draw_fingerprint(17, 3)


@pytest.fixture(scope="module")
def secrets(print_of_nobody):
    found = Secrets()
    found.add("NIK", NIK.encode())
    found.add("template", TEMPLATE)
    found.add_image("print", print_of_nobody)
    return found


def png(pixels):
    return cv2.imencode(".png", pixels)[1].tobytes()


BYTES = {
    "raw": bytes,
    "hex": lambda data: data.hex().encode(),
    "HEX": lambda data: data.hex().upper().encode(),
    "hex dump": lambda data: data.hex(" ").encode(),
    "base64": base64.b64encode,
    "base64 one on": lambda data: base64.b64encode(b"x" + data),
    "base64 two on": lambda data: base64.b64encode(b"xy" + data),
    "base64url": base64.urlsafe_b64encode,
    "base64url two on": lambda data: base64.urlsafe_b64encode(b"xy" + data),
    "UTF-16": lambda data: data.decode("latin-1").encode("utf-16"),
    "UTF-8 of latin-1": lambda data: data.decode("latin-1").encode(),
    "JSON": lambda data: json.dumps({"a": data.decode("latin-1")}).encode(),
    "JSON list": lambda data: json.dumps(list(data), separators=(",", ":")).encode(),
    "list": lambda data: str(list(data)).encode(),
    "repr": lambda data: repr(data).encode(),
    "array": lambda data: np.array2string(
        np.frombuffer(data, np.uint8), max_line_width=10**6, threshold=10**6
    ).encode(),
    "zlib": zlib.compress,
    "gzip": gzip.compress,
    "zlib in base64": lambda data: base64.b64encode(zlib.compress(data + bytes(200))),
    "base64 in zlib": lambda data: zlib.compress(base64.b64encode(b"x" + data)),
}
PICTURES = {
    "PNG": png,
    "PNG in base64": lambda pixels: b'{"image": "' + base64.b64encode(png(pixels)) + b'"}',
    "PNG, half its size": lambda pixels: png(cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)),
    "PNG, inverted": lambda pixels: png(255 - pixels),
    "JPEG": lambda pixels: cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 60])[1].tobytes(),
    "JPEG 2000": lambda pixels: imagecodecs.jpeg2k_encode(pixels, reversible=True, codecformat="j2k"),
    "JPEG 2000 in its boxes": lambda pixels: imagecodecs.jpeg2k_encode(pixels, reversible=True, codecformat="jp2"),
    "rows": lambda pixels: pixels.tobytes(),
    "columns": lambda pixels: pixels.T.tobytes(),
    "some rows": lambda pixels: pixels[120:200].tobytes(),
    "inverted rows": lambda pixels: (255 - pixels).tobytes(),
    "mirrored rows": lambda pixels: pixels[:, ::-1].tobytes(),
    "rows in zlib": lambda pixels: zlib.compress(pixels.tobytes()),
    "rows in hex": lambda pixels: pixels.tobytes().hex().encode(),
}


@pytest.mark.parametrize("spelling", BYTES)
@pytest.mark.parametrize("what", ["NIK", "template"])
def test_a_text_and_a_record_are_found(secrets, what, spelling):
    noise = np.random.default_rng(1).integers(0, 256, 5000, np.uint8).tobytes()
    planted = BYTES[spelling](NIK.encode() if what == "NIK" else TEMPLATE)
    assert any(name.startswith(what) for name in secrets.found_in(noise + planted + noise))


@pytest.mark.parametrize("spelling", PICTURES)
def test_a_picture_is_found(secrets, print_of_nobody, spelling):
    planted = PICTURES[spelling](print_of_nobody)
    assert any(name.startswith("print") for name in secrets.found_in(b"x" * 1000 + planted + b"y" * 1000))


def test_what_is_not_there_is_not_found(secrets):
    other = draw_fingerprint(42, 3)
    for data in (png(other), other.tobytes(), bytes(10_000), np.random.default_rng(2).bytes(3_000_000), b"", b"123"):
        assert secrets.found_in(data) == set()


@pytest.mark.parametrize("place", ["row", "free page", "log", "long value", "file name"])
def test_the_bytes_of_a_folder_are_all_looked_at(secrets, print_of_nobody, tmp_path, place):
    connection = sqlite3.connect(tmp_path / "some.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute("CREATE TABLE t (a TEXT, b BLOB)")
    planted = (
        imagecodecs.jpeg2k_encode(print_of_nobody, reversible=True) if place == "long value" else NIK.encode() * 20
    )
    if place == "file name":
        (tmp_path / f"{NIK}.txt").touch()
    else:
        connection.execute("INSERT INTO t VALUES ('x', ?)", (planted,))
    if place == "free page":
        connection.execute("DELETE FROM t")
    if place != "log":
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert secrets.found_below(tmp_path)
    connection.close()


def test_too_short_a_secret_is_refused():
    with pytest.raises(ValueError, match="by chance"):
        Secrets().add("PIN", b"1234")
