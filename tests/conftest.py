"""For every test: card readers are those of a service that the test itself runs, never this machine's."""

import os
import tempfile
from pathlib import Path

PCSCD_SOCKET = Path(tempfile.gettempdir()) / f"rekam-pcscd-{os.getpid()}.sock"

# libpcsclite reads once per process where its service listens: at the first look for readers, whichever test makes it.
os.environ["PCSCLITE_CSOCK_NAME"] = str(PCSCD_SOCKET)
