"""What a test of `rekam enrol` looks at: its document, and the packet opened by the program of a stranger."""

import json
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from typer.testing import Result

from gateway.iris import decode_code
from gateway.records import cbeff, fac, fir, fmr, iir
from gateway.trust import Manifest, read_signature

CHECKOUT = Path(__file__).resolve().parents[3]
EXAMPLE = CHECKOUT / "examples" / "open_packet.py"
CENTRE_KEY = "demo-centre.pem"
"""In the state folder of a gateway with synthetic devices."""


@dataclass(frozen=True)
class Opened:
    """An opened packet: its signed statement, and its files by name."""

    statement: dict[str, Any]
    files: dict[str, bytes]


def document(result: Result) -> dict[str, Any]:
    """The one document on standard output."""
    (line,) = result.stdout.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def opened(packet: Path, key: Path, out: Path) -> Opened:
    """Open the packet with `examples/open_packet.py`, which knows nothing of the gateway."""
    asked = (packet, "--key", key, "--out", out)
    command = [sys.executable, "-I", str(EXAMPLE), *map(str, asked)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    files = {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    return Opened(json.loads(files.pop("statement.json")), files)


def check_records(files: dict[str, bytes], enrolment_id: str) -> set[str]:
    """Decode every record of a packet; gives the kinds that were there."""
    kinds = set()
    for name, content in files.items():
        if name.endswith(".manifest.jws"):
            manifest = Manifest.from_bytes(read_signature(content).payload)
            assert manifest.transaction_id == enrolment_id
            beside = {each: files[name.replace("manifest.jws", each.name)] for each in manifest.blobs}
            assert all(each.sha256 == sha256(content).hexdigest() for each, content in beside.items())
        elif name.endswith(".fir"):
            assert fir.decode_pixels(fir.decode(content).representations[0]).size
        elif name.endswith(".fmr"):
            assert len(fmr.decode(content).views[0].template)
        elif name.endswith(".iir"):
            assert iir.decode_pixels(iir.decode(content).representations[0]).size
        elif name.endswith(".fac"):
            assert fac.decode(content).data.startswith(b"\xff\xd8")
        elif name.endswith(".ric"):
            assert decode_code(content).counted
        elif name.endswith(".cbeff.xml"):
            assert cbeff.decode(content)
        elif name.endswith("signature.json"):
            assert json.loads(content)["strokes"]
        else:
            assert content.startswith((b"\xff\xd8", b"\x89PNG")), name
        kinds.add(name.rpartition(".")[2])
    return kinds
