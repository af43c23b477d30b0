/** Words in Indonesian and English, and which of them the page shows. */
import { effect, signal } from "@preact/signals";
import { kept } from "../kept";

export type Language = "id" | "en";

/** The same words in both languages; `LocalizedText` of the API has the same shape. */
export interface Words {
  readonly id: string;
  readonly en: string;
}

const choice = kept<Language>("language", "id", (value) => value === "id" || value === "en");

/** The language of the page; Indonesian until somebody chooses. */
export const language = signal<Language>(choice.read());

effect(() => {
  choice.write(language.value);
  if (typeof document !== "undefined") document.documentElement.lang = language.value;
});

/**
 * The words in the page's language, `{name}` replaced by `fields.name`.
 *
 * Read inside a component: it renders again when the language changes.
 */
export function say(words: Words, fields: Readonly<Record<string, string | number>> = {}): string {
  const text = words[language.value] || words.id || words.en;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(fields[name] ?? whole));
}

/** A number as the page's language writes it. */
export function sayNumber(value: number, digits = 0): string {
  return value.toLocaleString(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A moment as date and time, or time alone where it is today. */
export function sayTime(at: Date, now: Date = new Date()): string {
  const today = at.toDateString() === now.toDateString();
  const time: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" };
  return at.toLocaleString(locale(), today ? time : { day: "numeric", month: "short", year: "numeric", ...time });
}

const UNITS: readonly (readonly [number, Words])[] = [
  [86_400, { id: "{n} hari", en: "{n} d" }],
  [3_600, { id: "{n} jam", en: "{n} h" }],
  [60, { id: "{n} menit", en: "{n} min" }],
  [1, { id: "{n} detik", en: "{n} s" }],
];

/** A length of time in its largest whole unit. */
export function sayDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [size, unit] = UNITS.find(([each]) => whole >= each) ?? [1, { id: "{n} detik", en: "{n} s" }];
  return say(unit, { n: Math.floor(whole / size) });
}

function locale(): string {
  return language.value === "id" ? "id-ID" : "en-GB";
}
