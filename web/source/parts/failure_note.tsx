import type { Failure } from "../gateway/failure";
import { say, type Words } from "../text/language";

const CLOSE: Words = { id: "Tutup pesan", en: "Dismiss" };

/** What went wrong, in words, announced by screen readers; nothing where nothing did. */
export function FailureNote({ failure, onClose }: { failure: Failure | undefined; onClose?: () => void }) {
  if (!failure) return null;
  return (
    <div class="note note-bad" role="alert">
      <p>{say(failure.words)}</p>
      {failure.reason && <code class="reason">{failure.reason}</code>}
      {onClose && (
        <button type="button" class="quiet" aria-label={say(CLOSE)} onClick={onClose}>
          ×
        </button>
      )}
    </div>
  );
}
