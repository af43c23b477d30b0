"""Templates go with the days of their own profile, though another keeps them longer, and before the summary does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.enrolment import EnrolmentError, EnrolmentUnknown
from gateway.spool import SpoolUnwritable
from tests.gateway.duplicates.recorded_people import person
from tests.gateway.service.enrolment_desk import office

SHORT = """
id = "short"
version = 1
most_tries = 1
duplicates = "warn"
warnings = "nobody"
retention_days = 2
[name]
id = "Singkat"
en = "Short"
[[step]]
parts = ["right-index", "left-index"]
"""


async def sealed(desk, profile):
    await desk.create(profile)
    await desk.add_fingers()
    await desk.change("CheckDuplicate")
    await desk.seal()
    return desk.seen.enrolment_id


async def test_templates_and_summary_go_with_the_days_of_their_profile(tmp_path):
    async with office(tmp_path, SHORT) as desk:
        short, kept = await sealed(desk, "short"), await sealed(desk, "two-fingers")
        own = desk.gateway._office
        templates, summaries = own.purgers()
        now = datetime.now(UTC)
        for purger in (templates, summaries):
            assert purger.purge(now + timedelta(days=1), dry_run=False).ids == ()
        later = now + timedelta(days=3)
        for _ in range(2):
            trial = templates.purge(later, dry_run=True)
            assert (trial.ids, trial.count, own.book().holds(short)) == ((short,), 1, True)
        erased = templates.purge(later, dry_run=False)
        assert (erased.ids, erased.count) == ((short,), 1)
        assert (own.book().holds(short), own.book().holds(kept)) == (False, True)
        # Cut off here, the next purge finds the summary still there, and no template any more.
        assert templates.purge(later, dry_run=True).ids == ()
        assert templates.purge(later, dry_run=False).ids == ()
        assert summaries.purge(later, dry_run=False).ids == (short,)
        with pytest.raises(EnrolmentUnknown):
            own.enrolments.get(short)
        # At the latest the longest of all profiles: also whose summary is gone without them.
        assert templates.purge(now + timedelta(days=31), dry_run=False).ids == (kept,)
        assert len(own.book()) == 0


async def test_a_profile_that_is_gone_keeps_the_days_of_whom_it_enrolled(tmp_path):
    async with office(tmp_path, SHORT.replace("retention_days = 2", "retention_days = 90")) as desk:
        kept = await sealed(desk, "short")
    (tmp_path / "profiles" / "own-0.toml").unlink()
    async with office(tmp_path) as desk:
        own, now = desk.gateway._office, datetime.now(UTC)
        # Without a passphrase the book is in memory alone, and the start forgot it.
        recorded = replace(person(1, gateway_id=own.book().gateway_id), enrolment_id=kept, recorded_at=now)
        own.book().add(recorded)
        templates, summaries = own.purgers()
        for purger in (templates, summaries):
            assert purger.purge(now + timedelta(days=60), dry_run=False).ids == ()
        assert templates.purge(now + timedelta(days=91), dry_run=False).ids == (kept,)


async def test_a_receipt_that_comes_before_the_seal_has_ended_is_heeded(tmp_path):
    async with office(tmp_path, SHORT, enrolment={"duplicates_until": "receipt"}) as desk:
        own = desk.gateway._office
        sealing = own.enrolments._sealing
        eraser, sealing._eraser = sealing._eraser, Away()
        it = await sealed(desk, "short")
        assert own.book().holds(it)
        with pytest.raises(EnrolmentError, match="has not ended: The disk is gone"):
            own.received(it)
        sealing._eraser = eraser
        own.received(it)
        own.recover()
        assert not own.book().holds(it)


class Away:
    """A spool that takes nothing."""

    def erase(self, capture_ids):
        raise SpoolUnwritable("The disk is gone.", "Look at it.")
