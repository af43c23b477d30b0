import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { may } from "../gateway/store";
import { useModal } from "../parts/modal";
import { operator } from "../parts/operator_name";
import { say, type Words } from "../text/language";
import { text } from "../views/enrolment.text";
import * as session from "./session";

/** A dialog that is open while it is shown; Escape goes back. */
export function Dialog(props: { title: string; onBack: () => void; children: ComponentChildren }) {
  const dialog = useModal();
  const id = useId();
  return (
    <dialog ref={dialog} class="enrolment-dialog" aria-labelledby={id} onClose={props.onBack}>
      <h2 id={id}>{props.title}</h2>
      {props.children}
    </dialog>
  );
}

/** Asks why the enrolment is given up. */
export function ReasonDialog({ onReason, onBack }: { onReason: (reason: string) => void; onBack: () => void }) {
  const [reason, setReason] = useState("");
  const given = reason.trim();
  return (
    <Dialog title={say(text.abandonTitle)} onBack={onBack}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (given) onReason(given);
        }}
      >
        <p>{say(text.abandonWhy)}</p>
        <p class="field">
          <label for="abandon-reason">{say(text.abandonReason)}</label>
          <input
            id="abandon-reason"
            maxLength={200}
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </p>
        <div class="row">
          <button type="submit" id="abandon-do" class="danger" disabled={!given}>
            {say(text.abandonDo)}
          </button>
          <button type="button" onClick={onBack}>
            {say(text.back)}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** The supervisor's name, and that it cannot be the operator's own. */
export function SupervisorField(props: {
  id: string;
  label: Words;
  value: string;
  own: boolean;
  onValue: (name: string) => void;
}) {
  const { id, label, value, own, onValue } = props;
  return (
    <p class="field">
      <label for={id}>{say(label)}</label>
      <input
        id={id}
        data-field="supervisor"
        maxLength={100}
        autoComplete="off"
        aria-describedby={`${id}-said`}
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
      <span id={`${id}-said`} class="fault" role="status">
        {own && say(text.supervisorOther)}
      </span>
    </p>
  );
}

/** A supervisor approves what stands at a part; where the page has no such role it says where that is done. */
export function Approval({ what, onApprove }: { what: string; onApprove: (supervisor: string) => void }) {
  const [asked, setAsked] = useState(false);
  const [name, setName] = useState("");
  const id = useId();
  if (!may("supervisor")) return <p class="faint">{say(text.needsSupervisor)}</p>;
  const given = name.trim();
  const own = given !== "" && (given === operator() || given === session.enrolment.value?.operator);
  return (
    <>
      <button type="button" data-approve={what} onClick={() => setAsked(true)}>
        {say(text.approve)}
      </button>
      {asked && (
        <Dialog title={say(text.approveTitle, { what })} onBack={() => setAsked(false)}>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              if (!given || own) return;
              setAsked(false);
              onApprove(given);
            }}
          >
            <SupervisorField id={id} label={text.supervisor} value={name} own={own} onValue={setName} />
            <div class="row">
              <button type="submit" class="primary" data-do="approve" disabled={!given || own}>
                {say(text.approveDo)}
              </button>
              <button type="button" onClick={() => setAsked(false)}>
                {say(text.back)}
              </button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}
