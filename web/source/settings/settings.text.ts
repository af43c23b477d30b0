import { ClockQuality } from "../generated/rekam/v1/common_pb";
import type { Words } from "../text/language";

export const text = {
  title: { id: "Pengaturan", en: "Settings" },
  pageTitle: { id: "Tampilan halaman ini", en: "How this page looks" },
  ofBrowser: {
    id: "Pilihan ini disimpan di peramban ini saja.",
    en: "These choices are kept in this browser alone.",
  },
  language: { id: "Bahasa", en: "Language" },
  largeText: { id: "Tulisan besar", en: "Large text" },
  shortcuts: { id: "Pakai tombol pintas", en: "Use keyboard shortcuts" },
  hints: { id: "Tampilkan tombol pintas pada tombol", en: "Show the shortcuts' keys on buttons" },
  pairingTitle: { id: "Izin halaman", en: "Pairing" },
  thisPage: { id: "Halaman ini", en: "This page" },
  roles: { id: "Peran halaman ini", en: "This page's roles" },
  forget: { id: "Lupakan izin di peramban ini…", en: "Forget this browser's pairing…" },
  forgetSure: {
    id: "Halaman ini harus dipasangkan lagi dengan kode dari terminal gateway. Lupakan?",
    en: "This page will have to be paired again by a code on the gateway's terminal. Forget it?",
  },
  forgetNote: {
    id: "Izin yang dilupakan masih berlaku di gateway sampai dicabut di daftar ini.",
    en: "A pairing that was forgotten stands at the gateway until it is revoked in this list.",
  },
  pairedTitle: { id: "Halaman yang punya izin", en: "Paired pages" },
  nonePaired: { id: "Tidak ada.", en: "None." },
  name: { id: "Nama", en: "Name" },
  origin: { id: "Alamat", en: "Address" },
  pairedAt: { id: "Sejak", en: "Since" },
  deed: { id: "Tindakan", en: "Action" },
  revoke: { id: "Cabut…", en: "Revoke…" },
  revokeSure: {
    id: "Panggilan berikutnya dari {origin} ditolak. Bila itu halaman ini, Anda keluar. Cabut?",
    en: "The next call from {origin} is refused. If that is this page, you are out. Revoke?",
  },
  aboutTitle: { id: "Tentang gateway ini", en: "About this gateway" },
  gateway: { id: "Gateway", en: "Gateway" },
  version: { id: "Versi", en: "Version" },
  started: { id: "Berjalan sejak", en: "Running since" },
  clock: { id: "Jam", en: "Clock" },
  devices: { id: "Perangkat siap", en: "Devices ready" },
  ofThem: { id: "{ready} dari {total}", en: "{ready} of {total}" },
  kept: { id: "Tersimpan", en: "Kept" },
  keptCaptures: { id: "{n} pengambilan, {size} dari {limit}", en: "{n} captures, {size} of {limit}" },
  keptNoLimit: { id: "{n} pengambilan, {size}", en: "{n} captures, {size}" },
  warnings: { id: "Yang perlu ditangani", en: "What needs attention" },
  noWarnings: { id: "Tidak ada: semua baik.", en: "Nothing: all is well." },
  licences: { id: "Lisensi pustaka di halaman ini", en: "Licences of the libraries in this page" },
  apache: {
    id: "Rekam adalah perangkat lunak bebas di bawah Lisensi Apache 2.0.",
    en: "Rekam is free software under the Apache License 2.0.",
  },
} as const;

export const clockWords: Readonly<Record<ClockQuality, Words>> = {
  [ClockQuality.UNSPECIFIED]: { id: "tidak diketahui", en: "unknown" },
  [ClockQuality.TRUSTED]: { id: "dapat dipercaya", en: "can be trusted" },
  [ClockQuality.HOLDOVER]: { id: "pernah disinkronkan, kini berjalan sendiri", en: "was synchronised, runs alone now" },
  [ClockQuality.UNTRUSTED]: {
    id: "tidak dapat dipercaya: sinkronkan jam komputer",
    en: "cannot be trusted: synchronise the computer's clock",
  },
};

export const roleWords: Readonly<Record<string, Words>> = {
  operator: { id: "petugas", en: "operator" },
  supervisor: { id: "penyelia", en: "supervisor" },
  technician: { id: "teknisi", en: "technician" },
  auditor: { id: "auditor", en: "auditor" },
};
