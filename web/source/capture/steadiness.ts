/** How near the gateway is to taking the image by itself, as far as preview frames tell. */
import type { LiveQuality } from "../generated/rekam/v1/capture_pb";

export interface Steadiness {
  /** 0 to 1: how long what is seen has been good and still, against what a gateway usually waits for. */
  readonly share: number;
  /** When the run of good frames began (`performance.now`); undefined while there is none. */
  readonly since: number | undefined;
}

export const UNSTEADY: Steadiness = { share: 0, since: undefined };

/** Gateways take some frames in a row: 160 ms of a finger, up to a second of a face. The page shows the run, and decides nothing. */
const RUN_MS = 600;

/** What gateways ask of a frame unless they were told otherwise (`capture.min_preview_score`). */
const LEAST_SCORE = 40;

export function isPresent(live: LiveQuality): boolean {
  return live.fingerPresent || live.eyePresent || live.facePresent;
}

/** Steadiness after one more frame. */
export function steadied(before: Steadiness, live: LiveQuality, now: number): Steadiness {
  if (!isPresent(live) || !live.still || live.score < LEAST_SCORE) return UNSTEADY;
  const since = before.since ?? now;
  return { since, share: Math.min(1, (now - since) / RUN_MS) };
}
