import {
  CardFileOutcome,
  CardGenuineness,
  CardJobState,
  CardPresence,
  CardStanding,
  HolderComparison,
  SupervisedReason,
} from "../generated/rekam/v1/card_pb";
import type { Words } from "../text/language";

export const text = {
  notHere: { id: "Gateway ini tidak mengerjakan kartu.", en: "This gateway does nothing with cards." },

  readersTitle: { id: "Pembaca kartu", en: "Card readers" },
  noReader: {
    id: "Tidak ada pembaca kartu. Pasang, atau lihat bagian Perangkat.",
    en: "There is no card reader. Attach one, or look under Devices.",
  },
  reader: { id: "Pembaca", en: "Reader" },
  inReader: { id: "Di dalamnya", en: "In it" },
  serial: { id: "Nomor seri", en: "Serial number" },
  heldBy: { id: "dipakai {holder}", en: "used by {holder}" },
  ofJob: { id: "pekerjaan {job}", en: "job {job}" },
  anyReader: { id: "Yang sedang bebas", en: "Whichever is free" },
  pin: { id: "PIN kartu", en: "PIN of the card" },
  pinWhy: {
    id: "Diketik pemilik kartu; tidak disimpan. Boleh kosong bila kartu tidak memintanya.",
    en: "Typed by the holder and kept nowhere. May be empty where the card asks for none.",
  },

  makeTitle: { id: "Buat kartu", en: "Make a card" },
  whom: { id: "Perekaman siap cetak", en: "Enrolment that is ready to print" },
  nobodyReady: {
    id: "Belum ada perekaman yang dinyatakan tunggal dan siap cetak oleh pusat.",
    en: "There is none of which the centre says that it is unique and ready to print.",
  },
  choose: { id: "Pilih…", en: "Choose…" },
  since: { id: "{enrolment}, siap sejak {at}", en: "{enrolment}, ready since {at}" },
  hasCard: { id: "{enrolment}, kartunya sudah jadi", en: "{enrolment}, has a card" },
  profile: { id: "Profil kartu", en: "Card profile" },
  noProfile: {
    id: "Tidak ada profil kartu yang dapat dibuat dari halaman ini.",
    en: "There is no card profile that can be made from this page.",
  },
  profileFile: { id: "Profil {file} tidak dapat dipakai: {problem}", en: "Profile {file} cannot be used: {problem}" },
  testKeys: {
    id: "Profil latihan: kuncinya diketahui semua orang. Jangan untuk kartu orang.",
    en: "A profile for training: its keys are known to everybody. Not for anybody's card.",
  },
  biodata: { id: "Biodata dari SIAK", en: "Biodata from the register" },
  biodataWhy: {
    id: "Gateway menyimpan nomor, foto, tanda tangan dan sidik jari; kata-kata pada kartu diisi di sini.",
    en: "The gateway keeps number, photo, signature and fingers; the words on the card are given here.",
  },
  sexUnknown: { id: "Tidak diisi", en: "Not given" },
  lifelong: { id: "Berlaku seumur hidup", en: "Valid for life" },
  replacement: { id: "Alasan kartu pengganti (penyelia)", en: "Why a replacement (supervisor)" },
  make: { id: "Buat kartunya", en: "Make the card" },
  putBlank: { id: "Letakkan blangko pada pembaca…", en: "Put a blank on the reader…" },
  dontTake: { id: "Jangan angkat kartunya.", en: "Leave the card where it is." },
  again: {
    id: "Sambungan terputus; pekerjaan diikuti lagi…",
    en: "The connection broke; the job is being joined again…",
  },
  stepOf: { id: "{state}: {file} ({step} dari {steps})", en: "{state}: {file} ({step} of {steps})" },
  done: {
    id: "Kartu {serial} selesai dan sudah dibaca ulang. Cocokkan jari pemiliknya sebelum diserahkan.",
    en: "Card {serial} is done and was read back. Compare its holder's finger before it is handed over.",
  },
  spoiled: {
    id: "Kartu {serial} rusak dan dihitung sebagai rusak. Musnahkan, lalu lanjutkan pekerjaan dengan blangko lain.",
    en: "Card {serial} is spoiled, and counted. Destroy it, then go on with another blank.",
  },
  outOfUse: { id: "Chipnya sudah dimatikan.", en: "Its chip is out of use." },
  toHolder: { id: "Cocokkan pemiliknya", en: "Verify the holder" },
  close: { id: "Tutup", en: "Close" },

  waitingTitle: { id: "Kartu yang belum selesai", en: "Cards that are not done" },
  nothingWaits: { id: "Tidak ada.", en: "There are none." },
  job: { id: "Pekerjaan", en: "Job" },
  state: { id: "Keadaan", en: "State" },
  whatToDo: { id: "Tindakan", en: "What to do" },
  resume: { id: "Lanjutkan", en: "Go on" },
  invalidate: { id: "Batalkan kartunya", en: "Invalidate the card" },
  invalidateSure: {
    id: "Kartu pada pembaca akan dimatikan dan dihitung rusak. Lanjut?",
    en: "The card in the reader is put out of use and counted as spoiled. Go on?",
  },
  writeOff: { id: "Kartunya hilang", en: "The card is gone" },
  writeOffSure: {
    id: "Kartu {serial} dihitung rusak, dan dimatikan bila muncul lagi. Lanjut?",
    en: "Card {serial} is counted as spoiled, and put out of use should it come back. Go on?",
  },

  readTitle: { id: "Baca kartu", en: "Read a card" },
  read: { id: "Baca", en: "Read" },
  putCard: { id: "Letakkan kartu pada pembaca…", en: "Put the card on the reader…" },
  restarted: {
    id: "Kartu bergeser sebentar; dibaca dari awal.",
    en: "The card lost contact; it is read from the start.",
  },
  fileOf: { id: "{name} ({index} dari {total})", en: "{name} ({index} of {total})" },
  portrait: { id: "Pas foto pada kartu", en: "Portrait of the card" },
  signature: { id: "Tanda tangan pada kartu", en: "Signature of the card" },
  fingers: { id: "Sidik jari pada kartu", en: "Fingers of the card" },
  failures: { id: "Yang tidak sesuai tanda tangan penerbit", en: "What does not agree with the issuer's signature" },
  findings: { id: "Yang lain", en: "What else" },
  unread: { id: "Tidak terbaca di sini", en: "Not seen here" },
  wrongChecks: { id: "Angka pemeriksa salah: {fields}", en: "Check digits are wrong: {fields}" },
  machineZone: { id: "Zona terbaca mesin", en: "Machine readable zone" },

  holderTitle: { id: "Cocokkan pemilik kartu", en: "Verify the holder" },
  finger: { id: "Jari", en: "Finger" },
  scanner: { id: "Pemindai", en: "Scanner" },
  verify: { id: "Cocokkan jarinya", en: "Compare the finger" },
  readingCard: { id: "Kartu sedang dibaca…", en: "The card is being read…" },
  nowFinger: { id: "Letakkan {finger} pada pemindai", en: "Put the {finger} on the scanner" },
  triesLeft: { id: "Sisa {n} percobaan", en: "{n} tries left" },
  live: { id: "Mutu sementara", en: "Quality so far" },
  handOver: { id: "Kartu boleh diserahkan.", en: "The card may be handed over." },
  keepIt: { id: "Kartu TIDAK diserahkan.", en: "The card is NOT handed over." },
  matchedFinger: { id: "Jari yang cocok", en: "Finger that matched" },
  comparedIn: { id: "Dibandingkan", en: "Compared" },
  cardSerial: { id: "Kartu", en: "Card" },
  cardTries: { id: "Sisa percobaan di kartu", en: "Tries left on the card" },
  notGenuine: {
    id: "Sidik jari kartu ini bukan yang ditandatangani penerbit.",
    en: "The fingers of this card are not those that its issuer signed.",
  },
  supervisedTitle: { id: "Tanpa jari: penyelia menanggung", en: "Without a finger: a supervisor answers for it" },
  reason: { id: "Alasan", en: "Reason" },
  paper: { id: "Nomor berita acara", en: "Number of the paper" },
  supervised: { id: "Serahkan tanpa jari", en: "Hand over without a finger" },
  supervisedSure: {
    id: "Anda menanggung bahwa kartu ini milik orang di hadapan Anda. Lanjut?",
    en: "You answer for it that this card is that of the person before you. Go on?",
  },

  stockTitle: { id: "Persediaan blangko", en: "Stock of blanks" },
  blanks: { id: "Seharusnya ada", en: "There ought to be" },
  broughtIn: { id: "Dimasukkan", en: "Brought in" },
  used: { id: "Kartu jadi", en: "Finished cards" },
  spoiledCount: { id: "Rusak", en: "Spoiled" },
  inHand: { id: "Sedang dikerjakan", en: "Begun" },
  unlisted: { id: "Di luar semua rentang", en: "In no range" },
  rangesTitle: { id: "Rentang yang dimasukkan", en: "Ranges brought in" },
  first: { id: "Nomor pertama", en: "First number" },
  last: { id: "Nomor terakhir", en: "Last number" },
  count: { id: "Banyaknya", en: "How many" },
  by: { id: "Oleh", en: "By" },
  at: { id: "Waktu", en: "Time" },
  noRanges: { id: "Belum ada yang dimasukkan.", en: "Nothing was brought in yet." },
  spoiledTitle: { id: "Blangko rusak", en: "Spoiled blanks" },
  nothingSpoiled: { id: "Belum ada yang rusak.", en: "None is spoiled." },
  destroy: { id: "musnahkan dengan tangan", en: "destroy it by hand" },
  isOutOfUse: { id: "chip mati", en: "chip out of use" },
  addTitle: { id: "Masukkan blangko", en: "Bring blanks in" },
  add: { id: "Masukkan", en: "Bring in" },
  countTitle: { id: "Hitung blangko", en: "Count the blanks" },
  counted: { id: "Banyaknya di laci", en: "How many lie there" },
  note: { id: "Penjelasan selisih", en: "How a difference is explained" },
  reconcile: { id: "Bandingkan dengan buku", en: "Hold it against the book" },
  agrees: { id: "Sesuai: {n} blangko.", en: "They agree: {n} blanks." },
  differs: {
    id: "Selisih {difference}: di buku {book}, di laci {counted}. Sudah dicatat.",
    en: "A difference of {difference}: {book} in the book, {counted} there. It is written down.",
  },
} as const satisfies Record<string, Words>;

export const presenceWords: Readonly<Record<CardPresence, Words>> = {
  [CardPresence.UNSPECIFIED]: { id: "Belum diketahui", en: "Not known yet" },
  [CardPresence.NO_READER]: { id: "Pembaca terputus atau rusak", en: "Reader lost or out of order" },
  [CardPresence.EMPTY]: { id: "Kosong", en: "Empty" },
  [CardPresence.IN_USE]: { id: "Sedang dipakai", en: "In use" },
  [CardPresence.UNREADABLE]: {
    id: "Tidak terbaca: balik atau bersihkan",
    en: "Cannot be read: turn it round, or clean it",
  },
  [CardPresence.PRESENT]: { id: "Ada kartu", en: "A card" },
};

export const standingWords: Readonly<Record<CardStanding, Words>> = {
  [CardStanding.UNSPECIFIED]: { id: "Belum dilihat", en: "Not looked at" },
  [CardStanding.BLANK]: { id: "Blangko", en: "Blank" },
  [CardStanding.WAITING]: { id: "Belum selesai: lanjutkan", en: "Not done: go on with it" },
  [CardStanding.PERSONAL]: { id: "Kartu jadi", en: "Finished card" },
  [CardStanding.SPOILED]: { id: "Rusak: musnahkan", en: "Spoiled: destroy it" },
  [CardStanding.FOREIGN]: { id: "Kartu dari tempat lain", en: "Card made elsewhere" },
};

export const jobWords: Readonly<Record<CardJobState, Words>> = {
  [CardJobState.UNSPECIFIED]: { id: "Belum diketahui", en: "Not known yet" },
  [CardJobState.CREATED]: { id: "Menunggu blangko", en: "Waits for a blank" },
  [CardJobState.CHECKING]: { id: "Memeriksa blangko", en: "Checking the blank" },
  [CardJobState.AUTHENTICATING]: { id: "Membuka chip", en: "Opening the chip" },
  [CardJobState.WRITING]: { id: "Menulis", en: "Writing" },
  [CardJobState.READING_BACK]: { id: "Membaca ulang", en: "Reading back" },
  [CardJobState.ACTIVATING]: { id: "Mengaktifkan", en: "Activating" },
  [CardJobState.DONE]: { id: "Selesai", en: "Done" },
  [CardJobState.INVALIDATING]: { id: "Mematikan kartu", en: "Putting it out of use" },
  [CardJobState.INVALIDATED]: { id: "Kartu rusak; boleh dengan blangko lain", en: "Card spoiled; may have another" },
  [CardJobState.FAILED_CLEAN]: { id: "Belum ada yang ditulis", en: "Nothing was written" },
};

export const outcomeWords: Readonly<Record<CardFileOutcome, Words>> = {
  [CardFileOutcome.UNSPECIFIED]: { id: "?", en: "?" },
  [CardFileOutcome.READ]: { id: "terbaca", en: "read" },
  [CardFileOutcome.REFUSED]: { id: "tidak boleh dilihat di sini", en: "not shown to this reader" },
  [CardFileOutcome.ABSENT]: { id: "tidak ada", en: "absent" },
  [CardFileOutcome.DAMAGED]: { id: "rusak", en: "damaged" },
};

export const genuineWords: Readonly<Record<CardGenuineness, Words>> = {
  [CardGenuineness.UNSPECIFIED]: { id: "Keaslian belum diperiksa", en: "Not checked yet" },
  [CardGenuineness.GENUINE]: { id: "Asli: sesuai tanda tangan penerbit", en: "Genuine: as its issuer signed it" },
  [CardGenuineness.NOT_GENUINE]: { id: "TIDAK sesuai tanda tangan penerbit", en: "NOT as its issuer signed it" },
  [CardGenuineness.NOT_CHECKED]: { id: "Keaslian tidak dapat diperiksa", en: "Whether it is genuine cannot be told" },
};

export const comparisonWords: Readonly<Record<HolderComparison, Words>> = {
  [HolderComparison.UNSPECIFIED]: { id: "", en: "" },
  [HolderComparison.GATEWAY]: { id: "di gateway", en: "in the gateway" },
  [HolderComparison.CARD]: { id: "di dalam kartu", en: "on the card" },
};

export const supervisedWords: Readonly<Partial<Record<SupervisedReason, Words>>> = {
  [SupervisedReason.FINGERS_NOT_USABLE]: { id: "Jarinya tidak dapat dipakai", en: "No finger can be used" },
  [SupervisedReason.NO_TEMPLATE_ON_CARD]: { id: "Kartu tidak memuat sidik jari", en: "The card has no finger" },
  [SupervisedReason.TRIES_USED_UP]: { id: "Percobaan habis", en: "The tries are used up" },
  [SupervisedReason.DEVICE_FAILED]: { id: "Pemindai rusak", en: "The scanner failed" },
};

/** Of the biodata, by the name in the API. */
export const fieldWords = {
  reference: { id: "NIK atau nomor permohonan", en: "NIK or application number" },
  name: { id: "Nama", en: "Name" },
  birthPlace: { id: "Tempat lahir", en: "Place of birth" },
  birthDate: { id: "Tanggal lahir", en: "Date of birth" },
  sex: { id: "Jenis kelamin", en: "Sex" },
  bloodType: { id: "Golongan darah", en: "Blood type" },
  address: { id: "Alamat", en: "Address" },
  rtRw: { id: "RT/RW", en: "RT/RW" },
  village: { id: "Kelurahan/desa", en: "Village" },
  district: { id: "Kecamatan", en: "District" },
  regency: { id: "Kabupaten/kota", en: "Regency or city" },
  province: { id: "Provinsi", en: "Province" },
  religion: { id: "Agama", en: "Religion" },
  maritalStatus: { id: "Status perkawinan", en: "Marital status" },
  occupation: { id: "Pekerjaan", en: "Occupation" },
  citizenship: { id: "Kewarganegaraan", en: "Citizenship" },
  validUntil: { id: "Berlaku hingga", en: "Valid until" },
  issuePlace: { id: "Tempat terbit", en: "Place of issue" },
  issueDate: { id: "Tanggal terbit", en: "Date of issue" },
  issuer: { id: "Penerbit", en: "Issuer" },
  cardNumber: { id: "Nomor kartu", en: "Card number" },
} as const satisfies Record<string, Words>;

export const sexWords: Readonly<Record<string, Words>> = {
  male: { id: "Laki-laki", en: "Male" },
  female: { id: "Perempuan", en: "Female" },
  unspecified: { id: "Tidak disebut", en: "Not stated" },
};
