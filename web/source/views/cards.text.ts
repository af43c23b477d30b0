export const text = {
  title: { id: "Kartu", en: "Cards" },
  sections: { id: "Bagian kartu", en: "Parts of cards" },
  make: { id: "Buat", en: "Make" },
  read: { id: "Baca", en: "Read" },
  holder: { id: "Cocokkan pemilik", en: "Verify the holder" },
  stock: { id: "Persediaan", en: "Stock" },
} as const;
