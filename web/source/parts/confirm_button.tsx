import { useEffect, useRef, useState } from "preact/hooks";
import { say, type Words } from "../text/language";

const YES: Words = { id: "Ya", en: "Yes" };
const NO: Words = { id: "Tidak", en: "No" };

interface ConfirmButtonProps {
  readonly id?: string;
  readonly words: string;
  /** What happens, as a question. */
  readonly question: string;
  readonly disabled?: boolean;
  readonly danger?: boolean;
  readonly onConfirm: () => void;
}

/** A button that asks before it acts. */
export function ConfirmButton({
  id,
  words,
  question,
  disabled = false,
  danger = false,
  onConfirm,
}: ConfirmButtonProps) {
  const [asked, setAsked] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const no = useRef<HTMLButtonElement>(null);
  const wasAsked = useRef(false);
  useEffect(() => {
    if (asked) no.current?.focus();
    else if (wasAsked.current) button.current?.focus();
    wasAsked.current = asked;
  }, [asked]);
  if (!asked)
    return (
      <button
        type="button"
        id={id}
        ref={button}
        class={danger ? "danger" : ""}
        disabled={disabled}
        onClick={() => setAsked(true)}
      >
        {words}
      </button>
    );
  return (
    <fieldset class="confirm">
      <legend>{question}</legend>
      <button
        type="button"
        class={danger ? "danger" : "primary"}
        data-confirm={id}
        disabled={disabled}
        onClick={() => {
          setAsked(false);
          onConfirm();
        }}
      >
        {say(YES)}
      </button>{" "}
      <button type="button" ref={no} onClick={() => setAsked(false)}>
        {say(NO)}
      </button>
    </fieldset>
  );
}
