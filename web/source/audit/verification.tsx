import { useState } from "preact/hooks";
import { clientOf } from "../gateway/clients";
import { useAction } from "../gateway/hooks";
import { AuditService, type VerifyRangeResponse } from "../generated/rekam/v1/audit_pb";
import { FailureNote } from "../parts/failure_note";
import { say } from "../text/language";
import { text } from "./audit.text";
import { sequenceOf } from "./query";
import { sayFinding, sayVerdict } from "./verdict";

const client = clientOf(AuditService);

/** Has a range of the trail checked, and says in words what came of it. */
export function Verification() {
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [found, setFound] = useState<VerifyRangeResponse | undefined>(undefined);
  const [low, high] = [sequenceOf(from), sequenceOf(to)];
  const fits = low !== undefined && high !== undefined && (high === 0n || low <= high);
  const check = useAction(async (fromSequence: bigint, toSequence: bigint) => {
    setFound(undefined);
    setFound(await client.verifyRange({ fromSequence, toSequence }));
  });
  const field = (label: string, name: string, value: string, set: (typed: string) => void) => (
    <label class="field">
      {label}
      <input
        name={name}
        inputMode="numeric"
        autoComplete="off"
        size={9}
        aria-invalid={!fits}
        value={value}
        onInput={(event) => set(event.currentTarget.value)}
      />
    </label>
  );
  return (
    <section class="card" aria-labelledby="verify-title">
      <h2 id="verify-title">{say(text.verifyTitle)}</h2>
      <p>{say(text.verifyWhy)}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (fits) check.run(low, high);
        }}
      >
        <div class="fields">
          {field(say(text.fromNumber), "verify-from", from, setFrom)}
          {field(say(text.toNumber), "verify-to", to, setTo)}
          <button type="submit" id="verify" disabled={!fits || check.busy}>
            {say(text.verify)}
          </button>
        </div>
      </form>
      <FailureNote failure={check.failure} onClose={check.clear} />
      <div role="status">
        {check.busy && <p>{say(text.verifying)}</p>}
        {found && (
          <div class={`note ${found.ok ? "" : "note-warn"}`} id="verdict" data-ok={found.ok}>
            {sayVerdict(found).map((sentence) => (
              <p key={sentence}>{sentence}</p>
            ))}
            {found.findings.length > 0 && (
              <ul>
                {found.findings.map((each) => (
                  <li key={`${each.fault}${each.sequence}${each.detail}`}>{sayFinding(each)}</li>
                ))}
              </ul>
            )}
          </div>
        )}
      </div>
    </section>
  );
}
