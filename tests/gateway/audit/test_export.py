"""The trail as a file: what is written is read back, and what was done to it is noticed."""

import io

import pytest

from gateway.audit import (
    AuditExport,
    AuditFault,
    AuditFieldError,
    entry_line,
    first_line,
    head_line,
    read_export,
    verify_audit,
)
from tests.gateway.audit.made_trails import anchors, entries, head

TRAIL = entries(25)


def verified(data: bytes, key):
    _, bodies, heads = read_export(io.BytesIO(data))
    read = list(bodies)
    return verify_audit(read, heads, anchors(key))


@pytest.fixture
def exported(key) -> bytes:
    heads = {sequence: head_line(head(TRAIL[sequence - 1], key)) for sequence in (10, 20, 25)}
    lines = [first_line(AuditExport("gateway-1", head(TRAIL[-1], key)))]
    for sequence, body in enumerate(TRAIL, 1):
        lines += [entry_line(body), heads.get(sequence, b"")]
    return b"".join(lines)


def test_what_is_written_is_read_back(exported, key):
    about, bodies, heads = read_export(io.BytesIO(exported))
    assert list(bodies) == TRAIL
    assert about.gateway_id == "gateway-1"
    assert len(heads) == 4  # the last one twice: the first line has it
    assert all(line.startswith(b"{") and line.endswith(b"}") for line in exported.splitlines())
    report = verified(exported, key)
    assert report.ok
    assert report.sealed == 25


def test_every_line_that_is_lost_is_noticed_but_that_of_a_head(exported, key):
    lines = exported.splitlines(keepends=True)
    for place in range(1, len(lines)):
        report = verified(b"".join(lines[:place] + lines[place + 1 :]), key)
        assert report.ok == lines[place].startswith(b'{"head"')
    for place in range(1, len(lines) - 1):  # the last line is a head: the first line has it too
        first = verified(b"".join(lines[:place]), key).first
        assert first.fault is AuditFault.TRUNCATED


def test_every_changed_byte_is_noticed(exported, key):
    first_line = exported.index(b"\n") + 1
    for place in range(first_line, len(exported) - 1, 97):
        changed = bytearray(exported)
        changed[place] ^= 4
        report = verified(bytes(changed), key)
        assert not report.ok


def test_what_is_no_line_of_an_export_is_named_where_it_stands(exported, key):
    lines = exported.splitlines(keepends=True)
    for stranger in (b"\n", b"{}\n", b"x" * 100_000 + b"\n", b'{"entry":{}}\n'):
        report = verified(b"".join([*lines[:4], stranger, *lines[4:]]), key)
        assert (report.first.fault, report.first.position) == (AuditFault.CHANGED, 3)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\n", b"[]\n", b"{\n", b'{"format":"other"}\n', b'{"format":"rekam-audit-export","version":2}\n',
        b'{"format":"rekam-audit-export","version":1,"gateway_id":1,"head":null}\n', b"[" * 5000,
    ],
)  # fmt: skip
@pytest.mark.usefixtures("uncollected")
def test_a_file_of_another_kind_is_refused(data):
    with pytest.raises(AuditFieldError):
        read_export(io.BytesIO(data))
