import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { ALL_PARTS, keyOf } from "../source/capture/part";
import * as capture from "../source/capture/session";
import * as captures from "../source/enrolment/captures";
import * as session from "../source/enrolment/session";
import { forget, take } from "../source/gateway/store";
import { CallbackService } from "../source/generated/rekam/v1/callback_pb";
import { CaptureOutcome, CaptureService, CaptureState } from "../source/generated/rekam/v1/capture_pb";
import { DeviceKind, DeviceSchema, DeviceState } from "../source/generated/rekam/v1/device_pb";
import {
  EnrolmentPartKind,
  EnrolmentPartSchema,
  EnrolmentSchema,
  EnrolmentService,
} from "../source/generated/rekam/v1/enrolment_pb";
import { WatchResponseSchema } from "../source/generated/rekam/v1/gateway_pb";
import { add } from "../source/link/add_callback";
import { answering, later, nobody, refused } from "./gateway";

const byKey = (key: string) => ALL_PARTS.find((each) => keyOf(each) === key) ?? assert.fail(key);
const begun = (captureId: string) => ({ capture: { captureId, state: CaptureState.AWAITING_FINGER } });
const recorded = (captureId: string) => ({
  capture: { captureId, state: CaptureState.DONE, outcome: CaptureOutcome.BELOW_QUALITY, sequence: 1n },
});

/** Captures are begun; the answer comes when the test lets it. */
function startingLater() {
  const answer = later<void>();
  answering((router) =>
    router.service(CaptureService, {
      startCapture: async () => {
        await answer.promise;
        return begun("c");
      },
    }),
  );
  return answer;
}

beforeEach(() => {
  forget();
  capture.nextPerson();
  capture.part.value = byKey("finger-2");
  session.leave();
  captures.pending.value = {};
});

test("a capture is that of the part for which it was begun, whatever is chosen until the answer comes", async () => {
  const answer = startingLater();
  const started = capture.start();
  capture.choose(byKey("finger-3"));
  answer.come();
  await started;
  assert.deepEqual(Object.keys(capture.person.value.captured), ["finger-2"]);
  assert.equal(keyOf(capture.part.value), "finger-2"); // it runs, and is what the stage shows
  assert.equal(capture.shownId.value, "c");
});

test("a capture that was begun for one person is not the next one's", async () => {
  const answer = startingLater();
  const started = capture.start();
  capture.nextPerson();
  answer.come();
  await started;
  assert.deepEqual(capture.person.value.captured, {});
});

test("a finger is taken again though the gateway was started anew since", async () => {
  answering((router) =>
    router.service(CaptureService, {
      getCapture: ({ captureId }) => recorded(captureId),
      commandCapture: () => {
        throw refused("NOT_FOUND", Code.NotFound);
      },
      startCapture: () => begun("again"),
    }),
  );
  capture.person.value = { transaction: "t", captured: { "finger-2": ["before"] } };
  await capture.recall(new AbortController().signal);
  capture.choose(byKey("finger-2"));
  await capture.retake();
  assert.equal(capture.shownId.value, "again");
  assert.deepEqual(capture.person.value.captured["finger-2"], ["again", "before"]);
});

test("a capture that goes on while the page is loaded anew is shown again", async () => {
  answering((router) => router.service(CaptureService, { getCapture: ({ captureId }) => begun(captureId) }));
  capture.person.value = { transaction: "t", captured: { "finger-7": ["c"] } };
  await capture.recall(new AbortController().signal);
  assert.equal(keyOf(capture.part.value), "finger-7");
  assert.equal(capture.running.value, true);
});

const enrolment = (enrolmentId: string, version: bigint) => create(EnrolmentSchema, { enrolmentId, version });

/** Enrolment `a` is being put aside; the answer comes when the test lets it. */
function pausing() {
  const answer = later<void>();
  answering((router) =>
    router.service(EnrolmentService, {
      pauseEnrolment: async () => {
        await answer.promise;
        return { enrolment: enrolment("a", 2n) };
      },
    }),
  );
  session.take(enrolment("a", 1n));
  return { answer, paused: session.pause("") };
}

test("an answer that comes when somebody else is at the desk does not bring the one before back", async () => {
  const { answer, paused } = pausing();
  session.leave();
  session.take(enrolment("b", 1n));
  answer.come();
  await paused;
  assert.equal(session.enrolment.value?.enrolmentId, "b");
});

test("an answer that comes when the desk was left stays away from it", async () => {
  const { answer, paused } = pausing();
  session.leave();
  answer.come();
  await paused;
  assert.equal(session.enrolment.value, undefined);
});

test("a capture belongs to the enrolment for which it was begun, though the desk was left before the answer", async () => {
  const answer = startingLater();
  const part = create(EnrolmentPartSchema, { key: "right-index", kind: EnrolmentPartKind.FINGER, position: 2 });
  session.take(create(EnrolmentSchema, { enrolmentId: "a", version: 1n, parts: [part] }));
  const started = captures.start(part);
  session.leave();
  session.take(enrolment("b", 1n));
  answer.come();
  await started;
  assert.deepEqual(captures.pending.value, { a: { captureId: "c", part: "right-index" } });
  assert.equal(session.chosen.value, "");
});

test("a device is held by whom the leases say, not by whom it said when it last changed", () => {
  const scanner = (deviceId: string, leaseHolder: string) =>
    create(DeviceSchema, { deviceId, kind: DeviceKind.FINGERPRINT_SCANNER, state: DeviceState.IDLE, leaseHolder });
  for (const value of [scanner("one", "Rekam"), scanner("two", "")])
    take(create(WatchResponseSchema, { seq: 1n, runId: "r", event: { case: "device", value } }));
  assert.equal(capture.deviceOf(byKey("finger-2"))?.deviceId, "one");
});

test("whoever is put on the list again after an answer that did not come stands there once", async () => {
  const keys: string[] = [];
  const listed = () =>
    answering((router) =>
      router.service(CallbackService, {
        addCallback: ({ idempotencyKey }) => {
          keys.push(idempotencyKey);
          if (keys.length === 1) throw new ConnectError("cut off", Code.Unavailable);
          return {};
        },
      }),
    );
  const wish = { name: "Ibu Ratna", phone: "0812-0000-0001", operator: "Sari" };
  listed();
  await assert.rejects(add(wish));
  nobody();
  await assert.rejects(add(wish));
  listed();
  await add(wish);
  await add({ ...wish, name: "Pak Budi" });
  await add(wish); // on purpose, after the answer
  assert.equal(keys[0], keys[1]);
  assert.equal(new Set(keys).size, 3);
});
