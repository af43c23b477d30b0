"""Whatever is handed to a log line, no pixel and no template comes out of it."""

import base64
import contextlib
import json
import os
import sys

import numpy as np
import pytest
import structlog

from gateway.logs import configure_logs, without_payloads

PIXELS = (np.arange(40 * 50, dtype=np.uint32) * 2654435761 >> 24).astype(np.uint8).reshape(40, 50)


@pytest.fixture(autouse=True)
def configured_again():
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "value",
    [
        PIXELS,
        PIXELS.tobytes(),
        bytearray(PIXELS.tobytes()),
        memoryview(PIXELS.tobytes()),
        PIXELS.tolist(),
        {"pixels": PIXELS.tolist()},
        base64.b64encode(PIXELS.tobytes()).decode(),
        PIXELS.tobytes().hex(),
        str(PIXELS.ravel().tolist()),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("json_lines", [False, True])
def test_payloads_become_their_kind_and_size(capsys, value, json_lines):
    configure_logs(json_lines=json_lines)
    structlog.get_logger().warning("something", value=value)
    said = capsys.readouterr().err
    assert "something" in said
    assert len(said) < 900
    rows = [PIXELS.tobytes()[start : start + 600] for start in (0, 600, 1200)]
    for row in rows[1:]:
        assert row.hex()[:100] not in said
        assert base64.b64encode(row).decode()[:100] not in said


def test_plain_values_stay_as_they_are(capsys):
    configure_logs(json_lines=True)
    structlog.get_logger().info("served", device="synthetic:1", size=5, ratio=0.5, ok=True, nothing=None)
    line = json.loads(capsys.readouterr().err)
    assert line.pop("timestamp")
    assert line == {
        "event": "served",
        "level": "info",
        "device": "synthetic:1",
        "size": 5,
        "ratio": 0.5,
        "ok": True,
        "nothing": None,
    }


def test_a_traceback_is_kept_whole_but_not_without_end(capsys):
    configure_logs(json_lines=True)
    try:
        raise ValueError("x" * 20_000)
    except ValueError:
        structlog.get_logger().exception("failed")
    line = json.loads(capsys.readouterr().err)
    assert line["exception"].startswith("Traceback")
    assert len(line["exception"]) < 11_000


def test_a_log_that_nobody_reads_any_more_stops_no_work(monkeypatch):
    readable, writable = os.pipe()
    with os.fdopen(writable, "w") as broken:
        monkeypatch.setattr(sys, "stderr", broken)
        configure_logs(json_lines=True)
        os.close(readable)
        structlog.get_logger().error("to whom?")
        with contextlib.suppress(BrokenPipeError):
            broken.close()
    structlog.get_logger().error("to whom?")


def test_objects_are_cut_to_a_line():
    class Lengthy:
        def __str__(self):
            return "y" * 5000

    event = without_payloads(None, "info", {"event": "e", "value": Lengthy()})
    assert len(event["value"]) == 500


@pytest.mark.parametrize(
    "data",
    [
        "no such person: 3171234567890001",
        f"bad frame {list(range(40, 90))}",
        f"bad frame {np.arange(100, 180, dtype=np.uint8)}",
        f"bad frame {bytes(range(128, 200))!r}",
        f"bad frame {bytes(range(60, 140)).hex()}",
        f"bad frame {bytes(range(60, 140)).hex(' ')}",
        f"bad frame {base64.b64encode(bytes(range(100)))!r}",
        f"bad frame {bytes(range(120, 220)).decode('latin-1')}",
    ],
)
def test_what_an_exception_says_of_a_person_is_left_out(data, capsys):
    configure_logs(json_lines=True)
    try:
        raise RuntimeError(data)
    except RuntimeError:
        structlog.get_logger().exception("failed")
    told = json.loads(capsys.readouterr().err)["exception"]
    assert "RuntimeError" in told
    assert "test_logs.py" in told
    assert data[-30:] not in told
    assert data[20:40] not in told


def test_what_helps_to_find_a_bug_stays(capsys):
    configure_logs(json_lines=True)
    said = f"frame 12 of 388x374 at 500 ppi, sha256 {'0f' * 32}, cap-20261126T172304-938c47c38ef2, line 1024, 3.5 s"
    try:
        raise RuntimeError(said)
    except RuntimeError:
        structlog.get_logger().exception("failed")
    assert said in json.loads(capsys.readouterr().err)["exception"]
