import type { NikFault } from "../enrolment/reference";
import { EnrolmentPartStatus, EnrolmentState } from "../generated/rekam/v1/enrolment_pb";
import { PaperSize } from "../generated/rekam/v1/paper_pb";
import type { Words } from "../text/language";

export const text = {
  title: { id: "Perekaman", en: "Enrolment" },
  notHere: {
    id: "Gateway ini tidak melayani perekaman. Pengambilan satu per satu ada di bagian Pengambilan.",
    en: "This gateway has no enrolment service. Single captures are under Capture.",
  },
  loading: { id: "Memuat…", en: "Loading…" },
  retry: { id: "Coba lagi", en: "Try again" },
  back: { id: "Kembali", en: "Back" },

  newPerson: { id: "Orang baru", en: "A new person" },
  profile: { id: "Yang direkam", en: "What is enrolled" },
  profileFile: { id: "Profil {name} tidak dapat dipakai: {problem}", en: "Profile {name} cannot be used: {problem}" },
  noProfile: { id: "Tidak ada profil yang dapat dipakai.", en: "No profile can be used." },
  parts: { id: "{n} bagian: {parts}", en: "{n} parts: {parts}" },
  operator: { id: "Nama petugas", en: "Operator's name" },
  operatorWhy: {
    id: "Ketik nama Anda dahulu: setiap perubahan dicatat dengan nama petugasnya.",
    en: "Type your name first: each change is recorded with its operator.",
  },
  referenceKind: { id: "Nomor orangnya", en: "The person's reference" },
  nik: { id: "NIK (16 angka)", en: "NIK (16 digits)" },
  application: { id: "Nomor permohonan", en: "Application number" },
  applicationWrong: {
    id: "Bentuk nomor permohonan itu tidak cocok. Ketik seperti pada surat permohonan.",
    en: "That is no application number of this profile. Type it as it stands on the application.",
  },
  birthDate: { id: "Tanggal lahir (bila diketahui)", en: "Birth date (if known)" },
  birthDateDiffers: {
    id: "Tanggal lahir itu berbeda dengan yang ada di NIK. Periksa keduanya; bila NIK memang demikian, perekaman tetap dapat dilanjutkan.",
    en: "That birth date differs from the one in the NIK. Check both; if the NIK is really so, the enrolment can go on.",
  },
  sex: { id: "Jenis kelamin (bila diketahui)", en: "Sex (if known)" },
  sexUnknown: { id: "Tidak diisi", en: "Not given" },
  male: { id: "Laki-laki", en: "Male" },
  female: { id: "Perempuan", en: "Female" },
  nikGood: { id: "Bentuknya benar.", en: "Its shape is right." },
  nikCount: { id: "{n} dari 16 angka", en: "{n} of 16 digits" },
  begin: { id: "Mulai perekaman", en: "Begin" },

  open: { id: "Yang belum selesai", en: "Under way" },
  noneOpen: { id: "Tidak ada perekaman yang belum selesai.", en: "No enrolment is under way." },
  openLine: { id: "{state} · mulai {time} · {operator}", en: "{state} · since {time} · {operator}" },
  goOn: { id: "Lanjutkan", en: "Go on" },
  goOnWith: {
    id: "Lanjutkan {reference}, {profile}, mulai {time}",
    en: "Go on with {reference}, {profile}, since {time}",
  },
  someReference: { id: "tanpa nomor", en: "no reference" },
  more: { id: "Tampilkan {n} lagi yang lebih lama", en: "Show {n} older ones" },

  partList: { id: "Bagian yang direkam", en: "Parts" },
  otherWays: { id: "Cara lain", en: "Other ways" },
  progress: { id: "{done} dari {of} selesai", en: "{done} of {of} done" },
  review: { id: "Periksa dan segel", en: "Look over and seal" },
  reviewOpen: { id: "belum lengkap", en: "not complete" },
  reviewReady: { id: "siap disegel", en: "ready" },
  diagram: { id: "Tangan, mata dan wajah; {words}", en: "Hands, eyes and face; {words}" },
  score: { id: "mutu {n}", en: "quality {n}" },
  showReference: { id: "Tampilkan nomor", en: "Show the number" },
  hideReference: { id: "Sembunyikan", en: "Hide" },
  remarks: { id: "Perhatikan", en: "Note" },
  pause: { id: "Tunda", en: "Put aside" },
  abandon: { id: "Hentikan…", en: "Give up…" },
  abandonTitle: { id: "Hentikan perekaman ini?", en: "Give this enrolment up?" },
  abandonWhy: {
    id: "Semua data orang ini dihapus dan tidak dapat dikembalikan. Tulis alasannya, tanpa nama orangnya.",
    en: "All data of this person are erased for good. Say why, without the person's name.",
  },
  abandonReason: { id: "Alasan", en: "Reason" },
  abandonDo: { id: "Ya, hapus dan hentikan", en: "Yes, erase and give up" },
  leave: { id: "Ke daftar", en: "To the list" },
  pausedNote: {
    id: "Perekaman ini ditunda. Yang sudah direkam tersimpan di gateway.",
    en: "This enrolment is put aside. What was recorded is kept at the gateway.",
  },
  resume: { id: "Lanjutkan perekaman", en: "Take it up again" },
  synthetic: { id: "Orang contoh nomor", en: "Synthetic person number" },
  syntheticWhy: {
    id: "Perangkat contoh menggambar orang ini; nomor yang sama adalah orang yang sama, 42/11 juga peletakan yang sama. Kosong: satu orang bagi perekaman ini.",
    en: "Synthetic devices draw this person; the same number is the same person, 42/11 the same placement too. Empty: one of this enrolment's own.",
  },

  notAdded: {
    id: "Hasilnya sudah terekam, tetapi belum masuk ke perekaman ini.",
    en: "The capture is recorded, but not yet part of this enrolment.",
  },
  addAgain: { id: "Masukkan lagi", en: "Add it again" },
  adding: { id: "Dicocokkan dengan bagian lain…", en: "Being compared with the other parts…" },
  begin1: { id: "Mulai ambil", en: "Start" },
  goReview: { id: "Berikutnya: periksa dan segel", en: "Next: look over and seal" },
  remove: { id: "Buang hasil ini", en: "Discard this one" },
  removeReason: { id: "dibuang petugas", en: "discarded by the operator" },
  missing: { id: "Tidak ada / tidak bisa…", en: "Missing / cannot…" },
  never: { id: "Menurut profilnya, bagian ini harus ada.", en: "By its profile this part may not be missing." },
  triesLeft: { id: "Percobaan {n} dari {of}", en: "Try {n} of {of}" },
  triesOver: {
    id: "Mutunya belum cukup. Ambil lagi; setelah {of} percobaan yang terbaik dipakai.",
    en: "Not good enough yet. Capture again; after {of} tries the best is taken.",
  },
  triesSupervisor: {
    id: "Mutunya belum cukup. Ambil lagi, atau minta persetujuan penyelia.",
    en: "Not good enough yet. Capture again, or have a supervisor approve it.",
  },
  withdraw: { id: "Ternyata ada", en: "Not missing after all" },
  excepted: { id: "{unit}: {reason}. Dicatat oleh {by}.", en: "{unit}: {reason}. Recorded by {by}." },
  approvedBy: { id: "Disetujui {name}.", en: "Approved by {name}." },
  awaits: { id: "Menunggu persetujuan penyelia.", en: "Waits for a supervisor's approval." },
  withPhoto: { id: "Dengan foto.", en: "With a photo." },

  missingTitle: { id: "Mengapa {part} tidak ada?", en: "Why is the {part} missing?" },
  whichFinger: { id: "Jari yang mana", en: "Which finger" },
  allOfThem: { id: "Semuanya", en: "All of them" },
  whyMissing: { id: "Alasan", en: "Reason" },
  detail: { id: "Keterangan (boleh kosong)", en: "Remark (may be empty)" },
  photo: { id: "Foto buktinya (boleh kosong)", en: "A photo of it (may be left out)" },
  photoByCamera: { id: "Ambil dengan kamera pas foto", en: "Take it with the portrait camera" },
  photoTaken: { id: "Foto yang disertakan", en: "The photo that goes with it" },
  photoAway: { id: "Tanpa foto", en: "No photo" },
  photoNone: {
    id: "Kamera pas foto tidak memberikan gambar. Periksa kabelnya, atau pilih berkas foto.",
    en: "The portrait camera gives no picture. Check its cable, or choose the file of a photo.",
  },
  approverNow: {
    id: "Penyelia yang menyetujui sekarang (kosong: nanti)",
    en: "Supervisor who approves it now (empty: later)",
  },
  approverLater: {
    id: "Seorang penyelia harus menyetujui ini sebelum disegel.",
    en: "A supervisor has to approve this before the seal.",
  },
  record: { id: "Catat", en: "Record it" },

  approve: { id: "Persetujuan penyelia…", en: "Supervisor's approval…" },
  approveTitle: { id: "Penyelia menyetujui: {what}", en: "A supervisor approves: {what}" },
  supervisor: { id: "Nama penyelia", en: "Supervisor's name" },
  supervisorOther: {
    id: "Penyelia harus orang lain, bukan petugasnya.",
    en: "The supervisor is another person than the operator.",
  },
  approveDo: { id: "Setujui", en: "Approve" },
  needsSupervisor: {
    id: "Halaman ini tidak berperan penyelia. Mintalah persetujuan dari halaman atau terminal penyelia; keadaan di sini menyesuaikan sendiri.",
    en: "This page has no supervisor's role. Have it approved on a supervisor's page or terminal; this page follows by itself.",
  },

  portraitFile: { id: "Pas foto dari berkas (JPEG atau PNG)", en: "Portrait from a file (JPEG or PNG)" },
  portraitCamera: { id: "Ambil dengan kamera", en: "Take it with the camera" },
  noCamera: {
    id: "Tidak ada kamera pas foto pada gateway ini. Pilih berkas, atau foto dengan kamera tablet.",
    en: "This gateway has no portrait camera. Choose a file, or take the photo with the tablet's camera.",
  },
  portraitKept: { id: "Pas foto yang tersimpan", en: "The portrait that is kept" },
  noPicture: {
    id: "Berkas itu bukan gambar yang dapat dibuka. Pilih JPEG atau PNG.",
    en: "That file is no picture that can be opened. Choose a JPEG or PNG.",
  },

  signHere: { id: "Tanda tangan di sini, dengan pena atau jari", en: "Sign here, with a pen or a finger" },
  pad: { id: "Bidang tanda tangan", en: "Signature pad" },
  padEmpty: { id: "Belum ada tanda tangan.", en: "Nothing is written yet." },
  padPoints: { id: "{strokes} goresan, {points} titik", en: "{strokes} strokes, {points} points" },
  padFull: {
    id: "Bidangnya penuh. Simpan, atau hapus dan ulangi.",
    en: "The pad is full. Save it, or clear it and sign again.",
  },
  clear: { id: "Hapus", en: "Clear" },
  saveSignature: { id: "Simpan tanda tangan", en: "Save the signature" },
  signatureFile: { id: "Atau dari berkas (JPEG atau PNG)", en: "Or from a file (JPEG or PNG)" },
  signatureKept: { id: "Tanda tangan yang tersimpan", en: "The signature that is kept" },
  signAgain: { id: "Tanda tangani lagi", en: "Sign again" },
  portraitAgain: { id: "Ganti pas foto", en: "Another portrait" },

  nothingLacks: { id: "Semua bagian lengkap.", en: "All parts are complete." },
  lacks: { id: "Yang masih kurang", en: "What is still missing" },
  toPart: { id: "Ke {part}", en: "To {part}" },
  discardCapture: { id: "Buang {part} dan ambil lagi", en: "Discard the {part} and capture it again" },
  mixUps: { id: "Jari atau mata yang mungkin tertukar", en: "Fingers or eyes that may be mixed up" },
  duplicates: { id: "Apakah orang ini sudah pernah direkam?", en: "Was this person recorded before?" },
  duplicatesNotAsked: { id: "Menurut profilnya ini tidak dicari.", en: "By its profile nobody is searched for." },
  searching: { id: "Mencari di antara yang pernah direkam…", en: "Searching those who were recorded before…" },
  search: { id: "Cari", en: "Search" },
  searchAgain: { id: "Cari lagi", en: "Search again" },
  notFound: {
    id: "Tidak ditemukan di antara yang pernah direkam.",
    en: "Not found among those who were recorded before.",
  },
  searchUnavailable: {
    id: "Pencarian tidak tersedia sekarang. Paket akan menyatakan bahwa tidak dicari.",
    en: "The search cannot be made now. The packet will say that nobody was searched for.",
  },
  stale: { id: "Ada yang direkam setelah pencarian ini.", en: "Something was captured after this search." },
  found: {
    id: "PERINGATAN: orang ini tampaknya sudah pernah direkam.",
    en: "WARNING: this person seems to have been recorded before.",
  },
  hitWhen: { id: "Kapan", en: "When" },
  hitWho: { id: "Oleh", en: "By" },
  hitWhere: { id: "Di", en: "At" },
  hitHere: { id: "kantor ini", en: "this office" },
  hitWhich: { id: "Perekaman", en: "Enrolment" },
  hitStrength: { id: "Seberapa yakin", en: "How sure" },
  hitScore: { id: "skor {n}", en: "score {n}" },
  exchanged: {
    id: "Cocok bila kanan dan kiri ditukar: salah satu dari keduanya direkam terbalik.",
    en: "They fit with right and left exchanged: one of the two was recorded the wrong way round.",
  },
  seal: { id: "Segel", en: "Seal" },
  sealAnyway: { id: "Segel; paket menyatakan peringatan itu", en: "Seal; the packet states the warning" },
  sealing: { id: "Menyegel…", en: "Sealing…" },
  sealBegun: {
    id: "Penyegelan sudah dimulai dan akhirnya belum diketahui. Tekan Segel: paketnya tetap satu.",
    en: "A seal was begun and its end is not known. Press Seal: there will be one packet all the same.",
  },

  sealed: { id: "Tersegel", en: "Sealed" },
  sealedNote: {
    id: "Data orang ini ada dalam satu paket yang hanya dapat dibuka pusat; di sini sudah dihapus.",
    en: "This person's data are in one packet that the centre alone can open; here they are erased.",
  },
  packet: { id: "Paket", en: "Packet" },
  packetSize: { id: "Ukuran", en: "Size" },
  nextPerson: { id: "Orang berikutnya", en: "Next person" },
  abandoned: {
    id: "Perekaman ini dihentikan; datanya sudah dihapus.",
    en: "This enrolment was given up; its data are erased.",
  },
  supplement: { id: "Lengkapi yang kurang karena alat rusak", en: "Capture what a broken device could not" },
  supplementOf: { id: "Melengkapi perekaman {id}", en: "Supplements enrolment {id}" },

  slip: { id: "Resi untuk orangnya", en: "The person's slip" },
  slipNotHere: { id: "Gateway ini tidak membuat resi.", en: "This gateway makes no slips." },
  slipSize: { id: "Kertas", en: "Paper" },
  slipMake: { id: "Buat resi", en: "Make the slip" },
  slipOpen: { id: "Buka dan cetak", en: "Open and print" },
  slipSave: { id: "Simpan PDF", en: "Save the PDF" },
  slipNumber: { id: "Nomor resi", en: "Slip's number" },
} as const satisfies Record<string, Words>;

export const stateWords: Readonly<Partial<Record<EnrolmentState, Words>>> = {
  [EnrolmentState.OPEN]: { id: "Berjalan", en: "Open" },
  [EnrolmentState.PAUSED]: { id: "Ditunda", en: "Put aside" },
};

export const statusWords: Readonly<Record<EnrolmentPartStatus, Words>> = {
  [EnrolmentPartStatus.UNSPECIFIED]: { id: "?", en: "?" },
  [EnrolmentPartStatus.OPEN]: { id: "belum", en: "to do" },
  [EnrolmentPartStatus.BELOW_THRESHOLD]: { id: "mutu kurang", en: "not good enough" },
  [EnrolmentPartStatus.DONE]: { id: "selesai", en: "done" },
  [EnrolmentPartStatus.EXCEPTED]: { id: "tidak ada", en: "missing" },
  [EnrolmentPartStatus.AWAITING_APPROVAL]: { id: "menunggu penyelia", en: "waits for a supervisor" },
  [EnrolmentPartStatus.NOT_NEEDED]: { id: "tidak perlu", en: "not needed" },
};

export const nikFaultWords: Readonly<Record<NikFault, Words>> = {
  not_digits: { id: "NIK hanya terdiri atas angka 0 sampai 9.", en: "A NIK has the digits 0 to 9 alone." },
  length: { id: "NIK terdiri atas 16 angka.", en: "A NIK has 16 digits." },
  province: {
    id: "Dua angka pertama bukan kode provinsi (11 sampai 96).",
    en: "The first two digits are no province (11 to 96).",
  },
  day: {
    id: "Angka ke-7 dan ke-8 bukan tanggal (01–31, atau 41–71 untuk perempuan).",
    en: "Digits 7 and 8 are no day (01 to 31, or 41 to 71 of women).",
  },
  month: { id: "Angka ke-9 dan ke-10 bukan bulan (01–12).", en: "Digits 9 and 10 are no month (01 to 12)." },
  serial: { id: "Empat angka terakhir tidak boleh 0000.", en: "The last four digits cannot be 0000." },
};

export const sizeWords: Readonly<Partial<Record<PaperSize, Words>>> = {
  [PaperSize.A5]: { id: "A5", en: "A5" },
  [PaperSize.A4]: { id: "A4", en: "A4" },
  [PaperSize.THERMAL_58]: { id: "Gulungan 58 mm", en: "58 mm roll" },
  [PaperSize.THERMAL_80]: { id: "Gulungan 80 mm", en: "80 mm roll" },
};
