/** Pictures that come from a file, or from the portrait camera beside an enrolment. */
import { captureClient, idempotencyKey } from "../gateway/clients";
import { CaptureAction, PreviewFormat } from "../generated/rekam/v1/capture_pb";
import { Modality } from "../generated/rekam/v1/common_pb";

/** More than any document needs, and under the gateway's 8 MiB as a JPEG. */
const LONGEST_SIDE = 3000;
const QUALITY = 0.95;
/** The first frames of a camera that begins to stream are dark, or of a wrong tint. */
const SETTLE_FRAMES = 15n;
const FRAME_S = 5n;

/**
 * A picture file as an upright JPEG; undefined where it cannot be opened.
 *
 * It is coded anew: the gateway refuses pictures that their metadata turn, which tablets' cameras make, and keeps none.
 */
export async function jpegOf(file: Blob): Promise<Uint8Array | undefined> {
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return undefined;
  }
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const context = canvas.getContext("2d");
  if (!context) return undefined;
  context.fillStyle = "#ffffff"; // beneath what is transparent
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return bytesOf(canvas, "image/jpeg");
}

/** What a canvas shows, coded; undefined where the browser cannot. */
export async function bytesOf(
  canvas: HTMLCanvasElement,
  type: "image/jpeg" | "image/png",
): Promise<Uint8Array | undefined> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, QUALITY));
  return blob ? new Uint8Array(await blob.arrayBuffer()) : undefined;
}

/**
 * What is before the portrait camera now, as a JPEG; undefined where it shows nothing.
 *
 * It is taken from the preview of a capture that is cancelled, so that no portrait is recorded of it.
 */
export async function cameraPhoto(operator: string): Promise<Uint8Array | undefined> {
  const { capture } = await captureClient.startCapture({
    modality: Modality.FACE,
    manual: true,
    operator,
    holder: "Rekam",
    idempotencyKey: idempotencyKey(),
  });
  const captureId = capture?.captureId ?? "";
  try {
    let first = 0n;
    let afterSeq = 0n;
    for (;;) {
      const shown = await captureClient.nextPreview({
        captureId,
        afterSeq,
        timeout: { seconds: FRAME_S },
        format: PreviewFormat.JPEG,
      });
      if (shown.seq === 0n) return undefined;
      first ||= shown.seq;
      afterSeq = shown.seq;
      if (shown.seq >= first + SETTLE_FRAMES) return shown.pixels;
    }
  } finally {
    await captureClient.commandCapture({ captureId, action: CaptureAction.CANCEL, idempotencyKey: idempotencyKey() });
  }
}
