"""Who holds a device: the message of a busy one names the program."""

import os
import pty
import subprocess
import sys
from pathlib import Path

from drivers.transports.node_holders import holders, named_holders

OPEN_AND_WAIT = "import os, sys; os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY); print(flush=True); sys.stdin.read()"


def test_the_program_that_has_a_node_open_is_named() -> None:
    master, slave = pty.openpty()
    node = Path(os.ttyname(slave))
    assert holders(node) == [], "our own does not count"
    assert named_holders(node) == "another program"
    with subprocess.Popen(
        [sys.executable, "-c", OPEN_AND_WAIT, str(node)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as program:
        assert program.stdout is not None
        program.stdout.readline()
        (holder,) = holders(node)
        assert holder.endswith(f"({program.pid})")
        assert holder.startswith("python")
        assert named_holders(node) == holder
        program.communicate()
    assert holders(node) == []
    for descriptor in (master, slave):
        os.close(descriptor)


def test_a_node_that_is_not_there_is_held_by_nobody(tmp_path: Path) -> None:
    assert holders(tmp_path / "none") == []
