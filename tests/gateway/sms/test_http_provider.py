"""The provider on the web, against a server on this machine: requests, answers, faults, certificates."""

import json
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.sms import HttpProvider, HttpProviderSettings, SmsMessage, SmsRefused, SmsUnavailable, SmsUncertain
from tests.gateway.sms.http_peer import Provider, served

PHONE = "+6281234567890"
Change = Callable[[HttpProviderSettings], HttpProviderSettings]
MESSAGE = SmsMessage("m-77", PHONE, "Kartu siap & “sah”")


@pytest.fixture
def server() -> Iterator[Provider]:
    yield from served(Provider())


def settings(server: Provider) -> HttpProviderSettings:
    return HttpProviderSettings(
        url=server.url,
        headers={"Authorization": "Bearer {token}"},
        fields={"to": "{phone_digits}", "message": "{text}", "id": "{message_id}"},
        secrets={"token": "s3cret"},
        reference="data.0.id",
        timeout_s=60.0,
    )


def test_it_asks_as_configured(server: Provider) -> None:
    server.answer = (201, {}, b'{"data": [{"id": 4711}]}')
    accepted = HttpProvider(settings(server)).send(MESSAGE)
    assert (accepted.references, accepted.segments) == (("4711",), 1)
    ((method, path, headers, body),) = server.asked
    assert (method, path, headers["Authorization"]) == ("POST", "/send", "Bearer s3cret")
    assert json.loads(body) == {"to": "6281234567890", "message": MESSAGE.text, "id": "m-77"}


@pytest.mark.parametrize(("method", "encoding"), [("POST", "form"), ("GET", "query"), ("PUT", "query")])
def test_other_encodings(server: Provider, method: str, encoding: str) -> None:
    HttpProvider(replace(settings(server), url=server.url + "?v=2", method=method, encoding=encoding)).send(MESSAGE)
    ((asked, path, _, body),) = server.asked
    sent = parse_qs(body.decode() if encoding == "form" else urlsplit(path).query)
    assert asked == method
    assert sent["message"] == [MESSAGE.text]
    assert ("v" in sent) == (encoding == "query")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data": []}', b"\xff", b'{"data": [{"id": null}]}', b"[" * 60_000])
@pytest.mark.usefixtures("uncollected")
def test_an_answer_without_a_reference_is_accepted_all_the_same(server: Provider, body: bytes) -> None:
    server.answer = (200, {}, body)
    assert HttpProvider(settings(server)).send(MESSAGE).references == ("m-77",)


@pytest.mark.parametrize(
    ("status", "repeatable", "kind"),
    [
        (400, False, SmsRefused),
        (404, True, SmsRefused),
        (302, False, SmsRefused),
        (401, False, SmsUnavailable),
        (402, False, SmsUnavailable),
        (408, False, SmsUnavailable),
        (425, False, SmsUnavailable),
        (429, False, SmsUnavailable),
        (500, False, SmsUnavailable),
        (503, False, SmsUnavailable),
        (502, False, SmsUncertain),
        (504, False, SmsUncertain),
        (502, True, SmsUnavailable),
    ],
)
def test_what_a_status_says_of_the_message(
    server: Provider, status: int, repeatable: bool, kind: type[Exception]
) -> None:
    server.answer = (status, {"Location": "/elsewhere"}, b"no")
    with pytest.raises(kind, match=str(status)) as error:
        HttpProvider(replace(settings(server), repeatable=repeatable)).send(MESSAGE)
    assert "s3cret" not in str(error.value)
    assert PHONE[1:] not in str(error.value)
    assert len(server.asked) == 1


NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("120", 120.0),
        (format_datetime(NOW + timedelta(minutes=5), usegmt=True), 300.0),
        (format_datetime(NOW - timedelta(minutes=5), usegmt=True), 0.0),
        ("999999999", 86_400.0),
        ("soon", None),
    ],
)
def test_it_waits_as_it_is_asked(server: Provider, header: str, expected: float | None) -> None:
    server.answer = (429, {"Retry-After": header}, b"")
    with pytest.raises(SmsUnavailable) as error:
        HttpProvider(settings(server), lambda: NOW).send(MESSAGE)
    assert error.value.retry_s == expected


def test_an_answer_that_is_lost_is_uncertain_unless_it_can_be_repeated(server: Provider) -> None:
    server.cut = True
    with pytest.raises(SmsUncertain):
        HttpProvider(settings(server)).send(MESSAGE)
    with pytest.raises(SmsUnavailable):
        HttpProvider(replace(settings(server), repeatable=True)).send(MESSAGE)


@pytest.mark.parametrize("body", ["drips", "stalls"])
def test_an_answer_that_does_not_end_says_what_its_status_said(server: Provider, body: str) -> None:
    server.answer, server.unending = (200, {"Content-Length": "1000000"}, b"{"), body
    accepted = HttpProvider(replace(settings(server), timeout_s=0.5)).send(MESSAGE)
    assert accepted.references == ("m-77",)
    server.answer = (503, {"Content-Length": "1000000"}, b"{")
    with pytest.raises(SmsUnavailable, match="503"):
        HttpProvider(replace(settings(server), timeout_s=0.5)).send(MESSAGE)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: replace(s, url=s.url + "/Jalan Kedoya"),
        lambda s: replace(s, url=s.url + "/ü"),
        lambda s: replace(s, headers={"X-Office": "Kedoya 日"}),
    ],
)
def test_a_request_that_cannot_be_written_is_refused_before_it_leaves(server: Provider, change: Change) -> None:
    with pytest.raises(SmsRefused, match="cannot be written") as error:
        HttpProvider(change(settings(server))).send(MESSAGE)
    assert error.value.__cause__ is None
    assert server.asked == []


def test_a_provider_that_is_not_there_was_not_told(server: Provider) -> None:
    gone = replace(settings(server), url="http://127.0.0.1:9/")
    with pytest.raises(SmsUnavailable, match="cannot be reached"):
        HttpProvider(gone).send(MESSAGE)


def test_certificates_are_verified(tmp_path: Path) -> None:
    server = Provider()
    certificate, key = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # a handshake that our client breaks off
    for answering in served(server):
        url = answering.url.replace("http:", "https:")
        trusting = replace(settings(answering), url=url, authority=certificate)
        assert HttpProvider(trusting).send(MESSAGE).segments == 1
        with pytest.raises(SmsUnavailable, match="not trusted"):
            HttpProvider(replace(trusting, authority=None)).send(MESSAGE)
        assert len(answering.asked) == 1


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "provider.invalid")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "provider.pem", folder / "provider.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: replace(s, url="http://provider.example/send"), "https alone"),
        (lambda s: replace(s, url="ftp://provider.example/"), "no address"),
        (lambda s: replace(s, url="https://me:pw@provider.example/"), "no address"),
        (lambda s: replace(s, method="PATCH"), "method"),
        (lambda s: replace(s, encoding="xml"), "encoding"),
        (lambda s: replace(s, method="GET"), "query"),
        (lambda s: replace(s, fields={"to": "{phone}"}), "text"),
        (lambda s: replace(s, fields={"to": "{phone}", "m": "{text}", "n": "{nik}"}), "nik"),
        (lambda s: replace(s, fields={"to": "{phone.__class__}", "m": "{text}"}), "unknown"),
        (lambda s: replace(s, fields={"to": "{phone!r}", "m": "{text}"}), "more than names"),
        (lambda s: replace(s, fields={"to": "{phone", "m": "{text}"}), "brace"),
        (lambda s: replace(s, fields={"to": "{phone}", "m": "{text}"}, repeatable=True), "message_id"),
        (lambda s: replace(s, headers={"X-Text": "{text}"}), "line breaks"),
        (lambda s: replace(s, secrets={"token": "a\r\nX: b"}), "line break"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(server: Provider, change: Change, words: str) -> None:
    with pytest.raises(ValueError, match=words) as error:
        HttpProvider(change(settings(server)))
    assert "s3cret" not in repr(settings(server))
    assert "s3cret" not in str(error.value)
