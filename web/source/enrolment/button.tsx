interface ButtonProps {
  readonly id: string;
  readonly words: string;
  /** The key that does the same. */
  readonly keyName?: string;
  readonly disabled?: boolean;
  readonly look?: "primary" | "danger" | "quiet";
  readonly onClick: () => void;
}

/** A button that names the key that does the same, where one does. */
export function Button({ id, words, keyName, disabled, look, onClick }: ButtonProps) {
  return (
    <button type="button" id={id} aria-keyshortcuts={keyName} class={look ?? ""} disabled={disabled} onClick={onClick}>
      {words} {keyName && <kbd>{keyName}</kbd>}
    </button>
  );
}
