import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { captures, devices, forget, info, leases, may, place, take, takeCapture } from "../source/gateway/store";
import { CaptureSchema, CaptureState, HeartbeatSchema } from "../source/generated/rekam/v1/capture_pb";
import { DeviceSchema } from "../source/generated/rekam/v1/device_pb";
import {
  GetInfoResponseSchema,
  type WatchResponse,
  WatchResponseSchema,
} from "../source/generated/rekam/v1/gateway_pb";
import { LeaseSchema, LeaseState } from "../source/generated/rekam/v1/lease_pb";

beforeEach(forget);

function told(seq: bigint, event: WatchResponse["event"], runId = "run-1"): WatchResponse {
  return create(WatchResponseSchema, { seq, runId, event });
}

const device = (deviceId: string) => ({ case: "device" as const, value: create(DeviceSchema, { deviceId }) });
const heartbeat = { case: "heartbeat" as const, value: create(HeartbeatSchema) };

test("events are taken in, and the stream may be resumed once the snapshot is whole", () => {
  take(told(7n, device("a")));
  assert.equal(place.whole, false);
  take(told(7n, heartbeat));
  take(told(8n, device("b")));
  assert.deepEqual([...devices.value.keys()], ["a", "b"]);
  assert.deepEqual({ ...place }, { runId: "run-1", seq: 8n, whole: true });
});

test("another run of the gateway begins a new picture", () => {
  take(told(7n, device("a")));
  take(told(7n, heartbeat));
  take(told(0n, device("b"), "run-2"));
  assert.deepEqual([...devices.value.keys()], ["b"]);
  assert.equal(place.whole, false);
});

test("a lease that ended is gone", () => {
  const lease = (state: LeaseState) => ({
    case: "lease" as const,
    value: create(LeaseSchema, { leaseId: "l", state }),
  });
  take(told(1n, lease(LeaseState.HELD)));
  assert.equal(leases.value.size, 1);
  take(told(2n, lease(LeaseState.STOLEN)));
  assert.equal(leases.value.size, 0);
});

test("of captures the newest are kept", () => {
  for (let each = 0; each < 205; each++)
    take(told(BigInt(each), { case: "capture", value: create(CaptureSchema, { captureId: `c${each}` }) }));
  assert.equal(captures.value.size, 200);
  assert.equal(captures.value.has("c4"), false);
  assert.equal(captures.value.has("c204"), true);
});

test("an event of a newer gateway moves on and shows nothing", () => {
  take(told(3n, { case: undefined }));
  assert.equal(place.seq, 3n);
});

test("roles are those that the gateway named", () => {
  info.value = create(GetInfoResponseSchema, { roles: ["operator"] });
  assert.equal(may("supervisor", "operator"), true);
  assert.equal(may("auditor"), false);
  info.value = undefined;
  assert.equal(may("operator"), false);
});

test("an answer that comes after newer events of the stream turns nothing back", () => {
  const capture = (state: CaptureState) => create(CaptureSchema, { captureId: "c", state });
  take(told(1n, { case: "capture", value: capture(CaptureState.DONE) }));
  takeCapture(capture(CaptureState.AWAITING_FINGER));
  assert.equal(captures.value.get("c")?.state, CaptureState.DONE);
  forget();
  takeCapture(capture(CaptureState.QUEUED));
  assert.equal(captures.value.get("c")?.state, CaptureState.QUEUED);
  takeCapture(capture(CaptureState.DONE));
  assert.equal(captures.value.get("c")?.state, CaptureState.DONE);
});
