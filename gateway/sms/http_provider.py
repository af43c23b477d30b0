"""A provider that takes messages over HTTPS: its address, method, headers and fields are the office's to fill in."""

import http.client
import json
import re
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from gateway.named_fields import field_names
from gateway.sms.errors import SmsRefused, SmsUnavailable, SmsUncertain
from gateway.sms.segments import segments_of
from gateway.sms.values import Accepted, DeliveryReport, SmsMessage

MAX_ANSWER_BYTES = 64 * 1024
MAX_RETRY_AFTER_S = 86_400.0
FIELDS = ("phone", "phone_digits", "text", "message_id")
"""Of a message, for the templates: `phone` with its plus, `phone_digits` without."""
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_ASK = "Look in the provider's own list, or ask the person."


@dataclass(frozen=True)
class HttpProviderSettings:
    """How a provider is spoken to.

    Parameters
    ----------
    url : str
        `https://`; plain `http://` on this machine alone.
    method : str
        `POST`, `PUT` or `GET`.
    encoding : str
        `json`, `form`, or `query` for fields in the address.
    headers, fields : mapping of str to str
        Templates with `{phone}`, `{phone_digits}`, `{text}`, `{message_id}` and the names of `secrets`.
    secrets : mapping of str to str
        By name; not shown by `repr`.
    reference : str
        Where the answer holds the provider's reference, `data.messages.0.id`; empty: the message's own id is taken.
    repeatable : bool
        The provider promises that a message with the same `{message_id}` is sent once.
    authority : Path, optional
        Certificates to trust in place of the system's.
    timeout_s : float
        For each step of the exchange.
    """

    url: str
    method: str = "POST"
    encoding: str = "json"
    headers: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    reference: str = ""
    repeatable: bool = False
    authority: Path | None = None
    timeout_s: float = 20.0


class HttpProvider:
    """A `MessageSender` by HTTP requests; redirections are not followed, and TLS is verified.

    Parameters
    ----------
    settings : HttpProviderSettings
    now : callable
        UTC, for a `Retry-After` that names a date.

    Raises
    ------
    ValueError
        The settings cannot be used; the message says which and why.
    """

    def __init__(self, settings: HttpProviderSettings, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._settings = settings
        self._now = now
        self.repeatable = settings.repeatable
        self._target = urlsplit(settings.url)
        check_settings(settings)
        self._tls = (
            ssl.create_default_context(cafile=settings.authority and str(settings.authority))
            if self._target.scheme == "https"
            else None
        )

    def send(self, message: SmsMessage) -> Accepted:
        """See `MessageSender`."""
        values = {
            "phone": message.phone,
            "phone_digits": message.phone.removeprefix("+"),
            "text": message.text,
            "message_id": message.message_id,
            **self._settings.secrets,
        }
        connection = self._connection()
        try:
            status, retry_after, body = self._exchange(connection, values)
        finally:
            connection.close()
        if 200 <= status < 300:
            return Accepted((self._reference(body) or message.message_id,), len(segments_of(message.text).parts))
        raise self._error(status, retry_after)

    def reports_noted(self) -> None:
        """See `MessageSender`."""

    def reports(self) -> list[DeliveryReport]:
        """None: providers push theirs to a public address, which an office has not."""
        return []

    def close(self) -> None:
        """Nothing is kept open."""

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._target.hostname or "", self._target.port
        if self._tls is None:
            connection = http.client.HTTPConnection(host, port, timeout=self._settings.timeout_s)
        else:
            connection = http.client.HTTPSConnection(host, port, timeout=self._settings.timeout_s, context=self._tls)
        try:
            connection.connect()
        except ssl.SSLCertVerificationError as error:
            raise SmsUnavailable(
                f"The certificate of {host} is not trusted: {error.verify_message}.",
                "Check this machine's clock, and [sms.http] url and authority.",
            ) from error
        except OSError as error:
            raise SmsUnavailable(
                f"The provider {host} cannot be reached: {error}.", "It is tried again by itself."
            ) from error
        return connection

    def _exchange(
        self, connection: http.client.HTTPConnection, values: Mapping[str, str]
    ) -> tuple[int, str | None, bytes]:
        settings, target = self._settings, self._target
        fields = {name: template.format_map(values) for name, template in settings.fields.items()}
        headers = {name: template.format_map(values) for name, template in settings.headers.items()}
        path, query, body = target.path or "/", target.query, None
        if settings.encoding == "query":
            query = "&".join(filter(None, (query, urlencode(fields))))
        elif settings.encoding == "form":
            body = urlencode(fields).encode("ascii")
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        else:
            body = json.dumps(fields).encode("ascii")
            headers.setdefault("Content-Type", "application/json")
        try:
            connection.request(settings.method, f"{path}?{query}" if query else path, body, headers)
            with connection.getresponse() as response:
                until = time.monotonic() + settings.timeout_s
                return response.status, response.getheader("Retry-After"), _body(response, until)
        except (UnicodeError, http.client.InvalidURL) as error:
            # Found before the first byte leaves. Not chained: what does not fit is quoted there.
            raise SmsRefused(
                f"The request cannot be written ({type(error).__name__}).", "Mend url and headers of [sms.http]."
            ) from None
        except (OSError, http.client.HTTPException) as error:
            cause = f"The provider did not answer to the message ({type(error).__name__})."
            if self.repeatable:
                raise SmsUnavailable(cause, "It is tried again by itself, under the same id.") from error
            raise SmsUncertain(cause, _ASK) from error

    def _error(self, status: int, retry_after: str | None) -> SmsRefused | SmsUnavailable | SmsUncertain:
        cause = f"The provider answered {status} {http.client.responses.get(status, '')}".rstrip() + "."
        # RFC 9110 clause 15.5.9 and RFC 8470 clause 5.2: of 408 and 425 too, the request was not taken.
        if status in (408, 425, 429) or (status >= 500 and (self.repeatable or status not in (502, 504))):
            return SmsUnavailable(cause, "It is tried again by itself.", self._seconds(retry_after))
        if status in (502, 504):
            # RFC 9110 clauses 15.6.3 and 15.6.5: a gateway in between speaks; the provider behind it may have sent.
            return SmsUncertain(cause, _ASK)
        if status in (401, 402, 403, 407):
            # Of the office's account, not of this message: it goes once that is mended.
            return SmsUnavailable(cause, "Check the account, its credit and the credentials of [sms.http].", 3600.0)
        return SmsRefused(cause, "Check the number, and [sms.http] against the provider's manual.")

    def _seconds(self, retry_after: str | None) -> float | None:
        """Retry-After in seconds, given as such or as a date (RFC 9110 clause 10.2.3)."""
        if retry_after is None:
            return None
        if re.fullmatch(r"[0-9]{1,9}", retry_after.strip()):
            return min(float(retry_after), MAX_RETRY_AFTER_S)
        try:
            wait_s = (parsedate_to_datetime(retry_after) - self._now()).total_seconds()
        except (ValueError, TypeError):
            return None
        return min(max(0.0, wait_s), MAX_RETRY_AFTER_S)

    def _reference(self, body: bytes) -> str:
        if not self._settings.reference:
            return ""
        try:
            found: Any = json.loads(body)
            for key in self._settings.reference.split("."):
                found = found[int(key)] if isinstance(found, list) else found[key]
        except (ValueError, KeyError, IndexError, TypeError, RecursionError):
            return ""
        return str(found)[:100] if isinstance(found, str | int) else ""


def _body(response: http.client.HTTPResponse, until: float) -> bytes:
    """What came of the body: the status has said what became of the message, whether or not the body breaks off."""
    body = b""
    with suppress(OSError, http.client.HTTPException):
        while len(body) < MAX_ANSWER_BYTES and time.monotonic() < until:
            piece = response.read1(MAX_ANSWER_BYTES - len(body))
            if not piece:
                break
            body += piece
    return body


def check_settings(settings: HttpProviderSettings) -> None:
    """Raise `ValueError` unless the settings can be used."""
    target = urlsplit(settings.url)
    if target.scheme not in ("https", "http") or not target.hostname or target.username or target.fragment:
        raise ValueError(f"url: {settings.url!r} is no address https://HOST/PATH without a user name in it")
    if target.scheme == "http" and target.hostname not in _LOOPBACK:
        raise ValueError("url: numbers of people leave this machine over https alone")
    if settings.method not in ("POST", "PUT", "GET"):
        raise ValueError(f"method: {settings.method!r} is none of POST, PUT, GET")
    if settings.encoding not in ("json", "form", "query"):
        raise ValueError(f"encoding: {settings.encoding!r} is none of json, form, query")
    if settings.method == "GET" and settings.encoding != "query":
        raise ValueError("encoding: a GET carries its fields in the address; set it to query")
    known = {*FIELDS, *settings.secrets}
    used = {name for each in (*settings.fields.values(), *settings.headers.values()) for name in _names(each)}
    if used - known:
        raise ValueError(f"fields, headers: unknown {{{', '.join(sorted(used - known))}}}; known: {sorted(known)}")
    if "text" not in used or not used & {"phone", "phone_digits"}:
        raise ValueError("fields: one with {text} and one with {phone} or {phone_digits} are due")
    if any("text" in _names(each) for each in settings.headers.values()):
        raise ValueError("headers: {text} may hold line breaks, and belongs into a field")
    if any(char in value for value in settings.secrets.values() for char in "\r\n"):
        raise ValueError("secrets: one has a line break in it")
    if settings.repeatable and "message_id" not in used:
        raise ValueError("repeatable: the provider can tell a message that comes again by {message_id} alone")


def _names(template: str) -> set[str]:
    try:
        return field_names(template)
    except ValueError as error:
        raise ValueError(f"fields, headers: {template!r} {error}") from error
