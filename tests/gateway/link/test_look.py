"""One look, with real sockets: who answers in place of the centre, and what that says of the cause."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from gateway.centre import CentreBusy, CentreCondition, CentreState, CentreUnreachable, UnreachableCause, WayOutError
from gateway.link import AskCentre, LinkCause, LinkTarget, Look, LookBounds, Lookout
from gateway.link.cause import CAUSE_WORDS, SIDES, cause_of, cause_of_error, cause_words
from gateway.link.evidence import ConnectOutcome, NameFault, RouteSeen, TlsOutcome
from gateway.link.probe_name import NameProbe
from gateway.link.probe_route import kernel_reaches, probe_route
from gateway.trust import ClockQuality
from tests.gateway.link.servers import (
    DAY,
    NOW,
    Authority,
    Issued,
    black_hole,
    free_port,
    portal,
    reading,
    served,
    silent,
)

BOUNDS = LookBounds(centre_s=0.3, name_s=0.3, connect_s=0.3, tls_s=0.3)
GENEROUS = LookBounds(centre_s=60, name_s=60, connect_s=60, tls_s=60)
ROUTE = RouteSeen(carrier=True, default_route=True)
ACCEPTING = CentreState("centre-1", "ab" * 16, 0, CentreCondition.ACCEPTING, None, ())
TRUSTED = ClockQuality.TRUSTED


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def lookout(
    port: int,
    authority: Authority | None = None,
    host: str = "localhost",
    ask: AskCentre | None = None,
    bounds: LookBounds = GENEROUS,
    **fields: object,
) -> Lookout:
    pem = authority.pem if authority is not None else None
    return Lookout(LinkTarget(host, port, authority_pem=pem, **fields), ask, bounds, lambda: ROUTE)  # type: ignore[arg-type]


async def looked(out: Lookout, now: datetime = NOW, clock: ClockQuality = TRUSTED) -> tuple[Look, LinkCause | None]:
    look = await out.look(now, time.monotonic)
    return look, cause_of(look, now, clock)


async def unreachable() -> CentreState:
    raise CentreUnreachable(UnreachableCause.OTHER, "nobody")


@pytest.fixture
async def centre(authority: Authority, tmp_path: Path) -> AsyncIterator[int]:
    async with served(reading, authority.issue("localhost", "127.0.0.1").server_context(tmp_path)) as port:
        yield port


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_a_genuine_server_is_the_best_that_can_be_seen_without_a_way_to_ask(
    authority: Authority, centre: int, host: str
) -> None:
    look, cause = await looked(lookout(centre, authority, host))
    assert look.tls is not None
    assert (look.tls.outcome, look.reached, cause) == (TlsOutcome.GENUINE, True, None)
    assert look.tls.certificate is not None
    assert look.tls.certificate.names == ("localhost", "127.0.0.1")


async def served_by(
    issued: Issued, tmp_path: Path, authority: Authority, **fields: object
) -> tuple[Look, LinkCause | None]:
    async with served(reading, issued.server_context(tmp_path)) as port:
        return await looked(lookout(port, authority), **fields)  # type: ignore[arg-type]


async def test_a_certificate_of_another_authority_is_told_from_a_strangers(
    authority: Authority, tmp_path: Path
) -> None:
    other = Authority("Somebody else")
    look, cause = await served_by(other.issue("localhost"), tmp_path, authority)
    assert look.tls is not None
    assert (look.tls.outcome, cause) == (TlsOutcome.OTHER_AUTHORITY, LinkCause.CENTRE_CERTIFICATE)
    assert look.tls.certificate is not None
    assert look.tls.certificate.issuer == "CN=Somebody else"
    look, cause = await served_by(other.issue("login.hotspot.example"), tmp_path, authority)
    assert look.tls is not None
    assert (look.tls.outcome, cause) == (TlsOutcome.STRANGER, LinkCause.CAPTIVE_PORTAL)
    assert look.tls.certificate is not None
    assert look.tls.certificate.names == ("login.hotspot.example",)


async def test_another_name_of_the_authority(authority: Authority, tmp_path: Path) -> None:
    look, cause = await served_by(authority.issue("other.example"), tmp_path, authority)
    assert look.tls is not None
    assert (look.tls.outcome, cause) == (TlsOutcome.OTHER_NAME, LinkCause.CENTRE_CERTIFICATE)


async def test_an_expired_certificate_is_theirs_unless_our_clock_is_plainly_wrong(
    authority: Authority, tmp_path: Path
) -> None:
    expired = authority.issue("localhost", begins=NOW - 30 * DAY, ends=NOW - DAY)
    look, cause = await served_by(expired, tmp_path, authority)
    assert look.tls is not None
    assert (look.tls.outcome, cause) == (TlsOutcome.EXPIRED, LinkCause.CENTRE_CERTIFICATE)
    good = authority.issue("localhost")
    for wrong in (NOW.replace(year=1970), NOW.replace(year=NOW.year + 3)):
        _, cause = await served_by(good, tmp_path, authority, now=wrong, clock=ClockQuality.UNTRUSTED)
        assert cause is LinkCause.CLOCK
        _, cause = await served_by(good, tmp_path, authority, now=wrong)
        assert cause is LinkCause.CENTRE_CERTIFICATE
    _, cause = await served_by(expired, tmp_path, authority, clock=ClockQuality.UNTRUSTED)
    assert cause is LinkCause.CENTRE_CERTIFICATE


async def test_a_captive_portal_that_speaks_http(authority: Authority) -> None:
    async with served(portal) as port:
        look, cause = await looked(lookout(port, authority))
    assert look.tls is not None
    assert (look.tls.outcome, cause) == (TlsOutcome.PLAIN_HTTP, LinkCause.CAPTIVE_PORTAL)


async def test_nobody_listens(authority: Authority) -> None:
    look, cause = await looked(lookout(free_port(), authority, "127.0.0.1"))
    assert look.connect is not None
    assert (look.connect.outcome, cause) == (ConnectOutcome.REFUSED, LinkCause.REFUSED)
    assert look.tls is None


async def test_a_black_hole_is_bounded_in_time(authority: Authority) -> None:
    with black_hole() as port:
        began = time.monotonic()
        look, cause = await looked(lookout(port, authority, "127.0.0.1", bounds=BOUNDS))
        assert time.monotonic() - began < 60.0
    assert look.connect is not None
    assert (look.connect.outcome, cause) == (ConnectOutcome.TIMEOUT, LinkCause.TIMEOUT)


async def test_a_server_that_takes_the_connection_and_says_nothing_is_bounded_too(authority: Authority) -> None:
    async with served(silent) as port:
        began = time.monotonic()
        look, cause = await looked(lookout(port, authority, "127.0.0.1", bounds=BOUNDS))
        assert time.monotonic() - began < 60.0
    assert look.tls is not None
    assert (look.tls.outcome, cause) == (TlsOutcome.TIMEOUT, LinkCause.TIMEOUT)


async def test_a_connection_that_is_cut_and_one_that_answers_nonsense(authority: Authority) -> None:
    async with served(reading) as port:
        look, cause = await looked(lookout(port, authority))
    assert look.tls is not None
    assert (look.tls.outcome, cause) == (TlsOutcome.CUT, LinkCause.CUT)

    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()

    async with served(nonsense) as port:
        look, cause = await looked(lookout(port, authority))
    assert look.tls is not None
    assert (look.tls.outcome, cause) == (TlsOutcome.NOT_TLS, LinkCause.GARBAGE)


async def test_a_name_that_does_not_resolve(authority: Authority) -> None:
    look, cause = await looked(lookout(443, authority, "centre.invalid"))
    assert look.name is not None
    assert look.name.fault in (NameFault.NOT_FOUND, NameFault.NO_ANSWER, NameFault.TIMEOUT)
    assert (look.connect, cause) == (None, LinkCause.NAME)
    alone = Lookout(LinkTarget("centre.invalid", 443), None, GENEROUS, lambda: RouteSeen(True, default_route=False))
    assert (await looked(alone))[1] is LinkCause.NO_ROUTE


async def test_a_name_that_hangs_is_asked_once_at_a_time() -> None:
    probe = NameProbe("centre.invalid")
    seen = await asyncio.gather(*(probe.look(1e-6) for _ in range(5)))
    assert {each.fault for each in seen} == {NameFault.TIMEOUT}
    later = await probe.look(60.0)
    assert later.fault is not NameFault.TIMEOUT
    assert later.addresses == ()


async def test_without_a_cable_nothing_is_sent() -> None:
    out = Lookout(LinkTarget("centre.example", 443), unreachable, GENEROUS, lambda: RouteSeen(False, False))
    look, cause = await looked(out)
    assert (look.name, look.connect, cause) == (None, None, LinkCause.CABLE)


async def test_a_centre_that_answers_is_asked_nothing_else() -> None:
    async def ask() -> CentreState:
        return ACCEPTING

    look, cause = await looked(lookout(free_port(), ask=ask))
    assert (look.reached, cause, look.route, look.connect) == (True, None, None, None)
    assert look.centre is not None
    assert look.centre.round_trip_s is not None


async def test_what_the_centre_says_of_itself() -> None:
    for state, expected in (
        (CentreCondition.ACCEPTING, None),
        (CentreCondition.BUSY, LinkCause.OVERLOADED),
        (CentreCondition.CLOSED, LinkCause.CLOSED),
    ):

        async def ask(state: CentreCondition = state) -> CentreState:
            return CentreState("centre-1", "ab" * 16, 0, state, 5.0, ())

        look, cause = await looked(lookout(free_port(), ask=ask))
        assert (look.reached, cause) == (True, expected)

    async def busy() -> CentreState:
        raise CentreBusy("later", 7.0)

    look, cause = await looked(lookout(free_port(), ask=busy))
    assert look.centre is not None
    assert (look.centre.retry_after_s, cause) == (7.0, LinkCause.OVERLOADED)


async def test_a_way_that_hangs_or_breaks_is_a_failure_and_no_end() -> None:
    async def hangs() -> CentreState:
        await asyncio.Event().wait()
        raise AssertionError

    async def breaks() -> CentreState:
        raise ZeroDivisionError

    async def vague() -> CentreState:
        raise WayOutError("somehow")

    for ask in (hangs, breaks, vague):
        look, cause = await looked(lookout(free_port(), host="127.0.0.1", ask=ask, bounds=BOUNDS))
        assert (look.reached, cause) == (False, LinkCause.REFUSED)


@pytest.mark.parametrize("told", list(UnreachableCause))
async def test_where_the_port_answers_as_it_should_the_ways_own_word_counts(
    told: UnreachableCause, authority: Authority, centre: int
) -> None:
    async def ask() -> CentreState:
        raise CentreUnreachable(told, "as told")

    _, cause = await looked(lookout(centre, authority, ask=ask))
    assert cause is cause_of_error(CentreUnreachable(told, ""))


async def test_our_own_certificate_that_has_ended(authority: Authority, centre: int) -> None:
    ours = authority.issue("office.example", begins=NOW - 9 * DAY, ends=NOW - DAY)
    look, cause = await looked(lookout(centre, authority, ask=unreachable, certificate_pem=ours.pem))
    assert look.own_certificate is not None
    assert (look.own_certificate.expired, cause) == (True, LinkCause.OWN_CERTIFICATE)
    look, cause = await looked(lookout(centre, authority, ask=unreachable, certificate_pem="no certificate"))
    assert cause is LinkCause.OWN_CERTIFICATE
    fresh = authority.issue("office.example")
    _, cause = await looked(lookout(centre, authority, ask=unreachable, certificate_pem=fresh.pem))
    assert cause is LinkCause.UNKNOWN


IPV4 = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
DEFAULT4 = "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
LOCAL4 = "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
ZERO6 = "0" * 32
DEFAULT6 = f"{ZERO6} 00 {ZERO6} 00 fd{'0' * 29}1 00000400 00000003 00000000 00000003     eth0\n"
REJECT6 = f"{ZERO6} 00 {ZERO6} 00 {ZERO6} ffffffff 00000001 00000000 00200200       lo\n"


@pytest.mark.parametrize(
    ("ipv4", "ipv6", "expected"),
    [
        (IPV4 + DEFAULT4 + LOCAL4, REJECT6, True),
        (IPV4 + LOCAL4, REJECT6, False),
        (IPV4 + LOCAL4, DEFAULT6 + REJECT6, True),
        (IPV4 + DEFAULT4.replace("0003", "0203"), None, False),
        (IPV4 + DEFAULT4.replace("0003", "0002"), None, False),
        (None, None, None),
        ("garbage\n1 2 3 4 5 6 7 8\n", "x y\n", False),
    ],
)
def test_a_default_route_is_read_from_the_kernels_tables(
    tmp_path: Path, ipv4: str | None, ipv6: str | None, expected: bool | None
) -> None:
    for name, text in (("route", ipv4), ("ipv6_route", ipv6)):
        if text is not None:
            (tmp_path / name).write_text(text)
    assert probe_route(tmp_path, tmp_path / "none").default_route is expected


def test_a_carrier_is_read_from_the_interfaces(tmp_path: Path) -> None:
    assert probe_route(tmp_path, tmp_path / "none").carrier is None
    for name in ("lo", "eth0", "wlan0"):
        (tmp_path / name).mkdir()
    (tmp_path / "lo" / "carrier").write_text("1\n")
    (tmp_path / "eth0" / "carrier").write_text("0\n")
    assert probe_route(tmp_path, tmp_path).carrier is False
    (tmp_path / "wlan0" / "carrier").write_text("1\n")
    assert probe_route(tmp_path, tmp_path).carrier is True


def test_the_kernel_has_a_route_to_this_machine() -> None:
    assert kernel_reaches(()) is None
    assert kernel_reaches(("127.0.0.1",)) is True


def test_every_cause_has_a_side_and_words_in_both_languages() -> None:
    assert set(CAUSE_WORDS) == set(SIDES) == set(LinkCause)
    assert all(words.id and words.en and words.id != words.en for words in CAUSE_WORDS.values())
    assert all(cause_words(each, over_hub=False) == CAUSE_WORDS[each] for each in LinkCause)
    of_hub = [words for each in LinkCause if (words := cause_words(each, over_hub=True)) != CAUSE_WORDS[each]]
    assert len(of_hub) >= 7
    assert all("hub" in words.id.lower() and "hub" in words.en.lower() for words in of_hub)
