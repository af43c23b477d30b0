"""Why a hub is not reached, or does not take what it is given, in the words of a way out."""

import errno
import socket
import ssl
from datetime import UTC, datetime

from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from nats.js.errors import APIError, NoStreamResponseError, ServiceUnavailableError

from gateway.centre import CentreBusy, CentreUnreachable, UnreachableCause, WayOutError
from gateway.hub.connection import AuthorityWrong, HubPlace
from gateway.trust.clock import is_plausible

_NO_ROUTE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL)
_EXPIRED, _NOT_YET_VALID = 10, 9  # X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID
_TOO_SLOW = "authentication timeout"
"""What nats-server says where the line did not bring the answer to its challenge in time: nobody was refused."""
FULL_CODES = frozenset({10023, 10025, 10028, 10047, 10077, 10122, 10167, 10169})
"""err_code of nats-server (server/errors.json): no resources, limits of account or stream, storage: a reason to come
again."""
FULL_WAIT_S = 60.0


def connect_fault(error: Exception, place: HubPlace, now: datetime | None = None) -> CentreUnreachable:
    """Why `connect` failed.

    Parameters
    ----------
    error : Exception
    place : HubPlace
    now : datetime, optional
        UTC; the machine's time by default.
    """
    now = now or datetime.now(UTC)
    name = f"{place.host}:{place.port}"
    if isinstance(error, AuthorityWrong):
        return CentreUnreachable(UnreachableCause.OWN_CERTIFICATE, str(error))
    if isinstance(error, ssl.SSLCertVerificationError):
        return _their_certificate(error, now)
    if isinstance(error, ssl.SSLError):
        words = f"What answers at {name} speaks no TLS from the first byte ({error.reason or error})."
        return CentreUnreachable(UnreachableCause.GARBAGE, words)
    if isinstance(error, TimeoutError):
        return CentreUnreachable(UnreachableCause.TIMEOUT, f"{name} does not answer.")
    if isinstance(error, OSError):
        return _network(error, place)
    if isinstance(error, NatsError):
        text = str(error).lower()
        if _TOO_SLOW in text:
            words = f"{name} waited in vain for this gateway's answer: the line is too slow, or lost it."
            return CentreUnreachable(UnreachableCause.TIMEOUT, words)
        if "authorization" in text or "authentication" in text:
            words = (
                f"The hub does not accept this gateway's nkey ({place.seed}). Give its public key to the hub's "
                "administrator."
            )
            return CentreUnreachable(UnreachableCause.OWN_CERTIFICATE, words)
        if "empty response" in text or "parse error" in text:
            return CentreUnreachable(UnreachableCause.GARBAGE, f"What answers at {name} is no hub ({error}).")
        return CentreUnreachable(UnreachableCause.CUT, f"The connection to {name} broke off ({_said(error)}).")
    words = f"The nkey's seed in {place.seed} cannot be used: {type(error).__name__}. Install the one of this gateway."
    return CentreUnreachable(UnreachableCause.OWN_CERTIFICATE, words)


def api_fault(error: Exception) -> WayOutError:
    """Why JetStream refused a message or a question."""
    if isinstance(error, APIError) and error.err_code in FULL_CODES:
        return CentreBusy(f"The hub is full ({error.description}); the centre has to take from it first.", FULL_WAIT_S)
    if isinstance(error, NoRespondersError | NoStreamResponseError | ServiceUnavailableError):
        words = "The hub answers, and its streams are not there now. If it lasts: rekam central jetstream init."
        return CentreBusy(words, None)
    if isinstance(error, APIError) and (error.code or 0) >= 500:
        return CentreBusy(f"The hub cannot do it now ({error.description}).", None)
    return CentreUnreachable(UnreachableCause.OTHER, f"The hub refuses: {error}.")


def _network(error: OSError, place: HubPlace) -> CentreUnreachable:
    name = f"{place.host}:{place.port}"
    if isinstance(error, socket.gaierror):
        words = f"The name {place.host} does not resolve ({error}). Look at the network and its DNS."
        return CentreUnreachable(UnreachableCause.NAME, words)
    if error.filename is not None:
        words = f"{error.filename} cannot be read: {error.strerror}. Install what the centre gave."
        return CentreUnreachable(UnreachableCause.OWN_CERTIFICATE, words)
    if isinstance(error, ConnectionRefusedError) or error.errno == errno.ECONNREFUSED:
        return CentreUnreachable(UnreachableCause.REFUSED, f"Nothing listens at {name}: the hub is down.")
    if error.errno in _NO_ROUTE:
        words = f"There is no way to {name} ({error.strerror}). Look at the cable, the modem and the gateway's route."
        return CentreUnreachable(UnreachableCause.NO_ROUTE, words)
    if isinstance(error, ConnectionError):
        return CentreUnreachable(UnreachableCause.CUT, f"{name} broke the connection off ({_said(error)}).")
    return CentreUnreachable(UnreachableCause.OTHER, f"{name} cannot be reached ({_said(error)}).")


def _said(error: Exception) -> str:
    """What it says of itself; the event loop's own errors say nothing."""
    return str(error) or type(error).__name__


def _their_certificate(error: ssl.SSLCertVerificationError, now: datetime) -> CentreUnreachable:
    if error.verify_code in (_EXPIRED, _NOT_YET_VALID) and (
        not is_plausible(now) or error.verify_code == _NOT_YET_VALID
    ):
        words = f"The clock says {now:%Y-%m-%d}, by which the hub's certificate is not valid. Set the clock."
        return CentreUnreachable(UnreachableCause.CLOCK, words)
    words = (
        f"The server's certificate is not the hub's, or not valid: {error.verify_message}. If the network asks for a "
        "log-in in a browser, log in; else tell the centre."
    )
    return CentreUnreachable(UnreachableCause.CERTIFICATE, words)
