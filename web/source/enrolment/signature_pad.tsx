import { useEffect, useRef } from "preact/hooks";
import { say } from "../text/language";
import { text } from "../views/enrolment.text";
import { begun, lineWidth, moved, NOTHING_WRITTEN, PAD, type Writing } from "./strokes";

const INK = "#101a5c";

interface PadProps {
  readonly writing: Writing;
  /** Of what was written by then: events may come faster than the page renders. */
  readonly onWriting: (written: (before: Writing) => Writing) => void;
}

/** Takes the pen's or the finger's way with its pressure; drawn as it comes, as wide as it presses. */
export function SignaturePad({ writing, onWriting }: PadProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const pen = useRef<number | undefined>(undefined);

  useEffect(() => {
    if (canvas.current) paint(canvas.current, writing);
  }, [writing]);

  const lift = (event: PointerEvent) => {
    if (event.pointerId === pen.current) pen.current = undefined;
  };
  return (
    <canvas
      ref={canvas}
      class="pad"
      id="pad"
      width={PAD.width}
      height={PAD.height}
      role="img"
      aria-label={say(text.pad)}
      aria-describedby="pad-said"
      onPointerDown={(event) => {
        if (pen.current !== undefined || event.button !== 0) return; // the palm beside the pen writes nothing
        event.preventDefault();
        pen.current = event.pointerId;
        event.currentTarget.setPointerCapture(event.pointerId);
        const box = event.currentTarget.getBoundingClientRect();
        onWriting((before) => begun(before, event, box));
      }}
      onPointerMove={(event) => {
        if (event.pointerId !== pen.current) return;
        const gathered = event.getCoalescedEvents?.() ?? [];
        const events = gathered.length > 0 ? gathered : [event];
        const box = event.currentTarget.getBoundingClientRect();
        onWriting((before) => moved(before, events, box));
      }}
      onPointerUp={lift}
      onPointerCancel={lift}
    />
  );
}

/** A canvas of its own with what was written: dark on white. */
export function paintedWriting(writing: Writing): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = PAD.width;
  canvas.height = PAD.height;
  paint(canvas, writing);
  return canvas;
}

function paint(canvas: HTMLCanvasElement, writing: Writing = NOTHING_WRITTEN): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.strokeStyle = context.fillStyle = INK;
  context.lineCap = context.lineJoin = "round";
  for (const stroke of writing.strokes) {
    const [first] = stroke;
    if (first) {
      context.beginPath();
      context.arc(first.x, first.y, lineWidth(first.pressure) / 2, 0, 2 * Math.PI);
      context.fill();
    }
    for (let at = 1; at < stroke.length; at++) {
      const [before, here] = [stroke[at - 1], stroke[at]];
      if (!before || !here) continue;
      context.lineWidth = lineWidth((before.pressure + here.pressure) / 2);
      context.beginPath();
      context.moveTo(before.x, before.y);
      context.lineTo(here.x, here.y);
      context.stroke();
    }
  }
}
