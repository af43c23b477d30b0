"""How far an enrolment is: the best try of each part, what is chosen for the packet, and what is still open."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.enrolment.errors import Lack
from gateway.enrolment.event import CaptureAdded
from gateway.enrolment.part import FINGER_POSITIONS, PARTS, Part, PartKind
from gateway.enrolment.profile import Step
from gateway.enrolment.record import Record
from gateway.enrolment.values import PartStatus
from gateway.fingerprint import FAILED, best_of_tries
from gateway.guidance import LocalizedText

BOTH_IRISES = "both-irises"


@dataclass(frozen=True)
class Best:
    """The try of a part that is kept, or that a portrait or a signature is there.

    Parameters
    ----------
    capture : CaptureAdded or None
        None of a portrait and a signature that were added as images.
    passed : bool
        Every finger or eye in it that is not missing reaches its threshold.
    accepted : bool
        It passed, or the profile makes do with it.
    accepted_by : str
        The supervisor who approved it, where somebody had to.
    units : frozenset of str
        What it gives.
    """

    capture: CaptureAdded | None
    passed: bool
    accepted: bool
    accepted_by: str
    units: frozenset[str]


@dataclass(frozen=True)
class StepProgress:
    """One step: what is taken of it, and what it lacks."""

    step: Step
    chosen: dict[str, Best]
    """By part."""
    open_parts: tuple[str, ...]
    """Those that would give what is not there, in order."""


def tries_of(record: Record, part: Part) -> tuple[CaptureAdded, ...]:
    """The captures of a part that count and show something, in order."""
    return tuple(
        each
        for each in record.captures
        if (each.part == part.key or (each.part == BOTH_IRISES and part.kind is PartKind.IRIS))
        and not each.scores.keys().isdisjoint(part.units)
    )


def best_try(record: Record, part: Part) -> Best | None:
    """The best of all tries of a part, by the rule of BSI TR-03121-3 (see `best_of_tries`); None where none is."""
    if part.key in record.images:
        return Best(None, True, True, "", frozenset(part.units))
    units = [unit for unit in part.units if unit not in record.missing]
    tries = tries_of(record, part)
    if not units or not tries:
        return None
    if part.kind is PartKind.PORTRAIT:
        return Best(
            tries[-1], True, True, "", frozenset(units)
        )  # the latest, as the operator took it in place of others
    found = _best_eye(record, part.key, tries) if part.kind is PartKind.IRIS else _best_fingers(record, units, tries)
    if found is None:
        return None
    kept, passed = found
    by = record.accepted.get(f"{kept.capture_id}/{part.key}", "")
    profile = record.created.profile
    enough = profile.below_threshold == "after-tries" and len(tries) >= profile.most_tries
    return Best(kept, passed, passed or enough or bool(by), by, frozenset(units) & kept.scores.keys())


def progress(record: Record) -> tuple[StepProgress, ...]:
    """Each step of the profile, in its order.

    Of alternatives, the first is taken that gives everything; else parts of any of them that together give most: four
    fingers of one hand in a slap, those of the other one by one.
    """
    return tuple(_step_progress(record, step) for step in record.created.profile.step)


def status_of(record: Record, part: Part, step: StepProgress) -> PartStatus:
    """Where a part stands."""
    if part.key in step.chosen:
        return PartStatus.DONE
    missing = [record.missing[unit] for unit in part.units if unit in record.missing]
    if len(missing) == len(part.units):
        waits = step.step.missing == "supervisor" and not all(each.approved_by for each in missing)
        return PartStatus.AWAITING_APPROVAL if waits else PartStatus.EXCEPTED
    if part.key not in step.open_parts:
        return PartStatus.NOT_NEEDED
    return PartStatus.BELOW_THRESHOLD if tries_of(record, part) else PartStatus.OPEN


def lacks(record: Record) -> tuple[Lack, ...]:
    """Everything that stands between the enrolment and its seal."""
    found: list[Lack] = []
    for step in progress(record):
        if step.step.required or any(tries_of(record, PARTS[key]) for key in step.open_parts):
            found += [_open_part(record, PARTS[key], step.step) for key in step.open_parts]
        for unit in sorted(step.step.units & record.missing.keys()):
            if step.step.missing == "supervisor" and not record.missing[unit].approved_by:
                found.append(_unapproved(unit))
    for warning in record.warnings:
        if warning.id not in record.settled:
            found.append(_mix_up(warning.units[0], warning.words, record.created.profile.warnings == "supervisor"))
    searched = record.searched
    blocks = record.created.profile.duplicates == "supervisor"
    if blocks and searched is not None and searched.waits:
        not_checked = searched.event.not_checked
        found.append(_DUPLICATE if not_checked is None else _not_checked(not_checked))
    return tuple(found)


def _best_eye(record: Record, unit: str, tries: tuple[CaptureAdded, ...]) -> tuple[CaptureAdded, bool] | None:
    def rank(each: CaptureAdded) -> int:
        return -1 if each.scores[unit] == FAILED else each.scores[unit]

    kept = max(tries, key=rank)  # the first of equals
    threshold = record.created.profile.thresholds.of(unit)
    return (kept, rank(kept) >= threshold) if rank(kept) >= 0 else None


def _best_fingers(
    record: Record, units: list[str], tries: tuple[CaptureAdded, ...]
) -> tuple[CaptureAdded, bool] | None:
    thresholds = record.created.profile.thresholds
    best = best_of_tries(
        # A finger that a slap does not show has failed in it.
        [{FINGER_POSITIONS[unit]: each.scores.get(unit, FAILED) for unit in units} for each in tries],
        {FINGER_POSITIONS[unit]: thresholds.of(unit) for unit in units},
        rolled=all(each.rolled for each in tries),
    )
    return None if best is None else (tries[next(iter(best.tries.values()))], best.passed)


def _step_progress(record: Record, step: Step) -> StepProgress:
    needed = step.units - record.missing.keys()
    keys = [key for choice in step.choices for key in choice]
    best = {key: found for key in keys if (found := best_try(record, PARTS[key])) is not None}
    accepted = {key: found for key, found in best.items() if found.accepted}
    for choice in step.choices:
        taken = _covering([key for key in choice if key in accepted], accepted, needed)
        if _units(taken) >= needed:
            return StepProgress(step, taken, ())
    taken = _covering([key for key in keys if key in accepted], accepted, needed)
    lacking = needed - _units(taken)
    if not lacking:
        return StepProgress(step, taken, ())

    def begun(choice: tuple[str, ...]) -> int:
        return sum(len(PARTS[key].units) for key in choice if tries_of(record, PARTS[key]))

    goes_on = max(step.choices, key=begun)
    return StepProgress(step, taken, tuple(key for key in goes_on if not lacking.isdisjoint(PARTS[key].units)))


def _covering(keys: list[str], best: dict[str, Best], needed: frozenset[str]) -> dict[str, Best]:
    taken: dict[str, Best] = {}
    covered: set[str] = set()
    for key in keys:
        if (best[key].units & needed) - covered:
            taken[key] = best[key]
            covered |= best[key].units
    return taken


def _units(taken: dict[str, Best]) -> frozenset[str]:
    return frozenset(unit for best in taken.values() for unit in best.units)


def _open_part(record: Record, part: Part, step: Step) -> Lack:
    tries = len(tries_of(record, part))
    if not tries:
        return Lack(
            part.key,
            "MISSING",
            LocalizedText(id=f"Belum ada: {part.name.id}.", en=f"Missing: {part.name.en}."),
            _or_why(step, LocalizedText(id="Rekam", en="Capture it")),
        )
    best = best_try(record, part)
    absent = [] if best is None else [u for u in part.units if u not in record.missing and u not in best.units]
    if absent:
        return Lack(
            part.key,
            "FINGER_NOT_SHOWN",
            LocalizedText(
                id=f"Tidak terlihat pada {part.name.id}: {', '.join(PARTS[unit].name.id for unit in absent)}.",
                en=f"Not shown by the capture of {part.name.en}: {', '.join(PARTS[unit].name.en for unit in absent)}.",
            ),
            _or_why(step, LocalizedText(id="Rekam lagi", en="Capture it again")),
        )
    most = record.created.profile.most_tries
    return Lack(
        part.key,
        "BELOW_THRESHOLD",
        LocalizedText(
            id=f"Mutu kurang: {part.name.id}, percobaan {tries} dari {most}.",
            en=f"Below its threshold: {part.name.en}, try {tries} of {most}.",
        ),
        LocalizedText(
            id="Rekam lagi, atau minta persetujuan penyelia.", en="Capture it again, or have a supervisor approve it."
        ),
    )


def _or_why(step: Step, do: LocalizedText) -> LocalizedText:
    if step.missing == "never":
        return LocalizedText(id=f"{do.id}.", en=f"{do.en}.")
    return LocalizedText(id=f"{do.id}, atau catat alasan tidak ada.", en=f"{do.en}, or record why it is missing.")


def _unapproved(unit: str) -> Lack:
    name = PARTS[unit].name
    return Lack(
        unit,
        "EXCEPTION_NOT_APPROVED",
        LocalizedText(id=f"Belum disetujui: {name.id} tidak ada.", en=f"Not approved: {name.en} is missing."),
        LocalizedText(id="Minta persetujuan penyelia.", en="Have a supervisor approve it."),
    )


def _mix_up(unit: str, words: LocalizedText, approvable: bool) -> Lack:
    if approvable:
        remedy = LocalizedText(
            id="Rekam lagi, atau minta persetujuan penyelia.", en="Retake it, or have a supervisor approve it."
        )
    else:
        remedy = LocalizedText(id="Hapus yang salah dan rekam lagi.", en="Remove the wrong one and retake it.")
    return Lack(unit, "MIX_UP", words, remedy)


_DUPLICATE = Lack(
    "duplicates",
    "DUPLICATE_NOT_APPROVED",
    LocalizedText(
        id="Orang ini tampaknya sudah pernah direkam di sini.",
        en="This person seems to have been recorded here before.",
    ),
    LocalizedText(id="Minta keputusan penyelia.", en="Have a supervisor decide."),
)


def _not_checked(why: LocalizedText) -> Lack:
    return Lack("duplicates", "DUPLICATES_NOT_CHECKED", why, _DUPLICATE.remedy)


def parts_in_order(steps: Iterable[StepProgress]) -> tuple[str, ...]:
    """Keys of the open parts, in the order in which they are captured."""
    return tuple(key for step in steps if step.step.required for key in step.open_parts)
