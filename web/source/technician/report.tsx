import { useEffect, useState } from "preact/hooks";
import { useAction } from "../gateway/hooks";
import { CalibrationPart } from "../generated/rekam/v1/calibration_pb";
import { FailureNote } from "../parts/failure_note";
import { language, say } from "../text/language";
import { calibrationClient } from "./run";
import { text } from "./technician.text";

const TYPES = {
  [CalibrationPart.REPORT_PDF]: ["application/pdf", "report.pdf"],
  [CalibrationPart.REPORT_HTML]: ["text/html", "report.html"],
  [CalibrationPart.ENTRIES]: ["application/zip", "entries.zip"],
} as const;
type Part = keyof typeof TYPES;

/**
 * The report of a record, and its signed entries.
 *
 * The PDF opens in a tab of its own. The HTML is saved: in a tab opened from here it would be under this page's content
 * policy, which forbids the style inside it.
 */
export function Reports({ calibrationId }: { calibrationId: string }) {
  const [address, setAddress] = useState("");
  useEffect(() => () => URL.revokeObjectURL(address), [address]);
  useEffect(() => setAddress(""), [calibrationId]);
  const open = useAction(async () => {
    // At the click itself, or the browser takes it for an advertisement's.
    const tab = window.open("", "_blank");
    try {
      const made = URL.createObjectURL(await download(calibrationId, CalibrationPart.REPORT_PDF));
      setAddress(made);
      tab?.location.replace(made);
    } catch (thrown) {
      tab?.close();
      throw thrown;
    }
  });
  const save = useAction(async (part: Part) => {
    const made = URL.createObjectURL(await download(calibrationId, part));
    const link = document.createElement("a");
    link.href = made;
    link.download = `${calibrationId}-${TYPES[part][1]}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(made), 60_000);
  });
  const busy = open.busy || save.busy;
  return (
    <>
      <div class="row">
        <button type="button" id="open-report" disabled={busy} onClick={() => open.run()}>
          {say(text.report)}
        </button>
        <button type="button" disabled={busy} onClick={() => save.run(CalibrationPart.REPORT_HTML)}>
          {say(text.reportHtml)}
        </button>
        <button type="button" disabled={busy} onClick={() => save.run(CalibrationPart.ENTRIES)}>
          {say(text.entries)}
        </button>
        {address && (
          <a href={address} target="_blank" rel="noreferrer" id="report">
            {say(text.reportReady)}
          </a>
        )}
      </div>
      <FailureNote
        failure={open.failure ?? save.failure}
        onClose={() => {
          open.clear();
          save.clear();
        }}
      />
    </>
  );
}

async function download(calibrationId: string, part: Part): Promise<Blob> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of calibrationClient.downloadCalibration({ calibrationId, part, language: language.value }))
    pieces.push(chunk.data as Uint8Array<ArrayBuffer>);
  return new Blob(pieces, { type: TYPES[part][0] });
}
