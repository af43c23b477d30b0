"""Whether the folder that a gateway left holds what its clients were told, signed and in one chain."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from gateway.records import fir, fmr
from gateway.spool import Spool
from gateway.trust import TrustAnchors, open_signing_key, verify_capture, verify_chain
from tests.gateway.left_spool import left_spool


def spool_problems(state: Path, announced: Mapping[int, str]) -> tuple[int, list[str]]:
    """How many captures the spool holds, and in words all that is wrong with them.

    Parameters
    ----------
    state : Path
        A state folder that no gateway uses now.
    announced : mapping of int to str
        Capture id by sequence number, as clients were told.
    """
    anchors = TrustAnchors.from_pem(open_signing_key(state / "keys").trust_bundle().certificates_pem)
    with left_spool(state) as spool:
        problems = [f"the spool: {incident.cause}" for incident in spool.incidents]
        problems += [f"the spool: {finding}" for finding in spool.check()]
        stored = {capture.sequence: capture.capture_id for capture in spool.all_captures()}
        if list(stored) != list(range(1, len(stored) + 1)):
            problems.append(f"the numbers in the spool have gaps: {list(stored)}")
        if stored != dict(announced):
            missing, more = announced.items() - stored.items(), stored.items() - announced.items()
            problems.append(f"announced, not stored: {sorted(missing)}; stored, not announced: {sorted(more)}")
        problems += _capture_problems(spool, anchors)
        chain = verify_chain((capture.jws for capture in spool.all_captures()), anchors)
        if not chain.ok:
            problems.append(f"the chain does not verify: {chain}")
    return len(stored), problems


def _capture_problems(spool: Spool, anchors: TrustAnchors) -> Iterator[str]:
    for capture in spool.all_captures():
        blobs = {blob.name: blob.content for blob in spool.blobs(capture.capture_id)}
        report = verify_capture(capture.jws, blobs, anchors)
        if not report.ok:
            yield f"{capture.capture_id} does not verify: {report.failures}"
        if blobs:  # a missing finger has none
            try:
                fir.decode_pixels(fir.decode(blobs["image.fir"]).representations[0])
                fmr.decode(blobs["template.fmr"])
            except (KeyError, ValueError) as error:
                yield f"{capture.capture_id} cannot be decoded: {error!r}"
