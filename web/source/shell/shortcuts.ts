/** Keys that do what buttons do, while nobody types; they can be switched off (WCAG 2.1.4). */
import { effect, signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { kept } from "../kept";

export type Shortcuts = Readonly<Record<string, () => void>>;

const choice = kept<boolean>("shortcuts", true, (value) => typeof value === "boolean");
export const shortcutsOn = signal<boolean>(choice.read());
effect(() => choice.write(shortcutsOn.value));

const layers: { current: Shortcuts }[] = [];

/**
 * Keys by `KeyboardEvent.key` in lower case ("r", "escape", " "), while the component is shown.
 *
 * A later component's key comes before an earlier one's. Space and Enter stay with a focused button.
 */
export function useShortcuts(shortcuts: Shortcuts): void {
  const layer = useRef(shortcuts);
  layer.current = shortcuts;
  // With the component's first picture: an effect comes a frame later, and a key pressed before it would be lost.
  useLayoutEffect(() => {
    layers.push(layer);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
    };
  }, []);
}

/** Listen to the keyboard. */
export function followKeys(): void {
  addEventListener("keydown", (event) => {
    if (!shortcutsOn.value || event.defaultPrevented || event.repeat) return;
    if (event.ctrlKey || event.altKey || event.metaKey || isTakenBy(event.target, event.key)) return;
    const key = event.key.toLowerCase();
    const handler = layers.toReversed().find((layer) => layer.current[key])?.current[key];
    if (!handler) return;
    event.preventDefault();
    handler();
  });
}

/** Whether the focused element has a use of its own for the key. */
function isTakenBy(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest("dialog[open]")) return true;
  if (target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]"))
    return key !== "Escape";
  return (key === " " || key === "Enter") && target.closest("button, a, summary, input, [role=button]") !== null;
}
