"""The manifest's canonical form and its strict reader."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.trust import (
    BlobDigest,
    ClockQuality,
    Manifest,
    ManifestError,
    NamedCode,
    SignedTime,
    StatedCue,
    StatedLiveness,
    StatedQuality,
)
from tests.gateway.trust.signed_captures import NOON, manifest

CANONICAL = manifest().to_bytes()
LIVENESS = StatedLiveness(
    NamedCode(1, "right"),
    "attack_suspected",
    (StatedCue("pupil_response", "not_assessed", None, "pupil_too_few_frames"), StatedCue("x", "y", 12, "z")),
    "rekam-iris-liveness",
    "1",
)
WITH_LIVENESS = manifest(liveness=(LIVENESS,)).to_bytes()

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
cues = st.builds(StatedCue, texts, texts, st.none() | st.integers(0, 100), texts)
codes = st.builds(NamedCode, st.integers(0, 2**53 - 1), texts)
times = st.one_of(
    st.builds(
        lambda ms, boot, error: SignedTime(
            NOON + timedelta(milliseconds=ms), boot / 1000, ClockQuality.TRUSTED, error / 1000
        ),
        st.integers(0, 10**11),
        st.integers(0, 10**12),
        st.integers(0, 10**6),
    ),
    st.just(SignedTime(NOON, 0.0, ClockQuality.UNTRUSTED, None)),
)


@given(
    operator=st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    position=codes,
    impression=st.none() | codes,
    quality=st.none() | st.builds(StatedQuality, st.integers(0, 100), texts, texts),
    guidance=st.lists(texts, max_size=5).map(tuple),
    time=times,
    size=st.integers(0, 2**53 - 1),
    liveness=st.lists(
        st.builds(StatedLiveness, codes, texts, st.lists(cues, max_size=3).map(tuple), texts, texts), max_size=2
    ).map(tuple),
)
def test_what_is_written_is_read_back(operator, position, impression, quality, guidance, time, size, liveness):
    made = manifest(
        operator=operator,
        position=position,
        impression=impression,
        quality=quality,
        guidance=guidance,
        time=time,
        liveness=liveness,
        blobs=(BlobDigest("image.fir", "image/x", size, "ab" * 32),),
    )
    assert Manifest.from_bytes(made.to_bytes()) == made


def test_keys_are_sorted_and_text_is_utf8():
    assert (
        json.dumps(json.loads(CANONICAL), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        == CANONICAL
    )
    assert "Ibu Sari ✓".encode() in CANONICAL


def test_liveness_is_left_out_where_nothing_was_looked_for_and_such_a_manifest_is_read():
    assert b"liveness" not in CANONICAL
    assert Manifest.from_bytes(CANONICAL).liveness == ()
    assert Manifest.from_bytes(WITH_LIVENESS).liveness == (LIVENESS,)
    fields = json.loads(WITH_LIVENESS)
    assert fields["liveness"][0]["cues"][0]["score"] is None
    del fields["liveness"]
    assert json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == CANONICAL


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda fields: fields.update(liveness=[]), "manifest.liveness: left out"),
        (lambda fields: fields.update(liveness=None), "manifest.liveness: not a list"),
        (lambda fields: fields["liveness"][0].update(extra=1), r"manifest.liveness\[0\]: a member"),
        (lambda fields: fields["liveness"][0].pop("verdict"), r"manifest.liveness\[0\]: verdict is missing"),
        (lambda fields: fields["liveness"][0]["cues"][1].update(score=101), r"liveness\[0\].cues\[1\].score"),
        (lambda fields: fields["liveness"][0]["cues"][1].update(score=0.5), r"liveness\[0\].cues\[1\].score"),
        (lambda fields: fields["liveness"][0]["cues"][0].pop("score"), r"cues\[0\]: score is missing"),
    ],
)
def test_faults_of_liveness_are_named(change, named):
    fields = json.loads(WITH_LIVENESS)
    change(fields)
    data = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    with pytest.raises(ManifestError, match=named):
        Manifest.from_bytes(data)


@given(position=st.integers(0, len(CANONICAL) - 1), value=st.integers(0, 255))
def test_a_changed_byte_is_another_manifest_or_none(position, value):
    changed = CANONICAL[:position] + bytes([value]) + CANONICAL[position + 1 :]
    try:
        read = Manifest.from_bytes(changed)
    except ManifestError:
        return
    assert read.to_bytes() == changed


@given(st.binary(max_size=300))
def test_other_bytes_are_refused(data):
    with pytest.raises(ManifestError):
        Manifest.from_bytes(data)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(name=st.sampled_from(sorted(json.loads(CANONICAL))), value=_JSON)
def test_a_field_of_another_kind_is_refused_or_kept(name, value):
    fields = {**json.loads(CANONICAL), name: value}
    data = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )
    try:
        read = Manifest.from_bytes(data)
    except ManifestError:
        return
    assert read.to_bytes() == data


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda fields: fields.pop("nonce"), "manifest: nonce is missing"),
        (lambda fields: fields.update(extra=1), "does not know"),
        (lambda fields: fields.update(version=2), "manifest.version"),
        (lambda fields: fields.update(format="other"), "manifest.format"),
        (lambda fields: fields.update(sequence=True), "manifest.sequence"),
        (lambda fields: fields.update(sequence=0), "manifest.sequence"),
        (lambda fields: fields.update(sequence=2), "manifest.previous"),
        (lambda fields: fields["quality"].update(score=101), "manifest.quality.score"),
        (lambda fields: fields["blobs"][1].update(sha256="AB" * 32), r"manifest.blobs\[1\].sha256"),
        (lambda fields: fields["blobs"][1].update(name="../x"), r"manifest.blobs\[1\].name"),
        (lambda fields: fields["blobs"][1].update(name="image.fir"), "two blobs of one name"),
        (lambda fields: fields["time"].update(wall="2026-02-30T00:00:00.000Z"), "manifest.time"),
        (lambda fields: fields["time"].update(uncertainty_s=None), "manifest.time"),
        (lambda fields: fields["time"].update(since_boot_s=0.12345), "manifest.time.since_boot_s"),
        (lambda fields: fields["time"].update(quality="good"), "manifest.time"),
    ],
)
def test_the_fault_is_named(change, named):
    fields = json.loads(CANONICAL)
    change(fields)
    data = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    with pytest.raises(ManifestError, match=named):
        Manifest.from_bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        CANONICAL + b"\n",
        CANONICAL.replace(b"1234.567", b"1234.5670"),
        CANONICAL.replace(b"0.025", b"25e-3"),
        CANONICAL.replace(b'"version":1', b'"version": 1'),
        CANONICAL.replace(b'{"blobs"', b'{"version":1,"blobs"'),
        CANONICAL.replace(b'"finger"', b'"\\u0066inger"'),
    ],
)
def test_another_spelling_is_not_canonical(data):
    with pytest.raises(ManifestError, match="canonical"):
        Manifest.from_bytes(data)


@pytest.mark.usefixtures("uncollected")
def test_deep_and_large_json_is_refused():
    for data in (b"[" * 60_000, b" " * 70_000, b'{"a":' + b"9" * 60_000 + b"}", b"NaN", b"\xff"):
        with pytest.raises(ManifestError):
            Manifest.from_bytes(data)


def test_wrong_values_make_no_manifest():
    with pytest.raises(ManifestError, match="sequence"):
        manifest(sequence=0).to_bytes()
    with pytest.raises(ManifestError, match="surrogates"):
        manifest(operator="\ud800").to_bytes()
    with pytest.raises(ManifestError, match="over the"):
        manifest(guidance=("✓" * 512,) * 64).to_bytes()


def test_a_signed_time_is_utc_in_milliseconds():
    with pytest.raises(ValueError, match="UTC"):
        SignedTime(datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=7))), 1.0, ClockQuality.TRUSTED, 0.1)
    with pytest.raises(ValueError, match="milliseconds"):
        SignedTime(datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC), 1.0, ClockQuality.TRUSTED, 0.1)
    with pytest.raises(ValueError, match="uncertainty"):
        SignedTime(NOON, 1.0, ClockQuality.UNTRUSTED, 0.1)
