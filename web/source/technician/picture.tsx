import { useEffect, useRef, useState } from "preact/hooks";
import { failureOf, isAborted } from "../gateway/failure";
import { say } from "../text/language";
import { calibrationClient } from "./run";
import { text } from "./technician.text";

const WAIT_S = 5n;
const MAX_WIDTH = 640;
const PAUSE_MS = 500;
const FINAL: ReadonlySet<string> = new Set(["NOT_FOUND", "ROLE_DENIED", "PAIRING_REQUIRED"]);

/** The newest picture of a run, pulled one by one; nothing for a device that has none (a card writer). */
export function LivePicture({ runId }: { runId: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const gone = new AbortController();
    void pull(runId, gone.signal, (image) => {
      const element = canvas.current;
      if (element) {
        [element.width, element.height] = [image.width, image.height];
        element.getContext("2d")?.drawImage(image, 0, 0);
      }
      image.close();
      setSeen(true);
    });
    return () => gone.abort();
  }, [runId]);
  return (
    <canvas
      ref={canvas}
      class="picture-live"
      id="calibration-picture"
      data-seen={seen}
      width={320}
      height={240}
      role="img"
      aria-label={say(text.picture)}
    />
  );
}

async function pull(runId: string, gone: AbortSignal, show: (image: ImageBitmap) => void): Promise<void> {
  let afterSeq = 0n;
  while (!gone.aborted) {
    try {
      const { seq, jpeg } = await calibrationClient.nextCalibrationPicture(
        { runId, afterSeq, timeout: { seconds: WAIT_S }, maxWidth: MAX_WIDTH },
        { signal: gone, timeoutMs: 15_000 },
      );
      if (seq === 0n) {
        // None came in time; where the run has ended the answer is at once, and the picture goes with the run.
        await pause();
        continue;
      }
      afterSeq = seq;
      const image = await createImageBitmap(new Blob([jpeg as Uint8Array<ArrayBuffer>], { type: "image/jpeg" }));
      if (gone.aborted) image.close();
      else show(image);
    } catch (thrown) {
      if (gone.aborted || isAborted(thrown) || FINAL.has(failureOf(thrown).reason)) return;
      await pause();
    }
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
