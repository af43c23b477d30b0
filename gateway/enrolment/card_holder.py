"""What a card will need of a person, gathered before the packet closes over it."""

from gateway.enrolment.captured import FACE_TYPE, stored_parts
from gateway.enrolment.errors import EnrolmentUnknown
from gateway.enrolment.part import FINGER_POSITIONS
from gateway.enrolment.ports import CardHolding
from gateway.enrolment.progress import Best, progress
from gateway.enrolment.record import Record
from gateway.enrolment.samples import Samples
from gateway.enrolment.snapshot import read_summary
from gateway.enrolment.store import EnrolmentStore
from gateway.records import fac


def keep_for_card(record: Record, holders: CardHolding, samples: Samples, store: EnrolmentStore) -> None:
    """Keep it where people of the record's profile get a card; asked again, what the record holds then stands.

    Raises
    ------
    EnrolmentError
        Something that was added cannot be read any more.
    Exception
        It cannot be kept; see `CardHolding`.
    """
    created = record.created
    if not holders.wants(created.profile.id):
        return
    chosen = {key: best for step in progress(record) for key, best in step.chosen.items()}
    captures = [(best.capture, best.units) for best in chosen.values() if best.capture is not None]
    fingers, _ = samples.of_parts(record.enrolment_id, [(each.capture_id, units) for each, units in captures])
    scores = {
        FINGER_POSITIONS[unit]: each.scores[unit]
        for each, units in captures
        for unit in units & FINGER_POSITIONS.keys() & each.scores.keys()
    }
    holders.keep(
        record.enrolment_id,
        "" if created.reference is None else created.reference.value,
        _portrait(record, chosen.get("portrait"), samples, store),
        _image(record, "signature", store),
        fingers,
        scores,
        _first_of(created.supplements, store),
    )


def _portrait(record: Record, best: Best | None, samples: Samples, store: EnrolmentStore) -> bytes | None:
    """The file of the portrait that counts; one that was captured lies in a record of its own."""
    if best is None or best.capture is None:
        return _image(record, "portrait", store)
    stored = stored_parts(samples.captures, best.capture.capture_id, best.capture.manifest_digest)
    faces = [fac.decode(blob.content).data for blob in stored.blobs if blob.media_type == FACE_TYPE]
    return faces[0] if faces else None


def _image(record: Record, part: str, store: EnrolmentStore) -> bytes | None:
    added = record.images.get(part)
    names = () if added is None else (name for name, kind, _, _ in added.files if kind.startswith("image/"))
    return next((store.content(record.enrolment_id, f"{part}/{name}") for name in names), None)


def _first_of(enrolment_id: str, store: EnrolmentStore) -> str:
    """The enrolment that began it: a supplement may supplement another one. Empty where there is none."""
    seen: set[str] = set()
    while enrolment_id and enrolment_id not in seen:
        seen.add(enrolment_id)
        try:
            data = store.summary(enrolment_id)
        except EnrolmentUnknown:  # its summary is past its days
            break
        before = "" if data is None else read_summary(data).supplements
        if not before:
            break
        enrolment_id = before
    return enrolment_id
