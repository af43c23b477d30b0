/** What the gateway has told this page, as signals: a component that reads one renders again when it changes. */
import { batch, computed, signal } from "@preact/signals";
import { type Capture, CaptureState } from "../generated/rekam/v1/capture_pb";
import type { Device } from "../generated/rekam/v1/device_pb";
import type { EnrolmentSummary } from "../generated/rekam/v1/enrolment_pb";
import type { GetInfoResponse, SpoolInfo, WatchResponse } from "../generated/rekam/v1/gateway_pb";
import { type Lease, LeaseState } from "../generated/rekam/v1/lease_pb";
import type { Link } from "../generated/rekam/v1/link_pb";
import type { Failure } from "./failure";

type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  /** Nothing that is shown may be current; tried again at `retryAt` (milliseconds, `Date.now`). */
  | { readonly state: "lost"; readonly failure: Failure; readonly retryAt: number };

export const connection = signal<Connection>({ state: "connecting" });

/** As of the last connection; undefined until the first. */
export const info = signal<GetInfoResponse | undefined>(undefined);

/** Version of the gateway that gave this page: of the first that answered it. */
export const givenBy = signal("");

/** This page's roles, as the gateway said: "operator", "supervisor", "technician", "auditor". */
export const roles = computed<ReadonlySet<string>>(() => new Set(info.value?.roles ?? []));

export const devices = signal<ReadonlyMap<string, Device>>(new Map());
/** Those that are held or queued for. */
export const leases = signal<ReadonlyMap<string, Lease>>(new Map());
/** Captures that ran since the page connected, the newest `CAPTURES_KEPT`. */
export const captures = signal<ReadonlyMap<string, Capture>>(new Map());
export const enrolments = signal<ReadonlyMap<string, EnrolmentSummary>>(new Map());
export const spool = signal<SpoolInfo | undefined>(undefined);
export const link = signal<Link | undefined>(undefined);

/** Where the stream stands: what `Watch` is resumed from, once the first heartbeat has ended the snapshot. */
export const place = { runId: "", seq: 0n, whole: false };

const CAPTURES_KEPT = 200;

/** Whether the page has one of the roles. */
export function may(...any: readonly string[]): boolean {
  return any.some((role) => roles.value.has(role));
}

/** Forget everything: the next answers begin with a snapshot. */
export function forget(): void {
  batch(() => {
    for (const each of [devices, leases, captures, enrolments]) each.value = new Map();
    spool.value = link.value = undefined;
    place.runId = "";
    place.seq = 0n;
    place.whole = false;
  });
}

/** Take in one event of the stream; events of another run begin a new picture. */
export function take(message: WatchResponse): void {
  batch(() => {
    if (message.runId !== place.runId) {
      forget();
      place.runId = message.runId;
    }
    place.seq = message.seq;
    const { event } = message;
    switch (event.case) {
      case "device":
        devices.value = new Map(devices.value).set(event.value.deviceId, event.value);
        break;
      case "lease":
        leases.value = withLease(leases.value, event.value);
        break;
      case "capture":
        captures.value = newest(captures.value, event.value);
        break;
      case "enrolment":
        enrolments.value = new Map(enrolments.value).set(event.value.enrolmentId, event.value);
        break;
      case "spool":
        spool.value = event.value;
        break;
      case "link":
        link.value = event.value;
        break;
      case "heartbeat":
        place.whole = true;
        break;
      default: // an event of a newer gateway
    }
  });
}

/**
 * Put in what a unary call answered, so that the page need not wait for the stream to say it as well.
 *
 * Such an answer may come after newer events of the stream: of a capture that the stream told of, its end alone is taken.
 */
export function takeCapture(capture: Capture): void {
  const known = captures.value.has(capture.captureId);
  if (!known || capture.state === CaptureState.DONE) captures.value = newest(captures.value, capture);
}

function withLease(held: ReadonlyMap<string, Lease>, lease: Lease): ReadonlyMap<string, Lease> {
  const next = new Map(held);
  if (lease.state === LeaseState.HELD || lease.state === LeaseState.QUEUED) next.set(lease.leaseId, lease);
  else next.delete(lease.leaseId);
  return next;
}

function newest(kept: ReadonlyMap<string, Capture>, capture: Capture): ReadonlyMap<string, Capture> {
  const next = new Map(kept);
  next.delete(capture.captureId);
  next.set(capture.captureId, capture);
  for (const id of next.keys()) {
    if (next.size <= CAPTURES_KEPT) break;
    next.delete(id);
  }
  return next;
}
