import { useState } from "preact/hooks";
import { type Enrolment, type EnrolmentPart, EnrolmentPartStatus } from "../generated/rekam/v1/enrolment_pb";
import { operator } from "../parts/operator_name";
import { say, sayNumber, type Words } from "../text/language";
import { text } from "../views/enrolment.text";
import type { Deed } from "./deed";
import { KeptPicture } from "./kept_picture";
import { bytesOf, jpegOf } from "./photo";
import * as session from "./session";
import { paintedWriting, SignaturePad } from "./signature_pad";
import { isWritten, MOST_POINTS, NOTHING_WRITTEN, pointCount } from "./strokes";

/** The signature: written on the pad, or from a file; and the one that is kept. */
export function SignatureStage({ enrolment, part, deed }: { enrolment: Enrolment; part: EnrolmentPart; deed: Deed }) {
  const [writing, setWriting] = useState(NOTHING_WRITTEN);
  const [again, setAgain] = useState(false);
  const [fault, setFault] = useState<Words | undefined>(undefined);
  const image = part.files.find((each) => each.mediaType.startsWith("image/"));
  const able = !deed.busy && operator() !== "";

  // What was written stays on the pad until the gateway has it.
  const kept = () => {
    setWriting(NOTHING_WRITTEN);
    setAgain(false);
    setFault(undefined);
  };
  const save = () =>
    deed.run(async () => {
      const picture = await bytesOf(paintedWriting(writing), "image/png");
      if (!picture) return setFault(text.noPicture);
      session.stayAt(part.key);
      await session.addSignature(picture, writing.strokes);
      kept();
    });
  const choose = (file: File) =>
    deed.run(async () => {
      const picture = await jpegOf(file);
      if (!picture) return setFault(text.noPicture);
      session.stayAt(part.key);
      await session.addSignature(picture, []);
      kept();
    });

  if (image && !again)
    return (
      <>
        <KeptPicture part={part.key} file={image.name} version={enrolment.version} words={say(text.signatureKept)} />
        <div class="row">
          <button type="button" id="sign-again" disabled={!able} onClick={() => setAgain(true)}>
            {say(text.signAgain)}
          </button>
        </div>
      </>
    );
  if (part.status === EnrolmentPartStatus.EXCEPTED || part.status === EnrolmentPartStatus.AWAITING_APPROVAL)
    return null;
  const points = pointCount(writing);
  return (
    <>
      <p class="large-words">{say(text.signHere)}</p>
      <SignaturePad writing={writing} onWriting={setWriting} />
      <p class="faint" id="pad-said" role="status">
        {points === 0 && say(text.padEmpty)}
        {points > 0 &&
          points < MOST_POINTS &&
          say(text.padPoints, { strokes: sayNumber(writing.strokes.length), points: sayNumber(points) })}
        {points >= MOST_POINTS && say(text.padFull)}
      </p>
      {fault && (
        <p class="fault" role="alert">
          {say(fault)}
        </p>
      )}
      <div class="row controls">
        <button type="button" id="sign-save" class="primary" disabled={!able || !isWritten(writing)} onClick={save}>
          {say(text.saveSignature)}
        </button>
        <button type="button" id="sign-clear" disabled={points === 0} onClick={() => setWriting(NOTHING_WRITTEN)}>
          {say(text.clear)}
        </button>
        <label class="file">
          {say(text.signatureFile)}{" "}
          <input
            id="signature-file"
            type="file"
            accept="image/jpeg,image/png"
            disabled={!able}
            onChange={(event) => {
              const file = event.currentTarget.files?.[0];
              event.currentTarget.value = ""; // else the same file, chosen again after a failure, would be no change
              if (file) choose(file);
            }}
          />
        </label>
      </div>
    </>
  );
}
