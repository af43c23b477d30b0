/** A signature as the pen moves: points with pressure and time, taken from pointer events. */

export interface PenPoint {
  /** Pixels of the pad, whatever its size on the screen. */
  readonly x: number;
  readonly y: number;
  /** Milliseconds since the signature began; never goes back. */
  readonly elapsedMs: number;
  /** 0 to 1. Pens and some fingers are measured; browsers give 0.5 for whatever cannot be. */
  readonly pressure: number;
}

export type PenStroke = readonly PenPoint[];

export interface Writing {
  readonly strokes: readonly PenStroke[];
  /** `timeStamp` of the first event. */
  readonly since: number | undefined;
}

export const NOTHING_WRITTEN: Writing = { strokes: [], since: undefined };

/** Size of the pad in its own pixels. */
export const PAD = { width: 960, height: 320 } as const;

/** The gateway keeps so many points. */
export const MOST_POINTS = 20_000;

/** What of a pointer event is kept. */
export interface PenEvent {
  readonly clientX: number;
  readonly clientY: number;
  readonly pressure: number;
  readonly timeStamp: number;
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export function pointCount(writing: Writing): number {
  return writing.strokes.reduce((sum, stroke) => sum + stroke.length, 0);
}

/** The pen comes down. */
export function begun(writing: Writing, event: PenEvent, box: Box): Writing {
  if (pointCount(writing) >= MOST_POINTS) return writing;
  const since = writing.since ?? event.timeStamp;
  return { strokes: [...writing.strokes, [pointOf(event, box, since, lastMs(writing))]], since };
}

/** The pen moves while it is down: each event that the browser gathered into one. */
export function moved(writing: Writing, events: readonly PenEvent[], box: Box): Writing {
  const stroke = writing.strokes.at(-1);
  if (!stroke || writing.since === undefined) return writing;
  let after = lastMs(writing);
  const room = MOST_POINTS - pointCount(writing);
  const points: PenPoint[] = [];
  for (const event of events.slice(0, room)) {
    const point = pointOf(event, box, writing.since, after);
    after = point.elapsedMs;
    points.push(point);
  }
  return { ...writing, strokes: [...writing.strokes.slice(0, -1), [...stroke, ...points]] };
}

/** Whether it is more than a dot: something of a length, in pixels of the pad. */
export function isWritten(writing: Writing, least = 80): boolean {
  let length = 0;
  for (const stroke of writing.strokes)
    for (let at = 1; at < stroke.length; at++) {
      const [before, here] = [stroke[at - 1], stroke[at]];
      if (before && here) length += Math.hypot(here.x - before.x, here.y - before.y);
    }
  return length >= least;
}

/** How wide a line is at a pressure, in pixels of the pad. */
export function lineWidth(pressure: number): number {
  return 1.5 + 5 * pressure;
}

function lastMs(writing: Writing): number {
  return writing.strokes.at(-1)?.at(-1)?.elapsedMs ?? 0;
}

function pointOf(event: PenEvent, box: Box, since: number, after: number): PenPoint {
  const within = (value: number, most: number) => Math.min(most, Math.max(0, value));
  return {
    x: within(((event.clientX - box.left) / box.width) * PAD.width, PAD.width),
    y: within(((event.clientY - box.top) / box.height) * PAD.height, PAD.height),
    // Events that a browser gathered may be a little out of order, and the gateway takes none that goes back.
    elapsedMs: Math.max(after, event.timeStamp - since),
    pressure: within(event.pressure, 1),
  };
}
