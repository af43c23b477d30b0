import { useRef, useState } from "preact/hooks";
import { clientOf, idempotencyKey } from "../gateway/clients";
import { type Loaded, useAction } from "../gateway/hooks";
import { may } from "../gateway/store";
import { type GetLinkResponse, type LinkAnnouncement, LinkService } from "../generated/rekam/v1/link_pb";
import { Facts } from "../parts/facts";
import { FailureNote } from "../parts/failure_note";
import { Loading } from "../parts/loading";
import { sayClocked, sayMoment } from "../parts/moments";
import { OperatorName, operator } from "../parts/operator_name";
import { say } from "../text/language";
import { DESK } from "../views/view";
import { announcementWords, sourceWords, text } from "./link.text";

const client = clientOf(LinkService);
/** As the API bounds it. */
const MOST_BYTES = 65_536;

/** What the centre announced, and one more from a file. */
export function Announcements({ of }: { of: Loaded<GetLinkResponse> }) {
  return (
    <div class="cards cards-two">
      <section class="card" aria-labelledby="announcements">
        <h2 id="announcements">{say(text.announceTitle)}</h2>
        <Loading of={of}>
          {({ link }) =>
            !link || link.announcements.length === 0 ? (
              <p>{say(text.noAnnouncements)}</p>
            ) : (
              <ul class="plain-list">
                {link.announcements.map((each) => (
                  <Announcement key={each.key} announcement={each} inForce={each.key === link.announced?.key} />
                ))}
              </ul>
            )
          }
        </Loading>
      </section>
      {may(...DESK) && <Import onImported={of.reload} />}
    </div>
  );
}

function Announcement({ announcement, inForce }: { announcement: LinkAnnouncement; inForce: boolean }) {
  const source = sourceWords[announcement.source];
  return (
    <li data-announcement={announcement.key}>
      <h3 class="row">
        {say(announcementWords[announcement.kind] ?? text.announceTitle)}
        {inForce && <span class="pill pill-warn">{say(text.inForce)}</span>}
        <span class={`pill ${announcement.signed ? "pill-good" : "pill-warn"}`}>
          {announcement.signed ? say(text.signed) : say(text.unsigned, { by: announcement.enteredBy || "–" })}
        </span>
      </h3>
      {announcement.words && <p>{say(announcement.words)}</p>}
      <Facts
        rows={[
          [text.begins, sayMoment(announcement.begins)],
          [text.back, announcement.expectedReturn ? sayMoment(announcement.expectedReturn) : say(text.nobodyKnows)],
          [text.received, `${sayClocked(announcement.received)}${source ? `, ${say(source)}` : ""}`],
        ]}
      />
    </li>
  );
}

function Import({ onImported }: { onImported: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File | undefined>(undefined);
  const [done, setDone] = useState<LinkAnnouncement | undefined>(undefined);
  const taking = useAction(async (chosen: File) => {
    const signed = new Uint8Array(await chosen.arrayBuffer());
    const { announcement } = await client.importAnnouncement({
      announcement: { case: "signed", value: signed },
      operator: operator(),
      idempotencyKey: idempotencyKey(),
    });
    setDone(announcement);
    setFile(undefined);
    if (field.current) field.current.value = "";
    onImported();
  });
  const fault = file && (file.size > MOST_BYTES ? text.tooLarge : file.size === 0 ? text.emptyFile : undefined);
  return (
    <section class="card" aria-labelledby="import">
      <h2 id="import">{say(text.importTitle)}</h2>
      <p>{say(text.importWhy)}</p>
      <OperatorName />
      <p class="field">
        <label for="announcement-file">{say(text.file)}</label>
        <input
          id="announcement-file"
          type="file"
          ref={field}
          onChange={(event) => {
            setDone(undefined);
            taking.clear();
            setFile(event.currentTarget.files?.[0]);
          }}
        />
      </p>
      {fault && (
        <p class="note note-warn" role="alert">
          {say(fault)}
        </p>
      )}
      <FailureNote failure={taking.failure} onClose={taking.clear} />
      {done && (
        <p class="note" role="status" id="imported">
          {say(text.imported, { words: done.words ? say(done.words) : "" })}
        </p>
      )}
      <button
        type="button"
        class="primary"
        id="import-file"
        disabled={!file || fault !== undefined || taking.busy || !operator()}
        onClick={() => file && taking.run(file)}
      >
        {say(text.import)}
      </button>
    </section>
  );
}
