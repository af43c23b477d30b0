import { useId, useState } from "preact/hooks";
import type { Loaded } from "../gateway/hooks";
import { useAction } from "../gateway/hooks";
import { type ListProfilesResponse, type Profile, ReferenceKind, Sex } from "../generated/rekam/v1/enrolment_pb";
import { kept } from "../kept";
import { FailureNote } from "../parts/failure_note";
import { operator, operatorName } from "../parts/operator_name";
import { goTo } from "../shell/route";
import { say } from "../text/language";
import { nikFaultWords, text } from "../views/enrolment.text";
import { birthDateDiffers, nikFault, withoutBlanks } from "./reference";
import * as session from "./session";

const profileKept = kept<string>("profile", "", (value) => typeof value === "string");
const DIGITS = 16;

/** Begins the enrolment of a new person: what is enrolled, who sits at the desk, and whose it is. */
export function Begin({ loaded }: { loaded: Loaded<ListProfilesResponse> }) {
  const [profileId, setProfileId] = useState(profileKept.read());
  const [chosenKind, setKind] = useState(ReferenceKind.NIK);
  const [nik, setNik] = useState("");
  const [application, setApplication] = useState("");
  const [birthDate, setBirthDate] = useState("");
  const [sex, setSex] = useState(Sex.UNSPECIFIED);
  const profiles = loaded.value?.profiles ?? [];
  const profile = profiles.find((each) => each.profileId === profileId) ?? profiles[0];
  const kinds = profile?.references ?? [];
  const kind = kinds.includes(chosenKind) ? chosenKind : (kinds[0] ?? ReferenceKind.NIK);
  const isNik = kind === ReferenceKind.NIK;
  const digits = withoutBlanks(nik);
  const fits = isNik ? !nikFault(digits) : matches(profile, application.trim());
  const able = profile !== undefined && fits && operator() !== "";

  const begin = useAction(async () => {
    if (!profile) return;
    const begun = await session.begin({
      profileId: profile.profileId,
      nik: isNik ? digits : "",
      applicationNumber: isNik ? "" : application.trim(),
      birthDate: isNik ? birthDate : "",
      sex: isNik ? sex : Sex.UNSPECIFIED,
    });
    profileKept.write(profile.profileId);
    goTo("enrolment", begun.enrolmentId);
  });

  return (
    <section class="card" aria-labelledby="new-person">
      <h2 id="new-person">{say(text.newPerson)}</h2>
      <FailureNote failure={loaded.failure} />
      {loaded.value?.problems.map((each) => (
        <p key={each.profileId} class="note note-warn">
          {say(text.profileFile, { name: each.profileId, problem: each.problem ? say(each.problem) : "" })}
        </p>
      ))}
      {loaded.value && profiles.length === 0 && <p class="note note-warn">{say(text.noProfile)}</p>}
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          if (able) begin.run();
        }}
      >
        <Profiles profiles={profiles} chosen={profile} onChoose={setProfileId} />
        <div class="beside">
          <OperatorField />
          {kinds.length > 1 && <Kinds kind={kind} onChoose={setKind} />}
        </div>
        {isNik ? (
          <Nik value={nik} onInput={setNik} />
        ) : (
          <Application value={application} fits={fits} onInput={setApplication} />
        )}
        {isNik && (
          <div class="beside">
            <BirthDate value={birthDate} differs={birthDateDiffers(digits, birthDate)} onInput={setBirthDate} />
            <SexChoice value={sex} onChoose={setSex} />
          </div>
        )}
        {isNik && birthDateDiffers(digits, birthDate) && (
          <p class="note note-warn" id="birth-date-differs" role="status">
            {say(text.birthDateDiffers)}
          </p>
        )}
        <FailureNote failure={begin.failure} onClose={begin.clear} />
        <button type="submit" class="primary" id="begin" disabled={!able || begin.busy}>
          {say(text.begin)}
        </button>
      </form>
    </section>
  );
}

function matches(profile: Profile | undefined, value: string): boolean {
  if (!value) return false;
  try {
    return new RegExp(`^(?:${profile?.applicationPattern || ".*"})$`).test(value);
  } catch {
    return true; // an expression that this browser does not know: the gateway decides
  }
}

function Profiles(props: {
  profiles: readonly Profile[];
  chosen: Profile | undefined;
  onChoose: (id: string) => void;
}) {
  const { profiles, chosen, onChoose } = props;
  return (
    <fieldset class="choices choices-row">
      <legend>{say(text.profile)}</legend>
      {profiles.map((each) => (
        <label key={each.profileId} class="choice">
          <input
            type="radio"
            name="profile"
            value={each.profileId}
            checked={each === chosen}
            onChange={() => onChoose(each.profileId)}
          />
          {each.name ? say(each.name) : each.profileId}
        </label>
      ))}
      {chosen && (
        <p class="faint" role="status">
          {summary(chosen)}
        </p>
      )}
    </fieldset>
  );
}

/** The parts of the first way through each step. */
function summary(profile: Profile): string {
  const keys = profile.steps.flatMap((step) => step.alternatives[0]?.parts ?? []);
  const names = keys.map((key) => {
    const name = profile.parts.find((each) => each.key === key)?.name;
    return name ? say(name) : key;
  });
  return say(text.parts, { n: keys.length, parts: names.join(", ") });
}

/** Who sits at the desk. */
export function OperatorField() {
  const id = useId();
  return (
    <p class="field">
      <label for={id}>{say(text.operator)}</label>
      <input
        id={id}
        data-field="operator"
        autoComplete="username"
        maxLength={100}
        required
        value={operatorName.value}
        onInput={(event) => {
          operatorName.value = event.currentTarget.value;
        }}
      />
    </p>
  );
}

function Kinds({ kind, onChoose }: { kind: ReferenceKind; onChoose: (kind: ReferenceKind) => void }) {
  return (
    <fieldset class="choices choices-row">
      <legend>{say(text.referenceKind)}</legend>
      {([ReferenceKind.NIK, ReferenceKind.APPLICATION] as const).map((each) => (
        <label key={each} class="choice">
          <input type="radio" name="kind" checked={each === kind} onChange={() => onChoose(each)} />
          {say(each === ReferenceKind.NIK ? text.nik : text.application)}
        </label>
      ))}
    </fieldset>
  );
}

function Nik({ value, onInput }: { value: string; onInput: (value: string) => void }) {
  const digits = withoutBlanks(value);
  const fault = nikFault(digits);
  const typing = fault === "length" && digits.length < DIGITS;
  return (
    <p class="field">
      <label for="nik">{say(text.nik)}</label>
      <input
        id="nik"
        class="reference"
        inputMode="numeric"
        autoComplete="off"
        maxLength={25}
        aria-describedby="nik-said"
        aria-invalid={fault !== undefined && !typing}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <span id="nik-said" class={fault && !typing ? "fault" : "faint"} role="status">
        {typing && say(text.nikCount, { n: digits.length })}
        {fault && !typing && say(nikFaultWords[fault])}
        {!fault && say(text.nikGood)}
      </span>
    </p>
  );
}

function Application({ value, fits, onInput }: { value: string; fits: boolean; onInput: (value: string) => void }) {
  return (
    <p class="field">
      <label for="application">{say(text.application)}</label>
      <input
        id="application"
        class="reference"
        autoComplete="off"
        maxLength={64}
        aria-describedby="application-said"
        aria-invalid={value !== "" && !fits}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <span id="application-said" class="fault" role="status">
        {value !== "" && !fits && say(text.applicationWrong)}
      </span>
    </p>
  );
}

function BirthDate({ value, differs, onInput }: { value: string; differs: boolean; onInput: (value: string) => void }) {
  return (
    <p class="field">
      <label for="birth-date">{say(text.birthDate)}</label>
      <input
        id="birth-date"
        type="date"
        aria-describedby={differs ? "birth-date-differs" : undefined}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </p>
  );
}

function SexChoice({ value, onChoose }: { value: Sex; onChoose: (sex: Sex) => void }) {
  return (
    <p class="field">
      <label for="sex">{say(text.sex)}</label>
      <select id="sex" value={String(value)} onChange={(event) => onChoose(Number(event.currentTarget.value))}>
        <option value={String(Sex.UNSPECIFIED)}>{say(text.sexUnknown)}</option>
        <option value={String(Sex.FEMALE)}>{say(text.female)}</option>
        <option value={String(Sex.MALE)}>{say(text.male)}</option>
      </select>
    </p>
  );
}
