import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** A `<dialog>` that is open while its component is shown; after it the focus is where it was before. */
export function useModal(): RefObject<HTMLDialogElement | null> {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    // While it is in the page still: one that is only taken out of it gives no focus back.
    return () => shown?.close();
  }, []);
  return dialog;
}
