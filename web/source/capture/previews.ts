/** The newest preview frame of a capture, pulled: a page that is slow skips frames, and never shows an old one. */
import { signal } from "@preact/signals";
import { captureClient } from "../gateway/clients";
import { failureOf, isAborted } from "../gateway/failure";
import { CaptureState, type LiveQuality, PreviewFormat } from "../generated/rekam/v1/capture_pb";

export interface ShownFrame {
  readonly seq: bigint;
  readonly image: ImageBitmap;
  readonly live: LiveQuality | undefined;
  /** When the device took it, by `performance.now`. */
  readonly takenAt: number;
}

export const frame = signal<ShownFrame | undefined>(undefined);

const WAIT_S = 5n;
/** Of a preview: what the stage shows at most. */
const MAX_WIDTH = 720;
const PAUSE_MS = 500;

/** Pull frames of a capture into `frame` until it ends or `stopped` aborts. */
export async function pull(captureId: string, stopped: AbortSignal): Promise<void> {
  let afterSeq = 0n;
  let decoding: Promise<void> = Promise.resolve();
  while (!stopped.aborted) {
    try {
      const answer = await captureClient.nextPreview(
        { captureId, afterSeq, timeout: { seconds: WAIT_S }, format: PreviewFormat.JPEG, maxWidth: MAX_WIDTH },
        { signal: stopped, timeoutMs: 15_000 },
      );
      const receivedAt = performance.now();
      if (answer.seq === 0n) {
        if (answer.state === CaptureState.DONE) break;
        continue;
      }
      afterSeq = answer.seq;
      const ageMs = Number(answer.age?.seconds ?? 0n) * 1000 + (answer.age?.nanos ?? 0) / 1e6;
      await decoding; // one at a time; the next request is on its way meanwhile
      decoding = show(answer.seq, answer.pixels, answer.liveQuality, receivedAt - ageMs, stopped);
    } catch (thrown) {
      if (stopped.aborted || isAborted(thrown)) break;
      const { reason, retryMs } = failureOf(thrown);
      if (reason === "NOT_FOUND" || reason === "PAIRING_REQUIRED" || reason === "ROLE_DENIED") break;
      await new Promise((resolve) => setTimeout(resolve, Math.max(PAUSE_MS, retryMs ?? 0)));
    }
  }
  await decoding;
}

/** Forget the frame: another capture begins. */
export function clear(): void {
  frame.value?.image.close();
  frame.value = undefined;
}

async function show(
  seq: bigint,
  pixels: Uint8Array,
  live: LiveQuality | undefined,
  takenAt: number,
  stopped: AbortSignal,
): Promise<void> {
  try {
    const image = await createImageBitmap(new Blob([pixels as Uint8Array<ArrayBuffer>], { type: "image/jpeg" }));
    if (stopped.aborted) {
      image.close();
      return;
    }
    const before = frame.value;
    frame.value = { seq, image, live, takenAt };
    before?.image.close();
  } catch {
    // A frame that cannot be decoded is passed over; the next one comes.
  }
}
