/** How the page looks in this browser: large text, and keys on buttons; the style sheet goes by the root's attributes. */
import { effect, signal } from "@preact/signals";
import { kept } from "../kept";

const isSwitch = (value: unknown) => typeof value === "boolean";
const largeChoice = kept<boolean>("large-text", false, isSwitch);
const hintsChoice = kept<boolean>("key-hints", true, isSwitch);

export const largeText = signal(largeChoice.read());
export const keyHints = signal(hintsChoice.read());

effect(() => {
  largeChoice.write(largeText.value);
  hintsChoice.write(keyHints.value);
  if (typeof document === "undefined") return;
  document.documentElement.dataset.text = largeText.value ? "large" : "usual";
  document.documentElement.dataset.keys = keyHints.value ? "shown" : "hidden";
});
