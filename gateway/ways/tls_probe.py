"""Why a centre is not reached: the steps of a connection, each by itself, until one fails.

gRPC says of nearly every failure that the peer is unavailable. An office needs to know whether to look at the cable,
the name, a certificate or the clock.
"""

import errno
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from cryptography import x509

from gateway.centre import CentreUnreachable, UnreachableCause
from gateway.trust.clock import is_plausible

_T = TypeVar("_T")
PROBE_S = 8.0
"""The whole look."""
_ALERT_S = 1.5
"""A server that refuses our certificate says so only after its own handshake is over (RFC 8446, clause 4.4.2.4)."""
_NO_ROUTE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL)
_EXPIRED, _NOT_YET_VALID = 10, 9  # X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID
_OUR_FAULT = (
    *("CERTIFICATE_EXPIRED", "BAD_CERTIFICATE", "UNKNOWN_CA", "CERTIFICATE_UNKNOWN", "CERTIFICATE_REQUIRED"),
    *("CERTIFICATE_REVOKED", "UNSUPPORTED_CERTIFICATE", "ACCESS_DENIED", "HANDSHAKE_FAILURE", "DECRYPT_ERROR"),
)
_SETTINGS_FRAME = 4  # RFC 9113, clause 6.5: the first frame of a server


@dataclass(frozen=True)
class TlsPlace:
    """Where a centre is, and by what each side is known."""

    host: str
    port: int
    authority: Path | None
    certificate: Path
    key: Path
    server_name: str


def own_certificate_fault(place: TlsPlace, now: datetime) -> CentreUnreachable | None:
    """What is wrong with our own certificate, seen without the network; None where nothing is."""
    try:
        certificate = x509.load_pem_x509_certificate(place.certificate.read_bytes())
        place.key.read_bytes()
        if place.authority is not None:
            place.authority.read_bytes()
    except OSError as error:
        words = f"{error.filename} cannot be read: {error.strerror}. Install what the centre gave."
        return CentreUnreachable(UnreachableCause.OWN_CERTIFICATE, words)
    except ValueError as error:
        words = f"{place.certificate} is no certificate: {error}. Install the one that the centre gave."
        return CentreUnreachable(UnreachableCause.OWN_CERTIFICATE, words)
    if not is_plausible(now):
        return None  # the server decides; if it refuses, the clock is named
    if now > certificate.not_valid_after_utc:
        words = (
            f"This gateway's certificate ended on {certificate.not_valid_after_utc:%Y-%m-%d}. Ask the centre for "
            "another (`rekam central gateway certificate`)."
        )
        return CentreUnreachable(UnreachableCause.OWN_CERTIFICATE, words)
    if now < certificate.not_valid_before_utc:
        words = (
            f"This gateway's certificate begins on {certificate.not_valid_before_utc:%Y-%m-%d}, but its clock says "
            f"{now:%Y-%m-%d}. Set the clock."
        )
        return CentreUnreachable(UnreachableCause.CLOCK, words)
    return None


class _HungUp(Exception):
    """It ended the connection after the handshake, without a word."""


def why_unreachable(place: TlsPlace, now: datetime | None = None, within_s: float = PROBE_S) -> CentreUnreachable:
    """Connect step by step and say what fails; where nothing does, the connection was cut.

    Parameters
    ----------
    place : TlsPlace
    now : datetime, optional
        UTC; the machine's time by default.
    within_s : float
        Seconds for the whole look; it blocks.
    """
    now = now or datetime.now(UTC)
    own = own_certificate_fault(place, now)
    if own is not None:
        return own
    until = time.monotonic() + within_s
    try:
        try:
            with _connected(place, until) as raw:
                return _handshake(place, raw, until, now)
        except _HungUp:
            # A line that is cut in just that moment looks the same: twice in a row it is the certificate.
            with _connected(place, until) as raw:
                return _handshake(place, raw, until, now)
    except _HungUp:
        return _refused_ours("it hung up", now)
    except CentreUnreachable as found:
        return found
    except ssl.SSLCertVerificationError as error:
        return _their_certificate(error, now)
    except ssl.SSLError as error:
        return _tls_fault(error, now)
    except TimeoutError:
        return CentreUnreachable(UnreachableCause.TIMEOUT, f"{place.host} took the connection and went silent.")
    except (ConnectionError, EOFError) as error:
        return CentreUnreachable(UnreachableCause.CUT, f"{place.host} broke the connection off: {error}.")
    except OSError as error:
        return CentreUnreachable(UnreachableCause.OTHER, f"{place.host} cannot be reached: {error}.")


def _connected(place: TlsPlace, until: float) -> socket.socket:
    name = f"{place.host}:{place.port}"
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        words = f"The name {place.host} does not resolve ({error}). Look at the network and its DNS."
        raise CentreUnreachable(UnreachableCause.NAME, words) from error
    last: OSError = TimeoutError("no time left")
    for family, kind, protocol, _, address in found:
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(_left(until))
            connection.connect(address)
        except OSError as error:
            connection.close()
            last = error
            continue
        return connection
    if isinstance(last, ConnectionRefusedError):
        raise CentreUnreachable(UnreachableCause.REFUSED, f"Nothing listens at {name}: the centre is down.") from last
    if isinstance(last, TimeoutError):
        raise CentreUnreachable(UnreachableCause.TIMEOUT, f"{name} does not answer.") from last
    if last.errno in _NO_ROUTE:
        words = f"There is no way to {name} ({last.strerror}). Look at the cable, the modem and the gateway's route."
        raise CentreUnreachable(UnreachableCause.NO_ROUTE, words) from last
    raise last


def _handshake(place: TlsPlace, raw: socket.socket, until: float, now: datetime) -> CentreUnreachable:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2"])
    try:
        if place.authority is None:
            context.load_default_certs()
        else:
            context.load_verify_locations(place.authority)
        context.load_cert_chain(place.certificate, place.key)
    except ssl.SSLError as error:
        words = f"The gateway's certificate, its key or the centre's authority is damaged or of another: {error}."
        return CentreUnreachable(UnreachableCause.OWN_CERTIFICATE, words)
    session = _Session(context, raw, place.server_name)
    session.step(session.tls.do_handshake, until)
    try:
        frame = session.step(lambda: session.tls.read(9), min(until, time.monotonic() + _ALERT_S))
    except TimeoutError:
        return CentreUnreachable(UnreachableCause.CUT, f"{place.host} answers, and says nothing more.")
    except (ConnectionError, EOFError) as error:
        # What a server does that hung up on our certificate while our bytes were still under way.
        raise _HungUp from error
    if len(frame) < 4 or frame[3] != _SETTINGS_FRAME:
        return CentreUnreachable(UnreachableCause.GARBAGE, f"What answers at {place.host} is no centre.")
    return CentreUnreachable(UnreachableCause.CUT, f"The connection to {place.host} was cut; it can be made again.")


class _Session:
    """TLS over a socket that stays ours: `SSLContext.wrap_socket` leaves it open where the peer resets at once."""

    def __init__(self, context: ssl.SSLContext, raw: socket.socket, server_name: str) -> None:
        self._raw, self._incoming, self._outgoing = raw, ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)

    def step(self, work: Callable[[], _T], until: float) -> _T:
        while True:
            try:
                done = work()
            except ssl.SSLWantReadError:
                self._send(until)
                self._raw.settimeout(_left(until))
                data = self._raw.recv(65_536)
                if not data:
                    raise EOFError("closed by the peer") from None
                self._incoming.write(data)
            else:
                self._send(until)
                return done

    def _send(self, until: float) -> None:
        if self._outgoing.pending:
            self._raw.settimeout(_left(until))
            self._raw.sendall(self._outgoing.read())


def _their_certificate(error: ssl.SSLCertVerificationError, now: datetime) -> CentreUnreachable:
    if error.verify_code in (_EXPIRED, _NOT_YET_VALID) and (
        not is_plausible(now) or error.verify_code == _NOT_YET_VALID
    ):
        words = f"The clock says {now:%Y-%m-%d}, by which the centre's certificate is not valid. Set the clock."
        return CentreUnreachable(UnreachableCause.CLOCK, words)
    words = (
        f"The server's certificate is not the centre's, or not valid: {error.verify_message}. If the network asks for "
        "a log-in in a browser, log in; else tell the centre."
    )
    return CentreUnreachable(UnreachableCause.CERTIFICATE, words)


def _tls_fault(error: ssl.SSLError, now: datetime) -> CentreUnreachable:
    reason = error.reason or ""
    if "ALERT" in reason and any(each in reason for each in _OUR_FAULT):
        return _refused_ours(reason.lower().replace("_", " "), now)
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return CentreUnreachable(UnreachableCause.CUT, "The connection was broken off during the handshake.")
    if "ALERT" in reason:
        words = f"The server broke the handshake off ({reason})."
        return CentreUnreachable(UnreachableCause.CERTIFICATE, words)
    return CentreUnreachable(UnreachableCause.GARBAGE, f"What answers speaks no TLS ({reason or error}).")


def _refused_ours(said: str, now: datetime) -> CentreUnreachable:
    if not is_plausible(now):
        words = f"The clock says {now:%Y-%m-%d}, and the centre refuses this gateway's certificate. Set the clock."
        return CentreUnreachable(UnreachableCause.CLOCK, words)
    words = (
        f"The centre does not accept this gateway's certificate ({said}). Ask the centre for another "
        "(`rekam central gateway certificate`)."
    )
    return CentreUnreachable(UnreachableCause.OWN_CERTIFICATE, words)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("no time left")
    return left
