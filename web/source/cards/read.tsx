import { useMemo, useState } from "preact/hooks";
import { partWords } from "../capture/part.text";
import { useObjectUrl } from "../enrolment/kept_picture";
import { useAction } from "../gateway/hooks";
import { listened, useGone } from "../gateway/listened";
import type { CardFailure, CardPicture, CardReading } from "../generated/rekam/v1/card_pb";
import { Facts } from "../parts/facts";
import { FailureNote } from "../parts/failure_note";
import { OperatorName, operator } from "../parts/operator_name";
import { say, type Words } from "../text/language";
import { rowsOf } from "./biodata";
import { genuineWords, outcomeWords, standingWords, text } from "./cards.text";
import { fitsPin, PinField, ReaderChoice } from "./reader_list";
import { cardClient, type Followed, isReplaced } from "./readers";
import { NOT_YET, type Progress, taken, toneOf } from "./reading";

/** Reads a card: its photo and words, and whether they are what the issuer signed. */
export function Read({ followed }: { followed: Followed }) {
  const [deviceId, setDeviceId] = useState("");
  const [pin, setPin] = useState("");
  const [progress, setProgress] = useState<Progress | undefined>(undefined);
  const gone = useGone();
  const deed = useAction(async () => {
    const request = { deviceId, credentials: { pin }, operator: operator() };
    setPin("");
    let at = NOT_YET;
    setProgress(at);
    try {
      for await (const { event } of listened((signal) => cardClient.readCard(request, { signal }), gone())) {
        at = taken(at, event);
        setProgress(at);
      }
    } finally {
      if (!at.reading) setProgress(undefined);
    }
  });
  const able = fitsPin(pin) && operator() && !deed.busy;
  const reading = progress?.reading;
  const shown = reading !== undefined && !isReplaced(reading.serial, followed.readers.values());
  return (
    <div class="cards">
      <section class="card" aria-labelledby="read-title">
        <h2 id="read-title">{say(text.readTitle)}</h2>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (able) deed.run();
          }}
        >
          <OperatorName />
          <div class="fields">
            <ReaderChoice readers={followed.readers.values()} value={deviceId} onChoose={setDeviceId} />
            <PinField value={pin} onInput={setPin} />
            <button type="submit" class="primary" id="read-card" disabled={!able}>
              {say(text.read)}
            </button>
          </div>
          <p class="faint" id="pin-why">
            {say(text.pinWhy)}
          </p>
        </form>
        <FailureNote failure={deed.failure} onClose={deed.clear} />
        {deed.busy && <p role="status">{wordsOf(progress ?? NOT_YET)}</p>}
      </section>
      {shown && <Whole reading={reading} />}
    </div>
  );
}

function wordsOf({ opened, file, restarted }: Progress): string {
  if (file) {
    const { name, index, total, outcome } = file;
    return `${say(text.fileOf, { name, index, total })}: ${say(outcomeWords[outcome])}`;
  }
  if (restarted) return say(text.restarted);
  return say(opened ? text.readingCard : text.putCard);
}

function Whole({ reading }: { reading: CardReading }) {
  const { biodata, mrz } = reading;
  return (
    <section class="card" aria-labelledby="reading-title" id="reading" data-genuine={reading.genuineness}>
      <h2 id="reading-title">
        <span class={`pill pill-${toneOf(reading.genuineness)}`} id="genuine">
          {say(genuineWords[reading.genuineness])}
        </span>
      </h2>
      <Failures title={text.failures} of={reading.failures} bad />
      <Failures title={text.findings} of={reading.findings} />
      <div class="card-face">
        <Picture of={reading.portrait} words={text.portrait} />
        <div>
          <Facts rows={biodata ? rowsOf(biodata) : []} />
          <Picture of={reading.signature} words={text.signature} />
          {mrz && (
            <>
              <h3>{say(text.machineZone)}</h3>
              <p class="breaks">
                {[mrz.documentCode, mrz.issuer, mrz.documentNumber, mrz.primaryName, mrz.secondaryName]
                  .filter(Boolean)
                  .join(" · ")}
              </p>
              {mrz.wrongChecks.length > 0 && (
                <p class="note note-warn">{say(text.wrongChecks, { fields: mrz.wrongChecks.join(", ") })}</p>
              )}
            </>
          )}
        </div>
      </div>
      <Facts
        rows={[
          [text.cardSerial, reading.serial],
          [text.inReader, `${say(standingWords[reading.standing])} ${reading.profile}`],
          [text.fingers, reading.fingers.map((each) => say(partWords[`finger-${each}`] ?? text.finger)).join(", ")],
          [text.unread, reading.unread.join(", ")],
        ]}
      />
    </section>
  );
}

function Failures({ title, of, bad = false }: { title: Words; of: readonly CardFailure[]; bad?: boolean }) {
  if (of.length === 0) return null;
  return (
    <div class={bad ? "note note-bad" : "note note-warn"} role={bad ? "alert" : undefined}>
      <strong>{say(title)}</strong>
      <ul>
        {of.map((each) => (
          <li key={`${each.code} ${each.file}`} data-fault={each.code}>
            {each.file && <code>{each.file}</code>} {each.words || each.code}
          </li>
        ))}
      </ul>
    </div>
  );
}

const SHOWN: ReadonlySet<string> = new Set(["image/jpeg", "image/png"]);

function Picture({ of, words }: { of: CardPicture | undefined; words: Words }) {
  // Only what any browser shows, whatever the card says of itself.
  const blob = useMemo(
    () => (of && SHOWN.has(of.mediaType) ? new Blob([of.data as BlobPart], { type: of.mediaType }) : undefined),
    [of],
  );
  const address = useObjectUrl(blob);
  return address ? <img class="card-picture" src={address} alt={say(words)} width={of?.width} /> : null;
}
