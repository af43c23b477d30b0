import { Code } from "@connectrpc/connect";
import { useState } from "preact/hooks";
import { clientOf } from "../gateway/clients";
import { useAction } from "../gateway/hooks";
import { PaperService, PaperSize } from "../generated/rekam/v1/paper_pb";
import { kept } from "../kept";
import { FailureNote } from "../parts/failure_note";
import { operator } from "../parts/operator_name";
import { type Language, language, say } from "../text/language";
import { sizeWords, text } from "../views/enrolment.text";
import { useObjectUrl } from "./kept_picture";

const client = clientOf(PaperService);
const SIZES = [PaperSize.A5, PaperSize.A4, PaperSize.THERMAL_58, PaperSize.THERMAL_80] as const;
const sizeKept = kept<number>("slip-size", PaperSize.A5, (value) => SIZES.some((size) => size === value));

interface Made {
  readonly pdf: Blob;
  readonly number: string;
  readonly spoken: Language;
}

/** The slip that the person takes home: a PDF to be opened and printed, or saved. */
export function Slip({ enrolmentId }: { enrolmentId: string }) {
  const [size, setSize] = useState(sizeKept.read());
  const [newest, setMade] = useState<Made | undefined>(undefined);
  const made = newest?.spoken === language.value ? newest : undefined;
  const make = useAction(async () => {
    const spoken = language.value;
    const { pdf, referenceNumber } = await client.renderSlip({
      enrolmentId,
      size,
      language: spoken,
      operator: operator(),
    });
    const file = new Blob([pdf as Uint8Array<ArrayBuffer>], { type: "application/pdf" });
    setMade({ pdf: file, number: referenceNumber, spoken });
  });
  const address = useObjectUrl(made?.pdf);
  if (make.failure?.cause.code === Code.Unimplemented) return <p class="note">{say(text.slipNotHere)}</p>;
  return (
    <section aria-labelledby="slip-title">
      <h3 id="slip-title">{say(text.slip)}</h3>
      <div class="row">
        <label for="slip-size">{say(text.slipSize)}</label>
        <select
          id="slip-size"
          value={String(size)}
          onChange={(event) => {
            setSize(Number(event.currentTarget.value));
            sizeKept.write(Number(event.currentTarget.value));
            setMade(undefined);
          }}
        >
          {SIZES.map((each) => (
            <option key={each} value={String(each)}>
              {say(sizeWords[each] ?? text.slip)}
            </option>
          ))}
        </select>
        {!made && (
          <button type="button" id="slip-make" disabled={make.busy} onClick={() => make.run()}>
            {say(text.slipMake)}
          </button>
        )}
        {made && address && (
          <>
            <a class="button" id="slip-open" href={address} target="_blank" rel="noreferrer">
              {say(text.slipOpen)}
            </a>
            <a class="button" id="slip-save" href={address} download={`${made.number || enrolmentId}.pdf`}>
              {say(text.slipSave)}
            </a>
            <span>
              {say(text.slipNumber)}: <strong id="slip-number">{made.number}</strong>
            </span>
          </>
        )}
      </div>
      <FailureNote failure={make.failure} />
    </section>
  );
}
