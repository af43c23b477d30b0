export const text = {
  title: { id: "Sambungan", en: "Link" },
} as const;
