import { CalibrationState } from "../generated/rekam/v1/calibration_pb";
import { DeviceIncidentKind, DeviceKind, DeviceState } from "../generated/rekam/v1/device_pb";
import type { Words } from "../text/language";

export const text = {
  title: { id: "Perangkat", en: "Devices" },
  none: {
    id: "Tidak ada perangkat. Pasang satu, atau beri gateway daftar perangkat ([[device]] di rekam.toml).",
    en: "There is no device. Attach one, or give the gateway a list ([[device]] in rekam.toml).",
  },
  problems: { id: "Tidak dapat dipakai", en: "Cannot be used" },
  driverRemedy: {
    id: "Cabut dan pasang lagi perangkatnya; bila tetap begini, jalankan `rekam doctor` dan tunjukkan kepada teknisi.",
    en: "Unplug the device and plug it in again; if this stays, run `rekam doctor` and show a technician.",
  },
  choose: { id: "Pilih perangkat", en: "Choose a device" },
  gone: {
    id: "Perangkat itu tidak ada di gateway ini. Pilih yang lain.",
    en: "That device is not at this gateway. Choose another.",
  },
  kind: { id: "Jenis", en: "Kind" },
  name: { id: "Nama di gateway", en: "Name at the gateway" },
  driver: { id: "Driver", en: "Driver" },
  firmware: { id: "Firmware", en: "Firmware" },
  image: { id: "Gambar", en: "Image" },
  imageSize: { id: "{width} × {height}, {ppi} ppi", en: "{width} × {height}, {ppi} ppi" },
  synthetic: { id: "Perangkat contoh", en: "Synthetic" },
  heldBy: { id: "Dipakai oleh", en: "Held by" },
  free: { id: "bebas", en: "free" },
  heldFor: { id: "{holder} ({reason})", en: "{holder} ({reason})" },
  term: { id: "Pemakaian berakhir", en: "Term ends" },
  termHint: { id: "{at}, bila tidak diperpanjang", en: "{at}, unless it is renewed" },
  queue: { id: "Menunggu giliran", en: "Waiting in the queue" },
  calibration: { id: "Kalibrasi", en: "Calibration" },
  due: { id: "Kalibrasi berikutnya", en: "Calibration due" },
  inUse: { id: "Kalibrasi terpakai", en: "Calibration in use" },
  toTechnician: { id: "Buka di bagian Teknisi", en: "Open under Technician" },
  health: { id: "Kesehatan", en: "Health" },
  attached: { id: "Terpasang sejak", en: "Attached since" },
  uptime: { id: "Siap atau dipakai", en: "Ready or in use" },
  temperature: { id: "Suhu", en: "Temperature" },
  celsius: { id: "{n} °C", en: "{n} °C" },
  captures: { id: "Pengambilan", en: "Captures" },
  timeouts: { id: "Kehabisan waktu", en: "Timeouts" },
  resets: { id: "Diatur ulang", en: "Resets" },
  losses: { id: "Terputus", en: "Losses" },
  failures: { id: "Perlu orang", en: "Needed a person" },
  badFrames: { id: "Gambar rusak", en: "Bad frames" },
  lastError: { id: "Kesalahan terakhir", en: "Last error" },
  day: { id: "Hari (UTC)", en: "Day (UTC)" },
  days: { id: "31 hari terakhir", en: "The last 31 days" },
  noDays: { id: "Belum ada yang tercatat.", en: "Nothing is on record yet." },
  incidents: { id: "Kejadian terakhir", en: "Latest incidents" },
  noIncidents: { id: "Tidak ada kejadian.", en: "There was no incident." },
  reset: { id: "Atur ulang…", en: "Reset…" },
  resetSure: {
    id: "Perangkat berhenti sebentar; pengambilan yang berjalan dilanjutkan. Atur ulang?",
    en: "The device stops for a moment; a capture under way goes on. Reset it?",
  },
  resetDone: { id: "Sudah diatur ulang.", en: "It was reset." },
  selfTest: { id: "Uji diri", en: "Self-test" },
  testing: { id: "Sedang diuji; jangan sentuh perangkat…", en: "Being tested; do not touch the device…" },
  passed: { id: "baik", en: "passed" },
  failed: { id: "gagal", en: "failed" },
  allPassed: { id: "Semua uji baik.", en: "Every test passed." },
  someFailed: {
    id: "Ada uji yang gagal. Bersihkan perangkat, periksa kabelnya, uji lagi; bila tetap gagal, hubungi teknisi.",
    en: "A test failed. Clean the device, check its cable, test again; if it fails still, call a technician.",
  },
} as const;

export const kindWords: Readonly<Record<DeviceKind, Words>> = {
  [DeviceKind.UNSPECIFIED]: { id: "Perangkat", en: "Device" },
  [DeviceKind.FINGERPRINT_SCANNER]: { id: "Pemindai sidik jari", en: "Fingerprint scanner" },
  [DeviceKind.IRIS_CAMERA]: { id: "Kamera iris", en: "Iris camera" },
  [DeviceKind.PORTRAIT_CAMERA]: { id: "Kamera wajah", en: "Portrait camera" },
  [DeviceKind.CARD_WRITER]: { id: "Penulis kartu", en: "Card writer" },
  [DeviceKind.SLAP_SCANNER]: { id: "Pemindai empat jari", en: "Four-finger scanner" },
};

export const stateWords: Readonly<Record<DeviceState, Words>> = {
  [DeviceState.UNSPECIFIED]: { id: "tidak diketahui", en: "unknown" },
  [DeviceState.ABSENT]: { id: "tidak terpasang", en: "absent" },
  [DeviceState.IDLE]: { id: "siap", en: "ready" },
  [DeviceState.AWAITING_FINGER_ON]: { id: "menunggu jari", en: "awaiting a finger" },
  [DeviceState.CAPTURING]: { id: "sedang mengambil", en: "capturing" },
  [DeviceState.AWAITING_FINGER_OFF]: { id: "menunggu jari diangkat", en: "awaiting the finger's lift" },
  [DeviceState.RECOVERING]: { id: "sedang dipulihkan", en: "being reset" },
  [DeviceState.FAILED]: { id: "rusak atau macet", en: "failed" },
  [DeviceState.AWAITING_EYE]: { id: "menunggu mata", en: "awaiting an eye" },
  [DeviceState.AWAITING_FACE]: { id: "menunggu wajah", en: "awaiting a face" },
};

/** What a person does about a state of which the gateway itself gives no words. */
export const stateRemedies: Readonly<Partial<Record<DeviceState, Words>>> = {
  [DeviceState.ABSENT]: {
    id: "Perangkat ini pernah ada dan sekarang tidak. Periksa kabel dan dayanya, lalu pasang lagi: gateway mengenalinya sendiri.",
    en: "This device was here and is not now. Check its cable and power, and plug it in again: the gateway finds it by itself.",
  },
  [DeviceState.FAILED]: {
    id: "Atur ulang; bila tetap begini, cabut 10 detik lalu pasang lagi, atau hubungi teknisi.",
    en: "Reset it; if this stays, unplug it for 10 seconds and plug it in again, or call a technician.",
  },
  [DeviceState.RECOVERING]: {
    id: "Tunggu sebentar, dan jangan dicabut.",
    en: "Wait a moment, and leave it plugged in.",
  },
};

export const calibrationWords: Readonly<Record<CalibrationState, Words>> = {
  [CalibrationState.UNSPECIFIED]: { id: "tidak diketahui", en: "unknown" },
  [CalibrationState.NEVER]: { id: "belum pernah", en: "never" },
  [CalibrationState.VALID]: { id: "berlaku", en: "valid" },
  [CalibrationState.DUE_SOON]: { id: "hampir waktunya", en: "due soon" },
  [CalibrationState.OVERDUE]: { id: "lewat waktunya", en: "overdue" },
  [CalibrationState.FAILED]: { id: "di luar batas", en: "failed" },
  [CalibrationState.CHANGED]: { id: "perangkat berubah", en: "device changed" },
};

export const calibrationRemedies: Readonly<Partial<Record<CalibrationState, Words>>> = {
  [CalibrationState.NEVER]: {
    id: "Belum ada kalibrasi yang dipakai. Minta teknisi mengkalibrasi perangkat ini.",
    en: "No calibration is in use. Ask a technician to calibrate this device.",
  },
  [CalibrationState.DUE_SOON]: {
    id: "Rencanakan kalibrasi sebelum tanggal itu.",
    en: "Plan the calibration before that date.",
  },
  [CalibrationState.OVERDUE]: {
    id: "Perlu dikalibrasi lagi. Hubungi teknisi.",
    en: "It has to be calibrated again. Call a technician.",
  },
  [CalibrationState.FAILED]: {
    id: "Pengukuran terakhir di luar batas. Bersihkan perangkat dan kalibrasi lagi; bila tetap begini, ganti perangkatnya.",
    en: "The latest measurement was outside a limit. Clean it and calibrate again; if this stays, replace it.",
  },
  [CalibrationState.CHANGED]: {
    id: "Nomor seri atau firmware bukan yang dulu diukur. Kalibrasi lagi.",
    en: "Its serial number or firmware is not what was measured. Calibrate it again.",
  },
};

export const incidentWords: Readonly<Record<DeviceIncidentKind, Words>> = {
  [DeviceIncidentKind.UNSPECIFIED]: { id: "Kejadian", en: "Incident" },
  [DeviceIncidentKind.RESET]: { id: "Macet, diatur ulang", en: "Hung, was reset" },
  [DeviceIncidentKind.LOSS]: { id: "Terputus saat dipakai", en: "Lost while in use" },
  [DeviceIncidentKind.FAILURE]: { id: "Tidak dapat dipakai", en: "Could not be used" },
};

export const incidentRemedies: Readonly<Partial<Record<DeviceIncidentKind, Words>>> = {
  [DeviceIncidentKind.RESET]: {
    id: "Bila sering: pakai porta USB lain, tanpa hub; perbarui firmware.",
    en: "If it is often so: use another USB port, without a hub; update the firmware.",
  },
  [DeviceIncidentKind.LOSS]: {
    id: "Periksa kabel dan colokannya; bila longgar, ganti.",
    en: "Check the cable and its plugs; replace what is loose.",
  },
  [DeviceIncidentKind.FAILURE]: {
    id: "Cabut 10 detik, pasang lagi, lalu uji diri; bila gagal, hubungi teknisi.",
    en: "Unplug it for 10 seconds, plug it in, run the self-test; if that fails, call a technician.",
  },
};
