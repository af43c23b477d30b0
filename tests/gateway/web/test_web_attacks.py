"""What a hostile page, or a hostile program beside it, may try: none gets a pixel or moves a device."""

import asyncio
import contextlib
import ssl
import time

import pytest
from granian.http import HTTP1Settings

from gateway.service import web_door, web_guard
from tests.gateway.running import connected, synthetic
from tests.gateway.web.page import CALL, EVIL, FOREIGN, Page, parsed, shown_code, web_gateway

START = f"{CALL}CaptureService/StartCapture"
CAPTURE = b'{"modality":"MODALITY_FINGER","position":"FINGER_POSITION_RIGHT_INDEX"}'


@pytest.fixture
async def gateway(tmp_path):
    async with web_gateway(tmp_path, synthetic(1)) as gateway:
        yield gateway


@contextlib.asynccontextmanager
async def raw(gateway):
    """A TLS connection of HTTP/1.1, to say on it what no browser would."""
    context = ssl.create_default_context(cafile=str(gateway.state / "web/authority.pem"))
    host, _, port = gateway.addresses.web.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port), ssl=context)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def said(gateway, *lines, body=b"", host=None):
    """The answer to a request of these lines."""
    async with raw(gateway) as (reader, writer):
        head = [f"Host: {host or gateway.addresses.web}", "Connection: close", *lines[1:]]
        writer.write("\r\n".join([lines[0], *head, "", ""]).encode("latin-1") + body)
        return parsed(await asyncio.wait_for(reader.read(), 60))


async def nothing_moved(gateway):
    async with connected(gateway) as client:
        assert not (await client.info()).spool.head_sequence
        (device,) = (await client.devices()).devices
        assert not device.lease_holder
        return True


def unreadable(answer):
    return not [name for name in answer.headers if name.startswith("access-control-")]


async def test_a_page_of_another_origin_fetches_and_is_told_nothing(gateway, capfd):
    token = (await Page(gateway, FOREIGN).pair(capfd)).token
    for page in (Page(gateway, EVIL), Page(gateway, EVIL, token), Page(gateway, "null", token)):
        for path, body in ((START, CAPTURE), (f"{CALL}GatewayService/GetInfo", b"{}")):
            answer = await page.send(path, body)
            assert (answer.status, answer.code) == (403, "permission_denied")
            assert unreadable(answer)
            assert b"rekam-" not in answer.body
        opened = await page.send(
            f"{CALL}GatewayService/Watch", b"\0\0\0\0\2{}", ["Content-Type: application/connect+json"]
        )
        assert opened.status == 403
    assert await nothing_moved(gateway)


@pytest.mark.parametrize(
    "origin",
    [
        *("https://desk.example.evil.example", "https://evil.example/https://desk.example", "http://desk.example"),
        *("https://desk.example:444", "https://DESK.example", "https://desk.example.", "https://desk.example@evil"),
        *("https://deskXexample", "https://x.desk.example", "null", "*", "file://", "http://127.0.0.1:7412"),
    ],
)
async def test_an_origin_that_only_looks_like_one_that_is_let_in(gateway, origin):
    answer = await Page(gateway, origin).call("GatewayService.GetInfo")
    assert (answer.status, unreadable(answer)) == (403, True)


async def test_a_preflight_of_another_origin_is_refused(gateway):
    asked = ["Access-Control-Request-Method: POST", "Access-Control-Request-Private-Network: true"]
    evil = await Page(gateway, EVIL).send(START, None, asked, "-X", "OPTIONS")
    assert (evil.status, unreadable(evil)) == (403, True)
    nobody = await Page(gateway, "").send(START, None, asked, "-X", "OPTIONS")
    assert (nobody.status, unreadable(nobody)) == (403, True)
    let_in = await Page(gateway, FOREIGN).send(START, None, asked, "-X", "OPTIONS")
    assert let_in.status == 204
    assert let_in.headers["access-control-allow-origin"] == FOREIGN
    assert let_in.headers["access-control-allow-methods"] == "POST"
    assert let_in.headers["access-control-allow-private-network"] == "true"
    assert "authorization" in let_in.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in let_in.headers
    assert let_in.headers["vary"] == "Origin"


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
async def test_a_form_is_posted(gateway, capfd, kind):
    page = await Page(gateway, FOREIGN).pair(capfd)
    form = [f"Content-Type: {kind}"]
    assert (await page.send(START, CAPTURE, form)).status == 415  # even where the page may call
    navigating = ["Origin: https://evil.example", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"]
    assert (await page.send(START, CAPTURE, [*form, *navigating], plain=True)).status == 403
    assert (await page.send(START, CAPTURE, [*form, "Sec-Fetch-Site: cross-site"], plain=True)).status == 403
    assert await nothing_moved(gateway)


@pytest.mark.parametrize("mode", ["no-cors", "navigate", "websocket"])
async def test_modes_that_need_no_leave_are_refused(gateway, mode):
    for origin in (FOREIGN, ""):
        lines = [f"Sec-Fetch-Mode: {mode}", *([f"Origin: {origin}"] if origin else [])]
        answer = await Page(gateway, "").send(f"{CALL}GatewayService/GetInfo", b"{}", lines)
        assert (answer.status, unreadable(answer)) == (403, True)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "TRACE", "CONNECT", "PATCH"])
async def test_no_method_but_post_calls_anything(gateway, method):
    path = f"{CALL}GatewayService/GetInfo?encoding=json&message=%7B%7D&connect=v1"
    answer = await said(gateway, f"{method} {path} HTTP/1.1", f"Origin: {FOREIGN}")
    assert answer.status in (400, 404, 405)
    assert b"rekam-" not in answer.body


async def test_a_websocket_is_not_opened(gateway):
    upgrade = ("Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
    for origin in (EVIL, FOREIGN):
        for path in ("/", f"{CALL}GatewayService/Watch"):
            async with raw(gateway) as (reader, writer):
                lines = [f"GET {path} HTTP/1.1", f"Host: {gateway.addresses.web}", "Connection: Upgrade", *upgrade]
                writer.write("\r\n".join([*lines, f"Origin: {origin}", "", ""]).encode())
                assert (await asyncio.wait_for(reader.readline(), 60)).split()[1] in (b"403", b"404", b"405")


@pytest.mark.parametrize("http", ["--http1.1", "--http2"])
async def test_a_name_that_was_made_to_point_here_is_refused(gateway, http):
    port = gateway.addresses.web.rpartition(":")[2]
    page = Page(gateway, "")
    for host in (f"evil.example:{port}", "127.0.0.1", f"127.0.0.1.evil.example:{port}", f"localhost.:{port}"):
        answer = await page.send(f"{CALL}GatewayService/GetInfo", b"{}", [f"Host: {host}"], http)
        assert (answer.status, unreadable(answer)) == (421, True)
        own = [f"Host: {host}", f"Origin: https://{host}"]
        assert (await page.send(f"{CALL}GatewayService/GetInfo", b"{}", own, http)).status == 421
    good = await page.send(f"{CALL}GatewayService/GetInfo", b"{}", [f"Host: localhost:{port}"], http)
    assert good.status == 200


async def test_two_hosts_or_origins_are_refused(gateway):
    path = f"POST {CALL}GatewayService/GetInfo HTTP/1.1"
    kind = ("Content-Type: application/json", "Content-Length: 2")
    web = gateway.addresses.web
    for more in ((f"Host: {web}", "Host: evil.example"), (f"Origin: {FOREIGN}", f"Origin: {EVIL}")):
        answer = await said(gateway, path, *more, *kind, body=b"{}")
        assert answer.status in (400, 403, 421)
    absolute = await said(gateway, path.replace("/rekam", "https://evil.example/rekam"), *kind, body=b"{}")
    assert absolute.status in (200, 400, 421)
    if absolute.status == 200:  # the name in the request line is what a proxy would look at; nobody else does
        assert unreadable(absolute)


async def test_a_token_works_for_its_own_origin_alone(gateway, capfd):
    page = await Page(gateway, FOREIGN).pair(capfd)
    assert (await page.call("DeviceService.ListDevices")).status == 200
    own = f"https://{gateway.addresses.web}"
    for thief in (Page(gateway, own, page.token), Page(gateway, "", page.token)):
        answer = await thief.call("DeviceService.ListDevices")
        assert (answer.status, answer.reason) == (401, "PAIRING_REQUIRED")
    for token in ("", page.token[:-1], page.token + "A", "x" * 5000, "é"):
        answer = await Page(gateway, FOREIGN, token).call("DeviceService.ListDevices")
        assert answer.status in (400, 401)
    basic = await Page(gateway, FOREIGN).send(
        f"{CALL}DeviceService/ListDevices", b"{}", [f"Authorization: Basic {page.token}"]
    )
    assert basic.status == 401


async def test_a_pairing_code_serves_once_and_its_own_origin(gateway, capfd):
    page = Page(gateway, FOREIGN)
    own = Page(gateway, f"https://{gateway.addresses.web}")
    assert (await page.call("GatewayService.Pair", origin=FOREIGN)).status == 200
    code = shown_code(capfd)
    for asked in (own.origin, FOREIGN):
        stolen = await own.call("GatewayService.Pair", origin=asked, code=code)
        assert stolen.status in (400, 403)
    assert (await page.call("GatewayService.Pair", origin=FOREIGN, code=code)).json["token"]
    replayed = await page.call("GatewayService.Pair", origin=FOREIGN, code=code)
    assert (replayed.status, replayed.reason) == (400, "INVALID_ARGUMENT")


async def test_a_pairing_code_cannot_be_guessed(gateway, capfd):
    page = Page(gateway, FOREIGN)
    await page.call("GatewayService.Pair", origin=FOREIGN)
    code = shown_code(capfd)
    reasons = []
    for guess in range(12):
        answer = await page.call("GatewayService.Pair", origin=FOREIGN, code=f"{(int(code) + 1 + guess) % 10**8:08d}")
        reasons.append(answer.reason)
    assert reasons.count("INVALID_ARGUMENT") <= 5
    assert reasons[-1] in ("TOO_MANY_REQUESTS", "TOO_MANY_TRIES")
    right = await page.call("GatewayService.Pair", origin=FOREIGN, code=code)
    assert right.status == 429


async def test_an_unpaired_page_gets_no_preview_and_nothing_else(gateway, capfd):
    paired = await Page(gateway, FOREIGN).pair(capfd)
    started = await paired.send(START, CAPTURE)
    capture_id = started.json["capture"]["captureId"]
    for page in (Page(gateway, FOREIGN), Page(gateway, ""), Page(gateway, f"https://{gateway.addresses.web}")):
        for method in ("NextPreview", "GetCapture", "CommandCapture", "VerifyCapture"):
            answer = await page.call(f"CaptureService.{method}", captureId=capture_id)
            assert (answer.status, answer.reason) == (401, "PAIRING_REQUIRED")
    assert (await paired.call("CaptureService.GetCapture", captureId=capture_id)).status == 200


async def test_a_request_that_is_too_large(gateway, capfd):
    paired = await Page(gateway, FOREIGN).pair(capfd)
    for page, size in ((Page(gateway, FOREIGN), 100_000), (paired, 17 << 20)):
        body = b'{"name":"' + b"x" * size + b'"}'
        for options in (["--http1.1"], ["--http2"], ["--http1.1", "-H", "Transfer-Encoding: chunked"]):
            try:
                answer = await page.send(f"{CALL}GatewayService/Pair", body, [], *options)
            except ConnectionError:  # it was still sending when the answer came
                assert size > 1 << 20
            else:
                assert answer.status in (413, 429)
                assert answer.code == "resource_exhausted"
    envelope = b"\0\x7f\xff\xff\xff" + b"x" * 1000  # says that 2 GiB come
    told = await paired.send(f"{CALL}GatewayService/Watch", envelope, ["Content-Type: application/connect+json"])
    assert b"resource_exhausted" in told.body or b"invalid_argument" in told.body
    assert (await paired.call("GatewayService.GetInfo")).status == 200


@pytest.mark.usefixtures("uncollected")
async def test_json_that_nests_too_deep(gateway):
    body = b'{"a":' * 5000 + b"1" + b"}" * 5000
    answer = await Page(gateway, FOREIGN).send(f"{CALL}GatewayService/GetInfo", body)
    assert (answer.status, answer.reason) in ((400, "INVALID_ARGUMENT"), (200, ""))


async def test_dripping_headers_and_bodies_are_cut_off(tmp_path, monkeypatch):
    monkeypatch.setattr(web_door, "HTTP1", HTTP1Settings(header_read_timeout=600, max_buffer_size=64 * 1024))
    monkeypatch.setattr(web_guard, "BODY_S", 0.6)
    async with web_gateway(tmp_path) as gateway:

        async def dripped(start, dripping):
            async with raw(gateway) as (reader, writer):
                writer.write(start)
                begun = time.monotonic()
                # An answer or the end: a connection that stays open after its answer holds nothing but itself.
                answering = asyncio.create_task(reader.read(65_536))
                with contextlib.suppress(OSError):
                    while not answering.done() and time.monotonic() - begun < 30:
                        writer.write(dripping)
                        await writer.drain()
                        await asyncio.wait({answering}, timeout=0.1)
                took = time.monotonic() - begun
                done, _ = await asyncio.wait({answering}, timeout=60)
                answering.cancel()
                return took, answering.result() if done and not answering.exception() else b""

        line = f"POST {CALL}GatewayService/GetInfo HTTP/1.1\r\nHost: {gateway.addresses.web}\r\n"
        took, _ = await dripped(line.encode(), b"X-Slow: 1\r\n")
        assert took < 25, "headers"
        head = f"{line}Origin: {FOREIGN}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
        took, answer = await dripped(head.encode(), b" ")
        assert took < 25
        assert not answer.startswith(b"HTTP/1.1 200")
        assert (await Page(gateway, FOREIGN).call("GatewayService.GetInfo")).status == 200


async def test_five_hundred_idle_connections_keep_nobody_out(gateway):
    host, _, port = gateway.addresses.web.rpartition(":")
    idle = [await asyncio.open_connection(host, int(port)) for _ in range(400)]
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(100):
            await stack.enter_async_context(raw(gateway))
        async with asyncio.timeout(60):  # a busy machine takes seconds for it
            assert (await Page(gateway, FOREIGN).call("GatewayService.GetInfo")).status == 200
        async with connected(gateway) as client:
            assert (await client.info()).gateway_id
    for _, writer in idle:
        writer.close()


async def test_headers_cannot_be_put_into_an_answer(gateway):
    for value in (f"{FOREIGN}\r\nX-Injected: 1", f"{FOREIGN}\nX-Injected: 1", f"{FOREIGN}\r\n\r\nHTTP/1.1 200 OK"):
        path = f"POST {CALL}GatewayService/GetInfo HTTP/1.1"
        answer = await said(
            gateway, path, f"Origin: {value}", "Content-Type: application/json", "Content-Length: 2", body=b"{}"
        )
        assert "x-injected" not in answer.headers
    for path in ("/%0d%0aX-Injected:1", "/x\u00e9", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//evil.example"):
        answer = await said(gateway, f"GET {path} HTTP/1.1")
        assert answer.status in (400, 404)
        assert "x-injected" not in answer.headers
        assert "location" not in answer.headers
        assert b"root:" not in answer.body


async def test_a_page_that_asks_too_often_waits(gateway):
    page = Page(gateway, FOREIGN)
    answers = await asyncio.gather(*(page.call("GatewayService.GetInfo") for _ in range(60)))
    assert {answer.status for answer in answers} == {200, 429}
    refused = next(answer for answer in answers if answer.status == 429)
    assert refused.reason == "TOO_MANY_REQUESTS"


async def test_every_answer_says_how_it_may_be_used(gateway):
    page = Page(gateway, FOREIGN)
    for answer in (
        await page.call("GatewayService.GetInfo"),
        await page.call("DeviceService.ListDevices"),
        await Page(gateway, EVIL).call("GatewayService.GetInfo"),
        await page.send("/", None),
    ):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"  # no click-jacking frame
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["server"] == "rekam"
        assert "set-cookie" not in answer.headers
