import { MissingReason } from "../generated/rekam/v1/capture_pb";
import { useModal } from "../parts/modal";
import { say } from "../text/language";
import { reasonWords, text } from "../views/capture.text";
import { nameOf, type Part } from "./part";

/** Reasons that the gateway takes for a part. */
export function reasonsFor(part: Part): readonly MissingReason[] {
  const { AMPUTATED, BANDAGED, CANNOT_OPEN, REFUSED, DEVICE_BROKEN, OTHER } = MissingReason;
  if (part.kind === "iris") return [AMPUTATED, BANDAGED, CANNOT_OPEN, REFUSED, DEVICE_BROKEN, OTHER];
  if (part.kind === "face") return [BANDAGED, REFUSED, DEVICE_BROKEN, OTHER];
  return [AMPUTATED, BANDAGED, REFUSED, DEVICE_BROKEN, OTHER];
}

/** Asks why a part cannot be captured. */
export function MissingReasons(props: { part: Part; onReason: (reason: MissingReason) => void; onBack: () => void }) {
  const { part, onReason, onBack } = props;
  const dialog = useModal();
  return (
    <dialog ref={dialog} aria-labelledby="missing-title" onClose={onBack}>
      <h2 id="missing-title">{say(text.missingTitle, { part: say(nameOf(part)) })}</h2>
      <div class="reasons">
        {reasonsFor(part).map((reason) => (
          <button key={reason} type="button" data-reason={MissingReason[reason]} onClick={() => onReason(reason)}>
            {say(reasonWords[reason] ?? text.missing)}
          </button>
        ))}
        <button type="button" class="quiet" onClick={onBack}>
          {say(text.back)}
        </button>
      </div>
    </dialog>
  );
}
