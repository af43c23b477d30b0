"""`rekam doctor --browser` in Chromium: every link good, and the broken one named."""

import asyncio
import contextlib
import json
import os
import sys

from gateway.cli.checks import browser
from gateway.cli.checks.finding import Level
from tests.gateway.page.browser import driven, needs_browser
from tests.gateway.web.page import EVIL, FOREIGN, Page, shown_code, web_gateway


@contextlib.asynccontextmanager
async def doctor(state, *arguments):
    """The command, and the address that it says."""
    environment = {**os.environ, "LANG": "en_GB.UTF-8", "LC_ALL": "", "LC_MESSAGES": ""}
    command = [sys.executable, "-m", "gateway.cli", "doctor", "--browser", "--no-open", "--json", "--state", str(state)]
    process = await asyncio.create_subprocess_exec(
        *command, *arguments, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        address = (await asyncio.wait_for(process.stderr.readline(), 60)).decode().strip()
        assert address.startswith("http://127.0.0.1:"), address
        yield process, address
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def told(process):
    out = await asyncio.wait_for(process.stdout.read(), 60)
    await process.wait()
    document = json.loads(out)
    return process.returncode, {each["name"]: each for each in document["findings"]}


@needs_browser
async def test_every_link_is_walked_and_the_token_given_back(tmp_path, capfd):
    async with web_gateway(tmp_path) as gateway, doctor(gateway.state) as (process, address):
        capfd.readouterr()
        code = {"code": lambda: shown_code(capfd)}
        walked = await driven(gateway, "selftest.mjs", code, page="about:blank", act="walk", doctor=address)
        assert walked["links"] == [f"link-{name} ok" for name in ("tls", "http2", "permission", "origin")]
        assert "pairing: ok" in walked["shown"]
        assert "stream: ok" in walked["shown"]
        status, found = await told(process)
        assert status == 0, found
        assert {each["level"] for each in found.values()} == {"ok"}
        assert set(found) == {"web door", *(f"browser {name}" for name in browser.LINKS)}
        assert json.loads((gateway.state / "pairings.json").read_text()) == {}


@needs_browser
async def test_a_certificate_that_is_not_believed_is_the_broken_link(tmp_path, monkeypatch):
    monkeypatch.setattr(browser, "ARRIVES_S", 3.0)
    findings = []
    async with web_gateway(tmp_path) as gateway:
        loop = asyncio.get_running_loop()
        said = loop.create_future()

        def tell(address):
            loop.call_soon_threadsafe(said.set_result, address)

        def look():
            findings.extend(browser.check_browser(gateway.state, 60.0, tell, open_it=False))

        async def end():
            await looking
            return "now"

        looking = asyncio.ensure_future(asyncio.to_thread(look))
        address = await asyncio.wait_for(said, 60)
        nobodys = {"key": "", "page": "about:blank", "act": "meet", "doctor": address}
        await driven(gateway, "selftest.mjs", {"end": end}, **nobodys)
    assert findings[-1].name == "browser tls"
    assert findings[-1].level is Level.PROBLEM
    assert "rekam trust install" in findings[-1].remedy


@needs_browser
async def test_the_page_by_itself_names_what_is_left_out(tmp_path):
    async with web_gateway(tmp_path) as gateway:
        told = await driven(gateway, "selftest.mjs", {}, page="about:blank", act="skip")
    assert told["pairing"] == "skipped"
    assert told["titles"] == {
        "id": "Uji diri: peramban ke gateway",
        "en": "Self-test: from the browser to the gateway",
    }


async def test_without_a_browser_or_a_gateway_it_says_so(tmp_path):
    (found,) = browser.check_browser(tmp_path, 0.1, lambda _: None, open_it=False)
    assert (found.name, found.level) == ("web door", Level.PROBLEM)
    async with web_gateway(tmp_path) as gateway:
        *_, last = await asyncio.to_thread(
            lambda: list(browser.check_browser(gateway.state, 0.1, lambda _: None, open_it=False))
        )
    assert (last.name, last.level) == ("browser", Level.PROBLEM)


async def test_only_its_three_files_are_served_and_nobody_frames_them(tmp_path):
    async with web_gateway(tmp_path) as gateway:
        page = Page(gateway, "")
        for path in ("/selftest/", "/selftest/selftest.js", "/selftest/selftest.css"):
            answer = await page.send(path, None, [], "-X", "GET")
            assert answer.status == 200
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
            assert "unsafe" not in answer.headers["content-security-policy"]
            assert answer.headers["x-frame-options"] == "DENY"
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"
            assert not [name for name in answer.headers if name.startswith("access-control-")]
            assert (await page.send(path, b"{}")).status in (403, 404)
        for path in (
            "/selftest",
            "/selftest/../door.key",
            "/selftest/%2e%2e/authority.py",
            "/selftest/index.html",
        ):
            assert (await page.send(path, None, [], "-X", "GET", "--path-as-is")).status in (400, 404)
        going = ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-Site: cross-site"]
        framed = ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe", "Sec-Fetch-Site: cross-site"]
        read = ["Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Sec-Fetch-Site: cross-site", f"Origin: {EVIL}"]
        script = ["Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script", "Sec-Fetch-Site: cross-site"]
        for lines, status in ((going, 200), (framed, 403), (read, 403), (script, 403)):
            assert (await page.send("/selftest/", None, lines, "-X", "GET")).status == status
        rebound = await page.send("/selftest/", None, ["Host: evil.example:443"], "-X", "GET")
        assert rebound.status == 421
        assert (await Page(gateway, FOREIGN).call("GatewayService.GetInfo")).status == 200


def test_who_lacks_the_key_tells_the_command_nothing():
    listener = browser._Listener("https://127.0.0.1:7412/selftest/")
    with listener:
        host = listener.address.split("/")[2]
        key = listener.address.split("/")[3]
        good = '[{"name":"tls","state":"broken","id":"a","en":"b\\u001b[31m"}]'
        for target, at in (("/", host), ("/x/ended?found=[]", host), (f"/{key}/ended?found={good}", "evil.example")):
            assert listener.answer(target, at).status == 404
        for bad in ("{", '[{"name":"x","state":"ok","id":"","en":""}]', "[1]", f"[{'1,' * 20_000}1]"):
            assert listener.answer(f"/{key}/ended?found={bad}", host).status == 400
        assert not listener.arrived.is_set()
        last = listener.answer(f"/{key}/arrived?found={good}", host)
        assert (last.status, last.is_last) == (200, True)
        assert not listener.ended.is_set()
        (finding,) = listener.findings()
    assert finding.level is Level.PROBLEM
    assert "\x1b" not in finding.remedy
