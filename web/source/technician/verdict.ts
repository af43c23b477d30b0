/** Values and bounds as a technician reads them. */
import type { CalibrationVerdict } from "../generated/rekam/v1/calibration_pb";
import { language, say, sayNumber } from "../text/language";
import { text } from "./technician.text";

/** So many digits as tell something. */
const DIGITS = 4;
const MOST_DECIMALS = 6;

/** A number with four digits that count. */
export function sayFigure(value: number): string {
  return Number(value.toPrecision(DIGITS)).toLocaleString(language.value, { maximumSignificantDigits: DIGITS });
}

/**
 * A value with its expanded uncertainty (k = 2) and its unit.
 *
 * The uncertainty has two digits that count, the value as many decimals (GUM, 7.2.6).
 */
export function sayValue(value: number | undefined, uncertainty: number | undefined, unit: string): string {
  if (value === undefined) return "–";
  const words = unit && unit !== "1" ? ` ${unit}` : "";
  if (!uncertainty || !Number.isFinite(uncertainty)) return `${sayFigure(value)}${words}`;
  const spread = 2 * uncertainty;
  const digits = Math.min(MOST_DECIMALS, Math.max(0, 1 - Math.floor(Math.log10(spread))));
  return `${sayNumber(value, digits)} ± ${sayNumber(spread, digits)}${words}`;
}

/** What a limit asks for. */
export function sayBounds({ minimum, maximum }: CalibrationVerdict): string {
  const exact = (value: number) => value.toLocaleString(language.value, { maximumSignificantDigits: 5 });
  if (minimum !== undefined && maximum !== undefined)
    return say(text.between, { low: exact(minimum), high: exact(maximum) });
  if (minimum !== undefined) return say(text.atLeast, { n: exact(minimum) });
  return maximum === undefined ? "–" : say(text.atMost, { n: exact(maximum) });
}
