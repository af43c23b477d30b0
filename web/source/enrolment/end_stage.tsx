import { type Enrolment, EnrolmentState } from "../generated/rekam/v1/enrolment_pb";
import { operator } from "../parts/operator_name";
import { goTo } from "../shell/route";
import { useShortcuts } from "../shell/shortcuts";
import { say, sayNumber } from "../text/language";
import { text } from "../views/enrolment.text";
import { Button } from "./button";
import type { Deed } from "./deed";
import * as session from "./session";
import { Slip } from "./slip";

/** An enrolment that is over: its packet and slip, or that it was given up. */
export function EndStage({ enrolment, deed }: { enrolment: Enrolment; deed: Deed }) {
  const sealed = enrolment.state === EnrolmentState.SEALED;
  const nextPerson = () => goTo("enrolment");
  const supplement = async () => {
    const begun = await session.supplement(enrolment.enrolmentId);
    if (begun) goTo("enrolment", begun.enrolmentId);
  };
  useShortcuts({ enter: nextPerson });
  return (
    <>
      {sealed ? (
        <div class="instruction instruction-good" role="status" id="sealed">
          <div>
            <p class="large">{say(text.sealed)} ✓</p>
            <p>{say(text.sealedNote)}</p>
          </div>
        </div>
      ) : (
        <p class="note" role="status" id="abandoned">
          {say(text.abandoned)} {enrolment.abandonedReason}
        </p>
      )}
      {enrolment.packet && (
        <dl class="facts">
          <dt>{say(text.packet)}</dt>
          <dd>
            <code id="packet-id">{enrolment.packet.packetId}</code>
          </dd>
          <dt>SHA-256</dt>
          <dd>
            <code>{enrolment.packet.sha256}</code>
          </dd>
          <dt>{say(text.packetSize)}</dt>
          <dd>{sayNumber(Math.ceil(Number(enrolment.packet.size) / 1024))} KiB</dd>
        </dl>
      )}
      {sealed && <Slip enrolmentId={enrolment.enrolmentId} />}
      <div class="row controls">
        <Button id="next-person" look="primary" keyName="Enter" onClick={nextPerson} words={say(text.nextPerson)} />
        {sealed && enrolment.canBeSupplemented.length > 0 && (
          <button
            type="button"
            id="supplement"
            disabled={deed.busy || operator() === ""}
            onClick={() => deed.run(supplement)}
          >
            {say(text.supplement)}
          </button>
        )}
      </div>
    </>
  );
}
