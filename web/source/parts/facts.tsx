import type { ComponentChildren } from "preact";
import { say, type Words } from "../text/language";
import "./parts.css";

/** What is known of a thing, name by name; rows without a value are left out. */
export function Facts({ rows }: { rows: readonly (readonly [Words, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {rows
        .filter(([, value]) => value !== undefined && value !== null && value !== "" && value !== false)
        .map(([name, value]) => (
          <div key={name.en}>
            <dt>{say(name)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** A table that scrolls by itself where the screen is narrow; by keyboard too. */
export function WideTable({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard (WCAG 2.1.1)
    <section class="wide" aria-label={label} tabIndex={0}>
      <table>{children}</table>
    </section>
  );
}
