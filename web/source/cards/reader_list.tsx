import type { CardReader } from "../generated/rekam/v1/card_pb";
import { CardPresence } from "../generated/rekam/v1/card_pb";
import { WideTable } from "../parts/facts";
import { FailureNote } from "../parts/failure_note";
import { say } from "../text/language";
import { presenceWords, standingWords, text } from "./cards.text";
import { type Followed, toneOf, usableReaders } from "./readers";

/** Every reader, and how the card in it stands. */
export function Readers({ followed }: { followed: Followed }) {
  const all = [...followed.readers.values()];
  return (
    <section class="card" aria-labelledby="readers-title">
      <h2 id="readers-title">{say(text.readersTitle)}</h2>
      <FailureNote failure={followed.failure} />
      {all.length === 0 ? (
        !followed.failure && <p>{say(text.noReader)}</p>
      ) : (
        <WideTable label={say(text.readersTitle)}>
          <thead>
            <tr>
              <th scope="col">{say(text.reader)}</th>
              <th scope="col">{say(text.inReader)}</th>
              <th scope="col">{say(text.serial)}</th>
            </tr>
          </thead>
          <tbody>{all.map((each) => Row(each))}</tbody>
        </WideTable>
      )}
    </section>
  );
}

function Row(reader: CardReader) {
  const present = reader.presence === CardPresence.PRESENT;
  const words = present ? standingWords[reader.standing] : presenceWords[reader.presence];
  return (
    <tr key={reader.deviceId} data-reader={reader.deviceId} data-standing={present ? reader.standing : ""}>
      <td>{reader.label || reader.deviceId}</td>
      <td>
        <span class={`pill pill-${toneOf(reader)}`}>{say(words ?? text.inReader)}</span>{" "}
        {reader.profile && <span class="pill">{reader.profile}</span>}{" "}
        {reader.jobId && <span class="faint breaks">{say(text.ofJob, { job: reader.jobId })}</span>}
        {reader.holder && <span class="faint"> {say(text.heldBy, { holder: reader.holder })}</span>}
      </td>
      <td>{reader.serial ? <code>{reader.serial}</code> : "–"}</td>
    </tr>
  );
}

/** The reader that a task takes: one by name, or whichever is free. */
export function ReaderChoice(props: {
  readers: Iterable<CardReader>;
  value: string;
  onChoose: (deviceId: string) => void;
}) {
  const usable = usableReaders(props.readers);
  return (
    <label class="field">
      {say(text.reader)}
      <select
        name="card-reader"
        value={usable.some((each) => each.deviceId === props.value) ? props.value : ""}
        onChange={(event) => props.onChoose(event.currentTarget.value)}
      >
        <option value="">{say(text.anyReader)}</option>
        {usable.map((each) => (
          <option key={each.deviceId} value={each.deviceId}>
            {each.label || each.deviceId}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Where the holder types the PIN; whoever uses it empties it. */
export function PinField({ value, onInput }: { value: string; onInput: (pin: string) => void }) {
  return (
    <label class="field">
      {say(text.pin)}
      <input
        name="card-pin"
        type="password"
        inputMode="numeric"
        autoComplete="off"
        maxLength={16}
        pattern="[0-9A-Za-z]{4,16}"
        aria-describedby="pin-why"
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}

/** Whether a PIN can be one, or there is none. */
export function fitsPin(pin: string): boolean {
  return pin === "" || /^[0-9A-Za-z]{4,16}$/.test(pin);
}
