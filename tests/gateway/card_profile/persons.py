"""Persons whom nobody is, a key, and profiles, for the tests of cards."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from drivers import PersonPart, synthetic_person
from drivers.fingerprint.synthetic import draw_fingerprint
from gateway.card_profile import (
    LIFELONG,
    Biodata,
    CardFile,
    CardImage,
    CardPerson,
    CardProfile,
    FingerScan,
    SealTrust,
    Sex,
    card_image,
    load_profile,
    personal_contents,
)
from gateway.finger import FingerPosition, FingerTemplate
from gateway.fingerprint import analyze
from gateway.trust import SigningKey
from gateway.trust.certificate import self_signed_certificate

NOW = datetime(2026, 6, 1, 8, 30, 15, tzinfo=UTC)
SERIAL = bytes.fromhex("0102030405060708")
INDEX = {FingerPosition.RIGHT_INDEX: PersonPart.RIGHT_INDEX, FingerPosition.LEFT_INDEX: PersonPart.LEFT_INDEX}


def reduced(template: FingerTemplate, most: int) -> FingerTemplate:
    """The nearest to the centroid."""
    away = np.hypot(template.x - template.x.mean(), template.y - template.y.mean())
    kept = np.sort(np.argsort(away, kind="stable")[:most])
    return replace(template, **{name: getattr(template, name)[kept] for name in ("x", "y", "angle", "kind", "quality")})


@cache
def drawn_print(number: int, position: FingerPosition, placement: int = 1) -> Any:
    return draw_fingerprint(synthetic_person(number).finger_seed(INDEX[position]), placement)


@cache
def drawn_template(number: int, position: FingerPosition, placement: int = 1) -> FingerTemplate:
    return analyze(drawn_print(number, position, placement), 500.0).template


def biodata(number: int = 42, **changes: Any) -> Biodata:
    person = synthetic_person(number)
    said: dict[str, Any] = {
        "reference": person.nik,
        "name": "SITI AMINAH BINTI RAHMAT",
        "birth_place": "KLATEN",
        "birth_date": person.birth_date,
        "sex": Sex(person.sex),
        "blood_type": "AB",
        "address": "JL. JENDERAL SUDIRMAN KM. 12 GANG MELATI NO. 7A",
        "rt_rw": "003/011",
        "village": "SUKAMAJU BARU",
        "district": "TAPOS",
        "regency": "KOTA DEPOK",
        "province": "JAWA BARAT",
        "religion": "KEPERCAYAAN TERHADAP TUHAN YME",
        "marital_status": "KAWIN TERCATAT",
        "occupation": "MENGURUS RUMAH TANGGA",
        "citizenship": "WNI",
        "valid_until": LIFELONG,
        "issue_place": "DEPOK",
        "issue_date": date(2026, 6, 1),
        "issuer": "DISDUKCAPIL KOTA DEPOK",
        "card_number": "X1234567",
    }
    return Biodata(**{**said, **changes})


@cache
def person(number: int = 42) -> CardPerson:
    drawn = synthetic_person(number)
    return CardPerson(
        biodata(number),
        drawn.portrait(1),
        drawn.signature(1).picture(),
        {position: drawn_template(number, position) for position in INDEX},
        {position: FingerScan(drawn_print(number, position), 500.0, 80) for position in INDEX},
    )


@cache
def signing_key(office: str = "office-1") -> SigningKey:
    key = ec.generate_private_key(ec.SECP256R1())
    return SigningKey(key, self_signed_certificate(key, office, NOW))


def trust(*keys: SigningKey) -> SealTrust:
    pem = "".join(key.certificate.public_bytes(Encoding.PEM).decode() for key in keys or (signing_key(),))
    return SealTrust.from_pem(pem)


@cache
def sample_contents(profile_name: str = "sample-id", number: int = 42) -> Mapping[str, bytes]:
    """The slow part, made once."""
    return personal_contents(load_profile(profile_name), person(number), reduced=reduced)


def sample_card(profile_name: str = "sample-id", number: int = 42, **changes: Any) -> CardImage:
    profile = load_profile(profile_name)
    given: dict[str, Any] = {
        "at": NOW,
        "reduced": reduced,
        "chip_serial": SERIAL,
        "made": sample_contents(profile_name),
    }
    return card_image(profile, person(number), signing_key(), **{**given, **changes})


def with_file(profile: CardProfile, named: str, /, **changes: Any) -> CardProfile:
    """The profile with another file of that name."""

    def changed(file: CardFile) -> CardFile:
        return replace(file, **changes) if file.name == named else file

    return replace(
        profile,
        applications=tuple(
            replace(each, files=tuple(changed(file) for file in each.files)) for each in profile.applications
        ),
    )


def with_application(profile: CardProfile, named: str, /, **changes: Any) -> CardProfile:
    return replace(
        profile,
        applications=tuple(replace(each, **changes) if each.name == named else each for each in profile.applications),
    )


def with_options(profile: CardProfile, name: str, **options: Any) -> CardProfile:
    return with_file(profile, name, options={**profile.file(name).options, **options})
