"""A job: one card for one enrolment, as asked for at the office, or signed by the centre (JWS of its own kind)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

import rfc8785

from gateway.personalisation.errors import JobExpired, JobForAnotherGateway, JobInvalid, JobSignatureInvalid
from gateway.trust import (
    ManifestError,
    SignatureFormError,
    SignedTime,
    Signer,
    TrustAnchors,
    holds_under_named_key,
    read_signature,
    sign_payload,
)
from gateway.trust.clock import is_plausible
from gateway.trust.manifest_field import Field
from gateway.trust.stated_values import HEX_DIGEST, NAME, read_wall_time, wall_time_as_json

FORMAT, VERSION = "rekam-card-job", 1
TYPE = f"{FORMAT}+jws"
"""The header's `typ` (RFC 7515 clause 4.1.9)."""


class JobState(StrEnum):
    """How far a job's card is; durable before anything of that step is sent to the card."""

    CREATED = "created"
    CHECKING = "checking"
    AUTHENTICATING = "authenticating"
    """A card is bound to the job; nothing was written."""
    WRITING = "writing"
    READING_BACK = "reading_back"
    ACTIVATING = "activating"
    """All was read back and is right; some files may be activated."""
    DONE = "done"
    INVALIDATING = "invalidating"
    INVALIDATED = "invalidated"
    """The card is counted as spoiled; the job may have another."""
    FAILED_CLEAN = "failed_clean"
    """Nothing was written; the card is a blank still, and the job may have it or another."""

    @property
    def is_clean(self) -> bool:
        """Whether the job has no card that was written to."""
        return self in _CLEAN

    @property
    def is_pending(self) -> bool:
        """Whether a card that may be half written waits to be finished or given up."""
        return self in _PENDING


_CLEAN = frozenset(
    {JobState.CREATED, JobState.CHECKING, JobState.AUTHENTICATING, JobState.INVALIDATED, JobState.FAILED_CLEAN}
)
_PENDING = frozenset({JobState.WRITING, JobState.READING_BACK, JobState.ACTIVATING, JobState.INVALIDATING})


@dataclass(frozen=True)
class PersonalisationJob:
    """What is asked for; none of it tells who the person is."""

    job_id: str
    """Never used twice, whatever became of the job."""
    gateway_id: str
    """Whose job it is: another gateway refuses it."""
    profile: str
    profile_version: int
    image_sha256: str
    """`image_digest` of what is to stand on the card, hexadecimal."""
    enrolment_id: str
    """Opaque."""
    requested_by: str
    created: datetime
    """UTC, whole milliseconds."""
    expires: datetime
    """No card is begun after it, UTC; one that was begun is finished."""

    def check_expiry(self, now: SignedTime) -> None:
        """Refuse a job whose time is over; a clock that is plainly wrong judges nothing.

        Raises
        ------
        JobExpired
        """
        if is_plausible(now.wall) and now.wall >= self.expires:
            raise JobExpired(
                f"Job {self.job_id} could be begun until {self.expires:%Y-%m-%d %H:%M} UTC, and it is "
                f"{now.wall:%Y-%m-%d %H:%M} UTC.",
                "Set the clock if it is wrong; otherwise ask for a new job.",
            )


def image_digest(profile: str, version: int, contents: Mapping[str, bytes]) -> str:
    """SHA-256, hexadecimal, over canonical JSON (RFC 8785) of the profile's name and version and the files' digests.

    Parameters
    ----------
    profile : str
    version : int
    contents : mapping of str to bytes
        By the name of the file.
    """
    stated: dict[str, Any] = {
        "profile": profile,
        "version": version,
        "contents": {name: sha256(content).hexdigest() for name, content in contents.items()},
    }
    return sha256(rfc8785.dumps(stated)).hexdigest()


def job_bytes(job: PersonalisationJob) -> bytes:
    """The job in canonical JSON (RFC 8785).

    Raises
    ------
    JobInvalid
        A field is out of its bounds.
    """
    payload = rfc8785.dumps(_as_json(job))
    if read_job_bytes(payload) != job:
        raise JobInvalid("The job's times are not in whole milliseconds of UTC.", "Give them so.")
    return payload


def read_job_bytes(payload: bytes) -> PersonalisationJob:
    """What `job_bytes` made.

    Raises
    ------
    JobInvalid
    """
    try:
        job = _read(Field("job", json.loads(payload.decode("utf-8"))))
    except ManifestError as error:
        raise JobInvalid(f"The job cannot be read: {error}.", _AGAIN) from error
    except (ValueError, RecursionError) as error:
        raise JobInvalid("The job is not JSON.", _AGAIN) from error
    if rfc8785.dumps(_as_json(job)) != payload:
        raise JobInvalid("The job is not in canonical form (RFC 8785).", _AGAIN)
    return job


def sign_job(job: PersonalisationJob, key: Signer) -> bytes:
    """JWS compact serialization of a job, as a centre signs it.

    Raises
    ------
    JobInvalid
    KeyProblem
    """
    return sign_payload(job_bytes(job), key, TYPE)


def read_job(jws: bytes, anchors: TrustAnchors, gateway_id: str, now: SignedTime) -> PersonalisationJob:
    """A job whose signature holds under a centre's certificate that is trusted, for this gateway, and in time.

    Parameters
    ----------
    jws : bytes
    anchors : TrustAnchors
        Of the centres that may ask this office for cards.
    gateway_id : str
        This one.
    now : SignedTime

    Raises
    ------
    JobSignatureInvalid, JobInvalid, JobForAnotherGateway, JobExpired
    """
    try:
        signature = read_signature(jws, TYPE)
    except SignatureFormError as error:
        raise JobSignatureInvalid(f"The job is not signed as a job is: {error}.", _AGAIN) from error
    if not holds_under_named_key(signature):
        raise JobSignatureInvalid("The job's signature does not hold: it was changed on its way.", _AGAIN)
    if signature.key_id in anchors.revocations:
        raise JobSignatureInvalid("The job is signed by a key that was revoked.", _AGAIN)
    if not anchors.hold(signature.certificate, signature.certificates[1:]):
        raise JobSignatureInvalid(
            "The job is signed by nobody that this office knows as its centre.", "Install the centre's certificate."
        )
    job = read_job_bytes(signature.payload)
    if job.gateway_id != gateway_id:
        raise JobForAnotherGateway(
            f"The job is for gateway {job.gateway_id}, and this is {gateway_id}.", "Hand it in there."
        )
    job.check_expiry(now)
    return job


_AGAIN = "Ask the centre for it again."


def _as_json(job: PersonalisationJob) -> dict[str, Any]:
    made: dict[str, Any] = {"format": FORMAT, "version": VERSION, **vars(job)}
    made["created"], made["expires"] = wall_time_as_json(job.created), wall_time_as_json(job.expires)
    return made


def _read(field: Field) -> PersonalisationJob:
    names = ("job_id", "gateway_id", "profile", "profile_version", "image_sha256", "enrolment_id", "requested_by")
    members = field.members("format", "version", *names, "created", "expires")
    made_by, version, job_id, gateway, profile, profile_version, digest, enrolment, who, created, expires = members
    if made_by.text() != FORMAT:
        made_by.fail(f"not {FORMAT}")
    version.integer(VERSION, VERSION)
    job = PersonalisationJob(
        job_id.text(NAME),
        gateway.text(NAME),
        profile.text(NAME),
        profile_version.integer(1),
        digest.text(HEX_DIGEST),
        enrolment.text(NAME),
        who.text(),
        read_wall_time(created),
        read_wall_time(expires),
    )
    if job.expires <= job.created:
        expires.fail("not after created")
    return job
