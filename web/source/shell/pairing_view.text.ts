export const text = {
  title: { id: "Pasangkan halaman ini", en: "Pair this page" },
  why: {
    id: "Halaman ini belum boleh memakai perangkat. Gateway menampilkan kode delapan angka di terminalnya; ketik kode itu di sini sekali saja.",
    en: "This page may not use the devices yet. The gateway shows a code of eight digits on its terminal; type it here, just once.",
  },
  ask: { id: "Tampilkan kode di terminal", en: "Show a code on the terminal" },
  again: { id: "Minta kode baru", en: "Ask for a new code" },
  code: { id: "Kode dari terminal gateway", en: "Code from the gateway's terminal" },
  left: { id: "Berlaku {time} lagi", en: "Good for another {time}" },
  old: { id: "Kode sudah tidak berlaku. Minta kode baru.", en: "The code is no longer good. Ask for a new one." },
  pair: { id: "Pasangkan", en: "Pair" },
  name: { id: "Halaman petugas", en: "Operator's page" },
} as const;
