/** The shape of a NIK, looked at while it is typed: the gateway checks it again and has the last word. */

export type NikFault = "not_digits" | "length" | "province" | "day" | "month" | "serial";

const FIRST_PROVINCE = 11;
const LAST_PROVINCE = 96;
/** Added to the day of birth in the NIK of a woman. */
const WOMEN = 40;

/**
 * What makes a text no NIK; undefined where it may be one: `PPKKCC DDMMYY NNNN`.
 *
 * A date that no calendar has is not refused: a NIK is lifelong, also with a wrong date in it (PP 40/2019, article 30(2)).
 */
export function nikFault(text: string): NikFault | undefined {
  if (!/^[0-9]*$/.test(text)) return "not_digits";
  if (text.length !== 16) return "length";
  const [province, day, month, serial] = [part(text, 0, 2), part(text, 6, 8), part(text, 8, 10), part(text, 12, 16)];
  if (province < FIRST_PROVINCE || province > LAST_PROVINCE) return "province";
  if (!((day >= 1 && day <= 31) || (day > WOMEN && day <= 31 + WOMEN))) return "day";
  if (month < 1 || month > 12) return "month";
  return serial === 0 ? "serial" : undefined;
}

/** Whether the date in a NIK of good shape is another than `date` (YYYY-MM-DD); the century is not in a NIK. */
export function birthDateDiffers(nik: string, date: string): boolean {
  const told = /^\d\d(\d\d)-(\d\d)-(\d\d)$/.exec(date);
  if (!told || nikFault(nik)) return false;
  const [, year = "", month = "", day = ""] = told;
  const inNik = [part(nik, 6, 8) % WOMEN, part(nik, 8, 10), part(nik, 10, 12)];
  return [Number(day), Number(month), Number(year)].some((value, index) => value !== inNik[index]);
}

/** What was typed or pasted, without the blanks with which people group digits. */
export function withoutBlanks(text: string): string {
  return text.replace(/[\s.-]/g, "");
}

function part(text: string, from: number, to: number): number {
  return Number(text.slice(from, to));
}
