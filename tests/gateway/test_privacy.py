"""A day of captures with all its failures: what must not be found afterwards is found nowhere, in no spelling.

Looked at are the log, the metrics, the audit trail, tracebacks, temporary files, and every byte of the state folder as
a thief of the computer finds it, who has neither the passphrase nor the token. `test_traces.py` shows that the search
finds what is there, `test_privacy_of_enrolments.py` does the same for enrolments, sealed packets and duplicates.
"""

import asyncio
import base64
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from threading import Event
from typing import Any

import grpc
import numpy as np
import pytest
import structlog
from rekam.v1 import capture_pb2 as pb
from rekam.v1 import common_pb2, gateway_pb2, purge_pb2

from drivers.fingerprint.synthetic import SyntheticFingerprintScanner
from gateway.logs import configure_logs
from gateway.records import fir, iir
from gateway.service.state_office import SPOOL_KEY
from gateway.spool import SpoolKeyWrong
from gateway.trust import KeyPassphraseWrong, PassphraseWrap, open_local_key
from tests.gateway.client import Client, refused
from tests.gateway.running import connected, running, synthetic, synthetic_iris
from tests.gateway.traces import Secrets
from tests.gateway.trust.key_bench import LABEL, MODULE, PIN, soft_token

NIK = "3171234567890001"
"""Of a client that puts it where no number belongs."""
PASSPHRASE = "Rahasia-Melati-2291"
WRONG_PASSPHRASE = "Salah-Kenanga-1188"
WRONG_PIN = "5512 0937"
HOLDER = "Holder-Melati-77"
NONCE = bytes.fromhex("c0ffee11c0ffee22c0ffee33c0ffee44")
OLD = {"spool": {"reserve_mb": 1, "keep_days": 1}}


class Bug:
    """Breaks a driver: a frame's pixels, in a spelling of its own each time, end in the message of an exception."""

    spellings = (
        lambda pixels: str(pixels[150:156].tolist()),
        lambda pixels: repr(pixels[160].tobytes()),
        lambda pixels: pixels[170].tobytes().hex(),
        lambda pixels: base64.b64encode(pixels[180].tobytes()).decode(),
        lambda pixels: np.array2string(pixels[190:193], threshold=10**6, max_line_width=10**6),
        lambda pixels: pixels[200].tobytes().decode("latin-1"),
        lambda pixels: pixels[210].tobytes().hex(" "),
        lambda pixels: f"no such person: {NIK}",
    )

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.met: list[np.ndarray] = []
        self.spelling: Callable[[np.ndarray], str] | None = None
        frames = SyntheticFingerprintScanner.frames

        def broken(scanner: SyntheticFingerprintScanner, cancel: Event) -> Iterator[Any]:
            for frame in frames(scanner, cancel):
                if self.spelling is not None and frame.pixels.std() > 30:
                    spelt, self.spelling = self.spelling(frame.pixels), None
                    self.met.append(frame.pixels.copy())
                    raise RuntimeError(spelt)
                yield frame

        monkeypatch.setattr(SyntheticFingerprintScanner, "frames", broken)


async def a_day(client: Client, bug: Bug) -> list[str]:
    """Captures that go well and captures that do not, with all that a client may say; ids of what was recorded."""
    said: dict[str, Any] = {"transaction_id": NIK, "nonce": NONCE, "operator": "Siti", "holder": HOLDER}
    kept = [
        (await client.capture(**said, idempotency_key=NIK)).capture_id,
        (await client.capture(**said, min_quality=100, timeout=2)).capture_id,
        (await client.capture_iris(common_pb2.EYE_POSITION_RIGHT, transaction_id=NIK)).capture_id,
    ]
    retaken = await client.start(**said, manual=True)
    await client.preview(retaken.capture_id)
    await client.command(retaken.capture_id, pb.CAPTURE_ACTION_TRIGGER)
    await client.end(retaken.capture_id)
    again = await client.command(retaken.capture_id, pb.CAPTURE_ACTION_RETAKE)
    await client.end(again.capture_id)
    missing = await client.start(**said, manual=True)
    await client.command(missing.capture_id, pb.CAPTURE_ACTION_MARK_MISSING, missing_reason=pb.MISSING_REASON_OTHER)
    await client.end(missing.capture_id)
    cancelled = await client.start(**said, manual=True)
    await client.preview(cancelled.capture_id)
    await client.command(cancelled.capture_id, pb.CAPTURE_ACTION_CANCEL)
    await client.end(cancelled.capture_id)
    lost = await client.capture(device_id="synthetic:T-2", **said, manual=True)
    assert lost.outcome in (pb.CAPTURE_OUTCOME_DEVICE_LOST, pb.CAPTURE_OUTCOME_CAPTURED)
    for bug.spelling in Bug.spellings:
        assert (await client.capture(**said, device_id="synthetic:T-1")).outcome == pb.CAPTURE_OUTCOME_FAILED
    for call in refused_calls(client, said):
        with pytest.raises(grpc.aio.AioRpcError):
            await call
    return kept


def refused_calls(client: Client, said: dict[str, Any]) -> list[Any]:
    return [
        client.start(**{**said, "operator": f"{NIK} " * 20}),
        client.start(**said, manual=True, idempotency_key=NIK),
        client.start(**said, device_id=NIK),
        client.get_capture(NIK),
        client.download(NIK, pb.CAPTURE_PART_IMAGE),
        client.verify(f"cap-{NIK}"),
        client.unary("GatewayService", "Pair", gateway_pb2.PairRequest(origin=f"https://{NIK}", code="12345678")),
    ]


async def taken(client: Client, kept: list[str], secrets: Secrets) -> None:
    """Note what was captured, while it can be had."""
    for number, capture_id in enumerate(kept):
        image = await client.download(capture_id, pb.CAPTURE_PART_IMAGE)
        is_eye = image.startswith(b"IIR")
        record = iir.decode(image) if is_eye else fir.decode(image)
        decode: Any = iir.decode_pixels if is_eye else fir.decode_pixels
        secrets.add_image(f"image {number}", decode(record.representations[0]))
        secrets.add(f"record {number}", image[1000:])
        if not is_eye:
            secrets.add(f"template {number}", await client.download(capture_id, pb.CAPTURE_PART_TEMPLATE))
        secrets.add(f"preview {number}", (await client.download(capture_id, pb.CAPTURE_PART_PREVIEW))[200:])


@pytest.fixture
def configured_again() -> Iterator[None]:
    yield
    structlog.reset_defaults()


async def test_of_a_days_work_nothing_is_found(tmp_path, capfd, monkeypatch, configured_again):
    state, temporary = tmp_path / "state", tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setenv("REKAM_KEY_PASSPHRASE", PASSPHRASE)
    configure_logs(json_lines=True)
    bug, secrets = Bug(monkeypatch), Secrets()
    for name, text in (("NIK", NIK), ("passphrase", PASSPHRASE)):
        secrets.add(name, text.encode())
    for name, text in (("wrong passphrase", WRONG_PASSPHRASE), ("holder", HOLDER), ("nonce", NONCE.decode("latin-1"))):
        secrets.add(name, text.encode("latin-1"))
    devices = [synthetic(1), synthetic(2, fault="unplug", fault_after_frames=3), synthetic_iris(1)]
    async with running(state, *devices, metrics="127.0.0.1:0", **OLD) as gateway, connected(gateway) as client:
        kept = await a_day(client, bug)
        await taken(client, kept, secrets)
        url = f"http://{gateway.addresses.metrics}/metrics"
        metrics = (await asyncio.to_thread(urllib.request.urlopen, url)).read()
        running_state = secrets.found_below(state)  # the write-ahead logs are full
        async for _ in client.stream("PurgeService", "Purge", purge_pb2.PurgeRequest(clock_is_right=True)):
            pass
    monkeypatch.setenv("REKAM_KEY_PASSPHRASE", WRONG_PASSPHRASE)
    with pytest.raises(KeyPassphraseWrong):
        async with running(state, *devices):
            pass
    monkeypatch.delenv("REKAM_KEY_PASSPHRASE")
    with pytest.raises((KeyPassphraseWrong, SpoolKeyWrong)):
        async with running(state, *devices):
            pass
    for number, pixels in enumerate(bug.met):
        secrets.add_image(f"frame of a bug {number}", pixels)
    local = open_local_key(state / "keys" / SPOOL_KEY, [PassphraseWrap(PASSPHRASE.encode())], needed=True)
    secrets.add("local key", local.secret)
    logged = "".join(capfd.readouterr())
    assert len(bug.met) == len(Bug.spellings)
    assert logged.count("capture_failed") >= len(Bug.spellings)
    assert "RuntimeError" in logged
    assert secrets.found_in(logged.encode()) == set()
    assert secrets.found_in(metrics) == set()
    assert running_state == set()
    assert secrets.found_below(state) == set()
    assert secrets.found_below(temporary) == set()
    # The same search, with the key: it is all there for those who may. The manifest holds what the client called NIK.
    monkeypatch.setenv("REKAM_KEY_PASSPHRASE", PASSPHRASE)
    async with running(state, *devices) as gateway, connected(gateway) as client:
        image = await client.download(kept[0], pb.CAPTURE_PART_IMAGE)
        assert any(name.startswith("image 0") for name in secrets.found_in(image))
        manifest = await client.download(kept[0], pb.CAPTURE_PART_MANIFEST)
        assert any(name.startswith("NIK (base64url") for name in secrets.found_in(manifest))


async def test_of_a_pin_and_of_what_lies_under_a_token_nothing_is_found(tmp_path, capfd, monkeypatch, configured_again):
    (tmp_path / "hsm").mkdir()
    token = soft_token(tmp_path / "hsm", monkeypatch)
    state, secrets = tmp_path / "state", Secrets()
    key = {"store": "pkcs11", "module": MODULE, "token": LABEL}
    configure_logs(json_lines=True)
    monkeypatch.setenv("REKAM_KEY_PIN", PIN)
    async with running(state, synthetic(1), key=key) as gateway, connected(gateway) as client:
        capture = await client.capture(transaction_id=NIK)
        await taken(client, [capture.capture_id], secrets)
    monkeypatch.setenv("REKAM_KEY_PIN", WRONG_PIN)
    async with running(state, synthetic(1), key=key) as gateway, connected(gateway) as client:
        for call in (client.start(transaction_id=NIK), client.get_capture(capture.capture_id)):
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await call
            assert refused(error.value).reason.startswith("KEY_")
    monkeypatch.setenv("REKAM_KEY_PIN", PIN)
    token.pull_out()
    async with running(state, synthetic(1), key=key) as gateway, connected(gateway) as client:
        with pytest.raises(grpc.aio.AioRpcError):
            await client.download(capture.capture_id, pb.CAPTURE_PART_IMAGE)
        token.plug_in()
        assert secrets.found_in(await client.download(capture.capture_id, pb.CAPTURE_PART_IMAGE))
    for name, text in (("NIK", NIK), ("PIN", PIN), ("wrong PIN", WRONG_PIN)):
        secrets.add(name, text.encode())
    assert secrets.found_in("".join(capfd.readouterr()).encode()) == set()
    assert secrets.found_below(state) == set()
