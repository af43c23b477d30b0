"""The virtual machine: what it is made of, and its process."""

import os
import shlex
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

from tests.vm.initramfs import initramfs
from tests.vm.kernel import Kernel

CHECKOUT: Final = Path(__file__).resolve().parents[2]
MODULES: Final = {
    "virtio_pci": "",
    "virtio_console": "",
    "9pnet_virtio": "",
    "9p": "",
    "overlay": "",
    "xhci_pci": "",
    "ftdi_sio": "",
    "vivid": "node_types=0x1 num_inputs=1 input_types=0",
}
"""Those that are asked for, with their parameters: of vivid one camera, a webcam."""
START_S: Final = 10.0
STARTED: Final = "rekam: started"
"""What `init.sh` says first."""


def kvm_is_usable() -> bool:
    """Whether this user may have the processor run the machine."""
    return os.access("/dev/kvm", os.R_OK | os.W_OK)


class Machine:
    """A machine without a network or a disk, which sees the files of this one and cannot write to them.

    Parameters
    ----------
    folder : Path
        For its sockets and what its console says; exists, and goes after the machine.
    kernel : Kernel
    unpacked : Path
        Where udev lies.
    kvm : bool
        Else the processor is emulated.
    environment : mapping of str to str
        Variables for the tests in it.
    """

    def __init__(
        self, folder: Path, kernel: Kernel, unpacked: Path, *, kvm: bool, environment: Mapping[str, str]
    ) -> None:
        self._folder = folder
        self._kernel = kernel
        self._kvm = kvm
        self._environment = {
            **environment,
            "REKAM_VM": "1",
            "REKAM_VM_CHECKOUT": str(CHECKOUT),
            "REKAM_VM_UNPACKED": str(unpacked),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        (self._folder / "initramfs").write_bytes(self._initramfs())
        # An input that has ended would count as a hung-up port, to which the tests could not write.
        self._process = subprocess.Popen(self._command(), stdin=subprocess.PIPE)
        return self

    def __exit__(self, *exc: object) -> None:
        assert self._process is not None
        with self._process:  # closes the pipe, and waits
            self._process.terminate()
            try:
                self._process.wait(START_S)
            except subprocess.TimeoutExpired:
                self._process.kill()

    @property
    def running(self) -> bool:
        """Whether QEMU is."""
        return self._process is not None and self._process.poll() is None

    @property
    def console(self) -> str:
        """What the kernel and the first process had to say."""
        path = self._folder / "console"
        return path.read_text(errors="replace") if path.exists() else ""

    def comes_up(self, within_s: float) -> bool:
        """Wait until the kernel has started the first process; False where it does not."""
        deadline = time.monotonic() + within_s
        while self.running and time.monotonic() < deadline:
            if STARTED in self.console:
                return True
            time.sleep(0.05)
        return False

    def socket(self, name: str) -> Path:
        """Path of `monitor`, `desk` or `card`, once QEMU listens there."""
        path = self._folder / name
        deadline = time.monotonic() + START_S
        while not path.exists():
            if not self.running or time.monotonic() > deadline:
                raise RuntimeError("QEMU did not start")
            time.sleep(0.01)
        return path

    def _initramfs(self) -> bytes:
        ordered = self._kernel.in_loading_order(MODULES)
        order = "".join(f"{name} {MODULES.get(name, '')}\n" for name, _ in ordered)
        environment = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in self._environment.items())
        files = {
            "init": (CHECKOUT / "tests/vm/init.sh").read_bytes(),
            "bin/busybox": Path("/bin/busybox").read_bytes(),
            "environment": environment.encode(),
            "modules/order": order.encode(),
            **{f"modules/{name}.ko": content for name, content in ordered},
        }
        return initramfs(files, {})

    def _command(self) -> list[str]:
        # Without arch-capabilities: where KVM is nested, an old QEMU offers more of them than it may set.
        kvm = ("-accel", "kvm", "-cpu", "host,-arch-capabilities")
        accelerator = kvm if self._kvm else ("-accel", "tcg,thread=multi", "-cpu", "max")
        return [
            *("qemu-system-x86_64", "-machine", "q35", *accelerator, "-smp", "2", "-m", "1536"),
            *("-nodefaults", "-no-user-config", "-nic", "none", "-display", "none", "-no-reboot"),
            *("-kernel", str(self._kernel.image), "-initrd", str(self._folder / "initramfs")),
            *("-append", "console=ttyS0 loglevel=5 panic=-1"),
            *("-serial", f"file:{self._folder / 'console'}"),
            *("-fsdev", "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap"),
            *("-device", "virtio-9p-pci,fsdev=host,mount_tag=host"),
            *("-device", "virtio-serial-pci"),
            *("-chardev", "stdio,id=output,signal=off", "-device", "virtserialport,chardev=output,name=rekam.output"),
            *("-chardev", self._listening("desk"), "-device", "virtserialport,chardev=desk,name=rekam.desk"),
            *("-chardev", self._listening("monitor"), "-mon", "chardev=monitor,mode=control"),
            *("-chardev", self._listening("card")),
            *("-device", "qemu-xhci,id=usb,p2=8,p3=8"),
        ]

    def _listening(self, name: str) -> str:
        return f"socket,id={name},path={self._folder / name},server=on,wait=off"
