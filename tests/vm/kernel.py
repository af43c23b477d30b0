"""Debian's kernel as it was unpacked, and the order in which some of its modules are loaded."""

import lzma
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


class KernelMissingError(Exception):
    """No kernel, or not the module that is needed, was unpacked; the message says what to do."""


@dataclass(frozen=True)
class Kernel:
    """One kernel and the folder of its modules."""

    image: Path
    modules: Path

    @property
    def release(self) -> str:
        """As `uname -r` tells it."""
        return self.modules.name

    def in_loading_order(self, names: Iterable[str]) -> list[tuple[str, bytes]]:
        """Name and content of these modules, each after all that it depends on.

        The package has no modules.dep, as its installation would make it: a module names what it depends on itself.

        Raises
        ------
        KernelMissingError
            The kernel has no such module.
        """
        files = {_plain(file): file for file in (self.modules / "kernel").rglob("*.ko*")}
        ordered: dict[str, bytes] = {}

        def add(name: str) -> None:
            if name in ordered:
                return
            if name not in files:
                raise KernelMissingError(f"Linux {self.release} of this Debian has no module {name}")
            raw = files[name].read_bytes()
            content = lzma.decompress(raw) if files[name].suffix == ".xz" else raw
            for needed in _dependencies(content):
                add(needed)
            ordered[name] = content

        for name in names:
            add(name)
        return list(ordered.items())


def unpacked_kernel(folder: Path) -> Kernel:
    """The kernel that `tools/install_vm_packages.sh` unpacked below `folder`."""
    images = sorted((folder / "boot").glob("vmlinuz-*"))
    if not images:
        raise KernelMissingError(f"no kernel below {folder}; run tools/install_vm_packages.sh")
    image = images[-1]
    return Kernel(image, folder / "lib/modules" / image.name.removeprefix("vmlinuz-"))


def _plain(file: Path) -> str:
    return file.name.partition(".")[0].replace("-", "_")


def _dependencies(module: bytes) -> list[str]:
    """What the section .modinfo names."""
    match = re.search(rb"\0depends=([^\0]*)\0", module)
    return [] if match is None else [name.replace("-", "_") for name in match[1].decode().split(",") if name]
