"""What to tell the operator: a code, what is wrong, what to do, in Indonesian and English."""

from dataclasses import dataclass
from enum import StrEnum


class GuidanceCode(StrEnum):
    """Why an image is not as good as it could be."""

    NO_FINGER = "no_finger"
    TOO_DRY = "too_dry"
    TOO_WET = "too_wet"
    TOO_LIGHT = "too_light"
    TOO_HARD = "too_hard"
    PARTIAL = "partial"
    OFF_CENTRE = "off_centre"
    MOVED = "moved"
    DIRTY_PLATEN = "dirty_platen"
    FEW_MINUTIAE = "few_minutiae"
    LOW_CONTRAST = "low_contrast"
    UNCLEAR_RIDGES = "unclear_ridges"
    LIFTED_EARLY = "lifted_early"
    ROTATED = "rotated"
    MOVE_LEFT = "move_left"
    MOVE_RIGHT = "move_right"
    MOVE_UP = "move_up"
    MOVE_DOWN = "move_down"
    LATENT_ONLY = "latent_only"
    NOT_A_FINGER = "not_a_finger"
    SAME_FINGER_AGAIN = "same_finger_again"
    WRONG_FINGER = "wrong_finger"
    WRONG_HAND = "wrong_hand"
    EXTRA_FINGERS = "extra_fingers"
    FINGERS_MISSING = "fingers_missing"
    OFF_GLASS = "off_glass"
    HAND_TURNED = "hand_turned"
    FINGERS_TOO_CLOSE = "fingers_too_close"
    NO_EYE = "no_eye"
    EYE_TOO_FAR = "eye_too_far"
    EYE_TOO_NEAR = "eye_too_near"
    EYE_OFF_CENTRE = "eye_off_centre"
    EYE_OUT_OF_FOCUS = "eye_out_of_focus"
    EYE_MOVED = "eye_moved"
    LOOK_AT_CAMERA = "look_at_camera"
    OPEN_WIDER = "open_wider"
    LASHES_OVER_IRIS = "lashes_over_iris"
    REFLECTION = "reflection"
    SPECTACLES = "spectacles"
    EYE_TOO_DARK = "eye_too_dark"
    EYE_TOO_BRIGHT = "eye_too_bright"
    PUPIL_TOO_WIDE = "pupil_too_wide"
    PUPIL_TOO_SMALL = "pupil_too_small"
    WRONG_EYE = "wrong_eye"
    SAME_EYE_TWICE = "same_eye_twice"
    NO_FACE = "no_face"
    FACE_TOO_DARK = "face_too_dark"
    FACE_TOO_BRIGHT = "face_too_bright"
    LIGHT_FROM_ONE_SIDE = "light_from_one_side"
    FACE_BLURRED = "face_blurred"
    FACE_MOVED = "face_moved"
    HEAD_TOO_SMALL = "head_too_small"
    HEAD_TOO_LARGE = "head_too_large"
    HEAD_OFF_CENTRE = "head_off_centre"
    HEAD_TILTED = "head_tilted"
    EYES_NOT_SEEN = "eyes_not_seen"
    CALIBRATION_OVERDUE = "calibration_overdue"
    CALIBRATION_FAILED = "calibration_failed"
    CALIBRATION_MISSING = "calibration_missing"
    CALIBRATION_CHANGED = "calibration_changed"


@dataclass(frozen=True)
class LocalizedText:
    """The same words in Indonesian (`id`) and English (`en`)."""

    id: str
    en: str


@dataclass(frozen=True)
class Guidance:
    """One remark on an image."""

    code: GuidanceCode
    fault: LocalizedText
    remedy: LocalizedText


def guidance(code: GuidanceCode) -> Guidance:
    """The words for `code`."""
    return Guidance(code, *_WORDS[code])


_WORDS: dict[GuidanceCode, tuple[LocalizedText, LocalizedText]] = {
    GuidanceCode.NO_FINGER: (
        LocalizedText("Tidak ada jari pada alat.", "There is no finger on the scanner."),
        LocalizedText("Letakkan jari di tengah kaca.", "Place the finger on the middle of the glass."),
    ),
    GuidanceCode.TOO_DRY: (
        LocalizedText("Jari terlalu kering.", "The finger is too dry."),
        LocalizedText("Lembapkan jari sedikit, lalu coba lagi.", "Moisten the finger a little and try again."),
    ),
    GuidanceCode.TOO_WET: (
        LocalizedText("Jari terlalu basah.", "The finger is too wet."),
        LocalizedText("Keringkan jari dan kaca, lalu coba lagi.", "Wipe the finger and the glass and try again."),
    ),
    GuidanceCode.TOO_LIGHT: (
        LocalizedText("Tekanan jari terlalu ringan.", "The finger presses too lightly."),
        LocalizedText("Tekan sedikit lebih kuat.", "Press a little more."),
    ),
    GuidanceCode.TOO_HARD: (
        LocalizedText("Tekanan jari terlalu kuat.", "The finger presses too hard."),
        LocalizedText("Tekan lebih ringan.", "Press less."),
    ),
    GuidanceCode.PARTIAL: (
        LocalizedText("Hanya sebagian jari yang terlihat.", "Only a part of the finger is seen."),
        LocalizedText("Letakkan seluruh bantalan jari mendatar.", "Lay the whole pad of the finger flat."),
    ),
    GuidanceCode.OFF_CENTRE: (
        LocalizedText("Jari tidak di tengah.", "The finger is off centre."),
        LocalizedText("Geser jari ke tengah kaca.", "Move the finger to the middle of the glass."),
    ),
    GuidanceCode.MOVED: (
        LocalizedText("Jari bergerak.", "The finger moves."),
        LocalizedText("Tahan jari agar diam.", "Hold the finger still."),
    ),
    GuidanceCode.DIRTY_PLATEN: (
        LocalizedText("Kaca alat kotor.", "The glass is dirty."),
        LocalizedText("Bersihkan kaca dengan kain kering.", "Clean the glass with a dry cloth."),
    ),
    GuidanceCode.FEW_MINUTIAE: (
        LocalizedText("Terlalu sedikit ciri pada sidik jari.", "Too few features are seen in the print."),
        LocalizedText("Letakkan bantalan jari, bukan ujungnya.", "Place the pad of the finger, not its tip."),
    ),
    GuidanceCode.LOW_CONTRAST: (
        LocalizedText("Gambar terlalu pucat.", "The image is too faint."),
        LocalizedText("Bersihkan kaca dan tekan sedikit lebih kuat.", "Clean the glass and press a little more."),
    ),
    GuidanceCode.UNCLEAR_RIDGES: (
        LocalizedText("Garis sidik jari tidak jelas.", "The ridges are not clear."),
        LocalizedText("Bersihkan jari dan kaca, lalu coba lagi.", "Clean the finger and the glass and try again."),
    ),
    GuidanceCode.LIFTED_EARLY: (
        LocalizedText("Jari diangkat terlalu cepat.", "The finger was lifted too early."),
        LocalizedText("Tahan jari sampai tanda selesai.", "Keep the finger down until the sign comes."),
    ),
    GuidanceCode.WRONG_HAND: (
        LocalizedText("Tangan yang diletakkan salah.", "This is the other hand."),
        LocalizedText("Letakkan tangan yang diminta.", "Place the hand that is asked for."),
    ),
    GuidanceCode.EXTRA_FINGERS: (
        LocalizedText("Terlalu banyak jari pada kaca.", "There are too many fingers on the glass."),
        LocalizedText("Letakkan hanya jari yang diminta.", "Place only the fingers that are asked for."),
    ),
    GuidanceCode.FINGERS_MISSING: (
        LocalizedText("Ada jari yang tidak terlihat.", "Not all fingers are seen."),
        LocalizedText(
            "Letakkan semua jari dengan tekanan yang sama, atau catat jari yang tidak ada.",
            "Place all fingers with the same pressure, or note the finger that is not there.",
        ),
    ),
    GuidanceCode.OFF_GLASS: (
        LocalizedText("Sebagian jari di luar kaca.", "A finger lies partly off the glass."),
        LocalizedText("Geser tangan ke tengah kaca.", "Move the hand to the middle of the glass."),
    ),
    GuidanceCode.HAND_TURNED: (
        LocalizedText("Tangan terlalu miring.", "The hand is turned too far."),
        LocalizedText("Luruskan jari ke arah atas kaca.", "Point the fingers straight up the glass."),
    ),
    GuidanceCode.FINGERS_TOO_CLOSE: (
        LocalizedText("Jari terlalu rapat.", "The fingers are too close together."),
        LocalizedText("Renggangkan jari sedikit.", "Spread the fingers a little."),
    ),
    GuidanceCode.ROTATED: (
        LocalizedText("Jari terlalu miring.", "The finger is turned."),
        LocalizedText("Arahkan ujung jari lurus ke atas kaca.", "Point the fingertip straight up the glass."),
    ),
    GuidanceCode.MOVE_LEFT: (
        LocalizedText("Jari terlalu ke kanan.", "The finger lies too far to the right."),
        LocalizedText("Geser jari ke kiri.", "Move the finger to the left."),
    ),
    GuidanceCode.MOVE_RIGHT: (
        LocalizedText("Jari terlalu ke kiri.", "The finger lies too far to the left."),
        LocalizedText("Geser jari ke kanan.", "Move the finger to the right."),
    ),
    GuidanceCode.MOVE_UP: (
        LocalizedText("Jari terlalu ke bawah.", "The finger lies too low on the glass."),
        LocalizedText("Geser jari ke depan.", "Move the finger forward."),
    ),
    GuidanceCode.MOVE_DOWN: (
        LocalizedText("Jari terlalu ke depan.", "The finger lies too high on the glass."),
        LocalizedText("Tarik jari ke belakang.", "Pull the finger back."),
    ),
    GuidanceCode.LATENT_ONLY: (
        LocalizedText("Hanya bekas sidik jari pada kaca.", "Only the trace of a former finger is on the glass."),
        LocalizedText("Bersihkan kaca, lalu letakkan jari.", "Clean the glass, then place the finger."),
    ),
    GuidanceCode.NOT_A_FINGER: (
        LocalizedText("Benda pada kaca bukan jari.", "What lies on the glass is not a finger."),
        LocalizedText("Angkat benda itu dan letakkan jari.", "Take it away and place the finger."),
    ),
    GuidanceCode.SAME_FINGER_AGAIN: (
        LocalizedText("Jari ini sudah direkam.", "This finger was captured already."),
        LocalizedText("Letakkan jari yang diminta.", "Place the finger that is asked for."),
    ),
    GuidanceCode.WRONG_FINGER: (
        LocalizedText("Jari ini bukan jari yang diminta.", "This is not the finger that is asked for."),
        LocalizedText("Periksa jari, lalu letakkan yang benar.", "Check the finger and place the right one."),
    ),
    GuidanceCode.NO_EYE: (
        LocalizedText("Tidak ada mata yang terlihat.", "No eye is seen."),
        LocalizedText(
            "Buka mata dan arahkan ke tengah kamera.", "Open the eye and bring it to the middle of the camera."
        ),
    ),
    GuidanceCode.EYE_TOO_FAR: (
        LocalizedText("Mata terlalu jauh.", "The eye is too far away."),
        LocalizedText("Dekatkan mata ke kamera.", "Move closer to the camera."),
    ),
    GuidanceCode.EYE_TOO_NEAR: (
        LocalizedText("Mata terlalu dekat.", "The eye is too near."),
        LocalizedText("Mundur sedikit dari kamera.", "Move back a little."),
    ),
    GuidanceCode.EYE_OFF_CENTRE: (
        LocalizedText("Mata tidak di tengah.", "The eye is off centre."),
        LocalizedText("Geser mata ke tengah gambar.", "Bring the eye to the middle of the frame."),
    ),
    GuidanceCode.EYE_OUT_OF_FOCUS: (
        LocalizedText("Gambar mata kabur.", "The eye is out of focus."),
        LocalizedText(
            "Maju atau mundur perlahan sampai gambar tajam.", "Move slowly closer or back until the image is sharp."
        ),
    ),
    GuidanceCode.EYE_MOVED: (
        LocalizedText("Mata bergerak.", "The eye moves."),
        LocalizedText("Tahan kepala dan kamera agar diam.", "Hold the head and the camera still."),
    ),
    GuidanceCode.LOOK_AT_CAMERA: (
        LocalizedText("Mata tidak melihat ke kamera.", "The eye does not look at the camera."),
        LocalizedText("Lihat lurus ke kamera.", "Look straight at the camera."),
    ),
    GuidanceCode.OPEN_WIDER: (
        LocalizedText("Kelopak menutupi mata.", "The lids cover the eye."),
        LocalizedText(
            "Buka mata lebih lebar; bila perlu angkat kelopak dengan jari.",
            "Open the eye wider; if need be, lift the lid with a finger.",
        ),
    ),
    GuidanceCode.LASHES_OVER_IRIS: (
        LocalizedText("Bulu mata menutupi iris.", "Lashes cover the iris."),
        LocalizedText(
            "Buka mata lebih lebar dan angkat dagu sedikit.", "Open the eye wider and raise the chin a little."
        ),
    ),
    GuidanceCode.REFLECTION: (
        LocalizedText("Ada pantulan pada iris.", "There is a reflection on the iris."),
        LocalizedText("Jauhkan dari jendela dan lampu.", "Turn away from windows and lamps."),
    ),
    GuidanceCode.SPECTACLES: (
        LocalizedText("Kacamata memantulkan cahaya.", "Spectacles reflect the light."),
        LocalizedText("Lepaskan kacamata.", "Take the spectacles off."),
    ),
    GuidanceCode.EYE_TOO_DARK: (
        LocalizedText("Gambar mata terlalu gelap.", "The eye is too dark."),
        LocalizedText(
            "Periksa lampu kamera dan jangan menghalanginya.", "Check the camera's lamps and keep them free."
        ),
    ),
    GuidanceCode.EYE_TOO_BRIGHT: (
        LocalizedText("Gambar mata terlalu terang.", "The eye is too bright."),
        LocalizedText(
            "Jauhkan dari cahaya kuat atau mundur sedikit.", "Turn away from strong light or move back a little."
        ),
    ),
    GuidanceCode.PUPIL_TOO_WIDE: (
        LocalizedText("Pupil terlalu lebar.", "The pupil is too wide."),
        LocalizedText("Terangkan ruangan.", "Make the room lighter."),
    ),
    GuidanceCode.PUPIL_TOO_SMALL: (
        LocalizedText("Pupil terlalu kecil.", "The pupil is too small."),
        LocalizedText("Redupkan ruangan.", "Make the room darker."),
    ),
    GuidanceCode.WRONG_EYE: (
        LocalizedText("Mata yang salah.", "It is the wrong eye."),
        LocalizedText("Gunakan mata yang lain.", "Present the other eye."),
    ),
    GuidanceCode.SAME_EYE_TWICE: (
        LocalizedText("Mata yang sama diambil dua kali.", "The same eye was taken twice."),
        LocalizedText("Ambil mata yang lain.", "Take the other eye."),
    ),
    GuidanceCode.NO_FACE: (
        LocalizedText("Tidak ada wajah yang terlihat.", "No face is seen."),
        LocalizedText(
            "Duduk menghadap kamera, wajah di tengah gambar.", "Face the camera, in the middle of the frame."
        ),
    ),
    GuidanceCode.FACE_TOO_DARK: (
        LocalizedText("Wajah terlalu gelap.", "The face is too dark."),
        LocalizedText(
            "Nyalakan lampu di depan orangnya; jangan membelakangi jendela.",
            "Light the person from the front, and let no window be behind.",
        ),
    ),
    GuidanceCode.FACE_TOO_BRIGHT: (
        LocalizedText("Wajah terlalu terang.", "The face is too bright."),
        LocalizedText("Redupkan lampu atau jauhkan dari wajah.", "Dim the lamp or move it away from the face."),
    ),
    GuidanceCode.LIGHT_FROM_ONE_SIDE: (
        LocalizedText("Cahaya hanya dari satu sisi.", "The light comes from one side."),
        LocalizedText("Terangi wajah dari depan.", "Light the face from the front."),
    ),
    GuidanceCode.FACE_BLURRED: (
        LocalizedText("Gambar wajah kabur.", "The face is blurred."),
        LocalizedText("Bersihkan lensa, atur fokus, dan duduk diam.", "Clean the lens, set the focus, and hold still."),
    ),
    GuidanceCode.FACE_MOVED: (
        LocalizedText("Kepala bergerak.", "The head moves."),
        LocalizedText("Tahan kepala agar diam.", "Hold the head still."),
    ),
    GuidanceCode.HEAD_TOO_SMALL: (
        LocalizedText("Kepala terlalu kecil dalam gambar.", "The head is too small in the frame."),
        LocalizedText("Dekatkan orangnya ke kamera.", "Bring the person closer to the camera."),
    ),
    GuidanceCode.HEAD_TOO_LARGE: (
        LocalizedText("Kepala terlalu besar dalam gambar.", "The head is too large in the frame."),
        LocalizedText("Mundur sedikit dari kamera.", "Move back a little."),
    ),
    GuidanceCode.HEAD_OFF_CENTRE: (
        LocalizedText("Kepala tidak di tengah.", "The head is off centre."),
        LocalizedText("Geser kepala ke tengah gambar.", "Bring the head to the middle of the frame."),
    ),
    GuidanceCode.HEAD_TILTED: (
        LocalizedText("Kepala miring.", "The head is tilted."),
        LocalizedText("Tegakkan kepala.", "Hold the head upright."),
    ),
    GuidanceCode.EYES_NOT_SEEN: (
        LocalizedText("Mata tidak terlihat jelas.", "The eyes are not clearly seen."),
        LocalizedText(
            "Buka mata, lihat ke kamera, dan singkirkan yang menutupinya.",
            "Open the eyes, look at the camera, and uncover them.",
        ),
    ),
    GuidanceCode.CALIBRATION_OVERDUE: (
        LocalizedText("Kalibrasi alat sudah lewat waktunya.", "The device's calibration is overdue."),
        LocalizedText("Panggil teknisi untuk mengalibrasi alat.", "Call the technician to calibrate the device."),
    ),
    GuidanceCode.CALIBRATION_FAILED: (
        LocalizedText(
            "Alat tidak memenuhi batas kalibrasinya.", "The device does not keep the limits of its calibration."
        ),
        LocalizedText("Pakai alat lain, dan panggil teknisi.", "Use another device, and call the technician."),
    ),
    GuidanceCode.CALIBRATION_MISSING: (
        LocalizedText("Alat belum pernah dikalibrasi.", "The device was never calibrated."),
        LocalizedText("Panggil teknisi untuk mengalibrasi alat.", "Call the technician to calibrate the device."),
    ),
    GuidanceCode.CALIBRATION_CHANGED: (
        LocalizedText("Alat ini lain daripada yang dikalibrasi.", "The device is another than was calibrated."),
        LocalizedText("Panggil teknisi untuk mengalibrasi alat.", "Call the technician to calibrate the device."),
    ),
}
