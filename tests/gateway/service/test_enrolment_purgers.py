"""Templates go with the days of their own profile, though another keeps them longer, and before the summary does."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.enrolment import EnrolmentUnknown
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
