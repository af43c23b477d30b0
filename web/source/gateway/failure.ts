/** What went wrong with a call, in words. */
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, LocalizedMessageSchema, RetryInfoSchema } from "../generated/google/rpc/error_details_pb";
import type { Words } from "../text/language";
import { text } from "./failure.text";

export interface Failure {
  /** Of the error table in docs/api.md, e.g. "LEASE_HELD"; empty where the gateway gave none. */
  readonly reason: string;
  readonly words: Words;
  readonly metadata: Readonly<Record<string, string>>;
  /** Milliseconds after which trying again may help; absent where the gateway said nothing. */
  readonly retryMs?: number;
  readonly cause: ConnectError;
}

/** Whatever a call threw, as a failure. Its text is shown to people: an INTERNAL one names nothing of the inside. */
export function failureOf(thrown: unknown): Failure {
  const cause = ConnectError.from(thrown);
  const info = cause.findDetails(ErrorInfoSchema).find((each) => each.domain === "rekam");
  const delay = cause.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return {
    reason: info?.reason ?? "",
    words: wordsOf(cause),
    metadata: info?.metadata ?? {},
    ...(delay ? { retryMs: Number(delay.seconds) * 1000 + delay.nanos / 1e6 } : {}),
    cause,
  };
}

/** Whether the call was ended by the page itself. */
export function isAborted(thrown: unknown): boolean {
  return ConnectError.from(thrown).code === Code.Canceled;
}

function wordsOf(cause: ConnectError): Words {
  const told = cause.findDetails(LocalizedMessageSchema);
  const id = told.find((each) => each.locale.startsWith("id"))?.message;
  const en = told.find((each) => each.locale.startsWith("en"))?.message;
  if (id || en) return { id: id ?? en ?? "", en: en ?? id ?? "" };
  // Fetch fails like this where nobody answers, the certificate is not believed, or the browser was told not to ask.
  if (cause.code === Code.Unavailable || cause.cause instanceof TypeError) return text.unreachable;
  if (cause.code === Code.DeadlineExceeded) return text.late;
  return { id: `${text.unknown.id} (${cause.rawMessage})`, en: `${text.unknown.en} (${cause.rawMessage})` };
}
