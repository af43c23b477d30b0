import { useEffect, useRef } from "preact/hooks";
import { Modality } from "../generated/rekam/v1/common_pb";
import { say, sayNumber } from "../text/language";
import { text } from "../views/capture.text";
import { clear, frame, pull, type ShownFrame } from "./previews";
import { outline, ridgeMask } from "./segmentation";
import { isPresent, type Steadiness, steadied, UNSTEADY } from "./steadiness";

const GOOD = 60;
const FAIR = 40;

/** The preview of a capture on a canvas, with what was seen and how good it looks drawn over it. */
export function LiveView({
  captureId,
  modality,
  running,
}: {
  captureId: string;
  modality: Modality;
  running: boolean;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const steady = useRef<Steadiness>(UNSTEADY);

  useEffect(() => {
    if (!running) return;
    const stopped = new AbortController();
    clear();
    steady.current = UNSTEADY;
    void pull(captureId, stopped.signal);
    return () => stopped.abort();
  }, [captureId, running]);

  useEffect(
    () =>
      frame.subscribe((shown) => {
        const element = canvas.current;
        if (!element || !shown) return;
        if (shown.live) steady.current = steadied(steady.current, shown.live, performance.now());
        draw(element, shown, modality, steady.current);
        measure(element, shown);
      }),
    [modality],
  );

  const live = frame.value?.live;
  const score = live && isPresent(live) ? live.score : undefined;
  return (
    <div class="live">
      <canvas ref={canvas} width={480} height={360} id="preview" role="img" aria-label={say(text.preview)} />
      <div class="live-bar">
        <meter
          min={0}
          max={100}
          low={FAIR}
          high={GOOD}
          optimum={100}
          value={score ?? 0}
          aria-label={say(text.liveScore)}
        />
        <span class="live-score">{score === undefined ? "–" : sayNumber(score)}</span>
        {live?.still && isPresent(live) && <span class="pill pill-good">{say(text.still)}</span>}
      </div>
      {live && live.fingers.length > 0 && (
        <ul class="row live-fingers">
          {live.fingers.map((finger) => (
            <li key={finger.position} class={`pill ${finger.present ? tone(finger.score) : ""}`}>
              {say(text.fingerShort[finger.position] ?? text.finger)} {finger.present ? sayNumber(finger.score) : "–"}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function tone(score: number): string {
  if (score >= GOOD) return "pill-good";
  return score >= FAIR ? "pill-warn" : "pill-bad";
}

const COLOURS: Readonly<Record<string, string>> = {
  "pill-good": "#1fa45b",
  "pill-warn": "#e09a1a",
  "pill-bad": "#d8303b",
};

function draw(canvas: HTMLCanvasElement, shown: ShownFrame, modality: Modality, steady: Steadiness): void {
  const { image, live } = shown;
  if (canvas.width !== image.width || canvas.height !== image.height) {
    canvas.width = image.width;
    canvas.height = image.height;
  }
  const context = canvas.getContext("2d", { willReadFrequently: modality === Modality.FINGER });
  if (!context) return;
  context.drawImage(image, 0, 0);
  const colour = COLOURS[tone(live?.score ?? 0)] ?? "#1fa45b";
  if (modality === Modality.FINGER) {
    if (live?.fingerPresent || live?.fingers.some((finger) => finger.present)) drawRidges(context, colour);
  } else drawAim(context, modality, live && isPresent(live) ? colour : "#ffffff");
  if (steady.share > 0) drawSteadiness(context, steady.share);
}

function drawRidges(context: CanvasRenderingContext2D, colour: string): void {
  const { width, height } = context.canvas;
  const mask = ridgeMask(context.getImageData(0, 0, width, height).data, width, height);
  context.strokeStyle = colour;
  context.lineWidth = Math.max(2, width / 200);
  context.lineCap = "round";
  context.beginPath();
  for (const [x0, y0, x1, y1] of outline(mask)) {
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
  }
  context.stroke();
}

/** Where an eye or a face belongs. */
function drawAim(context: CanvasRenderingContext2D, modality: Modality, colour: string): void {
  const { width, height } = context.canvas;
  context.strokeStyle = colour;
  context.lineWidth = Math.max(2, width / 240);
  context.setLineDash([10, 7]);
  if (modality === Modality.FACE) drawPortraitFrame(context);
  else {
    context.beginPath();
    context.ellipse(width / 2, height / 2, height * 0.3, height * 0.3, 0, 0, 2 * Math.PI);
    context.stroke();
  }
  context.setLineDash([]);
}

/** Of the frame's height: room is left to the gateway, which cuts the portrait about the head that it finds. */
const FRAME_HEIGHT = 0.94;
/** Of the frame: three by four, the head 0.55 of its width, the eyes 0.42 from its upper edge (ISO/IEC 19794-5:2005, 8.3). */
const [ASPECT, HEAD_WIDTH, EYES_FROM_TOP] = [3 / 4, 0.55, 0.42];

/** The portrait's edges, the oval of the head, and the line of the eyes. */
function drawPortraitFrame(context: CanvasRenderingContext2D): void {
  const tall = context.canvas.height * FRAME_HEIGHT;
  const wide = tall * ASPECT;
  const left = (context.canvas.width - wide) / 2;
  const top = (context.canvas.height - tall) / 2;
  const across = (wide * HEAD_WIDTH) / 2;
  const eyes = top + tall * EYES_FROM_TOP;
  context.save();
  context.beginPath();
  context.rect(0, 0, context.canvas.width, context.canvas.height);
  context.rect(left, top, wide, tall);
  context.fillStyle = "rgb(16 24 28 / 45%)";
  context.fill("evenodd");
  context.beginPath();
  context.ellipse(context.canvas.width / 2, eyes + across * 0.08, across, across * 1.35, 0, 0, 2 * Math.PI);
  context.moveTo(left + wide * 0.12, eyes);
  context.lineTo(left + wide * 0.88, eyes);
  context.stroke();
  context.setLineDash([]);
  context.strokeRect(left, top, wide, tall);
  context.restore();
}

/** A ring that closes while what is seen is good and still. */
function drawSteadiness(context: CanvasRenderingContext2D, share: number): void {
  const { width } = context.canvas;
  const radius = width / 22;
  context.lineWidth = radius / 2.5;
  context.strokeStyle = "#1fa45b";
  context.beginPath();
  context.arc(width - 1.7 * radius, 1.7 * radius, radius, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * share);
  context.stroke();
}

/** Note from when the device took the frame to when the browser has put it on the screen (User Timing). */
function measure(canvas: HTMLCanvasElement, shown: ShownFrame): void {
  // The frame callback after the one in which the canvas is painted: by then it was handed to the compositor.
  requestAnimationFrame(() =>
    requestAnimationFrame((now) => {
      canvas.dataset.latencyMs = String(Math.round(now - shown.takenAt));
      if (shown.takenAt < 0) return;
      performance.measure("rekam.preview", { start: shown.takenAt, end: now });
      if (performance.getEntriesByName("rekam.preview").length > 500) performance.clearMeasures("rekam.preview");
    }),
  );
}
