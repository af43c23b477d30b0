import type { ComponentChildren } from "preact";
import type { Loaded } from "../gateway/hooks";
import { say, type Words } from "../text/language";
import { FailureNote } from "./failure_note";

const LOADING: Words = { id: "Memuat…", en: "Loading…" };
const AGAIN: Words = { id: "Coba lagi", en: "Try again" };

/** What was asked for, once it is there; until then that it is on its way, or why it is not, with a way to try again. */
export function Loading<T>({ of, children }: { of: Loaded<T>; children: (value: T) => ComponentChildren }) {
  return (
    <>
      {of.failure && (
        <>
          <FailureNote failure={of.failure} />
          <p>
            <button type="button" disabled={of.loading} onClick={of.reload}>
              {say(AGAIN)}
            </button>
          </p>
        </>
      )}
      {of.value !== undefined ? children(of.value) : of.loading && <p role="status">{say(LOADING)}</p>}
    </>
  );
}
