/** What a record's plots are drawn from. */
import { timestampDate } from "@bufbuild/protobuf/wkt";
import type {
  CalibrationEntry,
  CalibrationRecordSummary,
  CalibrationVerdict,
} from "../generated/rekam/v1/calibration_pb";

/** A value with twice its standard uncertainty to both sides. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly spread: number;
}

export interface Curve {
  /** Of the measured values, without the frequency: "mtf_x". */
  readonly name: string;
  /** By frequency, cycles per mm. */
  readonly points: readonly Point[];
  /** The least modulation that the standard lets pass, by frequency; empty where it names none. */
  readonly limits: readonly { readonly x: number; readonly y: number }[];
}

/** As the gateway names values of one frequency: "ctf_x_2.5". */
const AT_FREQUENCY = /^([a-z][a-z0-9_]*?)_(\d+(?:\.\d+)?)$/;
const MODULATION = ["mtf", "ctf", "modulation"];

/** Modulation over frequency, with the limits of the same name; a single point is no curve. */
export function modulationCurves(record: CalibrationRecordSummary): Curve[] {
  const curves = new Map<string, Point[]>();
  for (const value of record.values) {
    const at = atFrequency(value.name);
    if (!at || !MODULATION.some((word) => at.name.includes(word))) continue;
    const points = curves.get(at.name) ?? [];
    curves.set(at.name, points);
    points.push({ x: at.frequency, y: value.value, spread: 2 * value.uncertainty });
  }
  return [...curves]
    .filter(([, points]) => points.length > 1)
    .map(([name, points]) => ({
      name,
      points: points.sort((a, b) => a.x - b.x),
      limits: record.verdicts
        .flatMap((verdict) => {
          const at = atFrequency(verdict.limit);
          return at?.name === name && verdict.minimum !== undefined ? { x: at.frequency, y: verdict.minimum } : [];
        })
        .sort((a, b) => a.x - b.x),
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

function atFrequency(name: string): { name: string; frequency: number } | undefined {
  const [, stem, frequency] = AT_FREQUENCY.exec(name) ?? [];
  return stem && frequency ? { name: stem, frequency: Number(frequency) } : undefined;
}

export interface History {
  readonly limit: string;
  readonly unit: string;
  /** The oldest first; `x` in milliseconds since 1970. */
  readonly points: readonly Point[];
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
}

/**
 * Each limit's value from calibration to calibration, of limits that the newest record has a value for.
 *
 * One value alone is no history. Those nearest to their limit come first: it is they that will fail.
 */
export function histories(entries: readonly CalibrationEntry[]): History[] {
  const records = entries.flatMap((entry) =>
    entry.content.case === "record" && entry.time
      ? { at: timestampDate(entry.time).getTime(), verdicts: entry.content.value.verdicts, sequence: entry.sequence }
      : [],
  );
  records.sort((a, b) => Number(a.sequence - b.sequence));
  const found: (History & { room: number })[] = [];
  for (const verdict of records.at(-1)?.verdicts ?? []) {
    if (verdict.value === undefined) continue;
    const points = records.flatMap(({ at, verdicts }) => {
      const then = verdicts.find((each) => each.limit === verdict.limit);
      return then?.value === undefined ? [] : { x: at, y: then.value, spread: 2 * (then.uncertainty ?? 0) };
    });
    if (points.length < 2) continue;
    const { limit, unit, minimum, maximum } = verdict;
    found.push({ limit, unit, points, minimum, maximum, room: roomOf(verdict) });
  }
  return found.sort((a, b) => a.room - b.room);
}

/** How far a value is from its nearer bound, as a share of that bound; negative beyond it. */
export function roomOf({ value = 0, minimum, maximum }: CalibrationVerdict): number {
  const below = minimum === undefined ? Infinity : (value - minimum) / (Math.abs(minimum) || 1);
  const above = maximum === undefined ? Infinity : (maximum - value) / (Math.abs(maximum) || 1);
  return Math.min(below, above);
}
