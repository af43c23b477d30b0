import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { ALL_PARTS, devicesFor, fingersOf, keyOf, SINGLE_PARTS } from "../source/capture/part";
import { outline, ridgeMask } from "../source/capture/segmentation";
import { captureOf, nextPart, person, stateOf } from "../source/capture/session";
import { steadied, UNSTEADY } from "../source/capture/steadiness";
import { forget, take, takeCapture } from "../source/gateway/store";
import {
  CaptureOutcome,
  CaptureSchema,
  CaptureState,
  LiveQualitySchema,
} from "../source/generated/rekam/v1/capture_pb";
import { DeviceKind, DeviceSchema, DeviceState } from "../source/generated/rekam/v1/device_pb";
import { WatchResponseSchema } from "../source/generated/rekam/v1/gateway_pb";
import { LeaseSchema, LeaseState } from "../source/generated/rekam/v1/lease_pb";

beforeEach(() => {
  forget();
  person.value = { transaction: "t", captured: {} };
});

const byKey = (key: string) => ALL_PARTS.find((each) => keyOf(each) === key) ?? assert.fail(key);

function recorded(captureId: string, outcome: CaptureOutcome, sequence = 1n) {
  takeCapture(create(CaptureSchema, { captureId, state: CaptureState.DONE, outcome, sequence }));
}

/** Vertical ridges of period 9 inside a rectangle, on a light ground with a little noise. */
function ridges(width: number, height: number, inside: (x: number, y: number) => boolean): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const noise = ((x * 7 + y * 13) % 5) - 2;
      const grey = inside(x, y) ? 128 + 90 * Math.sin((2 * Math.PI * x) / 9) : 225;
      rgba.fill(grey + noise, 4 * (y * width + x), 4 * (y * width + x) + 4);
    }
  return rgba;
}

test("ridges are found where they are, and nowhere else", () => {
  const [width, height] = [240, 240];
  const print = (x: number, y: number) => x >= 60 && x < 180 && y >= 48 && y < 204;
  const mask = ridgeMask(ridges(width, height, print), width, height);
  let wrong = 0;
  for (let row = 0; row < mask.rows; row++)
    for (let column = 0; column < mask.columns; column++) {
      const truth = print(column * mask.block + 6, row * mask.block + 6);
      if (truth !== (mask.inside[row * mask.columns + column] === 1)) wrong++;
    }
  assert.ok(wrong <= 8, `${wrong} blocks of ${mask.columns * mask.rows}`); // the corners are rounded off
  const across = outline(mask).flatMap(([x0, , x1]) => [x0, x1]);
  assert.deepEqual([Math.min(...across), Math.max(...across)], [60, 180]);
});

test("an empty glass shows no ridges", () => {
  const mask = ridgeMask(
    ridges(120, 90, () => false),
    120,
    90,
  );
  assert.equal(mask.inside.includes(1), false);
  assert.deepEqual(outline(mask), []);
});

test("a part stands as its newest recorded capture does; a retake that recorded nothing changes nothing", () => {
  const index = byKey("finger-2");
  person.value = { transaction: "t", captured: { "finger-2": ["b", "a"] } };
  assert.equal(stateOf(index), "todo");
  recorded("a", CaptureOutcome.BELOW_QUALITY);
  assert.equal(stateOf(index), "poor");
  takeCapture(create(CaptureSchema, { captureId: "b", state: CaptureState.AWAITING_FINGER }));
  assert.equal(stateOf(index), "running");
  recorded("b", CaptureOutcome.CANCELLED, 0n);
  assert.equal(stateOf(index), "poor");
  assert.equal(captureOf(index)?.captureId, "a");
});

test("next is what is still to do and has a device", () => {
  const index = byKey("finger-2");
  assert.equal(nextPart(index, SINGLE_PARTS), undefined);
  const scanner = create(DeviceSchema, {
    deviceId: "s",
    kind: DeviceKind.FINGERPRINT_SCANNER,
    state: DeviceState.IDLE,
  });
  take(create(WatchResponseSchema, { seq: 1n, runId: "r", event: { case: "device", value: scanner } }));
  assert.equal(keyOf(nextPart(index, SINGLE_PARTS) ?? index), "finger-3");
  person.value = { transaction: "t", captured: { "finger-3": ["m"] } };
  recorded("m", CaptureOutcome.MARKED_MISSING);
  assert.equal(stateOf(byKey("finger-3")), "missing");
  assert.equal(keyOf(nextPart(index, SINGLE_PARTS) ?? index), "finger-4");
});

test("devices of the part's kind that are usable, free ones first", () => {
  const device = (deviceId: string, kind: DeviceKind, state: DeviceState) =>
    create(DeviceSchema, { deviceId, kind, state });
  const value = create(LeaseSchema, { leaseId: "l", state: LeaseState.HELD, deviceIds: ["held"], holder: "somebody" });
  take(create(WatchResponseSchema, { seq: 1n, runId: "r", event: { case: "lease", value } }));
  const all = [
    device("held", DeviceKind.FINGERPRINT_SCANNER, DeviceState.IDLE),
    device("gone", DeviceKind.FINGERPRINT_SCANNER, DeviceState.ABSENT),
    device("free", DeviceKind.FINGERPRINT_SCANNER, DeviceState.IDLE),
    device("slap", DeviceKind.SLAP_SCANNER, DeviceState.IDLE),
    device("eye", DeviceKind.IRIS_CAMERA, DeviceState.FAILED),
  ];
  const ids = (key: string) => devicesFor(byKey(key), all).map((each) => each.deviceId);
  assert.deepEqual(ids("finger-1"), ["free", "held"]);
  assert.deepEqual(ids("finger-13"), ["slap"]);
  assert.deepEqual(ids("iris-1"), []);
  assert.deepEqual(fingersOf(byKey("finger-15")).map(keyOf), ["finger-1", "finger-6"]);
});

test("steadiness grows while what is seen is good and still, and begins anew when it is not", () => {
  const live = (still: boolean, score = 70) => create(LiveQualitySchema, { fingerPresent: true, still, score });
  const first = steadied(UNSTEADY, live(true), 1000);
  assert.equal(first.share, 0);
  assert.equal(steadied(first, live(true), 1300).share, 0.5);
  assert.equal(steadied(first, live(true), 9000).share, 1);
  assert.deepEqual(steadied(first, live(false), 1300), UNSTEADY);
  assert.deepEqual(steadied(first, live(true, 30), 1300), UNSTEADY);
  assert.deepEqual(steadied(first, create(LiveQualitySchema, { still: true }), 1300), UNSTEADY);
});
