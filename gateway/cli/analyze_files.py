"""What `rekam analyze` writes: files named after their image, each whole or not there, and none replaced unasked."""

import os
from pathlib import Path

from gateway.cli.exits import bad_usage


def make_folder(out: Path) -> None:
    """Make the folder of --out.

    Raises
    ------
    CommandFailure
        It cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise bad_usage(f"The folder {out} cannot be made: {error.strerror}. Name another with --out.") from error


def unused_name(wanted: str, taken: set[str]) -> str:
    """The name, numbered where it is taken already; it is taken from now on."""
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    taken.add(name)
    return name


def write_files(out: Path, name: str, contents: dict[str, bytes], *, force: bool, source: Path) -> dict[str, str]:
    """Write the contents under `name`, and give their paths, both by their endings.

    Parameters
    ----------
    out : Path
        The folder.
    name : str
        Of the files, without ending.
    contents : dict
        By ending, without the dot.
    force : bool
        Files that are there may be replaced; `source` never is.
    source : Path
        What was analysed.

    Raises
    ------
    CommandFailure
        A file is there already, or cannot be written.
    """
    paths = {kind: out / f"{name}.{kind}" for kind in contents}
    there = [path for path in paths.values() if path.exists()]
    if any(path.samefile(source) for path in there if source.exists()):
        raise bad_usage(f"{source} is what was given, and would be replaced. Name another folder with --out.")
    if there and not force:
        raise bad_usage(f"{there[0]} is there already. Name another folder with --out, or replace it with --force.")
    try:
        for kind, path in paths.items():
            part = path.with_name(f".{path.name}.part")
            with part.open("wb") as file:
                file.write(contents[kind])
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
    except OSError as error:
        raise bad_usage(f"{path} cannot be written: {error.strerror}. Name another folder with --out.") from error
    return {kind: str(path) for kind, path in paths.items()}
