/** Streams that tell by a heartbeat that they live. */
import { Code, ConnectError } from "@connectrpc/connect";
import { useEffect, useRef } from "preact/hooks";

/** A heartbeat comes every 5 s; after that long without anything a stream is dead though nobody said so. */
export const SILENCE_MS = 13_000;

/**
 * What a stream tells, until it ends, `gone` aborts, or nothing came for `silenceMs`.
 *
 * Silence is thrown as DEADLINE_EXCEEDED: it is nothing that the page did itself.
 */
export async function* listened<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  gone?: AbortSignal,
  silenceMs = SILENCE_MS,
): AsyncGenerator<T> {
  const ended = new AbortController();
  const end = () => ended.abort();
  let silent = false;
  const note = () => {
    silent = true;
    end();
  };
  gone?.addEventListener("abort", end);
  if (gone?.aborted) end();
  let silence = setTimeout(note, silenceMs);
  try {
    for await (const message of open(ended.signal)) {
      clearTimeout(silence);
      yield message;
      silence = setTimeout(note, silenceMs);
    }
  } catch (thrown) {
    throw silent ? new ConnectError("nothing was heard", Code.DeadlineExceeded) : thrown;
  } finally {
    clearTimeout(silence);
    gone?.removeEventListener("abort", end);
    end();
  }
}

/** A signal that aborts when the component goes away; made anew by each call of the function that it gives. */
export function useGone(): () => AbortSignal {
  const newest = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => newest.current?.abort(), []);
  return () => {
    newest.current?.abort();
    newest.current = new AbortController();
    return newest.current.signal;
  };
}
