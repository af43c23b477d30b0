/** The token that this page holds once it is paired. */
import { effect, signal } from "@preact/signals";
import { kept } from "../kept";

const store = kept<string>("token", "", (value) => typeof value === "string");

/** Empty while the page is not paired. The gateway binds it to this origin, and keeps its digest alone. */
export const token = signal<string>(store.read());

effect(() => store.write(token.value));
