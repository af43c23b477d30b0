import { CallbackPurpose, NoticeState } from "../generated/rekam/v1/callback_pb";
import {
  AnnouncementKind,
  AnnouncementSource,
  LinkCause,
  LinkSide,
  LinkState,
  LinkWeakness,
} from "../generated/rekam/v1/link_pb";
import { PacketState } from "../generated/rekam/v1/outbox_pb";
import type { Words } from "../text/language";

export const text = {
  // How the link does
  stateTitle: { id: "Sambungan ke pusat", en: "Link to the centre" },
  since: { id: "Selama", en: "For" },
  centre: { id: "Alamat pusat", en: "Centre's address" },
  cause: { id: "Sebab", en: "Cause" },
  side: { id: "Yang dapat memperbaiki", en: "Who can mend it" },
  outageSince: { id: "Terputus sejak", en: "Outage since" },
  sinceAndFor: { id: "{at} ({length})", en: "{at} ({length})" },
  meanwhile: { id: "Direkam selama itu", en: "Recorded meanwhile" },
  meanwhileCounts: {
    id: "{captures} rekaman, {enrolments} perekaman orang",
    en: "{captures} captures, {enrolments} enrolments",
  },
  weak: { id: "Kelemahan", en: "Weaknesses" },
  roundTrip: { id: "Waktu tempuh", en: "Round trip" },
  milliseconds: { id: "{n} md", en: "{n} ms" },
  loss: { id: "Gagal dijangkau", en: "Looks that failed" },
  goodput: { id: "Kecepatan paket", en: "Packets' speed" },
  perSecond: { id: "{size} per detik", en: "{size} per second" },
  goesOn: {
    id: "Perekaman jalan terus: semua tersimpan di sini dan dikirim sendiri bila pusat kembali.",
    en: "Recording goes on: all of it is kept here, and leaves by itself once the centre is back.",
  },
  findings: { id: "Temuan pemeriksaan terakhir (teknisi)", en: "What the newest look found (technician)" },
  ok: { id: "baik", en: "good" },
  notOk: { id: "gagal", en: "failed" },
  // What waits
  backlogTitle: { id: "Yang menunggu dikirim", en: "What waits to be sent" },
  nothingWaits: { id: "Tidak ada paket yang menunggu.", en: "No packet waits." },
  state: { id: "Keadaan", en: "State" },
  toLeave: { id: "Masih harus dikirim", en: "Still to leave" },
  waits: { id: "{n} paket, {size}", en: "{n} packets, {size}" },
  oldest: { id: "Paling lama menunggu", en: "Oldest has waited" },
  carried: { id: "Dibawa dengan media, tanda terima belum kembali", en: "Carried on a medium, no receipt back yet" },
  forecast: { id: "Perkiraan selesai", en: "Expected to be gone" },
  forecastRange: {
    id: "kira-kira {likely} lagi (antara {earliest} dan {latest})",
    en: "in about {likely} (between {earliest} and {latest})",
  },
  forecastOpen: {
    id: "kira-kira {likely} lagi, paling cepat {earliest}; paling lambat tidak dapat dikatakan",
    en: "in about {likely}, {earliest} at the earliest; the latest cannot be told",
  },
  forecastEarliest: {
    id: "paling cepat {earliest} lagi; selebihnya tidak dapat dikatakan",
    en: "{earliest} at the earliest; more cannot be told",
  },
  forecastFromReturn: {
    id: "{forecast}, dihitung sejak pusat kembali",
    en: "{forecast}, counted from the centre's return",
  },
  forecastLittle: {
    id: "belum dapat dikatakan: belum cukup yang terkirim untuk diukur",
    en: "not known yet: too little was sent to measure by",
  },
  forecastNever: {
    id: "tidak akan habis dengan kecepatan sekarang: yang datang lebih banyak daripada yang terkirim",
    en: "never at this rate: more comes than leaves",
  },
  forecastUnknown: { id: "tidak dapat dikatakan", en: "cannot be told" },
  speed: { id: "Kecepatan terakhir", en: "Speed of late" },
  held: { id: "Tempat terpakai", en: "Room taken" },
  heldOf: { id: "{held} dari {limit}", en: "{held} of {limit}" },
  nextCall: { id: "Pusat dihubungi lagi dalam", en: "Centre is called again in" },
  lastProblem: { id: "Panggilan terakhir gagal", en: "Last call failed" },
  noWay: {
    id: "Gateway tidak punya jalan kirim ke pusat: paket menunggu, atau dibawa dengan stik USB.",
    en: "The gateway has no way to send to the centre: packets wait, or are carried on a USB stick.",
  },
  quotaHour: { id: "Kuota per jam", en: "Quota per hour" },
  quotaDay: { id: "Kuota per hari", en: "Quota per day" },
  incidents: { id: "{n} kejadian pada pengiriman", en: "{n} incidents in sending" },
  // Held packets
  heldTitle: { id: "Paket yang tertahan", en: "Packets that are held" },
  nothingHeld: { id: "Tidak ada paket yang tertahan.", en: "No packet is held." },
  packet: { id: "Paket", en: "Packet" },
  why: { id: "Sebab", en: "Reason" },
  whatToDo: { id: "Tindakan", en: "What to do" },
  retry: { id: "Kirim lagi", en: "Send again" },
  release: { id: "Lepas…", en: "Release…" },
  releaseSure: {
    id: "Paket ini tidak akan dikirim dari sini; berkasnya tetap disimpan. Lepas?",
    en: "This packet will not leave from here; its file is kept. Release it?",
  },
  // Stuck
  stuckTitle: { id: "Perekaman yang tersangkut", en: "Enrolments that are stuck" },
  nothingStuck: { id: "Tidak ada yang tersangkut.", en: "None is stuck." },
  enrolment: { id: "Perekaman", en: "Enrolment" },
  lasted: { id: "Selama", en: "For" },
  conflicts: { id: "{n} kata pusat tidak cocok", en: "{n} words of the centre do not fit" },
  // History
  historyTitle: { id: "Riwayat gangguan", en: "History of outages" },
  noOutages: { id: "Belum ada gangguan yang tercatat.", en: "No outage is on record." },
  from: { id: "Sejak", en: "Since" },
  until: { id: "Sampai", en: "Until" },
  goesOnStill: { id: "masih berlangsung", en: "goes on" },
  unwatched: { id: "{at} (tidak diamati lagi)", en: "{at} (no longer watched)" },
  duration: { id: "Lama", en: "Length" },
  recorded: { id: "Direkam", en: "Recorded" },
  older: { id: "Tampilkan yang lebih lama", en: "Show older ones" },
  availabilityTitle: { id: "Ketersediaan per bulan", en: "Availability per month" },
  month: { id: "Bulan", en: "Month" },
  availability: { id: "Tersedia", en: "Available" },
  observed: { id: "Diamati", en: "Observed" },
  degraded: { id: "Lambat", en: "Degraded" },
  outages: { id: "Gangguan", en: "Outages" },
  notObserved: { id: "tidak diamati", en: "not observed" },
  doubtful: { id: "{n} % dengan jam yang diragukan", en: "{n} % by a clock in doubt" },
  availabilityNote: {
    id: "Waktu ketika gateway tidak berjalan tidak dihitung sebagai tersedia maupun sebagai gangguan.",
    en: "Time in which the gateway did not run counts neither as available nor as an outage.",
  },
  // Call-backs
  listTitle: { id: "Orang yang dihubungi kembali", en: "People to call back" },
  nobody: { id: "Daftar ini kosong.", en: "The list is empty." },
  name: { id: "Nama", en: "Name" },
  phone: { id: "Telepon", en: "Phone" },
  purpose: { id: "Untuk", en: "For" },
  consent: { id: "Izin", en: "Consent" },
  consentBy: { id: "ya, {at}, ditanya {by}", en: "yes, {at}, asked by {by}" },
  noConsent: { id: "tidak: telepon saja", en: "no: call only" },
  notice: { id: "Pesan", en: "Message" },
  expires: { id: "Dihapus", en: "Erased" },
  fullNumbers: { id: "Tampilkan nomor lengkap (untuk menelepon)", en: "Show numbers in full (to call from)" },
  remove: { id: "Hapus…", en: "Remove…" },
  removeSure: { id: "Hapus {name} dan pesan yang menunggu?", en: "Remove {name} and what waits to be sent to them?" },
  addTitle: { id: "Tambah orang", en: "Add somebody" },
  reference: { id: "Nomor rujukan kartu", en: "Card's reference number" },
  messageLanguage: { id: "Bahasa pesan", en: "Language of the message" },
  askedConsent: {
    id: "Orangnya sudah ditanya dan mengizinkan dikirimi pesan",
    en: "The person was asked, and agreed to be sent messages",
  },
  withoutConsent: {
    id: "Tanpa izin tidak ada pesan: orang ini hanya ada di daftar untuk ditelepon.",
    en: "Without consent there is no message: the person stands on the list to be called.",
  },
  add: { id: "Tambahkan", en: "Add" },
  added: { id: "{name} ada di daftar sampai {at}.", en: "{name} is on the list until {at}." },
  noticesTitle: { id: "Pesan terakhir", en: "Latest messages" },
  noNotices: { id: "Belum ada pesan.", en: "No message yet." },
  tries: { id: "Percobaan", en: "Tries" },
  changed: { id: "Terakhir berubah", en: "Last change" },
  due: { id: "Dicoba lagi {at}", en: "Tried again {at}" },
  sendAgain: { id: "Kirim sekali lagi…", en: "Send once more…" },
  sendAgainSure: {
    id: "Pesan ini mungkin sudah sampai. Kirim sekali lagi?",
    en: "This message may have arrived. Send it once more?",
  },
  wayOut: { id: "Jalan pesan", en: "How messages leave" },
  ways: {
    modem: { id: "modem", en: "modem" },
    http: { id: "penyedia SMS", en: "an SMS provider" },
    none: { id: "tidak ada: cetak daftar dan telepon", en: "none: print the list and call" },
  } as Readonly<Record<string, Words>>,
  today: { id: "Pesan hari ini", en: "Messages today" },
  spent: { id: "{n} dari {of}", en: "{n} of {of}" },
  // Announcements
  announceTitle: { id: "Pengumuman pusat", en: "Announcements of the centre" },
  noAnnouncements: { id: "Tidak ada pengumuman yang berlaku.", en: "No announcement stands." },
  signed: { id: "ditandatangani pusat", en: "signed by the centre" },
  unsigned: { id: "diketik {by}; tidak ada bukti", en: "typed by {by}; nothing proves it" },
  begins: { id: "Mulai", en: "Begins" },
  back: { id: "Kembali sekitar", en: "Back about" },
  nobodyKnows: { id: "tidak diketahui", en: "nobody knows" },
  received: { id: "Diterima", en: "Received" },
  inForce: { id: "berlaku sekarang", en: "in force now" },
  importTitle: { id: "Ambil dari berkas", en: "Take in a file" },
  importWhy: {
    id: "Bila sambungan putus, pusat dapat memberi pengumuman sebagai berkas bertanda tangan (surel, stik USB).",
    en: "While the link is down the centre may give an announcement as a signed file (e-mail, USB stick).",
  },
  file: { id: "Berkas pengumuman", en: "Announcement's file" },
  import: { id: "Ambil berkas", en: "Take it in" },
  tooLarge: {
    id: "Berkas itu lebih dari 64 kB; sebuah pengumuman jauh lebih kecil. Pilih berkas lain.",
    en: "That file is over 64 kB; an announcement is far smaller. Choose another.",
  },
  emptyFile: { id: "Berkas itu kosong. Pilih berkas lain.", en: "That file is empty. Choose another." },
  imported: { id: "Pengumuman diterima: {words}", en: "The announcement was taken in: {words}" },
} as const;

export const stateWords: Readonly<Record<LinkState, Words>> = {
  [LinkState.UNSPECIFIED]: { id: "Belum diketahui", en: "Not known yet" },
  [LinkState.NOT_CONFIGURED]: { id: "Pusat belum diatur", en: "No centre is configured" },
  [LinkState.UNKNOWN]: { id: "Belum diketahui", en: "Not known yet" },
  [LinkState.ONLINE]: { id: "Tersambung", en: "Online" },
  [LinkState.DEGRADED]: { id: "Tersambung, tetapi lemah", en: "Online, but weak" },
  [LinkState.OFFLINE]: { id: "Terputus", en: "Offline" },
  [LinkState.RECOVERING]: { id: "Mulai pulih", en: "Recovering" },
};

export const sideWords: Readonly<Partial<Record<LinkSide, Words>>> = {
  [LinkSide.OURS]: { id: "kantor ini", en: "this office" },
  [LinkSide.THEIRS]: { id: "pusat", en: "the centre" },
  [LinkSide.UNKNOWN]: { id: "belum dapat dikatakan", en: "cannot be told yet" },
};

export const weaknessWords: Readonly<Partial<Record<LinkWeakness, Words>>> = {
  [LinkWeakness.LOSSY]: { id: "banyak yang hilang", en: "much is lost" },
  [LinkWeakness.SLOW]: { id: "lambat", en: "slow" },
  [LinkWeakness.BUSY]: { id: "pusat sibuk", en: "the centre is busy" },
  [LinkWeakness.SILENT]: { id: "pusat di belakang hub diam", en: "the centre behind the hub is silent" },
};

/** For a table of outages; the gateway's own words say what to do. */
export const causeWords: Readonly<Record<LinkCause, Words>> = {
  [LinkCause.UNSPECIFIED]: { id: "tidak diketahui", en: "unknown" },
  [LinkCause.CABLE]: { id: "kabel atau Wi-Fi", en: "cable or Wi-Fi" },
  [LinkCause.NO_ROUTE]: { id: "tidak ada jalan ke jaringan", en: "no route" },
  [LinkCause.NAME]: { id: "nama pusat tidak ditemukan", en: "centre's name not found" },
  [LinkCause.CAPTIVE_PORTAL]: { id: "halaman masuk jaringan", en: "captive portal" },
  [LinkCause.CLOCK]: { id: "jam komputer", en: "computer's clock" },
  [LinkCause.OWN_CERTIFICATE]: { id: "sertifikat kantor ini", en: "this office's certificate" },
  [LinkCause.CENTRE_CERTIFICATE]: { id: "sertifikat pusat", en: "centre's certificate" },
  [LinkCause.REFUSED]: { id: "pusat menolak", en: "centre refuses" },
  [LinkCause.OVERLOADED]: { id: "pusat kelebihan beban", en: "centre overloaded" },
  [LinkCause.CENTRE_SILENT]: { id: "pusat di belakang hub diam", en: "centre behind the hub is silent" },
  [LinkCause.CLOSED]: { id: "pusat tidak menerima", en: "centre takes nothing" },
  [LinkCause.MAINTENANCE]: { id: "pemeliharaan yang diumumkan", en: "announced maintenance" },
  [LinkCause.ANNOUNCED_OUTAGE]: { id: "gangguan yang diumumkan", en: "announced outage" },
  [LinkCause.TIMEOUT]: { id: "tidak ada jawaban", en: "no answer" },
  [LinkCause.CUT]: { id: "sambungan terpotong", en: "connection cut" },
  [LinkCause.GARBAGE]: { id: "jawaban tidak terbaca", en: "unreadable answer" },
  [LinkCause.UNKNOWN]: { id: "tidak diketahui", en: "unknown" },
};

export const packetWords: Readonly<Record<PacketState, Words>> = {
  [PacketState.UNSPECIFIED]: { id: "tidak diketahui", en: "unknown" },
  [PacketState.WAITING]: { id: "menunggu", en: "waiting" },
  [PacketState.PARTIAL]: { id: "sebagian di pusat", en: "partly at the centre" },
  [PacketState.RECEIVED]: { id: "diterima pusat", en: "received by the centre" },
  [PacketState.ERASED]: { id: "diterima, berkas dihapus", en: "received, file erased" },
  [PacketState.QUARANTINED]: { id: "dikarantina", en: "in quarantine" },
  [PacketState.RELEASED]: { id: "dilepas", en: "released" },
  [PacketState.MISSING]: { id: "berkas hilang", en: "file is gone" },
};

/** What the office does about a packet that is held. */
export const adviceWords = {
  changed: {
    id: "Berkas di komputer ini rusak atau diubah. Jangan dihapus; hubungi dukungan, dan rekam ulang orangnya bila diminta.",
    en: "The file on this computer is damaged or was changed. Do not delete it; call support, and enrol the person again if asked.",
  },
  signer: {
    id: "Pusat tidak mengenal kunci gateway ini. Minta pusat memasukkan sertifikatnya; setelah itu kirim lagi.",
    en: "The centre does not know this gateway's key. Ask it to take in the certificate; send again after that.",
  },
  version: {
    id: "Perangkat lunak pusat lebih lama daripada gateway ini. Minta pusat memperbaruinya; setelah itu kirim lagi.",
    en: "The centre's software is older than this gateway. Ask it to update; send again after that.",
  },
  refused: {
    id: "Pusat menolaknya berulang kali. Sampaikan sebabnya kepada pusat; setelah diperbaiki, kirim lagi.",
    en: "The centre refused it again and again. Tell the centre the reason; send it again once that is mended.",
  },
  missing: {
    id: "Berkasnya hilang tanpa tanda terima. Kembalikan dari cadangan lalu kirim lagi, atau rekam ulang orangnya.",
    en: "Its file is gone without a receipt. Put it back from a backup and send it again, or enrol the person again.",
  },
  released: {
    id: "Seseorang memutuskan paket ini tidak dikirim dari sini. “Kirim lagi” membatalkannya.",
    en: "Somebody decided that it does not leave from here. “Send again” takes that back.",
  },
} as const satisfies Record<string, Words>;

export const purposeWords: Readonly<Partial<Record<CallbackPurpose, Words>>> = {
  [CallbackPurpose.SERVICE_BACK]: { id: "layanan buka lagi", en: "service is back" },
  [CallbackPurpose.CARD_READY]: { id: "kartu siap diambil", en: "card can be collected" },
};

export const noticeWords: Readonly<Record<NoticeState, Words>> = {
  [NoticeState.UNSPECIFIED]: { id: "belum ada", en: "none yet" },
  [NoticeState.QUEUED]: { id: "menunggu", en: "waiting" },
  [NoticeState.SENDING]: { id: "sedang dikirim", en: "being sent" },
  [NoticeState.SENT]: { id: "terkirim", en: "sent" },
  [NoticeState.DELIVERED]: { id: "sampai", en: "delivered" },
  [NoticeState.FAILED]: { id: "gagal", en: "failed" },
  [NoticeState.UNCERTAIN]: { id: "tidak pasti", en: "uncertain" },
  [NoticeState.UNREPORTED]: { id: "terkirim, kabarnya tidak ada", en: "sent, delivery unknown" },
};

export const announcementWords: Readonly<Partial<Record<AnnouncementKind, Words>>> = {
  [AnnouncementKind.OUTAGE]: { id: "Gangguan", en: "Outage" },
  [AnnouncementKind.MAINTENANCE]: { id: "Pemeliharaan", en: "Maintenance" },
  [AnnouncementKind.RETURN]: { id: "Pusat kembali", en: "The centre is back" },
};

export const sourceWords: Readonly<Partial<Record<AnnouncementSource, Words>>> = {
  [AnnouncementSource.LINK]: { id: "lewat sambungan", en: "over the link" },
  [AnnouncementSource.FILE]: { id: "dari berkas", en: "from a file" },
  [AnnouncementSource.TYPED]: { id: "diketik", en: "typed" },
};
