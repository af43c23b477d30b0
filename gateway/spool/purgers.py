"""What the spool erases once its term is over."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from gateway.guidance import LocalizedText
from gateway.purge import Purged
from gateway.spool.erasure import ErasureReport
from gateway.spool.store import Spool

log = structlog.get_logger(__name__)

_NAMED = 5


class CapturePurger:
    """Captures that are older than a number of days, and that nothing unfinished needs.

    Parameters
    ----------
    spool : Spool
    keep_days : int
        0: none is ever erased by its age. The spool does not know what was sent: with a number, the office says
        that what is older is not wanted any more, sent or not.
    spared : callable
        Whether a capture belongs to an enrolment that is open. Where it cannot tell, the capture stays and is named.
    on_erased : callable
        Called after something was.
    """

    name = "captures"
    object_kind = "capture"

    def __init__(
        self, spool: Spool, keep_days: int, spared: Callable[[str], bool], on_erased: Callable[[], None]
    ) -> None:
        self._spool = spool
        self._keep_days = keep_days
        self._spared = spared
        self._on_erased = on_erased

    def purge(self, now: datetime, *, dry_run: bool) -> Purged:
        """See `gateway.purge.Purger`.

        Raises
        ------
        SpoolError
        """
        if not self._keep_days:
            return Purged(remarks=(_KEPT,))
        unclear: dict[str, None] = {}

        def spared(capture_id: str) -> bool:
            try:
                return self._spared(capture_id)
            except Exception as error:  # its manifest, or what the enrolment has here, is damaged: the others go
                log.error("capture_not_purged", capture=capture_id, error=f"{type(error).__name__}: {error}")
                unclear[capture_id] = None
                return True

        report = self._spool.purge(now - timedelta(days=self._keep_days), spared, now=now, trial=dry_run)
        if report.erased and not dry_run:
            self._on_erased()
        remarks = _remarks(report) + ((_unclear(list(unclear)),) if unclear else ())
        complete = report.scrubbed and not unclear
        return Purged(report.erased, len(report.erased), report.bytes, remarks, complete)


class AnswerPurger:
    """Answers that are kept for requests that may come again, 24 hours each."""

    name = "idempotency_answers"
    object_kind = ""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def purge(self, now: datetime, *, dry_run: bool) -> Purged:
        """See `gateway.purge.Purger`.

        Raises
        ------
        SpoolError
        """
        return Purged(count=self._spool.forget_expired(now, trial=dry_run))


_KEPT = LocalizedText(
    id="Rekaman tidak dihapus menurut umurnya (keep_days = 0 dalam bagian [spool]); yang dimuat dalam paket tersegel "
    "dihapus oleh perekamannya.",
    en="Captures are not erased by their age (keep_days = 0 in the section [spool]); those that a sealed packet holds "
    "are erased by their enrolment.",
)
_NOT_SCRUBBED = LocalizedText(
    id="Sudah dihapus, tetapi berkas log di samping penyimpanan sedang dibaca dan masih memuatnya. Jalankan perintah "
    "ini sekali lagi.",
    en="Erased, but the log beside the spool file was being read and still holds it. Run the command once more.",
)


def _unclear(capture_ids: list[str]) -> LocalizedText:
    named = ", ".join(capture_ids[:_NAMED]) + (", ..." if len(capture_ids) > _NAMED else "")
    return LocalizedText(
        id=f"{len(capture_ids)} rekaman tidak dihapus, karena isinya rusak dan tidak diketahui perekaman mana yang "
        f"memakainya: {named}. `rekam spool check` menunjukkan kerusakannya.",
        en=f"{len(capture_ids)} captures were not erased, as they are damaged and it is not known which enrolment has "
        f"them: {named}. `rekam spool check` shows the damage.",
    )


def _remarks(report: ErasureReport) -> tuple[LocalizedText, ...]:
    found = []
    if not report.scrubbed:
        found.append(_NOT_SCRUBBED)
    if report.undated:
        found.append(
            LocalizedText(
                id=f"{report.undated} rekaman dibuat saat jam salah; umurnya tidak diketahui dan tidak dihapus.",
                en=f"{report.undated} captures were made while the clock was wrong: their age is not known, and they "
                "stay.",
            )
        )
    if report.set_aside:
        names = ", ".join(path.name for path in report.set_aside)
        found.append(
            LocalizedText(
                id=f"Berkas rusak yang disisihkan mungkin masih memuat rekaman yang dihapus: {names}. Setelah isinya "
                "diselamatkan, hapus berkas itu.",
                en=f"Damaged files that were set aside may still hold captures that are erased: {names}. Delete them "
                "once what they hold was brought back.",
            )
        )
    return tuple(found)
