"""A certificate about to end is announced in time: 30, 7 and 1 days before."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.guidance import LocalizedText
from gateway.trust.clock import is_plausible

ANNOUNCED_DAYS = (30, 7, 1)
"""Time to send a request to an authority and get its answer, to press for it, and to rotate without one."""


@dataclass(frozen=True)
class ExpiryNotice:
    """What is to be said of a certificate's end.

    Parameters
    ----------
    days : int
        The nearest of the announced days that was reached: 30, 7 or 1; 0 where the certificate is over.
    not_after : datetime
        UTC.
    remaining : timedelta
        Until then; negative where it is over.
    """

    days: int
    not_after: datetime
    remaining: timedelta

    @property
    def words(self) -> LocalizedText:
        """For people."""
        end = f"{self.not_after:%Y-%m-%d %H:%M} UTC"
        if self.days == 0:
            return LocalizedText(
                id=f"Sertifikat kunci penanda tangan berakhir pada {end}; perekaman ditolak. Jalankan `rekam keys "
                "rotate`, lalu bagikan `rekam keys export --pem` kepada pihak yang memeriksa.",
                en=f"The certificate of the signing key ended on {end}; captures are refused. Run `rekam keys rotate`, "
                "then hand out `rekam keys export --pem` to those who verify.",
            )
        left = self.remaining.days
        until_id = f"{left} hari lagi" if left else "kurang dari satu hari lagi"
        until_en = f"in {left} day{'s' if left > 1 else ''}" if left else "in less than a day"
        return LocalizedText(
            id=f"Sertifikat kunci penanda tangan berakhir {until_id} ({end}). Sebelum itu jalankan `rekam keys "
            "rotate`, atau pasang sertifikat baru dengan `rekam keys csr` dan `rekam keys install`.",
            en=f"The certificate of the signing key ends {until_en} ({end}). Before then run `rekam keys rotate`, or "
            "install a new certificate with `rekam keys csr` and `rekam keys install`.",
        )


def expiry_notice(not_after: datetime, now: datetime) -> ExpiryNotice | None:
    """What is to be said of a certificate that ends at `not_after`; None while that is far, or the clock plainly wrong.

    Parameters
    ----------
    not_after : datetime
        Last instant at which the certificate is valid, UTC (RFC 5280 clause 4.1.2.5).
    now : datetime
        UTC.
    """
    if not is_plausible(now):
        return None
    remaining = not_after - now
    if remaining < timedelta(0):
        return ExpiryNotice(0, not_after, remaining)
    reached = [days for days in ANNOUNCED_DAYS if remaining <= timedelta(days=days)]
    return ExpiryNotice(min(reached), not_after, remaining) if reached else None
