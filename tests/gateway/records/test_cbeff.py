import base64
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.eye import EyePosition
from gateway.finger import FingerPosition
from gateway.records import RecordError, UnsupportedRecordError, cbeff
from gateway.records.cbeff import (
    BiometricInformationRecord,
    BiometricType,
    BirQuality,
    ProcessedLevel,
    Purpose,
    RecordType,
    RegisteredId,
)

XS = "{http://www.w3.org/2001/XMLSchema}"
SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "data" / "records" / "cbeff"
FIR = b"FIR\x00020\x00" + bytes(range(256))
NOON = datetime(2026, 3, 4, 12, 0, 0, 250_000, tzinfo=UTC)

FINGER = BiometricInformationRecord(
    record=FIR,
    format=cbeff.record_format(RecordType.FINGER_IMAGE),
    type=BiometricType.FINGER,
    subtype=cbeff.finger_subtype(FingerPosition.RIGHT_INDEX),
    level=ProcessedLevel.RAW,
    purpose=Purpose.ENROLL,
    quality=BirQuality(71, RegisteredId("257", "57")),
    index="086e059f-6baa-4824-9f2b-8e2807de3947",
    created_at=NOON,
    product=RegisteredId("0", "1"),
    capture_device=RegisteredId("0", "2"),
    security_block=b"a signature",
    others=(("RETRIES", "2"), ("REMARK", 'kata <ibu> & "anak" ✓')),
)
PLAIN = BiometricInformationRecord(None, RegisteredId("257", "9"), BiometricType.IRIS, ("Left",))

words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1
).filter(lambda text: text == text.strip(" \t\r\n"))
ids = st.builds(RegisteredId, words, words)
records = st.builds(
    BiometricInformationRecord,
    record=st.none() | st.binary(min_size=1),
    format=ids.filter(lambda each: each.organization != "257"),
    type=st.sampled_from(BiometricType),
    subtype=st.lists(st.sampled_from(["Left", "Right", "Thumb", "RingFinger"]), max_size=3).map(tuple),
    level=st.none() | st.sampled_from(ProcessedLevel),
    purpose=st.none() | st.sampled_from(Purpose),
    quality=st.none() | st.builds(BirQuality, st.none() | st.integers(0, 100), ids),
    index=st.none() | st.uuids().map(str),
    created_at=st.none()
    | st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(9990, 1, 1)).map(
        lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000, tzinfo=UTC)
    ),
    product=st.none() | ids,
    capture_device=st.none() | ids,
    security_block=st.none() | st.binary(min_size=1),
    others=st.lists(st.tuples(words, words), max_size=3).map(tuple),
)


def document(*pairs: tuple[str, str], record: BiometricInformationRecord = FINGER) -> bytes:
    text = cbeff.encode([record]).decode()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text.encode()


@settings(deadline=None)
@given(st.lists(records, min_size=1, max_size=4))
def test_what_is_written_is_read(made):
    assert cbeff.decode(cbeff.encode(made)) == tuple(made)


@settings(deadline=None)
@given(st.binary(max_size=60), st.integers(0, 1500), st.integers(0, 40))
def test_damage_is_refused_or_read_but_never_a_fault_of_ours(inserted, at, cut):
    whole = cbeff.encode([FINGER, PLAIN])
    damaged = whole[:at] + inserted + whole[at + cut :]
    faults = []
    for decode in (cbeff.decode, cbeff.decode_leniently):
        try:
            decode(damaged)
        except RecordError as error:
            faults.append(error)
    assert all(0 <= fault.offset <= len(damaged) for fault in faults)


def test_the_same_values_give_the_same_bytes():
    assert cbeff.encode([FINGER, PLAIN]) == cbeff.encode([FINGER, PLAIN])


def test_times_of_other_zones_are_kept_in_utc():
    jakarta = BiometricInformationRecord(
        FIR, FINGER.format, FINGER.type, (), created_at=NOON.astimezone(timezone(timedelta(hours=7)))
    )
    assert b"2026-03-04T12:00:00.250Z" in cbeff.encode([jakarta])
    read = cbeff.decode(document(("2026-03-04T12:00:00.250Z", "2026-03-04T19:00:00.2509999+07:00")))
    assert read[0].created_at == NOON


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        (FingerPosition.RIGHT_THUMB, ("Right", "Thumb")),
        (FingerPosition.LEFT_LITTLE, ("Left", "LittleFinger")),
        (FingerPosition.UNKNOWN, ()),
    ],
)
def test_words_for_fingers(position, expected):
    assert cbeff.finger_subtype(position) == expected


def test_words_for_eyes():
    assert cbeff.eye_subtype(EyePosition.RIGHT) == ("Right",)
    assert cbeff.eye_subtype(EyePosition.BOTH) == ("Right", "Left")
    assert cbeff.eye_subtype(EyePosition.UNKNOWN) == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"index": "7"}, "no UUID"),
        ({"subtype": ("right",)}, "subtype"),
        ({"quality": BirQuality(101, FINGER.format)}, "quality score 101"),
        ({"created_at": datetime(2026, 1, 1)}, "time zone"),
        ({"created_at": NOON + timedelta(microseconds=1)}, "milliseconds"),
        ({"record": b"IIR\x00020\x00"}, "data block"),
        ({"record": b""}, "empty"),
        ({"others": (("KEY", "\x07"),)}, "XML cannot hold"),
        ({"others": (("KEY", " x"),)}, "white space"),
    ],
)
def test_what_does_not_fit_is_not_written(changes, message):
    values = {name: getattr(FINGER, name) for name in FINGER.__dataclass_fields__} | changes
    with pytest.raises(ValueError, match=message):
        cbeff.encode([BiometricInformationRecord(**values)])


def test_no_records_and_too_many_are_not_written():
    for count in (0, cbeff.MAX_RECORDS + 1):
        with pytest.raises(ValueError, match="1 to 256"):
            cbeff.encode([PLAIN] * count)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("<Score>71</Score>", "<Score>101</Score>", "Score"),
        ("<Score>71</Score>", "<Score>-1</Score>", "Score"),
        ("<Score>71</Score>", "", "Quality"),
        ("<Level>Raw</Level>", "<Level>raw</Level>", "Level"),
        ("<Level>Raw</Level>", "<Level>Raw</Level><Level>Raw</Level>", "Level"),
        ("<Purpose>Enroll</Purpose>", "<Purpose/>", "Purpose"),
        ("<Subtype>Right IndexFinger</Subtype>", "<Subtype>Right Nose</Subtype>", "Subtype"),
        ("<Level>Raw</Level><Product>", "<Product>", None),
        ("<Type>Finger</Type>", "", "BDBInfo"),
        ("<BDB>RklS", "<BDB>SUlS", "BDB"),
        ("<BDB>RklS", "<BDB>Rkl*S", "BDB"),
        ("<Integrity>false</Integrity></BIRInfo>\n<BDBInfo>", "</BIRInfo>\n<BDBInfo>", "BIRInfo"),
        ("2026-03-04T12:00:00.250Z", "2026-03-04T12:00:00", "CreationDate"),
        ("2026-03-04T12:00:00.250Z", "2026-02-30T12:00:00Z", "CreationDate"),
        ("2026-03-04T12:00:00.250Z", "0001-01-01T00:00:00+14:00", "CreationDate"),
        ("086e059f", "086e059", "Index"),
        ('<entry key="RETRIES">', "<entry>", "entry"),
        ("<BDBInfo>", "text<BDBInfo>", "BIR"),
        ("<BIRInfo>", "<Surplus/><BIRInfo>", "Surplus"),
        ("</others>\n</BIR>\n</BIR>", "</others>\n</BIR>\n", "document"),
    ],
)
def test_what_the_schema_does_not_allow_is_refused_by_name(old, new, field):
    data = document((old, new))
    if field is None:
        assert cbeff.decode(data)[0].level is None
        return
    with pytest.raises(RecordError) as caught:
        cbeff.decode(data)
    assert caught.value.field == field
    if field != "document":
        assert data[caught.value.offset :].startswith(f"<{field}".encode())


def test_order_matters():
    swapped = document(
        ("<Level>Raw</Level>", ""), ("<Purpose>Enroll</Purpose>", "<Purpose>Enroll</Purpose><Level>Raw</Level>")
    )
    with pytest.raises(RecordError, match="expected before it"):
        cbeff.decode(swapped)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("</Format>", "</Format><Encryption>true</Encryption>", "encrypted"),
        ("<Integrity>false</Integrity></BIRInfo>\n<BDBInfo>", "<Integrity>1</Integrity></BIRInfo>\n<BDBInfo>", "true"),
        ("<Type>Finger</Type>", "<Type>Finger Iris</Type>", "Finger Iris"),
        ("<Type>Finger</Type>", "<Type>Gait</Type>", "Gait"),
        ("19785/-3/ed-2/", "19785/-3/ed-3/", "ed-3"),
        ("<BDB>", "<BIR><BIRInfo><Integrity>false</Integrity></BIRInfo></BIR><BDB>", "within records"),
        ("<BIR xmlns", '<!DOCTYPE BIR [<!ENTITY a "b">]><BIR xmlns', "entities"),
        ("<BIR xmlns", "<?run me?><BIR xmlns", "processing instruction"),
    ],
)
def test_what_may_be_right_but_is_not_read_is_named(old, new, message):
    with pytest.raises(UnsupportedRecordError, match=message):
        cbeff.decode(document((old, new)))


def test_a_bomb_of_elements_and_depth_is_refused():
    opening = f'<BIR xmlns="{cbeff.NAMESPACE}">'.encode()
    with pytest.raises(RecordError, match="deeper than"):
        cbeff.decode(opening + b"<BIR>" * 5000)
    with pytest.raises(RecordError, match="more than"):
        cbeff.decode(opening + b"<BIR/>" * 30_000 + b"</BIR>")


def test_a_block_of_short_words_takes_no_more_memory_than_a_few_copies_of_it():
    block = bytes(range(256)) * 600
    coded = base64.b64encode(block).decode()
    spaced = " ".join(coded[at : at + 2] for at in range(0, len(coded), 2)) + "\r\n\t "
    data = document(("AAAA", spaced), record=replace(PLAIN, record=bytes(3), format=RegisteredId("0", "1")))
    tracemalloc.start()
    try:
        (read,) = cbeff.decode(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read.record == block
    assert peak < 8 * len(data)


@pytest.mark.parametrize("wrong", ["AAA", "AA\u00a0AA", "AA\u2003AA", "AAé=", "AA-_"])
def test_a_block_that_is_no_base64_is_refused(wrong):
    with pytest.raises(RecordError, match="is not base64"):
        cbeff.decode(document(("AAAA", wrong), record=replace(PLAIN, record=bytes(3), format=RegisteredId("0", "1"))))


def test_one_record_without_an_outer_one_is_read():
    text = cbeff.encode([PLAIN]).decode()
    inner = text[text.index("<BIR>") : text.rindex("</BIR>")]
    assert cbeff.decode(inner.replace("<BIR>", f'<BIR xmlns="{cbeff.NAMESPACE}">').encode()) == (PLAIN,)


def test_newer_spelling_of_others_is_read_leniently():
    data = document(
        ("<others>", "<Others><Key>EXCEPTION</Key><Value>false</Value></Others><Others>"),
        ('<entry key="RETRIES">2</entry>', "<Key>RETRIES</Key><Value>2</Value>"),
        ("</others>", "</Others>"),
        ('<entry key="REMARK">kata &lt;ibu&gt; &amp; &quot;anak&quot; ✓</entry>', ""),
    )
    with pytest.raises(RecordError, match="Others"):
        cbeff.decode(data)
    found, deviations = cbeff.decode_leniently(data)
    assert found[0].others == (("EXCEPTION", "false"), ("RETRIES", "2"))
    assert len(deviations) == 2


def schema_types() -> dict[str, ElementTree.Element]:
    root = ElementTree.parse(SAMPLES / "bioutils-updatedcbeff.xsd").getroot()
    return {each.attrib["name"]: each for each in root if "name" in each.attrib and each.tag != f"{XS}element"}


def assert_fits(element: ElementTree.Element, name: str, types: dict[str, ElementTree.Element]) -> int:
    """Elements checked against a complex type: which, in what order, those that have to be there, enumerations."""
    kind = types.get(name)
    if kind is None or (sequence := kind.find(f"{XS}sequence")) is None:
        allowed = [] if kind is None else [each.attrib["value"] for each in kind.iter(f"{XS}enumeration")]
        assert not allowed or element.text in allowed
        return 1
    stated = list(sequence.iter(f"{XS}element"))
    order = [each.attrib["name"] for each in stated]
    children = [child.tag.removeprefix(f"{{{cbeff.NAMESPACE}}}") for child in element]
    assert [order.index(child) for child in children] == sorted(order.index(child) for child in children)
    direct = [each for each in sequence if each.tag == f"{XS}element" and each.get("minOccurs") != "0"]
    assert {each.attrib["name"] for each in direct} <= set(children)
    by_name = {each.attrib["name"]: each.attrib["type"] for each in stated}
    return 1 + sum(assert_fits(child, by_name[tag], types) for child, tag in zip(element, children, strict=True))


@pytest.mark.shared
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no shared data beside the checkout")
def test_the_public_schema_allows_what_is_written():
    made = ElementTree.fromstring(cbeff.encode([FINGER, PLAIN]))
    assert assert_fits(made, "BIRType", schema_types()) > 40


@pytest.mark.shared
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no shared data beside the checkout")
def test_a_sample_of_another_writer_is_read_leniently():
    found, deviations = cbeff.decode_leniently((SAMPLES / "bioutils-cbeff-sample.xml").read_bytes())
    assert [each.type for each in found].count(BiometricType.FINGER) == 10
    assert [each.type for each in found].count(BiometricType.IRIS) == 2
    assert sum(each.record is not None for each in found) == 13
    assert {each.field for each in deviations} == {"Others"}
    assert all(each.record.startswith(b"FIR\0") for each in found if each.type is BiometricType.FINGER)
