import { useState } from "preact/hooks";
import { DeviceOptions } from "../capture/device_options";
import { devices } from "../gateway/store";
import {
  type Enrolment,
  type EnrolmentPart,
  EnrolmentPartKind,
  EnrolmentPartStatus,
  MissingRule,
} from "../generated/rekam/v1/enrolment_pb";
import { operator } from "../parts/operator_name";
import { useShortcuts } from "../shell/shortcuts";
import { say } from "../text/language";
import { text as captureText, reasonWords } from "../views/capture.text";
import { text } from "../views/enrolment.text";
import { Button } from "./button";
import { CaptureStage } from "./capture_stage";
import * as captures from "./captures";
import type { Deed } from "./deed";
import { Approval } from "./dialogs";
import { MissingDialog } from "./missing_dialog";
import { PortraitFile } from "./portrait_file";
import { capturePartOf, exceptionsOf, missingRuleOf } from "./profile";
import * as session from "./session";
import { SignatureStage } from "./signature_stage";
import { StageTitle } from "./stage_title";

const { BELOW_THRESHOLD, DONE, AWAITING_APPROVAL } = EnrolmentPartStatus;

/** One part of the person: how it is brought, what is said of it, and what comes after it. */
export function PartStage({ enrolment, part, deed }: { enrolment: Enrolment; part: EnrolmentPart; deed: Deed }) {
  const name = part.name ? say(part.name) : part.key;
  const isPortrait = part.kind === EnrolmentPartKind.PORTRAIT;
  const isSignature = part.kind === EnrolmentPartKind.SIGNATURE;
  const device = captures.deviceOf(part);
  const captured = capturePartOf(part) !== undefined && (device !== undefined || captures.shownId.value !== "");
  const fromFile = part.files.length > 0 && !captures.running.value && captures.toSettle.value === undefined;
  return (
    <>
      <StageTitle words={name.charAt(0).toUpperCase() + name.slice(1)} />
      {isSignature && <SignatureStage key={part.key} enrolment={enrolment} part={part} deed={deed} />}
      {!isSignature && captured && !fromFile && <CaptureStage key={part.key} part={part} deed={deed} />}
      {!isSignature && !device && !isPortrait && (
        <p class="note note-warn">{say(captureText.noDevice, { part: name })}</p>
      )}
      {isPortrait && !captures.running.value && <PortraitFile enrolment={enrolment} part={part} deed={deed} />}
      {device && capturePartOf(part) && <DeviceChoice part={part} />}
      <Said enrolment={enrolment} part={part} deed={deed} />
      <Onwards enrolment={enrolment} part={part} deed={deed} />
    </>
  );
}

/** Which device, where there are several. */
function DeviceChoice({ part }: { part: EnrolmentPart }) {
  const used = captures.deviceOf(part);
  const fit = [...devices.value.values()].filter((each) => each.kind === used?.kind);
  if (!used || fit.length < 2) return null;
  return (
    <p class="row">
      <label for="enrolment-device">{say(captureText.device)}</label>
      <select
        id="enrolment-device"
        disabled={captures.running.value}
        value={used.deviceId}
        onChange={(event) => {
          captures.chosenDevices.value = new Map(captures.chosenDevices.value).set(
            used.kind,
            event.currentTarget.value,
          );
        }}
      >
        <DeviceOptions of={fit} />
      </select>
    </p>
  );
}

/** What is missing of the part and why, and what waits for a supervisor. */
function Said({ enrolment, part, deed }: { enrolment: Enrolment; part: EnrolmentPart; deed: Deed }) {
  const exceptions = exceptionsOf(enrolment, session.profile.value, part.key);
  const supervised = missingRuleOf(session.profile.value, part.key) === MissingRule.SUPERVISOR;
  const waits = part.status === AWAITING_APPROVAL || (supervised && exceptions.some((each) => !each.approvedBy));
  const below = part.status === BELOW_THRESHOLD;
  const most = session.profile.value?.mostTries ?? 0;
  return (
    <>
      {exceptions.map((each) => (
        <div key={each.unit} class="note row" data-exception={each.unit}>
          <span>
            {say(text.excepted, {
              unit: unitName(enrolment, each.unit),
              reason: say(reasonWords[each.reason] ?? captureText.missing),
              by: each.by,
            })}{" "}
            {each.detail} {each.hasPhoto && say(text.withPhoto)}{" "}
            {each.approvedBy ? say(text.approvedBy, { name: each.approvedBy }) : supervised && say(text.awaits)}
          </span>
          <button
            type="button"
            data-withdraw={each.unit}
            disabled={deed.busy}
            onClick={() => deed.run(() => session.withdrawException(each.unit))}
          >
            {say(text.withdraw)}
          </button>
        </div>
      ))}
      {below && !captures.running.value && (
        <p class="note note-warn">
          {say(
            session.profile.value?.belowThresholdNeedsSupervisor || most === 0 ? text.triesSupervisor : text.triesOver,
            { of: most },
          )}{" "}
          {most > 0 && say(text.triesLeft, { n: part.tries.length, of: most })}
        </p>
      )}
      {(waits || below) && !captures.running.value && (
        <Approval
          what={part.name ? say(part.name) : part.key}
          onApprove={(supervisor) => deed.run(() => session.approve(part.key, supervisor))}
        />
      )}
    </>
  );
}

/** Missing, discard, and on to what is next. */
function Onwards({ enrolment, part, deed }: { enrolment: Enrolment; part: EnrolmentPart; deed: Deed }) {
  const [asksWhy, setAsksWhy] = useState(false);
  const running = captures.running.value;
  const waiting = captures.toSettle.value !== undefined;
  const settled =
    part.status === DONE || part.status === EnrolmentPartStatus.EXCEPTED || part.status === AWAITING_APPROVAL;
  const never = missingRuleOf(session.profile.value, part.key) === MissingRule.NEVER;
  const able = !deed.busy && !running && !waiting && operator() !== "";
  const next = session.next.value;
  const nextPart = enrolment.parts.find((each) => each.key === next);
  const onwards = settled && next !== part.key;
  const goOn = () => {
    captures.show("");
    if (nextPart && captures.deviceOf(nextPart)) deed.run(() => captures.start(nextPart));
  };
  const discarded = part.captureId;
  useShortcuts({
    ...(onwards && able ? { enter: goOn } : {}),
    ...(able && !never && part.status !== DONE ? { m: () => setAsksWhy(true) } : {}),
  });
  return (
    <div class="row controls">
      {onwards && (
        <Button
          id="next"
          look="primary"
          keyName="Enter"
          disabled={!able}
          onClick={goOn}
          words={
            nextPart
              ? say(captureText.next, { part: nextPart.name ? say(nextPart.name) : nextPart.key })
              : say(text.goReview)
          }
        />
      )}
      {!running && part.status !== DONE && !never && (
        <Button id="missing" keyName="M" disabled={!able} onClick={() => setAsksWhy(true)} words={say(text.missing)} />
      )}
      {never && part.status !== DONE && <span class="faint">{say(text.never)}</span>}
      {!running && discarded !== "" && (
        <Button
          id="discard"
          look="quiet"
          disabled={!able}
          onClick={() =>
            deed.run(async () => {
              session.stayAt(part.key);
              await session.removeCapture(discarded, say(text.removeReason));
              captures.show(part.key);
            })
          }
          words={say(text.remove)}
        />
      )}
      {asksWhy && (
        <MissingDialog
          enrolment={enrolment}
          part={part}
          onBack={() => setAsksWhy(false)}
          onMissing={(missing) => {
            setAsksWhy(false);
            session.stayAt(part.key);
            deed.run(() => session.addException(missing));
          }}
        />
      )}
    </div>
  );
}

/** What a finger or an eye is called. */
function unitName(enrolment: Enrolment, unit: string): string {
  const name =
    enrolment.parts.find((each) => each.key === unit)?.name ??
    session.profile.value?.parts.find((each) => each.key === unit)?.name;
  return name ? say(name) : unit;
}
