export const text = {
  title: { id: "Sambungan", en: "Link" },
  sections: { id: "Bagian sambungan", en: "Parts of the link" },
  now: { id: "Sekarang", en: "Now" },
  history: { id: "Riwayat", en: "History" },
  people: { id: "Panggil kembali", en: "Call-backs" },
  announcements: { id: "Pengumuman", en: "Announcements" },
} as const;
