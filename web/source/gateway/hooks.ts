/** How a view asks the gateway, and acts. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { type Failure, failureOf, isAborted } from "./failure";

export interface Loaded<T> {
  /** The newest answer; the one before stays while the next is on its way. */
  readonly value: T | undefined;
  readonly failure: Failure | undefined;
  readonly loading: boolean;
  readonly reload: () => void;
}

/**
 * The answer of a call that looks, asked again when one of `inputs` changes and by `reload`.
 *
 * `ask` gets a signal to hand to the client, which ends the call when the view goes away.
 */
export function useLoaded<T>(ask: (signal: AbortSignal) => Promise<T>, inputs: readonly unknown[]): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, "reload">>({
    value: undefined,
    failure: undefined,
    loading: true,
  });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const gone = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    ask(gone.signal).then(
      (value) => {
        if (!gone.signal.aborted) setState({ value, failure: undefined, loading: false });
      },
      (thrown) => {
        if (gone.signal.aborted || isAborted(thrown)) return;
        const failure = failureOf(thrown);
        setState((before) => ({ ...before, failure, loading: false }));
      },
    );
    return () => gone.abort();
  }, [...inputs, round]);
  return { ...state, reload: useCallback(() => setRound((each) => each + 1), []) };
}

export interface Action<A extends readonly unknown[]> {
  /** Do it, once at a time: a second click while it goes on does nothing. */
  readonly run: (...given: A) => void;
  readonly busy: boolean;
  readonly failure: Failure | undefined;
  readonly clear: () => void;
}

/** Something that a person sets off: it is busy while it goes on, and keeps what went wrong until the next time. */
export function useAction<A extends readonly unknown[]>(act: (...given: A) => Promise<unknown>): Action<A> {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | undefined>(undefined);
  const underWay = useRef(false);
  const newest = useRef(act);
  newest.current = act;
  const run = useCallback((...given: A) => {
    if (underWay.current) return;
    underWay.current = true;
    setBusy(true);
    setFailure(undefined);
    newest
      .current(...given)
      .catch((thrown) => {
        if (!isAborted(thrown)) setFailure(failureOf(thrown));
      })
      .finally(() => {
        underWay.current = false;
        setBusy(false);
      });
  }, []);
  return { run, busy, failure, clear: useCallback(() => setFailure(undefined), []) };
}
