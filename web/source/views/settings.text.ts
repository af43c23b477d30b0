export const text = {
  title: { id: "Pengaturan", en: "Settings" },
} as const;
