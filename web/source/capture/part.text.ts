import type { Words } from "../text/language";

/** Names of parts by their keys. */
export const partWords: Readonly<Record<string, Words>> = {
  "finger-1": { id: "ibu jari kanan", en: "right thumb" },
  "finger-2": { id: "telunjuk kanan", en: "right index finger" },
  "finger-3": { id: "jari tengah kanan", en: "right middle finger" },
  "finger-4": { id: "jari manis kanan", en: "right ring finger" },
  "finger-5": { id: "kelingking kanan", en: "right little finger" },
  "finger-6": { id: "ibu jari kiri", en: "left thumb" },
  "finger-7": { id: "telunjuk kiri", en: "left index finger" },
  "finger-8": { id: "jari tengah kiri", en: "left middle finger" },
  "finger-9": { id: "jari manis kiri", en: "left ring finger" },
  "finger-10": { id: "kelingking kiri", en: "left little finger" },
  "finger-13": { id: "empat jari kanan", en: "right four fingers" },
  "finger-14": { id: "empat jari kiri", en: "left four fingers" },
  "finger-15": { id: "dua ibu jari", en: "both thumbs" },
  "iris-1": { id: "mata kanan", en: "right eye" },
  "iris-2": { id: "mata kiri", en: "left eye" },
  "iris-3": { id: "kedua mata", en: "both eyes" },
  face: { id: "wajah", en: "face" },
};
