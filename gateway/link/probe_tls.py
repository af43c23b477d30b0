"""Who answers on the centre's port: a TLS handshake that is made to be looked at, and carries nothing."""

import asyncio
import ipaddress
import ssl
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

from cryptography import x509

from gateway.certificate_parts import extension_of
from gateway.link.evidence import CertificateSeen, LinkTarget, TlsOutcome, TlsSeen
from gateway.link.probe_connect import Streams

_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of <openssl/x509_vfy.h>: time is judged here, by a clock given
_READ_BYTES = 16_384
_TLS_RECORDS = (0x14, 0x15, 0x16)
"""Content types that can open an answer: ChangeCipherSpec, Alert, Handshake (RFC 8446 clause 5.1)."""

Connect = Callable[[], Awaitable[Streams | None]]


class _NotTls(Exception):
    def __init__(self, first: bytes) -> None:
        super().__init__(ascii(first[:40].decode("latin-1")))
        self.first = first


async def probe_tls(connect: Connect, target: LinkTarget, now: datetime, timeout_s: float) -> TlsSeen:
    """Shake hands once, or twice where a stranger's certificate is to be read, within `timeout_s` in all.

    Parameters
    ----------
    connect : callable
        Gives a fresh connection to the port, or None; whoever gave it closes it.
    target : LinkTarget
    now : datetime
        By which a certificate's period is judged, UTC.
    timeout_s : float
    """
    began = time.monotonic()
    certificate, detail, trusted = None, "", True
    try:
        async with asyncio.timeout(timeout_s):
            try:
                # In a thread: the system's bundle of authorities takes longer to read than the loop may wait.
                context = await asyncio.to_thread(_context, target)
                der = await _shaken_hands(connect, target, context)
            except ssl.SSLCertVerificationError as error:
                trusted, detail = False, error.verify_message
                der = await _shaken_hands(connect, target, _blind_context())
        certificate = x509.load_der_x509_certificate(der)
        outcome = _judged(certificate, target.host, now, trusted=trusted)
    except TimeoutError:
        outcome = TlsOutcome.TIMEOUT
    except _NotTls as error:
        outcome = TlsOutcome.PLAIN_HTTP if error.first.startswith(b"HTTP/") else TlsOutcome.NOT_TLS
        detail = str(error)
    except ssl.SSLError as error:
        alerted = "ALERT" in (error.reason or "")
        outcome, detail = (TlsOutcome.ALERT if alerted else TlsOutcome.NOT_TLS), error.reason or str(error)
    except (OSError, EOFError) as error:
        outcome, detail = TlsOutcome.CUT, str(error)
    except ValueError as error:  # a certificate that is none
        outcome, detail = TlsOutcome.NOT_TLS, str(error)
    seen = None if certificate is None else _seen(certificate)
    return TlsSeen(outcome, time.monotonic() - began, seen, detail)


async def _shaken_hands(connect: Connect, target: LinkTarget, context: ssl.SSLContext) -> bytes:
    """DER of the certificate that is shown. The bytes go through our hands, so that we see those that are no TLS."""
    streams = await connect()
    if streams is None:
        raise ConnectionError("the second connection was not taken")
    reader, writer = streams
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    hands = context.wrap_bio(incoming, outgoing, server_hostname=target.host.strip("[]"))
    first = True
    while True:
        try:
            hands.do_handshake()
        except ssl.SSLWantReadError:
            writer.write(outgoing.read())
            await writer.drain()
        else:
            writer.write(outgoing.read())
            return hands.getpeercert(binary_form=True) or b""
        received = await reader.read(_READ_BYTES)
        if not received:
            raise EOFError("closed in the middle of the handshake")
        if first and received[0] not in _TLS_RECORDS:
            raise _NotTls(received)
        first = False
        incoming.write(received)


def _context(target: LinkTarget) -> ssl.SSLContext:
    """Believes the authority alone; names and times are looked at afterwards, to be told apart."""
    context = ssl.create_default_context(cadata=target.authority_pem)
    context.check_hostname = False
    context.verify_flags = ssl.VerifyFlags(context.verify_flags | _NO_CHECK_TIME)
    return context


def _blind_context() -> ssl.SSLContext:
    """To read a stranger's certificate: nothing is sent over such a connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _judged(certificate: x509.Certificate, host: str, now: datetime, *, trusted: bool) -> TlsOutcome:
    named = _names_host(certificate, host.strip("[]"))
    if not trusted:
        return TlsOutcome.OTHER_AUTHORITY if named else TlsOutcome.STRANGER
    if not named:
        return TlsOutcome.OTHER_NAME
    if now < certificate.not_valid_before_utc:
        return TlsOutcome.NOT_YET_VALID
    return TlsOutcome.EXPIRED if now > certificate.not_valid_after_utc else TlsOutcome.GENUINE


def _names_host(certificate: x509.Certificate, host: str) -> bool:
    """RFC 9525 clauses 6.3 and 6.5: names of the extension alone, a wildcard for one whole label, the first."""
    alternatives = extension_of(certificate, x509.SubjectAlternativeName)
    if alternatives is None:
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        wanted = host.rstrip(".").lower()
        names = [each.rstrip(".").lower() for each in alternatives.get_values_for_type(x509.DNSName)]
        wild = "*." + wanted.partition(".")[2]
        return wanted in names or ("." in wanted and wild in names)
    return address in alternatives.get_values_for_type(x509.IPAddress)


def _seen(certificate: x509.Certificate) -> CertificateSeen:
    alternatives = extension_of(certificate, x509.SubjectAlternativeName)
    names: list[str] = []
    if alternatives is not None:
        names += alternatives.get_values_for_type(x509.DNSName)
        names += [str(each) for each in alternatives.get_values_for_type(x509.IPAddress)]
    return CertificateSeen(
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        names=tuple(names),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )
