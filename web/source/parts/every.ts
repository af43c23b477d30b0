import { useEffect, useRef } from "preact/hooks";

/** Do something again and again while the component is shown and somebody can see the page. */
export function useEvery(seconds: number, act: () => void): void {
  const newest = useRef(act);
  newest.current = act;
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") newest.current();
    }, seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds]);
}
