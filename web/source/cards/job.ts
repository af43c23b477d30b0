/** A card that is being made: the gateway's job, followed by this page, whatever view is shown meanwhile. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { signal } from "@preact/signals";
import { idempotencyKey } from "../gateway/clients";
import { type Failure, failureOf } from "../gateway/failure";
import { listened } from "../gateway/listened";
import type {
  CardJob,
  CardProfile,
  CardProgress,
  CardResult,
  EnrolledCardSchema,
  PersonaliseCardResponse,
  ResumeCardJobResponse,
} from "../generated/rekam/v1/card_pb";
import { CardJobState } from "../generated/rekam/v1/card_pb";
import { operator } from "../parts/operator_name";
import { cardClient } from "./readers";

export interface Making {
  readonly enrolmentId: string;
  readonly job: CardJob | undefined;
  readonly progress: CardProgress | undefined;
  readonly result: CardResult | undefined;
  readonly failure: Failure | undefined;
  readonly running: boolean;
  /** The stream broke, and the same request was sent again. */
  readonly joining: boolean;
}

type Told = PersonaliseCardResponse["event"] | ResumeCardJobResponse["event"];

export const making = signal<Making | undefined>(undefined);

const BEGUN = { job: undefined, progress: undefined, result: undefined, failure: undefined, joining: false } as const;
/** Tries to join a job again whose stream broke; what the gateway itself refused is not asked for again. */
const MOST_TRIES = 20;
const PAUSE_MS = 1_500;

/** The state after one event of a job. */
export function taken(before: Making, event: Told): Making {
  switch (event.case) {
    case "job":
      return { ...before, job: event.value, joining: false };
    case "progress":
      return { ...before, progress: event.value, joining: false };
    case "result":
      return { ...before, result: event.value, job: event.value.job ?? before.job, joining: false };
    default:
      return { ...before, joining: false };
  }
}

/**
 * Make the card of an enrolment; the same key joins the job where the stream breaks, so that no second card is made.
 *
 * `onTaken` is called once the gateway has the job with all that is to stand on the card.
 */
export async function personalise(
  card: MessageInitShape<typeof EnrolledCardSchema> & { enrolmentId: string },
  deviceId: string,
  onTaken: () => void,
): Promise<void> {
  const source = { case: "enrolled", value: card } as const;
  const request = { source, deviceId, operator: operator(), idempotencyKey: idempotencyKey() };
  await followed(card.enrolmentId, MOST_TRIES, (signal) => cardClient.personaliseCard(request, { signal }), onTaken);
}

/** Go on with a job; that cannot be joined again, and stands in the list of those that wait where the stream breaks. */
export async function resume(job: CardJob, deviceId: string): Promise<void> {
  const request = { jobId: job.jobId, deviceId, operator: operator() };
  await followed(job.enrolmentId, 1, (signal) => cardClient.resumeCardJob(request, { signal }));
}

async function followed(
  enrolmentId: string,
  tries: number,
  open: (signal: AbortSignal) => AsyncIterable<{ event: Told }>,
  onTaken: () => void = () => {},
): Promise<void> {
  if (making.value?.running) return;
  making.value = { ...BEGUN, enrolmentId, running: true };
  for (let number = 1; ; number++) {
    try {
      for await (const { event } of listened(open)) {
        if (event.case === "job") onTaken();
        change((before) => taken(before, event));
      }
      change((before) => ({ ...before, running: false }));
      return;
    } catch (thrown) {
      const failure = failureOf(thrown);
      // The gateway gives a reason for what it decided; without one, the connection broke.
      if (failure.reason || number >= tries) {
        change((before) => ({ ...before, failure, running: false, joining: false }));
        return;
      }
      change((before) => ({ ...before, joining: true }));
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

function change(how: (before: Making) => Making): void {
  if (making.value) making.value = how(making.value);
}

/**
 * The profiles of which this page can make cards: those for which the issuer need hand in nothing.
 *
 * Cards against which a holder can be checked come first.
 */
export function makeable(profiles: readonly CardProfile[]): readonly CardProfile[] {
  return profiles
    .filter((each) => each.handedIn.length === 0)
    .sort((one, other) => Number(other.holderCheck) - Number(one.holderCheck));
}

/** Enrolments whose card was finished here; another one is a supervisor's to allow. */
export function finished(jobs: readonly CardJob[]): ReadonlySet<string> {
  return new Set(jobs.filter((each) => each.state === CardJobState.DONE).map((each) => each.enrolmentId));
}

/** How far a card is, from 0 to 1. */
export function shareOf(made: Making): number {
  if (made.result) return 1;
  const { step = 0, steps = 0 } = made.progress ?? {};
  return steps > 0 ? Math.min(1, step / steps) : 0;
}

/** Whether the card must not be taken away now. */
export function isBusyWithCard(made: Making): boolean {
  return made.running && made.progress !== undefined && made.progress.state !== CardJobState.CREATED;
}
