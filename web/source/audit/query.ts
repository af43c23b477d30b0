/** What of the trail is asked for, page by page. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { QueryAuditRequestSchema } from "../generated/rekam/v1/audit_pb";

export interface Filter {
  /** As a `datetime-local` field has it, in the browser's zone; empty without a bound. */
  readonly from: string;
  readonly to: string;
  readonly event: string;
  readonly actor: string;
  readonly device: string;
}

export const NO_FILTER: Filter = { from: "", to: "", event: "", actor: "", device: "" };
export const PAGE = 50;

/**
 * The request for a page: entries up to sequence `until` (absent: to the last), the newest first.
 *
 * One more than a page is asked for, which tells whether there is another.
 */
export function requestFor(
  filter: Filter,
  until: bigint | undefined,
): MessageInitShape<typeof QueryAuditRequestSchema> {
  const from = momentOf(filter.from);
  const to = momentOf(filter.to);
  return {
    newestFirst: true,
    limit: BigInt(PAGE + 1),
    event: filter.event.trim(),
    actor: filter.actor.trim(),
    deviceId: filter.device.trim(),
    ...(from ? { fromTime: timestampFromDate(from) } : {}),
    // The field has whole minutes, and the last one is meant to its end.
    ...(to ? { toTime: timestampFromDate(new Date(to.getTime() + 59_999)) } : {}),
    ...(until === undefined ? {} : { toSequence: until }),
  };
}

/** Whether the end of the time that is asked for lies before its begin. */
export function isBackwards(filter: Filter): boolean {
  const from = momentOf(filter.from);
  const to = momentOf(filter.to);
  return from !== undefined && to !== undefined && to < from;
}

/** A `datetime-local` field's value as a moment; undefined where it is none. */
function momentOf(field: string): Date | undefined {
  const at = new Date(field);
  return field && !Number.isNaN(at.getTime()) ? at : undefined;
}

/** The number that somebody typed, for the API: 0 for an empty field, undefined for what is no sequence. */
export function sequenceOf(typed: string): bigint | undefined {
  const digits = typed.trim();
  if (!digits) return 0n;
  return /^[1-9]\d{0,14}$/.test(digits) ? BigInt(digits) : undefined;
}
