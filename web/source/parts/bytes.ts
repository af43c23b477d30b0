import { sayNumber } from "../text/language";

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** A number of bytes in its largest unit, powers of 1000: "512 B", "1.5 MB". */
export function sayBytes(bytes: number | bigint): string {
  let value = Number(bytes);
  let unit = 0;
  // What would be rounded to 1000 is 1 of the next.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${sayNumber(value, unit > 0 && value < 9.95 ? 1 : 0)} ${UNITS[unit]}`;
}
