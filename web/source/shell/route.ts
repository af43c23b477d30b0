/** Which view is shown: `#/NAME/REST`. */
import { signal } from "@preact/signals";

export interface Route {
  readonly view: string;
  /** What comes after the view's name, e.g. an enrolment's id. */
  readonly rest: readonly string[];
}

export const route = signal<Route>(routeOf(globalThis.location?.hash ?? ""));

/** The route of a hash; malformed escapes stand as they are. */
export function routeOf(hash: string): Route {
  const [view = "", ...rest] = hash
    .replace(/^#?\/?/, "")
    .split("/")
    .map(decoded);
  return { view, rest: rest.filter((each) => each) };
}

/** The hash of a view, for links. */
export function hrefOf(view: string, ...rest: readonly string[]): string {
  return `#/${[view, ...rest].map(encodeURIComponent).join("/")}`;
}

/** Go to a view, as a link would. */
export function goTo(view: string, ...rest: readonly string[]): void {
  location.hash = hrefOf(view, ...rest);
}

/** Follow the address bar. */
export function followAddress(): void {
  addEventListener("hashchange", () => {
    route.value = routeOf(location.hash);
  });
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
