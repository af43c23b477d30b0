"""The page's files: a fixed table, sent with strict headers to whoever opens the page, and to nobody else."""

import gzip
import itertools
import re
from pathlib import Path

import pytest

from gateway.service.web_page import CONTENT_POLICY, PAGE, read_page
from tests.gateway.web.page import EVIL, FOREIGN, Page, web_gateway

NAVIGATION = ("Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-Site: none")


@pytest.fixture
async def page(tmp_path):
    async with web_gateway(tmp_path) as gateway:
        yield Page(gateway, "")


async def get(page, path, *headers, method="GET", plain=True):
    return await page.send(path, None, headers or NAVIGATION, "-X", method, "--path-as-is", plain=plain)


async def test_the_page_comes_with_a_policy_that_lets_nothing_in(page):
    index = await get(page, "/")
    assert index.status == 200
    assert index.headers["content-type"] == "text/html; charset=utf-8"
    assert index.headers["cache-control"] == "no-cache"
    policy = index.headers["content-security-policy"]
    assert policy == CONTENT_POLICY
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["frame-ancestors"] == rules["form-action"] == rules["base-uri"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert "unsafe" not in policy
    assert "*" not in policy
    assert index.headers["x-frame-options"] == "DENY"
    assert index.headers["x-content-type-options"] == "nosniff"
    assert index.headers["referrer-policy"] == "no-referrer"
    assert index.headers["cross-origin-opener-policy"] == index.headers["cross-origin-resource-policy"] == "same-origin"
    assert not [name for name in index.headers if name.startswith("access-control-")]


async def test_what_the_index_names_is_served_and_kept_for_good(page):
    index = (await get(page, "/index.html")).body.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=|https?://", index)
    named = re.findall(r'(?:src|href)="(/assets/[^"]+)"', index)
    assert {Path(name).suffix for name in named} == {".js", ".css"}
    for name in named:
        answer = await get(page, name, "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: script", "Sec-Fetch-Site: same-origin")
        assert answer.status == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.body == (PAGE / name[1:]).read_bytes()


async def test_files_are_compressed_once_and_sent_so_to_who_takes_it(page):
    name = next(name for name in read_page() if name.endswith(".js"))
    plain = await get(page, name)
    packed = await get(page, name, "Accept-Encoding: br, gzip;q=0.8")
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == len(packed.body) < len(plain.body) / 2
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["vary"] == "Accept-Encoding"
    assert "content-encoding" not in (await get(page, name, "Accept-Encoding: gzip;q=0")).headers


async def test_a_browser_that_has_it_gets_nothing_again(page):
    first = await get(page, "/")
    again = await get(page, "/", f'If-None-Match: "other", W/{first.headers["etag"]}')
    assert (again.status, again.body) == (304, b"")
    assert again.headers["content-security-policy"] == CONTENT_POLICY
    assert (await get(page, "/", 'If-None-Match: "other"')).status == 200


async def test_head_says_what_get_would(page):
    head = await page.send("/", None, NAVIGATION, "--head", plain=True)
    whole = await get(page, "/")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.body))


async def test_nothing_but_get_and_head(page):
    for method in ("POST", "PUT", "DELETE", "PATCH", "PROPFIND"):
        answer = await get(page, "/index.html", "Accept: */*", method=method)
        assert answer.status in {403, 404, 405}, method


TRAVERSALS = (
    *(
        "/../pairings.json",
        "/../../pairings.json",
        "/assets/../../web_page.py",
        "/assets/../index.html",
        "/./index.html",
    ),
    *("/%2e%2e/pairings.json", "/%2e%2e%2fpairings.json", "/..%2f..%2fpairings.json", "/assets/%2e%2e/index.html"),
    *("/..%5c..%5cpairings.json", "/..\\..\\pairings.json", "/%252e%252e/pairings.json", "/index.html%00.js"),
    *("/index.html%00", "//etc/passwd", "/%2fetc%2fpasswd", "//index.html", "/assets//", "/assets/", "/assets"),
    *(
        "/index.html/",
        "/INDEX.HTML",
        "/index.html%20",
        "/index.html%0d%0aX-Injected:%201",
        "/%c0%ae%c0%ae/pairings.json",
    ),
    *("/file:///etc/passwd", "/~root/.bashrc", "/.git/config", "/web/authority.key", "/assets/..;/index.html"),
)


async def test_no_path_leads_out_of_the_table(page):
    for path, headers in itertools.product(TRAVERSALS, (NAVIGATION, ("Accept: */*",))):
        answer = await get(page, path, *headers)
        assert answer.status in {400, 403, 404}, path
        assert "x-injected" not in answer.headers, path
        assert b"root:" not in answer.body, path
        assert b"<!doctype" not in answer.body, path


async def test_query_and_fragment_change_nothing(page):
    index = await get(page, "/")
    assert (await get(page, "/?x=../../etc/passwd%0d%0aX-Injected:1")).body == index.body


def test_links_and_what_lies_behind_them_are_not_in_the_table(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.js").write_text("secret")
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>")
    (folder / "assets" / "link.js").symlink_to(outside / "secret.js")
    (folder / "more").symlink_to(outside)
    assert set(read_page(folder)) == {"/", "/index.html"}


def test_without_a_built_page_there_is_none(tmp_path):
    assert read_page(tmp_path / "nothing") == {}


async def test_never_inside_another_page(page):
    frames = ("iframe", "frame", "embed", "object", "fencedframe")
    for into, site in itertools.product(frames, ("cross-site", "same-site", "same-origin")):
        answer = await get(page, "/", "Sec-Fetch-Mode: navigate", f"Sec-Fetch-Dest: {into}", f"Sec-Fetch-Site: {site}")
        assert (answer.status, answer.body) == (403, b"")
        assert answer.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_another_page_may_link_to_it_and_no_more(page):
    uses = (("no-cors", "script"), ("cors", "empty"), ("no-cors", "image"))
    for (mode, into), site in itertools.product(uses, ("cross-site", "same-site")):
        taken = (f"Sec-Fetch-Mode: {mode}", f"Sec-Fetch-Dest: {into}", f"Sec-Fetch-Site: {site}", f"Origin: {EVIL}")
        for path in ("/", *(name for name in read_page() if name.startswith("/assets/"))):
            answer = await get(page, path, *taken)
            assert (answer.status, answer.body) == (403, b"")
            assert not [name for name in answer.headers if name.startswith("access-control-")]
    link = ("Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-Site: cross-site")
    assert (await get(page, "/", *link)).status == 200


async def test_a_name_that_was_made_to_point_here_gets_no_page(page):
    port = page.gateway.addresses.web.rpartition(":")[2]
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1.nip.io:{port}"):
        answer = await get(page, "/", f"Host: {host}", *NAVIGATION)
        assert answer.status == 421
        assert b"<!doctype" not in answer.body


async def test_a_page_that_is_let_in_reads_no_file_of_ours(page):
    answer = await get(page, "/", f"Origin: {FOREIGN}", "Sec-Fetch-Mode: cors", "Sec-Fetch-Site: cross-site")
    assert answer.status == 403


async def test_a_browser_without_fetch_metadata_still_says_its_origin(page):
    for origin in (EVIL, FOREIGN, "null"):
        assert (await get(page, "/", f"Origin: {origin}")).status == 403
    assert (await get(page, "/", f"Origin: {page.url}")).status == 200
