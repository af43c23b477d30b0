export const text = {
  title: { id: "Audit", en: "Audit" },
} as const;
