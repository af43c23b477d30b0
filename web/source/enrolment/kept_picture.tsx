import { useEffect, useState } from "preact/hooks";
import { useLoaded } from "../gateway/hooks";
import { FailureNote } from "../parts/failure_note";
import * as session from "./session";

/** An object URL of what `blob` holds, while the component is shown; empty without one. */
export function useObjectUrl(blob: Blob | undefined): string {
  const [address, setAddress] = useState("");
  useEffect(() => {
    if (!blob) {
      setAddress("");
      return;
    }
    const made = URL.createObjectURL(blob);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return address;
}

/** A portrait or a signature as the gateway keeps it. */
export function KeptPicture(props: { part: string; file: string; version: bigint; words: string }) {
  const { part, file, version, words } = props;
  const enrolmentId = session.enrolment.value?.enrolmentId ?? "";
  const loaded = useLoaded(
    async (signal) => {
      const pieces: Uint8Array<ArrayBuffer>[] = [];
      let type = "";
      for await (const piece of session.client.downloadPart({ enrolmentId, part, file }, { signal })) {
        pieces.push(piece.data as Uint8Array<ArrayBuffer>);
        type ||= piece.mediaType;
      }
      return new Blob(pieces, { type });
    },
    [enrolmentId, part, file, version],
  );
  const address = useObjectUrl(loaded.value);
  return (
    <>
      <FailureNote failure={loaded.failure} />
      {address && <img class="kept-picture" src={address} alt={words} />}
    </>
  );
}
