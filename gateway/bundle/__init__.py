"""What leaves by hand: bundles on a stick and their answers, a gateway's move, its mirror; the face of the room."""

from gateway.bundle.answers_file import answers_files, answers_name, read_answers, write_answers
from gateway.bundle.arriving import import_gateway
from gateway.bundle.book import BundleBook, OfferedVolume, TakenAway
from gateway.bundle.contents import VolumeContents, read_contents
from gateway.bundle.desk import ExportDesk, Offer
from gateway.bundle.errors import (
    AlreadyImported,
    BookUnusable,
    BundleError,
    BundleUnknown,
    CopyDamaged,
    GatewayRetired,
    MediumFull,
    MediumGone,
    MediumUnwritable,
    NothingToTake,
    PassphraseWrong,
    ReadBackWrong,
    SourceChanged,
    StateNotEmpty,
    UnknownVolumeVersion,
    VolumeDamaged,
)
from gateway.bundle.exporting import USUAL_VOLUME_BYTES, ExportReport, VolumeSource, export_volumes
from gateway.bundle.importing import BundleSeen, ImportReport, TakenFile, TakenPacket, chain_forks, take_files
from gateway.bundle.medium import Placed
from gateway.bundle.mirror import MirrorKeeper, MirrorStatus
from gateway.bundle.mirror_index import holds_open_secret, mirror_folder, read_index
from gateway.bundle.moved_copy import MoveReport, copy_folder, read_header
from gateway.bundle.moving import export_gateway
from gateway.bundle.out_of_service import RETIRED_FILE, read_mark, refuse_out_of_service, remove_mark
from gateway.bundle.restoring import RestoreReport, restore_mirror
from gateway.bundle.sealed_stream import new_passphrase
from gateway.bundle.volume import SUFFIX, VolumeReport, verify_volume, volume_files, volume_name

__all__ = [
    "RETIRED_FILE",
    "SUFFIX",
    "USUAL_VOLUME_BYTES",
    "AlreadyImported",
    "BookUnusable",
    "BundleBook",
    "BundleError",
    "BundleSeen",
    "BundleUnknown",
    "CopyDamaged",
    "ExportDesk",
    "ExportReport",
    "GatewayRetired",
    "ImportReport",
    "MediumFull",
    "MediumGone",
    "MediumUnwritable",
    "MirrorKeeper",
    "MirrorStatus",
    "MoveReport",
    "NothingToTake",
    "Offer",
    "OfferedVolume",
    "PassphraseWrong",
    "Placed",
    "ReadBackWrong",
    "RestoreReport",
    "SourceChanged",
    "StateNotEmpty",
    "TakenAway",
    "TakenFile",
    "TakenPacket",
    "UnknownVolumeVersion",
    "VolumeContents",
    "VolumeDamaged",
    "VolumeReport",
    "VolumeSource",
    "answers_files",
    "answers_name",
    "chain_forks",
    "copy_folder",
    "export_gateway",
    "export_volumes",
    "holds_open_secret",
    "import_gateway",
    "mirror_folder",
    "new_passphrase",
    "read_answers",
    "read_contents",
    "read_header",
    "read_index",
    "read_mark",
    "refuse_out_of_service",
    "remove_mark",
    "restore_mirror",
    "take_files",
    "verify_volume",
    "volume_files",
    "volume_name",
    "write_answers",
]
