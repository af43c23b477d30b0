export const text = {
  title: { id: "Teknisi", en: "Technician" },
} as const;
