import { useEffect, useRef } from "preact/hooks";

/** What is on the stage; who works by keyboard or screen reader is brought there, unless they type or choose just now. */
export function StageTitle({ words }: { words: string }) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!document.activeElement?.closest("input, select, dialog")) title.current?.focus({ preventScroll: true });
  }, []);
  return (
    <h2 ref={title} class="stage-title" tabIndex={-1}>
      {words}
    </h2>
  );
}
