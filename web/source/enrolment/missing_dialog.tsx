import { useMemo, useState } from "preact/hooks";
import { reasonsFor } from "../capture/missing_reasons";
import { devicesFor, FACE } from "../capture/part";
import { useAction } from "../gateway/hooks";
import { devices, may } from "../gateway/store";
import { MissingReason } from "../generated/rekam/v1/capture_pb";
import { type Enrolment, type EnrolmentPart, EnrolmentPartKind, MissingRule } from "../generated/rekam/v1/enrolment_pb";
import { FailureNote } from "../parts/failure_note";
import { operator } from "../parts/operator_name";
import { say, type Words } from "../text/language";
import { text as captureText, reasonWords } from "../views/capture.text";
import { text } from "../views/enrolment.text";
import { Dialog, SupervisorField } from "./dialogs";
import { useObjectUrl } from "./kept_picture";
import { cameraPhoto, jpegOf } from "./photo";
import { capturePartOf, missingRuleOf, UNIT_POSITIONS, unitsOf } from "./profile";
import * as session from "./session";

const { AMPUTATED, BANDAGED, CANNOT_OPEN, REFUSED, DEVICE_BROKEN, OTHER } = MissingReason;
/** Reasons that a photo can show. */
const SHOWN: ReadonlySet<MissingReason> = new Set([AMPUTATED, BANDAGED, CANNOT_OPEN]);
const NO_PHOTO = new Uint8Array(0);

/** Reasons that the gateway takes for a part of an enrolment: what hurts a body is none of a portrait or a signature. */
function reasonsOf(part: EnrolmentPart): readonly MissingReason[] {
  const of = capturePartOf(part);
  return of && of.kind !== "face" ? reasonsFor(of) : [REFUSED, DEVICE_BROKEN, OTHER];
}

/** Asks which finger is missing, why, for a photo of it, and who approves. */
export function MissingDialog(props: {
  enrolment: Enrolment;
  part: EnrolmentPart;
  onBack: () => void;
  onMissing: (missing: session.Missing) => void;
}) {
  const { enrolment, part, onBack, onMissing } = props;
  const gone = new Set(enrolment.exceptions.map((each) => each.unit));
  const isSlap = part.kind === EnrolmentPartKind.SLAP;
  const units = isSlap ? unitsOf(session.profile.value, part.key).filter((each) => !gone.has(each)) : [];
  const [unit, setUnit] = useState(units[0] ?? part.key);
  const [reason, setReason] = useState(MissingReason.UNSPECIFIED);
  const [detail, setDetail] = useState("");
  const [approver, setApprover] = useState("");
  const [photo, setPhoto] = useState(NO_PHOTO as Uint8Array);
  const supervised = missingRuleOf(session.profile.value, part.key) === MissingRule.SUPERVISOR;
  const approves = approver.trim();
  const own = approves !== "" && approves === operator();
  const able = reason !== MissingReason.UNSPECIFIED && !own;
  return (
    <Dialog title={say(text.missingTitle, { part: part.name ? say(part.name) : part.key })} onBack={onBack}>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          if (!able) return;
          const shown = SHOWN.has(reason) ? photo : NO_PHOTO;
          onMissing({ part: unit, reason, detail: detail.trim(), approver: approves, photo: shown });
        }}
      >
        {units.length > 1 && <Fingers units={units} all={part.key} chosen={unit} onChoose={setUnit} />}
        <fieldset class="choices choices-row">
          <legend>{say(text.whyMissing)}</legend>
          {reasonsOf(part).map((each) => (
            <label key={each} class="choice">
              <input
                type="radio"
                name="reason"
                data-reason={MissingReason[each]}
                checked={each === reason}
                onChange={() => setReason(each)}
              />
              {say(reasonWords[each] ?? captureText.missing)}
            </label>
          ))}
        </fieldset>
        <p class="field">
          <label for="missing-detail">{say(text.detail)}</label>
          <input
            id="missing-detail"
            maxLength={200}
            value={detail}
            onInput={(event) => setDetail(event.currentTarget.value)}
          />
        </p>
        {SHOWN.has(reason) && <Photo photo={photo} onPhoto={setPhoto} />}
        {supervised && may("supervisor") && (
          <SupervisorField
            id="missing-approver"
            label={text.approverNow}
            value={approver}
            own={own}
            onValue={setApprover}
          />
        )}
        {supervised && !may("supervisor") && <p class="faint">{say(text.approverLater)}</p>}
        <div class="row">
          <button type="submit" id="missing-do" class="primary" disabled={!able}>
            {say(text.record)}
          </button>
          <button type="button" onClick={onBack}>
            {say(text.back)}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Fingers(props: { units: readonly string[]; all: string; chosen: string; onChoose: (unit: string) => void }) {
  const { units, all, chosen, onChoose } = props;
  const nameOf = (unit: string): Words => {
    const position = UNIT_POSITIONS[unit];
    return (position && captureText.fingerShort[position]) || { id: unit, en: unit };
  };
  return (
    <fieldset class="choices choices-row">
      <legend>{say(text.whichFinger)}</legend>
      {[...units, all].map((unit) => (
        <label key={unit} class="choice">
          <input
            type="radio"
            name="finger"
            data-finger={unit}
            checked={unit === chosen}
            onChange={() => onChoose(unit)}
          />
          {say(unit === all ? text.allOfThem : nameOf(unit))}
        </label>
      ))}
    </fieldset>
  );
}

/** A photo of what is missing or hurt, by the portrait camera or from a file. */
function Photo({ photo, onPhoto }: { photo: Uint8Array; onPhoto: (photo: Uint8Array) => void }) {
  const [fault, setFault] = useState<Words | undefined>(undefined);
  const blob = useMemo(
    () => (photo.length > 0 ? new Blob([photo as Uint8Array<ArrayBuffer>], { type: "image/jpeg" }) : undefined),
    [photo],
  );
  const address = useObjectUrl(blob);
  const camera = devicesFor(FACE, devices.value.values()).length > 0;
  const put = (taken: Uint8Array | undefined, otherwise: Words) => {
    setFault(taken ? undefined : otherwise);
    onPhoto(taken ?? NO_PHOTO);
  };
  const take = useAction(async () => put(await cameraPhoto(operator()), text.photoNone));
  const choose = useAction(async (file: File) => put(await jpegOf(file), text.noPicture));
  return (
    <fieldset class="choices">
      <legend>{say(text.photo)}</legend>
      <div class="row">
        {camera && (
          <button type="button" id="photo-camera" disabled={take.busy} onClick={() => take.run()}>
            {say(text.photoByCamera)}
          </button>
        )}
        <input
          type="file"
          accept="image/jpeg,image/png"
          aria-label={say(text.photo)}
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            event.currentTarget.value = ""; // else the same file, chosen again after a failure, would be no change
            if (file) choose.run(file);
          }}
        />
      </div>
      {fault && (
        <p class="fault" role="alert">
          {say(fault)}
        </p>
      )}
      <FailureNote failure={take.failure ?? choose.failure} />
      {photo.length > 0 && address && (
        <div class="row">
          <img class="small-picture" src={address} alt={say(text.photoTaken)} />
          <button type="button" onClick={() => onPhoto(NO_PHOTO)}>
            {say(text.photoAway)}
          </button>
        </div>
      )}
    </fieldset>
  );
}
