/** The token that this page holds once it is paired. */
import { effect, signal } from "@preact/signals";
import { kept } from "../kept";

const store = kept<string>("token", "", (value) => typeof value === "string");

/** Empty while the page is not paired. The gateway binds it to this origin, and keeps its digest alone. */
export const token = signal<string>(store.read());

effect(() => store.write(token.value));

/** The gateway takes `refused` no more: the page pairs again, unless it was given another token since, here or in another tab. */
export function unpaired(refused: string): void {
  if (token.value !== refused) return;
  const newest = store.read();
  token.value = newest === refused ? "" : newest;
}

/** Go on with what another tab of this page is given, or gives up. */
export function followTabs(): void {
  addEventListener("storage", () => {
    token.value = store.read();
  });
}
