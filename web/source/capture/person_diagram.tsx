import { useRef } from "preact/hooks";
import { devices } from "../gateway/store";
import { FingerPosition } from "../generated/rekam/v1/common_pb";
import { say, sayNumber } from "../text/language";
import { text } from "../views/capture.text";
import { devicesFor, EYES, FACE, keyOf, LEFT_FINGERS, nameOf, type Part, RIGHT_FINGERS, SLAPS } from "./part";
import { captureOf, choose, type PartState, part, running, stateOf } from "./session";

export interface Shape {
  readonly part: Part;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly turn?: number;
  readonly round?: number;
}

/** Of a left hand seen from its back, from the thumb to the little finger: x, y, width, height, degrees. */
const HAND: readonly (readonly [number, number, number, number, number])[] = [
  [124, 108, 25, 74, 38],
  [93, 32, 25, 92, 0],
  [65, 18, 25, 106, 0],
  [37, 32, 25, 92, 0],
  [10, 60, 23, 66, 0],
];
export const WIDTH = 480;

function fingers(parts: readonly Part[], mirrored: boolean): Shape[] {
  return parts.flatMap((each, index) => {
    const shape = HAND[index];
    if (!shape) return [];
    const [x, y, width, height, turn] = shape;
    const left = mirrored ? WIDTH - x - width : x;
    return [{ part: each, x: left, y, width, height, turn: mirrored ? -turn : turn, round: width / 2 }];
  });
}

const [RIGHT_FOUR, LEFT_FOUR, TWO_THUMBS] = SLAPS;
const SLAP_SHAPES: readonly Shape[] = [
  ...(LEFT_FOUR ? [{ part: LEFT_FOUR, x: 14, y: 132, width: 100, height: 46, round: 16 }] : []),
  ...(RIGHT_FOUR ? [{ part: RIGHT_FOUR, x: WIDTH - 114, y: 132, width: 100, height: 46, round: 16 }] : []),
  ...(TWO_THUMBS ? [{ part: TWO_THUMBS, x: 196, y: 186, width: 88, height: 36, round: 16 }] : []),
];
export const FINGER_SHAPES: readonly Shape[] = [...fingers(LEFT_FINGERS, false), ...fingers(RIGHT_FINGERS, true)];
/** As the operator sees the person: the right eye on the left. */
export const EYE_SHAPES: readonly Shape[] = EYES.map((each, index) => ({
  part: each,
  x: 196 + index * 50,
  y: 62,
  width: 38,
  height: 26,
  round: 13,
}));
export const FACE_SHAPE: Shape = { part: FACE, x: 212, y: 118, width: 56, height: 30, round: 15 };

const MARKS: Readonly<Record<PartState, string>> = { todo: "", running: "…", good: "✓", poor: "!", missing: "×" };
/** Written on parts whose shape does not say which they are. */
const LETTERS: Readonly<Record<string, string>> = { "finger-13": "4", "finger-14": "4", "finger-15": "1+1", face: "☺" };

/** Hands, eyes and face: one is chosen, by mouse or by arrow keys; each shows how it stands. */
export function PersonDiagram() {
  const group = useRef<HTMLDivElement>(null);
  const here = [...devices.value.values()];
  const shapes = [
    ...SLAP_SHAPES.filter((shape) => devicesFor(shape.part, here).length > 0),
    ...FINGER_SHAPES,
    ...EYE_SHAPES,
    ...(devicesFor(FACE, here).length > 0 ? [FACE_SHAPE] : []),
  ];
  const chosen = keyOf(part.value);
  const locked = running.value;

  const move = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (!step || locked) return;
    event.preventDefault();
    const at = shapes.findIndex((shape) => keyOf(shape.part) === chosen);
    const next = shapes[(at + step + shapes.length) % shapes.length];
    if (!next) return;
    choose(next.part);
    group.current?.querySelector<SVGGElement>(`[data-part="${keyOf(next.part)}"]`)?.focus();
  };

  return (
    <div ref={group} role="radiogroup" aria-label={say(text.whichPart)} aria-disabled={locked} onKeyDown={move}>
      <svg class="diagram" viewBox={`0 0 ${WIDTH} 232`}>
        <rect class="palm" x="10" y="112" width="108" height="106" rx="26" />
        <rect class="palm" x={WIDTH - 118} y="112" width="108" height="106" rx="26" />
        <ellipse class="palm" cx="240" cy="94" rx="62" ry="76" />
        <text class="side" x="64" y="208">
          {say(text.left)}
        </text>
        <text class="side" x={WIDTH - 64} y="208">
          {say(text.right)}
        </text>
        {shapes.map((shape) => (
          <PartShape key={keyOf(shape.part)} shape={shape} chosen={keyOf(shape.part) === chosen} locked={locked} />
        ))}
      </svg>
    </div>
  );
}

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

function PartShape({ shape, chosen, locked }: { shape: Shape; chosen: boolean; locked: boolean }) {
  const key = keyOf(shape.part);
  const state = stateOf(shape.part);
  const score = captureOf(shape.part)?.quality?.score;
  const said =
    score === undefined
      ? say(text.states[state])
      : say(text.stateAndScore, { state: say(text.states[state]), n: sayNumber(score) });
  const [x, y] = [shape.x + shape.width / 2, shape.y + shape.height / 2];
  return (
    // biome-ignore lint/a11y/useSemanticElements: there is no radio button in SVG
    <g
      class={`part part-${state}`}
      data-part={key}
      data-state={state}
      role="radio"
      aria-checked={chosen}
      aria-label={`${say(nameOf(shape.part))}: ${said}`}
      tabindex={chosen ? 0 : -1} // in SVG the attribute's case counts
      transform={shape.turn ? `rotate(${shape.turn} ${x} ${y})` : undefined}
      onClick={() => {
        if (!locked) choose(shape.part);
      }}
      onKeyDown={(event) => {
        if (event.key === " " && !locked) {
          event.preventDefault();
          choose(shape.part);
        }
      }}
    >
      <rect x={shape.x} y={shape.y} width={shape.width} height={shape.height} rx={shape.round ?? 6} />
      <text x={x} y={y} transform={shape.turn ? `rotate(${-shape.turn} ${x} ${y})` : undefined}>
        {MARKS[state] || LETTERS[key] || eyeLetter(shape.part)}
      </text>
    </g>
  );
}

function eyeLetter(of: Part): string {
  if (of.kind === "iris") return say(of.eye === 1 ? text.rightShort : text.leftShort);
  return of.kind === "finger" && of.position === FingerPosition.UNSPECIFIED ? "?" : "";
}
