"""Persons that nobody is, quickly made: strewn minutiae and random iris codes."""

from datetime import UTC, datetime, timedelta

import numpy as np

from gateway.duplicates import Biometrics, FingerSample, IrisSample, RecordedPerson
from gateway.eye import EyePosition
from gateway.finger import FingerPosition
from gateway.iris import IrisCode
from gateway.iris.code import PARTS, ROWS
from gateway.trust import PassphraseWrap
from tests.gateway.fingerprint.synthetic_templates import finger_template, impression

HERE, NEXT_DOOR = "desk-1", "desk-2"
VALID = timedelta(days=30)
WRAPS = [PassphraseWrap(b"correct horse")]
START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
INDEX_FINGERS = (FingerPosition.RIGHT_INDEX, FingerPosition.LEFT_INDEX)
BOTH_EYES = (EyePosition.RIGHT, EyePosition.LEFT)


def fingers(person, positions=INDEX_FINGERS, *, again=0):
    """A person's fingers; `again` names another placement."""
    found = []
    for position in positions:
        template = finger_template(1000 * person + position)
        found.append(FingerSample(position, impression(template, 100 * person + again) if again else template))
    return tuple(found)


def irises(person, eyes=BOTH_EYES, *, again=0):
    """A person's iris codes: bits in patches; of another sitting 15 % of the patches differ."""
    return tuple(IrisSample(eye, iris_code(10 * person + eye, again)) for eye in eyes)


def iris_code(eye, again=0, version=1):
    rng = np.random.default_rng([eye, 5])
    shape = (PARTS, ROWS, 32)
    octets = rng.choice([0, 255], shape)
    if again:
        flipped = np.random.default_rng([eye, again, 6]).random(shape) < 0.15
        octets = np.where(flipped, 255 - octets, octets)
    bits = octets.astype(np.uint8).view("<u8").astype(np.uint64)
    return IrisCode(bits, np.full_like(bits, 2**64 - 1), version)


def person(number, *, gateway_id=HERE, day=0, with_fingers=INDEX_FINGERS, with_irises=(), operator="siti"):
    """Somebody recorded."""
    samples = Biometrics(fingers(number, with_fingers), irises(number, with_irises))
    return RecordedPerson(f"E-{number}", gateway_id, START + timedelta(days=day), operator, samples)


def ids(answer):
    return [candidate.enrolment_id for candidate in answer.candidates]
