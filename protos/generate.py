"""Makes the Python code beside `rekam/v1/*.proto`; `--check` only says whether it is current.

The rules of protovalidate are imported by our files but come as a descriptor inside its wheel, not as a .proto;
protoc is given that descriptor. The image that this leaves for `buf` (`--image FILE`) holds our files and all they
import.
"""

import argparse
import filecmp
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import protovalidate
from google.protobuf import descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2

PROTOS = Path(__file__).resolve().parent
VALIDATE = "buf/validate/validate.proto"


def imported_descriptors() -> bytes:
    """The files that ours import from elsewhere, as a serialized FileDescriptorSet."""
    files = descriptor_pb2.FileDescriptorSet()
    for module in (descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2):
        module.DESCRIPTOR.CopyToProto(files.file.add())
    files.file.add().ParseFromString(protovalidate.ViolationPb.desc().file.proto.to_binary())
    return files.SerializeToString()


def protoc(*arguments: str) -> None:
    """Run protoc in a process of its own; its descriptor pool must not meet ours."""
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *arguments], check=True)


def own_files(root: Path) -> list[str]:
    """Our .proto files below `root`, relative to it."""
    return sorted(str(path.relative_to(root)) for path in root.glob("rekam/**/*.proto"))


def write_image(root: Path, image: Path) -> None:
    """Write `root`'s files and their imports as one image that buf can lint and compare."""
    with tempfile.TemporaryDirectory() as folder:
        imported = Path(folder) / "imported.binpb"
        imported.write_bytes(imported_descriptors())
        protoc(
            f"-I{root}",
            f"--descriptor_set_in={imported}",
            "--include_imports",
            "--include_source_info",
            f"--descriptor_set_out={image}",
            *own_files(root),
        )


def write_python(out: Path) -> None:
    """Write messages, their stubs and the gRPC classes below `out`."""
    with tempfile.TemporaryDirectory() as folder:
        imported = Path(folder) / "imported.binpb"
        imported.write_bytes(imported_descriptors())
        common = (f"-I{PROTOS}", f"--descriptor_set_in={imported}")
        protoc(*common, f"--python_out={out}", f"--pyi_out={out}", *own_files(PROTOS), VALIDATE)
        protoc(*common, f"--grpc_python_out={out}", *own_files(PROTOS))


def generated(root: Path) -> dict[str, Path]:
    """Generated files below `root` by relative name."""
    found = [*root.glob("rekam/**/*_pb2*.py*"), *root.glob("buf/**/*_pb2*.py*")]
    return {str(path.relative_to(root)): path for path in found if path.suffix in {".py", ".pyi"}}


def check() -> int:
    """Say whether the generated files are those that the .proto files make."""
    with tempfile.TemporaryDirectory() as folder:
        fresh_root = Path(folder)
        write_python(fresh_root)
        fresh, kept = generated(fresh_root), generated(PROTOS)
        stale = sorted(
            name
            for name in fresh.keys() | kept.keys()
            if name not in fresh or name not in kept or not filecmp.cmp(fresh[name], kept[name], shallow=False)
        )
    for name in stale:
        print(f"protos/{name} is not what the .proto files make; run `make protos`", file=sys.stderr)
    return 1 if stale else 0


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--image", type=Path)
    parser.add_argument("--root", type=Path, default=PROTOS)
    arguments = parser.parse_args()
    if arguments.check:
        return check()
    if arguments.image:
        write_image(arguments.root, arguments.image)
        return 0
    for path in generated(PROTOS).values():
        path.unlink()
    shutil.rmtree(PROTOS / "buf", ignore_errors=True)
    write_python(PROTOS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
