"""Connect and gRPC-Web over TLS: answers, streams, their ends, and a capture made by an independent client."""

import asyncio
import json
import ssl
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import grpc
import pytest
from rekam.v1 import capture_pb2, gateway_pb2

from gateway.service import web_office
from gateway.web import authority as local_authority
from tests.gateway.client import refused
from tests.gateway.running import connected, quick_config, running, synthetic
from tests.gateway.web.page import CALL, FOREIGN, Page, envelope, frames, web_gateway

WEB = ["Content-Type: application/grpc-web+proto", "X-Grpc-Web: 1"]
BUF = Path(sys.executable).with_name("buf")


@pytest.fixture
async def gateway(tmp_path):
    # A busy machine may take seconds from one curl to the next; the capture waits for it.
    async with web_gateway(tmp_path, synthetic(1), lease={"abandoned_s": 60.0}) as gateway:
        yield gateway


@pytest.fixture
async def page(gateway, capfd):
    return await Page(gateway, FOREIGN).pair(capfd)


class Stream:
    """A streaming call by curl, read as it comes."""

    def __init__(self, page, method, request):
        self.page, self.method, self.request = page, method, request

    async def __aenter__(self):
        lines = [*self.page.headers(), "Content-Type: application/connect+json"]
        authority = str(self.page.gateway.state / "web/authority.pem")
        url = f"{self.page.url}{CALL}{self.method.replace('.', '/')}"
        command = ["curl", "-sS", "-N", "--max-time", "20", "--cacert", authority, "--data-binary", "@-", url]
        command += [part for line in lines for part in ("-H", line)]
        self.process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        self.process.stdin.write(envelope(json.dumps(self.request).encode()))
        self.process.stdin.close()
        return self

    async def __aexit__(self, *exc):
        if self.process.returncode is None:
            self.process.kill()
        await self.process.communicate()

    async def read(self):
        flags, *length = await asyncio.wait_for(self.process.stdout.readexactly(5), 60)
        content = await self.process.stdout.readexactly(int.from_bytes(bytes(length), "big"))
        return flags, json.loads(content)


async def test_grpc_web_answers_and_streams(page):
    answer = await page.send(f"{CALL}GatewayService/GetInfo", envelope(b""), WEB)
    assert answer.headers["content-type"] == "application/grpc-web+proto"
    (data, info), (end, trailers) = frames(answer.body)
    assert (data, end) == (0, 0x80)
    assert gateway_pb2.GetInfoResponse.FromString(info).gateway_id
    assert b"grpc-status: 0" in trailers


async def test_a_refusal_by_grpc_web_has_details(page):
    request = capture_pb2.GetCaptureRequest(capture_id="none").SerializeToString()
    answer = await page.send(f"{CALL}CaptureService/GetCapture", envelope(request), WEB)
    ends = frames(answer.body)[-1][1] if answer.body else b""
    told = ends.decode() + str(answer.headers)
    assert "grpc-status-details-bin" in told
    assert "grpc-status" in told


async def test_garbage_in_each_encoding_is_an_invalid_argument(page):
    for kind in ("application/json", "application/proto"):
        answer = await page.send(f"{CALL}CaptureService/GetCapture", b"\xff\xfe\x00", [f"Content-Type: {kind}"])
        assert (answer.status, answer.reason) == (400, "INVALID_ARGUMENT")
    rule = await page.call("CaptureService.GetCapture")
    assert (rule.status, rule.reason) == (400, "INVALID_ARGUMENT")


async def test_events_come_while_the_stream_is_open(page, gateway):
    async with Stream(page, "GatewayService.Watch", {}) as watch:
        assert (await watch.read())[1]["device"]["deviceId"] == "synthetic:T-1"
        async with connected(gateway) as client:
            lease = await client.acquire("synthetic:T-1")
        while "lease" not in (event := (await watch.read())[1]):
            pass
        assert event["lease"]["leaseId"] == lease.lease_id


async def test_streams_end_with_unavailable_when_the_gateway_stops(tmp_path, capfd):
    async with web_gateway(tmp_path, synthetic(1)) as gateway:
        page = await Page(gateway, FOREIGN).pair(capfd)
        async with (
            Stream(page, "GatewayService.Watch", {}) as watch,
            Stream(page, "DeviceService.WatchDevices", {}) as other,
        ):
            await watch.read()
            await other.read()
            begun = time.monotonic()
            stopping = asyncio.create_task(gateway.stop())
            for stream in (watch, other):
                while (event := await stream.read())[0] != 2:
                    pass
                assert event[1]["error"]["code"] == "unavailable"
            await stopping
            assert time.monotonic() - begun < 30


async def test_a_page_that_goes_away_is_noticed(tmp_path, capfd):
    async with web_gateway(tmp_path, synthetic(1, finger_delay_s=1000.0), lease={"abandoned_s": 5.0}) as gateway:
        page = await Page(gateway, FOREIGN).pair(capfd)
        started = await page.call(
            "CaptureService.StartCapture",
            modality="MODALITY_FINGER",
            position="FINGER_POSITION_RIGHT_INDEX",
            timeout="60s",
        )
        capture_id = started.json["capture"]["captureId"]
        assert started.json["capture"]["deviceId"] == "synthetic:T-1"
        async with Stream(page, "CaptureService.WatchCapture", {"captureId": capture_id}) as watch:
            await watch.read()
        begun = time.monotonic()
        async with connected(gateway) as client:  # GetCapture would be somebody who still asks after it
            async for event in client.watch():
                if event.capture.capture_id == capture_id and event.capture.state == capture_pb2.CAPTURE_STATE_DONE:
                    break
        assert time.monotonic() - begun < 30


async def test_two_tabs_of_one_origin_are_one_holder_of_a_lease_and_others_are_none(tmp_path, capfd):
    async with web_gateway(tmp_path, synthetic(1), roles=["operator"]) as gateway, connected(gateway) as client:
        one, two = [await Page(gateway, FOREIGN).pair(capfd) for _ in range(2)]
        taken = await one.call("LeaseService.AcquireLease", deviceIds=["synthetic:T-1"], ttl="30s", holder="page")
        lease_id = taken.json["lease"]["leaseId"]
        for call in (client.release(lease_id), client.renew(lease_id), client.start(lease_id=lease_id)):
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await call
            assert refused(error.value).reason == "ROLE_DENIED"
        assert (await two.call("LeaseService.RenewLease", leaseId=lease_id)).status == 200
        released = await two.call("LeaseService.ReleaseLease", leaseId=lease_id)
        assert released.json["lease"]["state"] == "LEASE_STATE_RELEASED"
        lease = await client.acquire("synthetic:T-1")
        stolen = await one.call("LeaseService.ReleaseLease", leaseId=lease.lease_id)
        assert (stolen.status, stolen.reason) == (403, "ROLE_DENIED")


async def test_a_certificate_is_renewed_while_the_door_serves(gateway, page, monkeypatch):
    before = gateway.state.joinpath("web/door.pem").read_bytes()
    async with Stream(page, "GatewayService.Watch", {}) as watch:
        await watch.read()
        monkeypatch.setattr(local_authority, "RENEWED_BEFORE", local_authority.DOOR_TERM)
        await gateway.doors.web.look()
        monkeypatch.undo()
    assert gateway.state.joinpath("web/door.pem").read_bytes() != before
    answer = await page.send(f"{CALL}GatewayService/GetInfo", b"{}", [])
    assert answer.status == 200
    host, _, port = gateway.addresses.web.rpartition(":")
    shown = await asyncio.to_thread(ssl.get_server_certificate, (host, int(port)))
    assert shown.strip() == gateway.state.joinpath("web/door.pem").read_text().strip()


async def test_a_look_at_the_certificate_that_fails_is_not_the_last(tmp_path, monkeypatch):
    monkeypatch.setattr(web_office, "LOOKED_AT_S", 0.02)
    looks, again = count(1), asyncio.Event()
    loop, real = asyncio.get_running_loop(), local_authority.LocalAuthority.door

    def door(authority):
        nth = next(looks)
        if nth == 2:  # the first is the start's
            raise OSError("Input/output error")
        if nth == 3:
            loop.call_soon_threadsafe(again.set)
        return real(authority)

    monkeypatch.setattr(local_authority.LocalAuthority, "door", door)
    async with web_gateway(tmp_path, synthetic(1)) as gateway:
        await asyncio.wait_for(again.wait(), 60)
        assert (await Page(gateway, FOREIGN).call("GatewayService.GetInfo")).status == 200


async def test_a_second_gateway_does_not_share_the_port(tmp_path, gateway):
    second = running(tmp_path / "second", web_listen=gateway.addresses.web)
    with pytest.raises(OSError, match="cannot be bound"):
        async with second:
            pass
    assert (await Page(gateway, FOREIGN).call("GatewayService.GetInfo")).status == 200


async def test_a_reader_that_stops_reading_costs_no_memory(gateway, page):
    import psutil

    async with Stream(page, "GatewayService.Watch", {}) as watch:
        await watch.read()
        async with connected(gateway) as client:
            before = psutil.Process().memory_info().rss
            for _ in range(300):
                lease = await client.acquire("synthetic:T-1")
                await client.release(lease.lease_id)
            assert (psutil.Process().memory_info().rss - before) / 1e6 < 40


@pytest.fixture(scope="session")
def image(tmp_path_factory):
    path = tmp_path_factory.mktemp("image") / "rekam.binpb"
    root = Path(gateway_pb2.__file__).parents[2]
    subprocess.run([sys.executable, root / "generate.py", "--image", path], check=True, capture_output=True)
    return path


@pytest.mark.skipif(not BUF.exists(), reason="buf is not installed")
@pytest.mark.parametrize("protocol", ["connect", "grpcweb", "grpc"])
async def test_an_independent_client_runs_a_capture(gateway, page, image, protocol):
    async def call(method, request):
        command = [str(BUF), "curl", "--schema", str(image), "--protocol", protocol, "-d", json.dumps(request)]
        if protocol == "grpc":
            command += ["--http2-prior-knowledge", f"http://{gateway.addresses.grpc}/rekam.v1.{method}"]
        else:
            command += ["--cacert", str(gateway.state / "web/authority.pem"), f"{page.url}/rekam.v1.{method}"]
            command += ["-H", f"Origin: {FOREIGN}", "-H", f"Authorization: Bearer {page.token}"]
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        decoder, text, found = json.JSONDecoder(), out.decode().strip(), []
        while text:
            value, end = decoder.raw_decode(text)
            found.append(value)
            text = text[end:].lstrip()
        return found

    request = {"modality": "MODALITY_FINGER", "position": "FINGER_POSITION_RIGHT_INDEX", "timeout": "60s"}
    (started,) = await call("CaptureService/StartCapture", request)
    capture_id = {"captureId": started["capture"]["captureId"]}
    events = await call("CaptureService/WatchCapture", capture_id)
    assert events[-1]["capture"]["state"] == "CAPTURE_STATE_DONE"
    chunks = await call("CaptureService/DownloadCapture", {**capture_id, "part": "CAPTURE_PART_MANIFEST"})
    assert chunks[0]["mediaType"]
    (report,) = await call("CaptureService/VerifyCapture", capture_id)
    assert report["ok"]


async def test_the_door_is_in_the_addresses_and_can_be_left_out(gateway, tmp_path):
    addresses = json.loads((gateway.state / "addresses.json").read_text())
    assert addresses["web"] == gateway.addresses.web
    async with running(tmp_path / "without") as without:
        assert without.addresses.web == ""
        assert not (without.state / "web").exists()
    assert quick_config().web.listen == "127.0.0.1:7412"
