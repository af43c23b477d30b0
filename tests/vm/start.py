"""`make test-vm`: boots Debian's kernel in QEMU and runs the tests of the real drivers in it."""

import argparse
import json
import os
import shlex
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.vm.bench import Bench
from tests.vm.kernel import Kernel, KernelMissingError, unpacked_kernel
from tests.vm.machine import CHECKOUT, Machine, kvm_is_usable
from tests.vm.qmp import Qmp
from tests.vm.vscard import CardSlot

LIMIT_S = 600.0
MONITOR_TIMEOUT_S = 20.0
KVM_PATIENCE_S = 20.0
"""KVM that is nested in another machine may be there and still crawl, or not start a kernel at all."""
CONSOLE_LINES = 400


@dataclass
class Report:
    """How far the machine came."""

    booted_s: float = 0.0
    """From its start until the tests began; 0 where they did not."""
    status: int | None = None
    """pytest's; None where it did not come to its end."""
    counts: dict[str, int] = field(default_factory=dict)
    """How many tests `passed`, `failed` and so on."""
    figures: list[str] = field(default_factory=list)


def main() -> int:
    """Run; the exit status is pytest's, or 1 where the machine did not come so far."""
    parser = argparse.ArgumentParser(prog="tests.vm.start", description=f"{__doc__} Other arguments go to pytest.")
    parser.add_argument("--without-kvm", action="store_true", help="emulate the processor even where KVM is usable")
    parser.add_argument("--unpacked", type=Path, default=CHECKOUT / ".venv/vm/unpacked", help="Debian's kernel, udev")
    parser.add_argument("--limit", type=float, default=LIMIT_S, metavar="S", help="seconds until it is given up")
    parser.add_argument("--console", action="store_true", help="show at the end what the kernel said")
    options, pytest_arguments = parser.parse_known_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the machine ends with us
    if shutil.which("qemu-system-x86_64") is None:
        print("test-vm: there is no qemu-system-x86_64; run tools/install_vm_packages.sh", file=sys.stderr)
        return 1
    try:
        kernel = unpacked_kernel(options.unpacked)
        runs = [True, False] if kvm_is_usable() and not options.without_kvm else [False]
        for kvm in runs:
            report = _run(kernel, options, pytest_arguments, kvm=kvm)
            if report is not None:
                return 1 if report.status is None else report.status
    except KernelMissingError as error:
        print(f"test-vm: {error}", file=sys.stderr)
    return 1


def _run(kernel: Kernel, options: argparse.Namespace, pytest_arguments: list[str], *, kvm: bool) -> Report | None:
    """Start the machine, and see it to its end; None where KVM is there, but cannot run it."""
    how = f"Linux {kernel.release}, {'with KVM' if kvm else 'emulated without KVM'}"
    print(f"test-vm: starting {how}", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="rekam-vm-") as folder:
        environment = _environment(pytest_arguments)
        machine = Machine(Path(folder), kernel, options.unpacked.resolve(), kvm=kvm, environment=environment)
        with machine:
            if kvm and not machine.comes_up(KVM_PATIENCE_S):
                print(f"test-vm: KVM starts no kernel in {KVM_PATIENCE_S:.0f} s; going on without", flush=True)
                return None
            report = _attended(machine, began, options.limit)
        if options.console or report.status is None:
            print(*machine.console.splitlines()[-CONSOLE_LINES:], sep="\n")
    took_s = time.monotonic() - began
    for figure in report.figures:
        print(f"test-vm: {figure}")
    tally = ", ".join(f"{count} {outcome}" for outcome, count in report.counts.items()) or "no test ran"
    if report.status is None:
        tally += "; the machine ended before the tests did" if took_s < options.limit else "; not done in time"
    print(f"test-vm: {tally}; {how}; {took_s:.0f} s, of which {report.booted_s:.0f} s until the first test")
    return report


def _environment(pytest_arguments: list[str]) -> dict[str, str]:
    """Variables for the tests; what tunes libraries to this machine goes along."""
    chosen = list(pytest_arguments)
    if not any("guest_" in argument for argument in chosen):
        chosen += sorted(str(file.relative_to(CHECKOUT)) for file in Path(__file__).parent.glob("guest_*.py"))
    kept = {name: value for name, value in os.environ.items() if name.startswith(("OPENBLAS_", "OMP_", "REKAM_VM_"))}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1", "REKAM_VM_ARGUMENTS": shlex.join(chosen)}


def _attended(machine: Machine, began: float, limit_s: float) -> Report:
    """Plug devices in and out as the tests ask for it, until they are done, the machine is, or the time is over."""
    report = Report()
    with (
        Qmp(machine.socket("monitor"), MONITOR_TIMEOUT_S) as qmp,
        CardSlot(machine.socket("card")) as slot,
        Bench(qmp, slot) as bench,
        socket.socket(socket.AF_UNIX) as desk,
    ):
        desk.connect(str(machine.socket("desk")))
        for line in _lines(desk, began + limit_s):
            request = json.loads(line)
            match request.pop("action"):
                case "begin":
                    report.booted_s = time.monotonic() - began
                    answer: dict[str, object] = {}
                case "end":
                    report.status, report.counts = request["status"], request["counts"]
                    report.figures = request["figures"]
                    answer = {}
                case action:
                    answer = _acted(bench, action, request)
            desk.sendall(json.dumps(answer).encode() + b"\n")
    return report


def _acted(bench: Bench, action: str, arguments: dict[str, Any]) -> dict[str, object]:
    try:
        return {"result": bench.act(action, arguments)}
    except Exception as error:
        # Whatever it is, the test that asked tells it.
        return {"error": f"{type(error).__name__}: {error}"}


def _lines(desk: socket.socket, deadline: float) -> Iterator[bytes]:
    pending = b""
    while True:
        *lines, pending = pending.split(b"\n")
        yield from lines
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            return
        desk.settimeout(left_s)
        try:
            came = desk.recv(65536)
        except (TimeoutError, ConnectionError):
            return
        if not came:
            return
        pending += came


if __name__ == "__main__":
    sys.exit(main())
