"""Packets are read by programs that share no code and no library with the gateway."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.packet import Recipient, open_packet
from tests.gateway.packet.packets import NIK, centre_key, enrolment, private_pem, recipient, seal

READER = Path(__file__).with_name("open_packet.mjs")


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
def test_a_reader_on_nodes_crypto_gets_everything(tmp_path):
    made = enrolment(3, record_bytes=80_000)
    sealed = seal(tmp_path / "p.rekam", made, [recipient(), recipient("elsewhere")])
    (tmp_path / "centre.pem").write_bytes(private_pem())
    done = subprocess.run(
        ["node", READER, sealed.path, tmp_path / "centre.pem"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout)
    assert read["person"] == NIK
    assert read["digests"] == {part.name: part.sha256 for part in made.parts}


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_a_key_that_openssl_made_opens_it(tmp_path):
    def openssl(*arguments: object) -> bytes:
        return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=True).stdout

    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", tmp_path / "centre.pem")
    public = openssl("pkey", "-in", tmp_path / "centre.pem", "-pubout")
    sealed = seal(tmp_path / "p.rekam", recipients=[Recipient.from_pem(public), recipient()])
    private_key = load_pem_private_key((tmp_path / "centre.pem").read_bytes(), None)
    for key in (private_key, centre_key()):
        with open_packet(sealed.path, key) as packet:
            assert packet.statement.person.value == NIK
