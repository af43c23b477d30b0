export const text = {
  title: { id: "Perangkat", en: "Devices" },
} as const;
