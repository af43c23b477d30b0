"""Why the centre is not reached, concluded from a look; an unknown cause is a valid one."""

from datetime import datetime, timedelta
from enum import StrEnum

from gateway.centre import CentreBusy, CentreCondition, CentreUnreachable, UnreachableCause
from gateway.guidance import LocalizedText
from gateway.link.evidence import ConnectOutcome, Look, NameFault, RouteSeen, TlsOutcome, TlsSeen
from gateway.trust import ClockQuality

FAR_PAST_END = timedelta(days=366)
"""A clock that nobody set right and that is so far past a certificate's end is likelier wrong than the certificate."""


class LinkCause(StrEnum):
    """What a failure comes from."""

    CABLE = "cable"
    NO_ROUTE = "no_route"
    NAME = "name"
    CAPTIVE_PORTAL = "captive_portal"
    CLOCK = "clock"
    OWN_CERTIFICATE = "own_certificate"
    CENTRE_CERTIFICATE = "centre_certificate"
    """Expired, of another name, or by another authority than the one that is configured."""
    REFUSED = "refused"
    OVERLOADED = "overloaded"
    CENTRE_SILENT = "centre_silent"
    """The hub takes packets, and has heard nothing of the centre for a while."""
    CLOSED = "closed"
    """The centre answers, and takes nothing."""
    MAINTENANCE = "maintenance"
    """Announced."""
    ANNOUNCED_OUTAGE = "announced_outage"
    TIMEOUT = "timeout"
    CUT = "cut"
    GARBAGE = "garbage"
    UNKNOWN = "unknown"


class Side(StrEnum):
    """Whose fault it is, and so who can mend it."""

    OURS = "ours"
    THEIRS = "theirs"
    UNKNOWN = "unknown"
    """Anywhere between the office and its centre."""


SIDES: dict[LinkCause, Side] = {
    **dict.fromkeys(LinkCause, Side.UNKNOWN),
    **dict.fromkeys(
        (
            LinkCause.CABLE,
            LinkCause.NO_ROUTE,
            LinkCause.NAME,
            LinkCause.CAPTIVE_PORTAL,
            LinkCause.CLOCK,
            LinkCause.OWN_CERTIFICATE,
        ),
        Side.OURS,
    ),
    **dict.fromkeys(
        (
            LinkCause.CENTRE_CERTIFICATE,
            LinkCause.REFUSED,
            LinkCause.OVERLOADED,
            LinkCause.CENTRE_SILENT,
            LinkCause.CLOSED,
            LinkCause.MAINTENANCE,
            LinkCause.ANNOUNCED_OUTAGE,
        ),
        Side.THEIRS,
    ),
}

_OF_WAY: dict[UnreachableCause, LinkCause] = {
    UnreachableCause.NO_ROUTE: LinkCause.NO_ROUTE,
    UnreachableCause.NAME: LinkCause.NAME,
    UnreachableCause.TIMEOUT: LinkCause.TIMEOUT,
    UnreachableCause.REFUSED: LinkCause.REFUSED,
    UnreachableCause.CUT: LinkCause.CUT,
    UnreachableCause.CERTIFICATE: LinkCause.CENTRE_CERTIFICATE,
    UnreachableCause.OWN_CERTIFICATE: LinkCause.OWN_CERTIFICATE,
    UnreachableCause.CLOCK: LinkCause.CLOCK,
    UnreachableCause.GARBAGE: LinkCause.GARBAGE,
    UnreachableCause.OTHER: LinkCause.UNKNOWN,
}

_OF_TLS: dict[TlsOutcome, LinkCause] = {
    TlsOutcome.OTHER_NAME: LinkCause.CENTRE_CERTIFICATE,
    TlsOutcome.OTHER_AUTHORITY: LinkCause.CENTRE_CERTIFICATE,
    TlsOutcome.STRANGER: LinkCause.CAPTIVE_PORTAL,
    TlsOutcome.PLAIN_HTTP: LinkCause.CAPTIVE_PORTAL,
    TlsOutcome.NOT_TLS: LinkCause.GARBAGE,
    TlsOutcome.CUT: LinkCause.CUT,
    TlsOutcome.TIMEOUT: LinkCause.TIMEOUT,
}


def cause_of(look: Look, now: datetime, clock: ClockQuality) -> LinkCause | None:
    """Why a look did not find a centre that takes packets; None where it did.

    What lies nearest to this machine comes first: a missing cable explains a name that does not resolve.

    Parameters
    ----------
    look : Look
    now : datetime
        UTC, as the look had it.
    clock : ClockQuality
        How far `now` can be believed: a certificate out of its time speaks against a doubtful clock.
    """
    centre = look.centre
    if centre is not None and centre.reached:
        return {CentreCondition.BUSY: LinkCause.OVERLOADED, CentreCondition.CLOSED: LinkCause.CLOSED}.get(
            centre.condition or CentreCondition.ACCEPTING
        )
    if look.reached:
        return None
    told = _OF_WAY[centre.cause] if centre is not None and centre.cause is not None else LinkCause.UNKNOWN
    return _of_network(look) or _of_tls(look.tls, now, clock) or _of_own_certificate(look, told) or told


def cause_of_error(error: BaseException) -> LinkCause:
    """Why something that was sent did not arrive, as far as its error tells."""
    if isinstance(error, CentreBusy):
        return LinkCause.OVERLOADED
    return _OF_WAY[error.cause] if isinstance(error, CentreUnreachable) else LinkCause.UNKNOWN


def _of_network(look: Look) -> LinkCause | None:
    route = look.route or RouteSeen(None, None)
    if look.connect is not None and look.connect.outcome is ConnectOutcome.CONNECTED:
        return None
    if route.carrier is False:
        return LinkCause.CABLE
    if route.reaches is False:
        return LinkCause.NO_ROUTE
    if look.name is not None and look.name.fault is not None:
        lost = route.default_route is False and look.name.fault is not NameFault.UNLIKELY
        return LinkCause.NO_ROUTE if lost else LinkCause.NAME
    if look.connect is None:
        return None
    return {
        ConnectOutcome.REFUSED: LinkCause.REFUSED,
        ConnectOutcome.NO_ROUTE: LinkCause.NO_ROUTE,
        ConnectOutcome.TIMEOUT: LinkCause.TIMEOUT,
    }.get(look.connect.outcome)


def _of_tls(tls: TlsSeen | None, now: datetime, clock: ClockQuality) -> LinkCause | None:
    if tls is None:
        return None
    doubtful = clock is ClockQuality.UNTRUSTED
    if tls.outcome is TlsOutcome.NOT_YET_VALID:
        return LinkCause.CLOCK if doubtful else LinkCause.CENTRE_CERTIFICATE
    if tls.outcome is TlsOutcome.EXPIRED:
        far = tls.certificate is not None and now - tls.certificate.not_after > FAR_PAST_END
        return LinkCause.CLOCK if doubtful and far else LinkCause.CENTRE_CERTIFICATE
    return _OF_TLS.get(tls.outcome)


def _of_own_certificate(look: Look, told: LinkCause) -> LinkCause | None:
    """The way and the port are right: what is left is what the centre thinks of us."""
    own = look.own_certificate
    if own is not None and (own.expired or own.problem) and told is not LinkCause.CLOCK:
        return LinkCause.OWN_CERTIFICATE
    return None


CAUSE_WORDS: dict[LinkCause, LocalizedText] = {
    LinkCause.CABLE: LocalizedText(
        id="Tidak ada sinyal jaringan: periksa kabel, modem atau Wi-Fi.",
        en="No network signal: check the cable, the modem or the Wi-Fi.",
    ),
    LinkCause.NO_ROUTE: LocalizedText(
        id="Komputer ini tidak punya jalan keluar: nyalakan ulang modem atau router, lalu periksa alamat jaringannya.",
        en="This computer has no way out: restart the modem or router, then check its network address.",
    ),
    LinkCause.NAME: LocalizedText(
        id="Nama pusat tidak dapat dicari (DNS): periksa router, pengaturan DNS, dan `[centre] url`.",
        en="The centre's name cannot be looked up (DNS): check the router, the DNS settings, and `[centre] url`.",
    ),
    LinkCause.CAPTIVE_PORTAL: LocalizedText(
        id="Yang menjawab bukan pusat, melainkan halaman masuk jaringan: buka peramban dan masuk, atau isi kuotanya.",
        en="What answers is not the centre but a network's login page: open a browser and log in, or top up its quota.",
    ),
    LinkCause.CLOCK: LocalizedText(
        id="Jam komputer ini salah, sehingga sertifikat pusat tidak dapat dinilai: setel jamnya (`timedatectl`).",
        en="This computer's clock is wrong, so the centre's certificate cannot be judged: set it (`timedatectl`).",
    ),
    LinkCause.OWN_CERTIFICATE: LocalizedText(
        id="Sertifikat kantor ini berakhir atau tidak diterima pusat: mintalah yang baru (`[centre] certificate`).",
        en="This office's certificate has ended, or the centre does not take it: get a new one "
        "(`[centre] certificate`).",
    ),
    LinkCause.CENTRE_CERTIFICATE: LocalizedText(
        id="Sertifikat pusat tidak berlaku, atau bukan dari otoritas yang ditetapkan: hubungi pusat; "
        "periksa juga jam komputer ini.",
        en="The centre's certificate is not valid, or not by the authority that is configured: call the centre; "
        "check this computer's clock too.",
    ),
    LinkCause.REFUSED: LocalizedText(
        id="Komputer pusat ada, tetapi layanannya mati. Tidak ada yang perlu dilakukan di kantor.",
        en="The centre's machine is there, but its service is down. Nothing to be done at the office.",
    ),
    LinkCause.OVERLOADED: LocalizedText(
        id="Pusat sedang sibuk; pengiriman berjalan lebih lambat.", en="The centre is busy; sending goes more slowly."
    ),
    LinkCause.CENTRE_SILENT: LocalizedText(
        id="Hub menerima paket, tetapi pusat di belakangnya diam: tanda terima menyusul setelah pusat kembali. Tidak "
        "ada yang perlu dilakukan di kantor.",
        en="The hub takes packets, but the centre behind it is silent: receipts come once it is back. Nothing to be "
        "done at the office.",
    ),
    LinkCause.CLOSED: LocalizedText(
        id="Pusat menjawab, tetapi sedang tidak menerima data.", en="The centre answers, but takes nothing at present."
    ),
    LinkCause.MAINTENANCE: LocalizedText(
        id="Pemeliharaan di pusat, sudah diumumkan.", en="Maintenance at the centre, as was announced."
    ),
    LinkCause.ANNOUNCED_OUTAGE: LocalizedText(
        id="Gangguan di pusat, sudah diumumkan.", en="An outage at the centre, as was announced."
    ),
    LinkCause.TIMEOUT: LocalizedText(
        id="Pusat tidak menjawab: jaringan di antaranya atau pusat sendiri mati.",
        en="The centre does not answer: the network in between is down, or the centre itself.",
    ),
    LinkCause.CUT: LocalizedText(
        id="Sambungan terputus-putus: sinyal lemah, atau ada yang memutusnya.",
        en="The connection breaks off: a weak signal, or somebody cuts it.",
    ),
    LinkCause.GARBAGE: LocalizedText(
        id="Yang menjawab bukan pusat: periksa `[centre] url` dan jaringan di antaranya.",
        en="What answers is not a centre: check `[centre] url`, and the network in between.",
    ),
    LinkCause.UNKNOWN: LocalizedText(id="Penyebabnya belum diketahui.", en="The cause is not known yet."),
}
"""Cause and remedy, for whoever sits at the desk."""

_HUB_WORDS: dict[LinkCause, LocalizedText] = {
    LinkCause.NAME: LocalizedText(
        id="Nama hub tidak dapat dicari (DNS): periksa router, pengaturan DNS, dan `[centre] url`.",
        en="The hub's name cannot be looked up (DNS): check the router, the DNS settings, and `[centre] url`.",
    ),
    LinkCause.CAPTIVE_PORTAL: LocalizedText(
        id="Yang menjawab bukan hub, melainkan halaman masuk jaringan: buka peramban dan masuk, atau isi kuotanya.",
        en="What answers is not the hub but a network's login page: open a browser and log in, or top up its quota.",
    ),
    LinkCause.OWN_CERTIFICATE: LocalizedText(
        id="Hub tidak menerima kunci kantor ini: periksa `[centre] key` dan nama gateway di hub.",
        en="The hub does not take this office's key: check `[centre] key`, and the gateway's name at the hub.",
    ),
    LinkCause.CENTRE_CERTIFICATE: LocalizedText(
        id="Sertifikat hub tidak berlaku, atau bukan dari otoritas yang ditetapkan: hubungi pusat; "
        "periksa juga jam komputer ini.",
        en="The hub's certificate is not valid, or not by the authority that is configured: call the centre; "
        "check this computer's clock too.",
    ),
    LinkCause.REFUSED: LocalizedText(
        id="Komputer hub ada, tetapi layanannya mati. Tidak ada yang perlu dilakukan di kantor.",
        en="The hub's machine is there, but its service is down. Nothing to be done at the office.",
    ),
    LinkCause.TIMEOUT: LocalizedText(
        id="Hub tidak menjawab: jaringan di antaranya atau hub sendiri mati.",
        en="The hub does not answer: the network in between is down, or the hub itself.",
    ),
    LinkCause.GARBAGE: LocalizedText(
        id="Yang menjawab bukan hub: periksa `[centre] url` dan jaringan di antaranya.",
        en="What answers is not a hub: check `[centre] url`, and the network in between.",
    ),
}


def cause_words(cause: LinkCause, *, over_hub: bool) -> LocalizedText:
    """Cause and remedy, for whoever sits at the desk.

    Parameters
    ----------
    cause : LinkCause
    over_hub : bool
        Whether what is reached, or not, is a hub between the office and its centre.
    """
    return _HUB_WORDS.get(cause, CAUSE_WORDS[cause]) if over_hub else CAUSE_WORDS[cause]
