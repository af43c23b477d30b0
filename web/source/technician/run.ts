/** A run of procedures, followed to its end. */
import { useEffect, useState } from "preact/hooks";
import { clientOf } from "../gateway/clients";
import { type Failure, failureOf, isAborted } from "../gateway/failure";
import { type CalibrationRun, CalibrationRunState, CalibrationService } from "../generated/rekam/v1/calibration_pb";
import { kept } from "../kept";

export const calibrationClient = clientOf(CalibrationService);

const PAUSE_MS = 1_000;
/** Reasons after which asking again is in vain: the gateway was started anew, or the page may not. */
const FINAL: ReadonlySet<string> = new Set(["NOT_FOUND", "ROLE_DENIED", "PAIRING_REQUIRED"]);
const ENDED: ReadonlySet<CalibrationRunState> = new Set([
  CalibrationRunState.DONE,
  CalibrationRunState.CANCELLED,
  CalibrationRunState.FAILED,
]);

/** Whether a run has come to its end, whichever. */
export function hasEnded(run: CalibrationRun): boolean {
  return ENDED.has(run.state);
}

/** Whether what a run has measured can be gone on with. */
export function canResume(run: CalibrationRun): boolean {
  return run.state === CalibrationRunState.CANCELLED || run.state === CalibrationRunState.FAILED;
}

export interface Followed {
  readonly run: CalibrationRun | undefined;
  readonly failure: Failure | undefined;
  /** Nothing more is heard of it: the gateway was started anew, or the page may not ask. */
  readonly lost: boolean;
}

const NOTHING: Followed = { run: undefined, failure: undefined, lost: false };

/**
 * A run as it goes, watched as long as the component is shown; `onEnd` is told once.
 *
 * The gateway cancels an attended run that nobody has watched for 90 seconds: a broken stream is opened anew.
 */
export function useRun(runId: string, onEnd: (run: CalibrationRun) => void): Followed {
  const [followed, setFollowed] = useState(NOTHING);
  useEffect(() => {
    setFollowed(NOTHING);
    if (!runId) return;
    const gone = new AbortController();
    void follow(runId, gone.signal, setFollowed, onEnd);
    return () => gone.abort();
  }, [runId]);
  return followed;
}

async function follow(
  runId: string,
  gone: AbortSignal,
  show: (followed: Followed) => void,
  onEnd: (run: CalibrationRun) => void,
): Promise<void> {
  let fromSeq = 0n;
  let run: CalibrationRun | undefined;
  while (!gone.aborted) {
    try {
      for await (const answer of calibrationClient.watchCalibration({ runId, fromSeq }, { signal: gone })) {
        fromSeq = answer.seq;
        if (!answer.run) continue;
        run = answer.run;
        show({ run, failure: undefined, lost: false });
      }
      if (run && hasEnded(run)) {
        onEnd(run);
        return;
      }
    } catch (thrown) {
      if (gone.aborted || isAborted(thrown)) return;
      const failure = failureOf(thrown);
      const lost = FINAL.has(failure.reason);
      show({ run, failure, lost });
      if (lost) return;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** A run that can be gone on with, and what it was to measure. */
export interface Unfinished {
  readonly runId: string;
  /** Empty: all of the plan. */
  readonly procedures: readonly string[];
}

function fits(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).every((each) => typeof each?.runId === "string" && Array.isArray(each?.procedures));
}
const store = kept<Readonly<Record<string, Unfinished>>>("calibration-runs", {}, fits);

/** The run of a device that ended early, also by a power cut; undefined where there is none. */
export function unfinishedOf(deviceId: string): Unfinished | undefined {
  return store.read()[deviceId];
}

/** Note that a run has begun, before anything can end it. */
export function noteStart(run: CalibrationRun, procedures: readonly string[]): void {
  store.write({ ...store.read(), [run.deviceId]: { runId: run.runId, procedures } });
}

/** Note how a run ended; what an unfinished one has measured is kept by the gateway, for a week. */
export function noteEnd(run: CalibrationRun): void {
  if (canResume(run) && run.values.length > 0) return;
  const { [run.deviceId]: _, ...others } = store.read();
  store.write(others);
}
