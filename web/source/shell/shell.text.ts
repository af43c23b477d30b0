import { LinkState } from "../generated/rekam/v1/link_pb";
import type { Words } from "../text/language";

export const text = {
  skip: { id: "Lompat ke isi", en: "Skip to content" },
  navigation: { id: "Bagian halaman", en: "Parts of the page" },
  language: { id: "English", en: "Bahasa Indonesia" },
  connecting: { id: "Menghubungi gateway…", en: "Reaching the gateway…" },
  live: { id: "Gateway terhubung", en: "Gateway connected" },
  lost: {
    id: "Sambungan ke gateway terputus. Yang tampil mungkin sudah lama. Mencoba lagi dalam {left}.",
    en: "The connection to the gateway is lost. What is shown may be old. Trying again in {left}.",
  },
  waiting: { id: "{n} rekaman tersimpan", en: "{n} captures kept" },
  warnings: { id: "{n} hal pada gateway perlu ditangani", en: "{n} things on the gateway need attention" },
  outdated: {
    id: "Gateway kini versi {version}, halaman ini masih dari versi {before}. Muat ulang bila yang di layar sudah selesai.",
    en: "The gateway is version {version} now, this page is of {before}. Load it anew once what is on the screen is done.",
  },
  reload: { id: "Muat ulang", en: "Load anew" },
  noView: { id: "Tidak ada bagian itu di halaman ini.", en: "There is no such part of this page." },
  noRole: { id: "Peran halaman ini tidak mencakup bagian ini.", en: "This page's roles do not include this part." },
  keys: { id: "Tombol pintas", en: "Keyboard shortcuts" },
  keysOn: { id: "Pakai tombol pintas", en: "Use keyboard shortcuts" },
  keysViews: { id: "Buka bagian ke-1 sampai ke-{n}", en: "Open part 1 to {n}" },
  keysLanguage: { id: "Ganti bahasa", en: "Switch language" },
  keysHelp: { id: "Tampilkan bantuan ini", en: "Show this help" },
  keysStart: { id: "Perekaman: mulai, atau ambil sekarang", en: "Capture: start, or take it now" },
  keysRetake: { id: "Perekaman: ulangi", en: "Capture: retake" },
  keysMissing: { id: "Perekaman: tidak ada / tidak bisa", en: "Capture: missing / cannot" },
  keysCancel: { id: "Perekaman: batalkan", en: "Capture: cancel" },
  keysArrows: {
    id: "Pilih jari atau mata (setelah Tab ke gambar)",
    en: "Choose a finger or eye (after Tab to the diagram)",
  },
  close: { id: "Tutup", en: "Close" },
} as const satisfies Record<string, Words>;

export const linkWords: Readonly<Record<LinkState, Words>> = {
  [LinkState.UNSPECIFIED]: { id: "Pusat: ?", en: "Centre: ?" },
  [LinkState.NOT_CONFIGURED]: { id: "Pusat belum diatur", en: "No centre configured" },
  [LinkState.UNKNOWN]: { id: "Pusat: belum diketahui", en: "Centre: not known yet" },
  [LinkState.ONLINE]: { id: "Pusat: tersambung", en: "Centre: online" },
  [LinkState.DEGRADED]: { id: "Pusat: lambat", en: "Centre: degraded" },
  [LinkState.OFFLINE]: { id: "Pusat: terputus", en: "Centre: offline" },
  [LinkState.RECOVERING]: { id: "Pusat: mulai pulih", en: "Centre: recovering" },
};
