import { useEffect, useState } from "preact/hooks";

/** Whole seconds until a moment (`Date.now` milliseconds), counting down; 0 without one and after it. */
export function useSecondsLeft(until: number | undefined): number {
  const [, setTick] = useState(0);
  const left = until === undefined ? 0 : Math.max(0, Math.ceil((until - Date.now()) / 1000));
  const running = left > 0;
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setTick((each) => each + 1), 250);
    return () => clearInterval(timer);
  }, [running]);
  return left;
}
