export const text = {
  title: { id: "Perekaman", en: "Enrolment" },
} as const;
