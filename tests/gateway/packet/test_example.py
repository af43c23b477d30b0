"""The program that a stranger would write: examples/open_packet.py, run as it is."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.packet import PacketPart
from tests.gateway.packet.forger import Forger
from tests.gateway.packet.mutations import chunk_slices, front_of, mutations
from tests.gateway.packet.packets import CHECKOUT, NIK, Enrolment, enrolment, gateway_key, private_pem, seal, statement
from tests.gateway.trust.signed_captures import new_key

EXAMPLE = CHECKOUT / "examples" / "open_packet.py"

MANY = """
import runpy, sys
from pathlib import Path
open_packet, folder, key = sys.argv[1:4]
module = runpy.run_path(open_packet)
for path in sorted(Path(folder).glob("*.rekam")):
    sys.argv = [open_packet, str(path), "--key", key, "--out", str(path.with_suffix(""))]
    print(path.name, module["main"]())
"""


@pytest.fixture
def centre_pem(tmp_path: Path) -> Path:
    path = tmp_path / "centre.pem"
    path.write_bytes(private_pem())
    return path


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    # -I: neither the checkout nor PYTHONPATH is importable, so nothing of the gateway is.
    return subprocess.run(
        [sys.executable, "-I", EXAMPLE, *map(str, arguments)], capture_output=True, text=True, check=False
    )


def test_it_imports_nothing_of_ours():
    tree = ast.parse(EXAMPLE.read_text(encoding="utf-8"))
    imported = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    imported |= {
        node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) if node.module
    }
    assert imported - sys.stdlib_module_names == {"cryptography", "joserfc"}


def test_it_writes_every_part(tmp_path, centre_pem):
    made = enrolment(3, record_bytes=80_000)
    sealed = seal(tmp_path / "p.rekam", made)
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(gateway_key().trust_bundle().certificates_pem)
    done = run(sealed.path, "--key", centre_pem, "--out", tmp_path / "out", "--trust", bundle)
    assert done.returncode == 0, done.stderr
    assert "all verified" in done.stdout
    found = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert found == {part.name for part in made.parts} | {"statement.json"}
    for part in made.parts:
        assert (tmp_path / "out" / part.name).read_bytes() == part.content()
    assert json.loads((tmp_path / "out" / "statement.json").read_text())["person"]["value"] == NIK


def test_wrong_keys_and_unknown_gateways_are_told(tmp_path, centre_pem):
    sealed = seal(tmp_path / "p.rekam", enrolment(1))
    (tmp_path / "other.pem").write_bytes(private_pem("elsewhere"))
    done = run(sealed.path, "--key", tmp_path / "other.pem", "--out", tmp_path / "out")
    assert done.returncode == 3
    assert "not encrypted to the key" in done.stderr
    (tmp_path / "bundle.pem").write_text(new_key().trust_bundle().certificates_pem)
    done = run(sealed.path, "--key", centre_pem, "--out", tmp_path / "out", "--trust", tmp_path / "bundle.pem")
    assert done.returncode == 3
    assert "outside the trust bundle" in done.stderr
    assert not (tmp_path / "out").exists()
    assert run(sealed.path, "--key", tmp_path / "nowhere", "--out", tmp_path / "out").returncode == 2
    assert run(sealed.path, "--key", centre_pem, "--out", tmp_path).returncode == 2


def test_each_random_mutation_is_refused_and_nothing_is_left(tmp_path, centre_pem):
    folder = tmp_path / "damaged"
    folder.mkdir()
    whole = seal(tmp_path / "p.rekam", enrolment(3, record_bytes=80_000)).path
    for number, (_, content) in enumerate(mutations(whole, 100, seed=8)):
        (folder / f"{number:03}.rekam").write_bytes(content)
    flipped = bytearray(whole.read_bytes())
    for at in range(0, chunk_slices(front_of(whole))[0].start, 97):
        flipped[at] ^= 1
        (folder / f"front-{at}.rekam").write_bytes(flipped)
        flipped[at] ^= 1
    done = subprocess.run(
        [sys.executable, "-I", "-c", MANY, EXAMPLE, folder, centre_pem], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    statuses = [line.split() for line in done.stdout.splitlines()]
    assert len(statuses) == len(list(folder.iterdir())) > 120
    assert {status for _, status in statuses} == {"3"}
    assert {path.suffix for path in folder.iterdir()} == {".rekam"}


def test_forty_megabytes_need_no_such_memory(tmp_path, centre_pem):
    parts = tuple(PacketPart.of(f"{number}.bin", "x/y", bytes(8_000_000)) for number in range(5))
    for name, held in (("a-small", ()), ("b-large", parts)):
        seal(tmp_path / f"{name}.rekam", Enrolment(statement(), held), chunk_bytes=1 << 20)
    measured = MANY + "    import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", measured, EXAMPLE, tmp_path, centre_pem],
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout.split("\n")
    assert [line for line in said if line.endswith(" 0")] == ["a-small.rekam 0", "b-large.rekam 0"]
    small, large = (int(line) * 1024 for line in said if line.isdigit())
    assert large - small < 12_000_000
    assert (tmp_path / "b-large" / "4.bin").stat().st_size == 8_000_000


def test_what_a_gateway_seals_wrongly_is_refused(tmp_path, centre_pem):
    forger = Forger(tmp_path / "p.rekam")
    changed = bytearray(forger.content())
    changed[-1] ^= 1
    for content in (
        bytes(changed),
        forger.content(tail=b""),
        forger.content(tail=b"".join(part.content() for part in forger.made.parts) + b"more"),
        forger.content(b'{"format":"rekam-enrolment","version":1}'),
        forger.content(key=new_key("kedoya-1")),
        b"\xff\xff\xff\xff",
    ):
        forger.seal(content)
        done = run(forger.path, "--key", centre_pem, "--out", tmp_path / "out")
        assert done.returncode == 3, done.stdout
        assert "NOT as it was sealed" in done.stderr
        assert not (tmp_path / "out").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"centre.pem", "p.rekam"}
