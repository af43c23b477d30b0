export const text = {
  unreachable: {
    id: "Gateway tidak menjawab. Periksa apakah gateway berjalan (`rekam doctor`).",
    en: "The gateway does not answer. Check that it runs (`rekam doctor`).",
  },
  late: { id: "Gateway tidak menjawab tepat waktu. Coba lagi.", en: "The gateway did not answer in time. Try again." },
  unknown: { id: "Gateway menolak permintaan", en: "The gateway refused the request" },
} as const;
