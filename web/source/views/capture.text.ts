import { CaptureOutcome, LivenessVerdict, MissingReason } from "../generated/rekam/v1/capture_pb";
import type { Words } from "../text/language";

export const text = {
  title: { id: "Pengambilan", en: "Capture" },
  whichPart: { id: "Bagian yang diambil", en: "Part to be captured" },
  left: { id: "Kiri", en: "Left" },
  right: { id: "Kanan", en: "Right" },
  leftShort: { id: "Ki", en: "L" },
  rightShort: { id: "Ka", en: "R" },
  states: {
    todo: { id: "belum", en: "to do" },
    running: { id: "sedang diambil", en: "being captured" },
    good: { id: "selesai", en: "done" },
    poor: { id: "selesai, mutu rendah", en: "done, poor quality" },
    missing: { id: "tidak ada", en: "missing" },
  },
  stateAndScore: { id: "{state}, mutu {n}", en: "{state}, quality {n}" },
  progress: { id: "{done} dari {of} selesai", en: "{done} of {of} done" },
  person: { id: "Orang berikutnya", en: "Next person" },
  personSure: {
    id: "Hasil di layar dilepas; yang sudah terekam tetap tersimpan. Lanjut?",
    en: "What is on the screen goes; what was recorded stays kept. Go on?",
  },
  device: { id: "Perangkat", en: "Device" },
  automatic: { id: "Otomatis", en: "Automatic" },
  heldBy: { id: "{name} (dipakai {holder})", en: "{name} (held by {holder})" },
  noDevice: {
    id: "Tidak ada perangkat yang siap untuk {part}. Pasang, atau lihat bagian Perangkat.",
    en: "No device is ready for the {part}. Attach one, or look under Devices.",
  },
  synthetic: {
    id: "Perangkat contoh: gambarnya dibuat, bukan dari orang.",
    en: "A synthetic device: it draws its images; nobody is captured.",
  },
  start: { id: "Mulai ambil", en: "Start" },
  take: { id: "Ambil sekarang", en: "Take it now" },
  retake: { id: "Ulangi", en: "Retake" },
  cancel: { id: "Batalkan", en: "Cancel" },
  missing: { id: "Tidak ada / tidak bisa…", en: "Missing / cannot…" },
  missingTitle: { id: "Mengapa {part} tidak bisa diambil?", en: "Why can the {part} not be captured?" },
  back: { id: "Kembali", en: "Back" },
  next: { id: "Berikutnya: {part}", en: "Next: {part}" },
  allDone: { id: "Semua bagian selesai.", en: "All parts are done." },
  preview: { id: "Gambar langsung dari perangkat", en: "Live image from the device" },
  liveScore: { id: "Mutu sementara", en: "Quality so far" },
  still: { id: "Diam", en: "Still" },
  finger: { id: "jari", en: "finger" },
  left1: {
    id: "Diambil otomatis bila gambarnya baik; paling lambat {n} detik lagi.",
    en: "Taken by itself when the image is good; in {n} s at the latest.",
  },
  ready: { id: "{part}", en: "{part}" },
  pressStart: { id: "Tekan “Mulai ambil”.", en: "Press “Start”." },
  queued: { id: "Menunggu perangkat…", en: "Waiting for the device…" },
  place: { id: "Letakkan {part} di kaca", en: "Put the {part} on the glass" },
  look: { id: "Arahkan {part} ke kamera", en: "Bring the {part} before the camera" },
  hold: { id: "Bagus. Tahan, jangan bergerak", en: "Good. Hold still" },
  moment: { id: "Tunggu sebentar", en: "One moment" },
  processing: { id: "Gambar sudah diambil. Sedang diperiksa…", en: "The image is taken. Being judged…" },
  recovering: {
    id: "Perangkat sedang dipulihkan. Jangan dicabut",
    en: "The device is being reset. Leave it plugged in",
  },
  resultImage: {
    id: "Gambar yang terekam, dengan ciri yang ditemukan",
    en: "The recorded image, with what was found in it",
  },
  quality: { id: "Mutu", en: "Quality" },
  minutiae: { id: "{n} minusia", en: "{n} minutiae" },
  record: { id: "Rekaman ke-{n}", en: "Record {n}" },
  fingerShort: {
    1: { id: "Ibu jari ka", en: "R thumb" },
    2: { id: "Telunjuk ka", en: "R index" },
    3: { id: "Tengah ka", en: "R middle" },
    4: { id: "Manis ka", en: "R ring" },
    5: { id: "Kelingking ka", en: "R little" },
    6: { id: "Ibu jari ki", en: "L thumb" },
    7: { id: "Telunjuk ki", en: "L index" },
    8: { id: "Tengah ki", en: "L middle" },
    9: { id: "Manis ki", en: "L ring" },
    10: { id: "Kelingking ki", en: "L little" },
  } as Readonly<Record<number, Words>>,
} as const;

export const outcomeWords: Readonly<Record<CaptureOutcome, Words>> = {
  [CaptureOutcome.UNSPECIFIED]: { id: "Selesai", en: "Done" },
  [CaptureOutcome.CAPTURED]: { id: "Terekam dengan baik", en: "Recorded, and good" },
  [CaptureOutcome.BELOW_QUALITY]: { id: "Terekam, mutunya rendah", en: "Recorded, below the asked quality" },
  [CaptureOutcome.NO_FINGER]: { id: "Tidak ada jari yang terlihat", en: "No finger came" },
  [CaptureOutcome.MARKED_MISSING]: { id: "Dicatat tidak ada", en: "Recorded as missing" },
  [CaptureOutcome.CANCELLED]: { id: "Dibatalkan", en: "Cancelled" },
  [CaptureOutcome.DEVICE_LOST]: { id: "Perangkat terputus", en: "The device went away" },
  [CaptureOutcome.FAILED]: { id: "Tidak dapat direkam", en: "It could not be recorded" },
  [CaptureOutcome.NO_EYE]: { id: "Tidak ada mata yang terlihat", en: "No eye was seen" },
  [CaptureOutcome.NO_FACE]: { id: "Tidak ada wajah yang terlihat", en: "No face was seen" },
};

export const reasonWords: Readonly<Partial<Record<MissingReason, Words>>> = {
  [MissingReason.AMPUTATED]: { id: "Tidak ada (hilang)", en: "Lost" },
  [MissingReason.BANDAGED]: { id: "Diperban", en: "Bandaged" },
  [MissingReason.CANNOT_OPEN]: { id: "Mata tidak bisa dibuka", en: "Cannot open the eye" },
  [MissingReason.REFUSED]: { id: "Orangnya menolak", en: "Refused" },
  [MissingReason.DEVICE_BROKEN]: { id: "Perangkat rusak", en: "Device broken" },
  [MissingReason.OTHER]: { id: "Alasan lain", en: "Another reason" },
};

export const verdictWords: Readonly<Partial<Record<LivenessVerdict, Words>>> = {
  [LivenessVerdict.ATTACK_SUSPECTED]: {
    id: "Ada tanda mata palsu. Panggil penyelia.",
    en: "There are signs of a false eye. Call a supervisor.",
  },
};
