import { useEffect } from "preact/hooks";
import { useAction } from "../gateway/hooks";
import { DuplicateRule, type Enrolment, type Lack } from "../generated/rekam/v1/enrolment_pb";
import { FailureNote } from "../parts/failure_note";
import { operator } from "../parts/operator_name";
import { say } from "../text/language";
import { text } from "../views/enrolment.text";
import * as captures from "./captures";
import type { Deed } from "./deed";
import { Approval } from "./dialogs";
import { Duplicates } from "./duplicates";
import { partOfCapture, unitsOf } from "./profile";
import * as session from "./session";
import { StageTitle } from "./stage_title";

/** What is still missing, what was noticed, whether the person was recorded before; then the seal. */
export function ReviewStage({ enrolment, deed }: { enrolment: Enrolment; deed: Deed }) {
  const asked = session.profile.value?.duplicates ?? DuplicateRule.WARN;
  const searched = asked !== DuplicateRule.NONE;
  const named = operator() !== "";
  const current = enrolment.duplicates?.current ?? false;
  const search = useAction(() => session.checkDuplicates());
  const due = searched && !current && enrolment.nextPart === "" && named;
  useEffect(() => {
    if (due) search.run();
  }, [due]);

  const missing = enrolment.lacks.filter((each) => each.part !== session.DUPLICATES && each.code !== "MIX_UP");
  const unavailable = search.failure?.reason === "DUPLICATES_UNAVAILABLE";
  const ready = enrolment.lacks.length === 0 && !search.busy && (!searched || current || unavailable);
  const warned = (enrolment.duplicates?.hits.length ?? 0) > 0;
  return (
    <>
      <StageTitle words={say(text.review)} />
      {enrolment.sealing && <p class="note note-warn">{say(text.sealBegun)}</p>}
      {enrolment.lacks.length === 0 && <p class="note note-good">{say(text.nothingLacks)}</p>}
      {missing.length > 0 && (
        <section aria-labelledby="lacks">
          <h3 id="lacks">{say(text.lacks)}</h3>
          <ul class="lacks">
            {missing.map((each) => (
              <LackLine key={`${each.part}/${each.code}`} enrolment={enrolment} lack={each} deed={deed} />
            ))}
          </ul>
        </section>
      )}
      <MixUps enrolment={enrolment} deed={deed} />
      {searched ? (
        <Duplicates enrolment={enrolment} search={search} deed={deed} />
      ) : (
        <p class="faint">{say(text.duplicatesNotAsked)}</p>
      )}
      {!unavailable && <FailureNote failure={search.failure} />}
      <div class="row controls">
        <button
          type="button"
          id="seal"
          class="primary"
          disabled={!ready || deed.busy || !named}
          onClick={() => deed.run(() => session.seal())}
        >
          {say(deed.busy && ready ? text.sealing : warned ? text.sealAnyway : text.seal)}
        </button>
      </div>
    </>
  );
}

const APPROVABLE: ReadonlySet<string> = new Set(["BELOW_THRESHOLD", "EXCEPTION_NOT_APPROVED"]);

/** One thing that is missing: why, what to do, and the way there. */
function LackLine({ enrolment, lack, deed }: { enrolment: Enrolment; lack: Lack; deed: Deed }) {
  const part =
    enrolment.parts.find((each) => each.key === lack.part) ??
    enrolment.parts.find((each) => unitsOf(session.profile.value, each.key).includes(lack.part));
  const name = part?.name ? say(part.name) : lack.part;
  return (
    <li data-lack={lack.code}>
      <p>
        <strong>{lack.cause && say(lack.cause)}</strong> {lack.remedy && say(lack.remedy)}
      </p>
      <div class="row">
        {part && (
          <button type="button" onClick={() => captures.show(part.key)}>
            {say(text.toPart, { part: name })}
          </button>
        )}
        {APPROVABLE.has(lack.code) && (
          <Approval
            what={lack.cause ? say(lack.cause) : name}
            onApprove={(supervisor) => deed.run(() => session.approve(lack.part, supervisor))}
          />
        )}
      </div>
    </li>
  );
}

/** Fingers or eyes that matching says are mixed up: the wrong one is discarded, or a supervisor approves. */
function MixUps({ enrolment, deed }: { enrolment: Enrolment; deed: Deed }) {
  if (enrolment.warnings.length === 0) return null;
  const approvable = session.profile.value?.mixUpsCanBeApproved ?? true;
  return (
    <section aria-labelledby="mix-ups">
      <h3 id="mix-ups">{say(text.mixUps)}</h3>
      <ul class="lacks">
        {enrolment.warnings.map((warning) => (
          <li key={`${warning.code}/${warning.captureIds.join()}`} data-mix-up={warning.code}>
            <p>
              <strong>{warning.words && say(warning.words)}</strong>{" "}
              {warning.approvedBy && say(text.approvedBy, { name: warning.approvedBy })}
            </p>
            {!warning.approvedBy && (
              <div class="row">
                {warning.captureIds.map((captureId) => {
                  const part = partOfCapture(enrolment, captureId);
                  if (!part) return null;
                  const again = async () => {
                    await session.removeCapture(captureId, warning.code);
                    captures.show(part.key);
                  };
                  return (
                    <button key={captureId} type="button" disabled={deed.busy} onClick={() => deed.run(again)}>
                      {say(text.discardCapture, { part: part.name ? say(part.name) : part.key })}
                    </button>
                  );
                })}
                {approvable && (
                  <Approval
                    what={warning.words ? say(warning.words) : warning.code}
                    onApprove={(supervisor) => deed.run(() => session.approve(warning.units[0] ?? "", supervisor))}
                  />
                )}
              </div>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
