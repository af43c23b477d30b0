import { useState } from "preact/hooks";
import { type Enrolment, type EnrolmentPart, EnrolmentPartStatus } from "../generated/rekam/v1/enrolment_pb";
import { say, type Words } from "../text/language";
import { text } from "../views/enrolment.text";
import * as captures from "./captures";
import type { Deed } from "./deed";
import { KeptPicture } from "./kept_picture";
import { jpegOf } from "./photo";
import * as session from "./session";

/** A portrait from a file, or by a tablet's own camera; and the one that is kept, where it came this way. */
export function PortraitFile({ enrolment, part, deed }: { enrolment: Enrolment; part: EnrolmentPart; deed: Deed }) {
  const [fault, setFault] = useState<Words | undefined>(undefined);
  const file = part.files[0];
  const choose = (chosen: File) =>
    deed.run(async () => {
      const image = await jpegOf(chosen);
      setFault(image ? undefined : text.noPicture);
      if (!image) return;
      session.stayAt(part.key);
      await session.addPortrait(image);
    });
  return (
    <>
      {!captures.deviceOf(part) && !file && <p class="note">{say(text.noCamera)}</p>}
      {file && (
        <KeptPicture part={part.key} file={file.name} version={enrolment.version} words={say(text.portraitKept)} />
      )}
      <details open={!captures.deviceOf(part) && part.status !== EnrolmentPartStatus.DONE}>
        <summary>{say(file ? text.portraitAgain : text.portraitFile)}</summary>
        {file && captures.deviceOf(part) && (
          <button type="button" disabled={deed.busy} onClick={() => deed.run(() => captures.start(part))}>
            {say(text.portraitCamera)}
          </button>
        )}
        <p class="field">
          <input
            id="portrait-file"
            type="file"
            accept="image/jpeg,image/png"
            aria-label={say(text.portraitFile)}
            disabled={deed.busy}
            onChange={(event) => {
              const chosen = event.currentTarget.files?.[0];
              event.currentTarget.value = ""; // else the same file, chosen again after a failure, would be no change
              if (chosen) choose(chosen);
            }}
          />
        </p>
      </details>
      {fault && (
        <p class="fault" role="alert">
          {say(fault)}
        </p>
      )}
    </>
  );
}
