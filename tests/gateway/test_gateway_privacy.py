"""Neither the log nor the metrics hold a pixel, a template, a key, or whose finger it was."""

import asyncio
import base64
import urllib.request

import grpc
import numpy as np
import pytest
import structlog
from rekam.v1 import capture_pb2 as pb
from rekam.v1 import gateway_pb2

from drivers.fingerprint.synthetic import draw_fingerprint
from gateway.logs import configure_logs
from gateway.records import fir
from tests.gateway.client import Client
from tests.gateway.desk_ports import QUICK
from tests.gateway.running import connected, running, synthetic

NIK = "3171234567890001"
OPERATOR = "Operator-Kenanga-88"
NONCE = bytes.fromhex("c0ffee11c0ffee22c0ffee33")
HOLDER = "Holder-Melati-77"


def spellings(name: str, data: bytes, run: int) -> dict[str, str]:
    """How a run of bytes may look in a text, from several places of it."""
    found = {}
    for start in range(0, max(1, len(data) - run), max(1, len(data) // 8)):
        part = data[start : start + run]
        numbers = list(part)
        found |= {
            f"{name} hex at {start}": part.hex(),
            f"{name} base64 at {start}": base64.b64encode(data[start - start % 3 :])[4 : 4 + run].decode(),
            f"{name} urlsafe at {start}": base64.urlsafe_b64encode(data[start - start % 3 :])[4 : 4 + run].decode(),
            f"{name} bytes at {start}": repr(part)[2:-1],
            f"{name} list at {start}": ", ".join(map(str, numbers)),
            f"{name} array at {start}": " ".join(map(str, numbers)),
            f"{name} raw at {start}": part.decode("latin-1"),
        }
    return found


def leaks(text: str, secrets: dict[str, str]) -> list[str]:
    return [name for name, secret in secrets.items() if secret in text]


def test_the_search_finds_what_is_there():
    data = draw_fingerprint(QUICK["finger"], QUICK["impression"])[180, 100:200].tobytes()
    secrets = spellings("pixels", data, 24)
    for text in (data.hex(), base64.b64encode(data).decode(), str(list(data)), repr(data), data.decode("latin-1")):
        assert leaks(f"before {text} after", secrets)
    array = np.array2string(np.frombuffer(data, np.uint8), max_line_width=10_000)
    assert leaks(array.replace("  ", " "), secrets)


@pytest.fixture
def configured_again():
    yield
    structlog.reset_defaults()


async def exercise(client: Client) -> list[pb.Capture]:
    """Captures that go well and captures that do not, with all that a client may say."""
    said = {"transaction_id": NIK, "nonce": NONCE, "operator": OPERATOR, "holder": HOLDER}
    captures = [
        await client.capture(**said),
        await client.capture(**said, min_quality=100, timeout=2),
    ]
    missing = await client.start(**said, manual=True)
    await client.command(missing.capture_id, pb.CAPTURE_ACTION_MARK_MISSING, missing_reason=pb.MISSING_REASON_OTHER)
    await client.end(missing.capture_id)
    cancelled = await client.start(**said, manual=True, idempotency_key=NIK)
    await client.preview(cancelled.capture_id)
    await client.command(cancelled.capture_id, pb.CAPTURE_ACTION_CANCEL)
    await client.end(cancelled.capture_id)
    for capture in captures:
        for part in (1, 2, 3, 4):
            await client.download(capture.capture_id, part)
        await client.verify(capture.capture_id)
    for call in (
        client.start(**{**said, "operator": OPERATOR * 20}),
        client.start(**said, idempotency_key=NIK),
        client.start(**said, device_id=NIK),
        client.get_capture(NIK),
        client.unary("GatewayService", "Pair", gateway_pb2.PairRequest(origin=OPERATOR, code="12345678")),
    ):
        with pytest.raises(grpc.aio.AioRpcError):
            await call
    return captures


async def test_nothing_of_a_person_is_logged_or_measured(tmp_path, capfd, configured_again):
    configure_logs(json_lines=True)
    devices = [synthetic(1), synthetic(2, fault="unplug", fault_after_frames=3)]
    async with running(tmp_path, *devices, metrics="127.0.0.1:0") as gateway, connected(gateway) as client:
        captures = await exercise(client)
        lost = await client.capture(device_id="synthetic:T-2", operator=OPERATOR, transaction_id=NIK, manual=True)
        assert lost.outcome in (pb.CAPTURE_OUTCOME_DEVICE_LOST, pb.CAPTURE_OUTCOME_CAPTURED)
        templates = [await client.download(capture.capture_id, pb.CAPTURE_PART_TEMPLATE) for capture in captures]
        images = [await client.download(capture.capture_id, pb.CAPTURE_PART_IMAGE) for capture in captures]
        url = f"http://{gateway.addresses.metrics}/metrics"
        metrics = (await asyncio.to_thread(urllib.request.urlopen, url)).read().decode()
    logged = "".join(capfd.readouterr())
    secrets = {"NIK": NIK, "operator": OPERATOR, "nonce": NONCE.hex(), "holder": HOLDER}
    for template in templates:
        secrets |= spellings("template", template, 24)
    for image in images:
        secrets |= spellings("record", image[2000:4000], 24)
        pixels = fir.decode_pixels(fir.decode(image).representations[0])
        for row in (120, 180, 240):
            secrets |= spellings(f"pixels of row {row}", pixels[row, 120:260].tobytes(), 24)
    for file in (tmp_path / "keys").rglob("*"):
        if file.is_file() and b"PRIVATE KEY" in file.read_bytes():
            body = "".join(file.read_text().split("PRIVATE KEY-----")[1].split("-----END")[0].split())
            secrets |= spellings("key", base64.b64decode(body), 24)
    assert sum(name.startswith("key") for name in secrets) > 5
    assert "capture_ended" in logged
    assert "device" in metrics
    assert leaks(logged, secrets) == []
    assert leaks(metrics, secrets) == []
    assert "rekam_capture_stage_seconds" in metrics
    assert 'rekam_captures_total{outcome="captured"}' in metrics
    assert 'rekam_device_state{device="synthetic:T-1",state="idle"} 1.0' in metrics
