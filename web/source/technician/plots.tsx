/** Plots as SVG, in the page's own colours; what they show stands in the table beside them too. */
import type { ComponentChildren } from "preact";
import { language, say, sayNumber } from "../text/language";
import type { Curve, History, Point } from "./curves";
import { type Scale, scaleOf } from "./scale";
import { text } from "./technician.text";

const WIDTH = 340;
const HEIGHT = 210;
const LEFT = 52;
const RIGHT = WIDTH - 12;
const TOP = 12;
const BOTTOM = HEIGHT - 38;

interface PlotProps {
  readonly title: string;
  readonly x: Scale;
  readonly y: Scale;
  readonly xWords: string;
  readonly sayX: (value: number) => string;
  readonly children: ComponentChildren;
}

function Plot({ title, x, y, xWords, sayX, children }: PlotProps) {
  return (
    <figure class="plot">
      <figcaption>{title}</figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={title}>
        {y.ticks.map((tick) => (
          <g key={tick}>
            <path class="grid" d={`M${LEFT} ${y.at(tick)}H${RIGHT}`} />
            <text x={LEFT - 6} y={y.at(tick)} class="tick tick-y">
              {sayNumber(tick, y.decimals)}
            </text>
          </g>
        ))}
        {x.ticks.map((tick) => (
          <text key={tick} x={x.at(tick)} y={BOTTOM + 14} class="tick">
            {sayX(tick)}
          </text>
        ))}
        <path class="axis" d={`M${LEFT} ${TOP}V${BOTTOM}H${RIGHT}`} />
        <text x={(LEFT + RIGHT) / 2} y={HEIGHT - 5} class="tick">
          {xWords}
        </text>
        {children}
      </svg>
    </figure>
  );
}

function Points({ points, x, y }: { points: readonly Point[]; x: Scale; y: Scale }) {
  return (
    <>
      <path class="curve" d={lineOf(points, x, y)} />
      {points.map((each) => (
        <g key={each.x}>
          <path class="spread" d={`M${x.at(each.x)} ${y.at(each.y - each.spread)}V${y.at(each.y + each.spread)}`} />
          <circle class="value" cx={x.at(each.x)} cy={y.at(each.y)} r={3.5} />
        </g>
      ))}
    </>
  );
}

/** Modulation over frequency, over the limits' curve. */
export function ModulationPlot({ curve }: { curve: Curve }) {
  const frequencies = [...curve.points, ...curve.limits].map((each) => each.x);
  const most = Math.max(1.05, ...curve.points.map((each) => each.y + each.spread));
  const x = scaleOf(0, Math.max(...frequencies) * 1.05, LEFT, RIGHT);
  const y = scaleOf(0, most, BOTTOM, TOP);
  return (
    <Plot
      title={say(text.modulation, { name: curve.name })}
      x={x}
      y={y}
      xWords={say(text.frequency)}
      sayX={(value) => sayNumber(value)}
    >
      <path class="limit" d={lineOf(curve.limits, x, y)} />
      {curve.limits.map((each) => (
        <circle key={each.x} class="limit-dot" cx={x.at(each.x)} cy={y.at(each.y)} r={2.5} />
      ))}
      <Points points={curve.points} x={x} y={y} />
    </Plot>
  );
}

/** A bound farther from the values than so many times their own spread would flatten them to a line. */
const NEAR = 12;
/** Smaller changes than this share of the value are not blown up to the height of the plot. */
const SLIGHT = 0.002;
/** Room for a date under the first and under the last point. */
const INSET = 30;

/** One limit's value from calibration to calibration. */
export function HistoryPlot({ history }: { history: History }) {
  const values = history.points.flatMap((each) => [each.y - each.spread, each.y + each.spread]);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const spread = Math.max(most - least, SLIGHT * Math.max(Math.abs(least), Math.abs(most))) || 1;
  const bounds = [history.minimum, history.maximum].filter(
    (each) => each !== undefined && each > least - NEAR * spread && each < most + NEAR * spread,
  ) as number[];
  const middle = (least + most) / 2;
  const low = Math.min(least, middle - spread / 2, ...bounds);
  const high = Math.max(most, middle + spread / 2, ...bounds);
  const room = 0.1 * (high - low);
  const times = history.points.map((each) => each.x);
  const x = scaleOf(Math.min(...times), Math.max(...times), LEFT + INSET, RIGHT - INSET);
  const y = scaleOf(low - room, high + room, BOTTOM, TOP);
  // Calibrations are months apart: each stands under its own date, the last and the first at least.
  const dates = {
    ...x,
    ticks: [times[0] ?? 0, times.at(-1) ?? 0].filter((each, index, all) => all.indexOf(each) === index),
  };
  const ofOneDay = new Date(Math.min(...times)).toDateString() === new Date(Math.max(...times)).toDateString();
  const form: Intl.DateTimeFormatOptions = ofOneDay
    ? { hour: "2-digit", minute: "2-digit" }
    : { day: "numeric", month: "short", year: "2-digit" };
  const day = (at: number) => new Date(at).toLocaleString(language.value === "id" ? "id-ID" : "en-GB", form);
  const unit = history.unit === "1" || !history.unit ? "" : ` (${history.unit})`;
  return (
    <Plot title={`${history.limit}${unit}`} x={dates} y={y} xWords={say(text.calibrations)} sayX={day}>
      {bounds.map((each) => (
        <path key={each} class="limit" d={`M${LEFT} ${y.at(each)}H${RIGHT}`} />
      ))}
      <Points points={history.points} x={x} y={y} />
    </Plot>
  );
}

function lineOf(points: readonly { x: number; y: number }[], x: Scale, y: Scale): string {
  return points
    .map((each, index) => `${index ? "L" : "M"}${x.at(each.x).toFixed(1)} ${y.at(each.y).toFixed(1)}`)
    .join("");
}
