"""What is to stand on a card, made of what is asked: for a person enrolled here, or as a centre signed it."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType

from cryptography import x509
from rekam.v1 import card_pb2 as pb

from gateway.card_profile import Biodata, CardImage, CardPerson, card_image
from gateway.centre import STATUS_NAMES, EnrolmentStatus
from gateway.finger import FingerTemplate
from gateway.fingerprint.reduced import reduced, within_span
from gateway.ledger import EnrolmentStanding
from gateway.personalisation import (
    JobRecord,
    JobState,
    JobUnknown,
    PersonalisationJob,
    Personaliser,
    image_digest,
    read_job,
)
from gateway.service import card_messages
from gateway.service.card_errors import BiodataOfAnother, EnrolmentHasCard, NotPrintReady, SealKeyChanged
from gateway.service.card_people import CardPeople
from gateway.service.card_profiles import CardProfiles
from gateway.trust import Signer, TrustAnchors, time_now
from gateway.trust.certificate import key_id_of

OURS = "seal"
"""The content of a seal that this gateway makes; a state's document is signed by its issuer."""
_READY = frozenset({EnrolmentStatus.PRINT_READY_RECORD, EnrolmentStatus.CARD_PRINTED})


@dataclass(frozen=True)
class RequestRules:
    """What an office lets a card be made for.

    Parameters
    ----------
    needs_print_ready : bool
        The centre must have said that the person is unique.
    job_days : int
        A job that nobody began is given up after so many.
    standing : callable
        Of an enrolment; raises `StandingUnknown`.
    centre : callable
        Whom this office knows as its centre: those may sign jobs.
    anchors : sequence of Certificate, optional
        Authorities of issuers whose security objects are handed in; None: whoever signed may have.
    """

    needs_print_ready: bool
    job_days: int
    standing: Callable[[str], EnrolmentStanding]
    centre: Callable[[], TrustAnchors]
    anchors: Sequence[x509.Certificate] | None = None


class CardRequests:
    """Takes jobs in; blocking, for a thread."""

    def __init__(
        self,
        personaliser: Personaliser,
        profiles: CardProfiles,
        people: CardPeople,
        signer: Signer,
        rules: RequestRules,
    ) -> None:
        self._personaliser, self._profiles, self._people = personaliser, profiles, people
        self._signer, self._rules = signer, rules

    def take_enrolled(self, job_id: str, asked: pb.EnrolledCard, requested_by: str) -> JobRecord:
        """Take a job in for a person who was enrolled here; one of this id that was taken before is told again.

        Raises
        ------
        CardProfileUnknown, CardProfileUnfit, NotPrintReady, EnrolmentHasCard, BiodataOfAnother, BadArgumentError
        StandingUnknown, ContentProblem, PersonalisationError, KeyProblem
        """
        with contextlib.suppress(JobUnknown):
            return self._personaliser.journal.record(job_id)
        profile = self._profiles.named(asked.profile)
        self._check_ready(asked.enrolment_id)
        self._check_first(asked)
        person = self._people.person(asked.enrolment_id)
        person = replace(person, biodata=_biodata(asked.biodata, person.biodata))
        now = time_now().wall
        image = card_image(
            profile,
            person,
            self._signer,
            at=now,
            reduced=card_template,
            handed=dict(asked.handed_in),
            anchors=self._rules.anchors,
        )
        image = without_own_seal(image)
        created = now.replace(microsecond=now.microsecond // 1000 * 1000)
        job = PersonalisationJob(
            job_id,
            self._signer.gateway_id,
            profile.name,
            profile.version,
            image_digest(profile.name, profile.version, image.contents),
            asked.enrolment_id,
            requested_by,
            created,
            created + timedelta(days=self._rules.job_days),
        )
        return self._personaliser.take(job, image)

    def take_signed(self, asked: pb.SignedCardJob) -> JobRecord:
        """Take a job in that the centre signed.

        Raises
        ------
        JobSignatureInvalid, JobInvalid, JobForAnotherGateway, JobExpired, JobReplayed, ImageUnfit
        CardProfileUnknown, CardProfileUnfit, KeyProblem, JournalError
        """
        centre = self._rules.centre()
        stated = read_job(asked.jws, centre, self._signer.gateway_id, time_now())
        profile = self._profiles.of_job(stated.profile, stated.profile_version)
        names = [file.name for file in profile.files]
        contents = {name: asked.contents[name] for name in names if name in asked.contents}
        contents |= {name: content for name, content in asked.contents.items() if name not in contents}
        image = CardImage(profile, MappingProxyType(contents))
        return self._personaliser.take_signed(asked.jws, image, centre)

    def _check_ready(self, enrolment_id: str) -> None:
        if not self._rules.needs_print_ready:
            return
        status = self._rules.standing(enrolment_id).status
        if status not in _READY:
            raise NotPrintReady(
                f"The centre has not said that this person is unique: the enrolment stands at "
                f"{STATUS_NAMES[status].en!r}.",
                "Wait for the centre's word (`rekam status`); a card that is made before it may be one too many.",
                status.value,
            )

    def _check_first(self, asked: pb.EnrolledCard) -> None:
        for record in self._personaliser.journal.of_enrolment(asked.enrolment_id):
            job_id = record.job.job_id
            if record.state is JobState.DONE and not asked.replacement_reason:
                raise EnrolmentHasCard(
                    f"This person's card was made by job {job_id}.",
                    "Hand that one over; for another in its place a supervisor gives the reason.",
                    job_id,
                )
            if record.state is not JobState.DONE and not record.closed:
                raise EnrolmentHasCard(
                    f"Job {job_id} makes this person's card; it is {record.state}.",
                    f"Go on with it: `rekam card resume {job_id}`; or give it up.",
                    job_id,
                )


class OwnSeal:
    """Seals an image for its chip; a `Seal` of personalisation."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def __call__(self, image: CardImage, chip_serial: bytes) -> CardImage:
        """The image with its seal.

        Raises
        ------
        SealKeyChanged, ContentProblem, KeyProblem
        """
        self._check_certificate(image)
        nobody = CardPerson(Biodata("NOBODY"))
        return card_image(
            image.profile,
            nobody,
            self._signer,
            at=time_now().wall,
            chip_serial=chip_serial,
            reduced=card_template,
            made=image.contents,
        )

    def _check_certificate(self, image: CardImage) -> None:
        for file in image.profile.files:
            content = image.contents.get(file.name)
            if file.content != "certificate" or content is None:
                continue
            if key_id_of(x509.load_der_x509_certificate(content)) != self._signer.current().key_id:
                raise SealKeyChanged(
                    "The gateway's key was changed since this job was taken: its card would carry the old certificate.",
                    "Give the job up (`rekam card abandon`) and ask for the card again.",
                )


def card_template(template: FingerTemplate, most: int) -> FingerTemplate:
    """A template that fits a card: at most so many minutiae, within the reach of the compact format."""
    return within_span(reduced(template, most))


def without_own_seal(image: CardImage) -> CardImage:
    """The image without the seal that is made for its chip later."""
    name = image.profile.seal
    if not name or image.profile.file(name).content != OURS:
        return image
    kept: Mapping[str, bytes] = {each: content for each, content in image.contents.items() if each != name}
    return CardImage(image.profile, MappingProxyType(dict(kept)))


def _biodata(message: pb.CardBiodata, known: Biodata) -> Biodata:
    """What the client knows of the person whom the enrolment names."""
    if message.reference and message.reference != known.reference:
        raise BiodataOfAnother(
            "The biodata are of another person than the enrolment.", "Look up both again; nothing was made."
        )
    return card_messages.read_biodata(message, known.reference)
