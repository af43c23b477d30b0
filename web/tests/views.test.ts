import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { isBackwards, NO_FILTER, PAGE, requestFor, sequenceOf } from "../source/audit/query";
import { sayFinding, sayVerdict } from "../source/audit/verdict";
import { calibrationTone, inOrder, leaseOf, remedyOf } from "../source/devices/standing";
import { AuditFindingSchema, VerifyRangeResponseSchema } from "../source/generated/rekam/v1/audit_pb";
import {
  CalibrationEntrySchema,
  CalibrationRecordSummarySchema,
  CalibrationRunSchema,
  CalibrationRunState,
  CalibrationState,
  CalibrationVerdictSchema,
} from "../source/generated/rekam/v1/calibration_pb";
import { DeviceSchema, DeviceState } from "../source/generated/rekam/v1/device_pb";
import { LeaseSchema, LeaseState } from "../source/generated/rekam/v1/lease_pb";
import { DrainForecastSchema, OutboxPacketSchema, PacketState } from "../source/generated/rekam/v1/outbox_pb";
import { sayForecast } from "../source/link/forecast";
import { adviceOn } from "../source/link/held";
import { adviceWords } from "../source/link/link.text";
import { sayBytes } from "../source/parts/bytes";
import { objectionsOf } from "../source/technician/acceptance";
import { histories, modulationCurves, roomOf } from "../source/technician/curves";
import { noteEnd, noteStart, unfinishedOf } from "../source/technician/run";
import { scaleOf, ticksOf } from "../source/technician/scale";
import { sayBounds, sayValue } from "../source/technician/verdict";
import { language } from "../source/text/language";

beforeEach(() => {
  language.value = "en";
});

const seconds = (n: number) => ({ seconds: BigInt(n), nanos: 0 });

test("a forecast says its range, or why there is none", () => {
  const whole = { earliest: seconds(3600), likely: seconds(7200), latest: seconds(86_400) };
  assert.equal(sayForecast(create(DrainForecastSchema, whole)), "in about 2 h (between 1 h and 1 d)");
  const { latest: _, ...open } = whole;
  assert.match(sayForecast(create(DrainForecastSchema, open)), /1 h at the earliest; the latest cannot be told/);
  assert.match(sayForecast(create(DrainForecastSchema, { ...whole, fromReturn: true })), /from the centre's return/);
  assert.match(sayForecast(create(DrainForecastSchema, { unknown: "NEVER_AT_THIS_RATE" })), /never/);
  for (const unknown of ["TOO_LITTLE_MEASURED", "A_REASON_TO_COME"])
    assert.doesNotMatch(sayForecast(create(DrainForecastSchema, { ...whole, unknown })), /2 h/);
  assert.equal(sayForecast(create(DrainForecastSchema, {})), "cannot be told");
});

test("bytes are said in the unit that fits", () => {
  assert.deepEqual([0, 999, 999.6, 1000, 1500, 9_960, 123_456, 999_700, 20_000_000_000n].map(sayBytes), [
    "0 B",
    "999 B",
    "1.0 kB",
    "1.0 kB",
    "1.5 kB",
    "10 kB",
    "123 kB",
    "1.0 MB",
    "20 GB",
  ]);
});

test("what to do about a held packet goes by its state, then by the reason", () => {
  const advice = (state: PacketState, reason: string) => adviceOn(create(OutboxPacketSchema, { state, reason }));
  assert.equal(advice(PacketState.QUARANTINED, "FILE_CHANGED"), adviceWords.changed);
  assert.equal(advice(PacketState.QUARANTINED, "SIGNER_UNKNOWN"), adviceWords.signer);
  assert.equal(advice(PacketState.QUARANTINED, "A_REASON_TO_COME"), adviceWords.refused);
  assert.equal(advice(PacketState.MISSING, "FILE_CHANGED"), adviceWords.missing);
  assert.equal(advice(PacketState.RELEASED, "SIGNER_UNKNOWN"), adviceWords.released);
});

test("a page of the trail asks for one entry more, and only for what is filtered", () => {
  const plain = requestFor(NO_FILTER, undefined);
  assert.deepEqual(
    [plain.limit, plain.newestFirst, plain.fromTime, plain.toSequence],
    [BigInt(PAGE + 1), true, undefined, undefined],
  );
  const asked = requestFor({ ...NO_FILTER, from: "2026-11-26T08:00", to: "2026-11-26T08:00", event: " x " }, 7n);
  assert.deepEqual([asked.toSequence, asked.event], [7n, "x"]);
  const [from, to] = [asked.fromTime, asked.toTime].map((each) => each && timestampDate(each as never).getTime());
  assert.equal(Number(to) - Number(from), 59_999); // the minute that is named counts to its end
  assert.equal(from, new Date(2026, 10, 26, 8).getTime()); // by the clock on the wall of whoever asks
});

test("a time that ends before it begins is seen, half a time is none", () => {
  assert.equal(isBackwards({ ...NO_FILTER, from: "2026-11-26T08:00", to: "2026-11-26T07:59" }), true);
  assert.equal(isBackwards({ ...NO_FILTER, from: "2026-11-26T08:00", to: "2026-11-26T08:00" }), false);
  assert.equal(isBackwards({ ...NO_FILTER, from: "2026-11-26T08:00" }), false);
  assert.equal(requestFor({ ...NO_FILTER, from: "2026-13-99" }, undefined).fromTime, undefined);
});

test("a sequence is a number from 1, or nothing", () => {
  assert.deepEqual(["", " 12 ", "0", "-3", "1e3", "9999999999999999"].map(sequenceOf), [
    0n,
    12n,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test("a verification is told in sentences, the verdict first", () => {
  const whole = { ok: true, entries: 30n, heads: 1n, sealedSequence: 13n, lastSequence: 30n };
  assert.deepEqual(sayVerdict(create(VerifyRangeResponseSchema, whole)), [
    "Whole: 30 entries were looked at, and nothing is wrong.",
    "Signatures fix it up to no. 13 (1 signed heads agree).",
    "17 entries after that are chained, not signed yet.",
  ]);
  const finding = create(AuditFindingSchema, { fault: "removed", sequence: 5n, detail: "6 follows 4" });
  const broken = sayVerdict(
    create(VerifyRangeResponseSchema, { ...whole, ok: false, findings: [finding], missing: 2n }),
  );
  assert.match(broken[0] ?? "", /Not whole: .* 1 faults/);
  assert.match(broken.at(-1) ?? "", /2 entries could not be written/);
  assert.equal(sayFinding(finding), "no. 5: an entry was removed (6 follows 4)");
  assert.equal(sayFinding(create(AuditFindingSchema, { fault: "of_tomorrow" })), "place cannot be told: of_tomorrow");
  assert.deepEqual(sayVerdict(create(VerifyRangeResponseSchema, { ok: true })), ["There is no entry in that range."]);
  assert.match(sayVerdict(create(VerifyRangeResponseSchema, { ok: false }))[0] ?? "", /Not whole/);
});

test("a device is held by a lease that is held, not by one in the queue", () => {
  const lease = (leaseId: string, state: LeaseState, ...deviceIds: string[]) =>
    create(LeaseSchema, { leaseId, state, deviceIds });
  const all = [
    lease("1", LeaseState.QUEUED, "a"),
    lease("2", LeaseState.HELD, "b"),
    lease("3", LeaseState.HELD, "c", "a"),
  ];
  assert.deepEqual(
    ["a", "b", "d"].map((each) => leaseOf(all, each)?.leaseId),
    ["3", "2", undefined],
  );
});

test("devices that need a person come first, and each problem has words", () => {
  const device = (deviceId: string, state: DeviceState, more = {}) =>
    create(DeviceSchema, { deviceId, state, ...more });
  const found = inOrder([
    device("b", DeviceState.IDLE),
    device("a", DeviceState.CAPTURING),
    device("d", DeviceState.ABSENT),
    device("c", DeviceState.FAILED),
  ]);
  assert.deepEqual(
    found.map((each) => each.deviceId),
    ["c", "d", "a", "b"],
  );
  const problem = { id: "Cabut.", en: "Unplug." };
  assert.equal(remedyOf(device("x", DeviceState.FAILED, { problem }))?.en, "Unplug.");
  for (const state of [DeviceState.FAILED, DeviceState.ABSENT, DeviceState.RECOVERING])
    assert.ok(remedyOf(device("x", state))?.id);
  assert.equal(remedyOf(device("x", DeviceState.IDLE)), undefined);
  assert.deepEqual(
    [CalibrationState.VALID, CalibrationState.NEVER, CalibrationState.OVERDUE, CalibrationState.FAILED].map(
      calibrationTone,
    ),
    ["good", "plain", "warn", "bad"],
  );
});

const verdict = (limit: string, more = {}) => create(CalibrationVerdictSchema, { limit, unit: "ppi", ...more });

test("modulation is drawn by frequency, with the limits of its own curve alone", () => {
  const value = (name: string, value: number) => ({ procedure: "p", name, value, uncertainty: 0.01, unit: "1" });
  const record = create(CalibrationRecordSummarySchema, {
    values: [
      value("mtf_x_10", 0.4),
      value("mtf_x_2.5", 0.9),
      value("ctf_1", 1),
      value("ppi_2", 500),
      value("mtf_mean", 1),
    ],
    verdicts: [
      verdict("mtf_x_10", { minimum: 0.3 }),
      verdict("mtf_y_10", { minimum: 0.2 }),
      verdict("mtf_x_2.5", { maximum: 1.05 }),
    ],
  });
  assert.deepEqual(modulationCurves(record), [
    {
      name: "mtf_x",
      points: [
        { x: 2.5, y: 0.9, spread: 0.02 },
        { x: 10, y: 0.4, spread: 0.02 },
      ],
      limits: [{ x: 10, y: 0.3 }],
    },
  ]);
});

test("a history has the oldest first, and the limit that is nearest to its end first", () => {
  const entry = (sequence: bigint, ms: number, ppi: number, snr: number) =>
    create(CalibrationEntrySchema, {
      sequence,
      time: timestampFromMs(ms),
      content: {
        case: "record",
        value: create(CalibrationRecordSummarySchema, {
          verdicts: [
            verdict("snr", { value: snr, minimum: 100 }),
            verdict("ppi_x", { value: ppi, uncertainty: 0.5, minimum: 495, maximum: 505 }),
            verdict("never_measured"),
            ...(sequence === 3n ? [verdict("once", { value: 1 })] : []),
          ],
        }),
      },
    });
  const decision = create(CalibrationEntrySchema, { sequence: 2n, content: { case: "decision", value: {} } });
  // The wall clock went back between both: the order is that of the entries.
  const found = histories([entry(3n, 1000, 504, 300), decision, entry(1n, 2000, 500, 280)]);
  assert.deepEqual(
    found.map((each) => each.limit),
    ["ppi_x", "snr"],
  );
  assert.deepEqual(found[0]?.points, [
    { x: 2000, y: 500, spread: 1 },
    { x: 1000, y: 504, spread: 1 },
  ]);
  assert.deepEqual(histories([entry(1n, 0, 500, 1)]), []);
  assert.ok(roomOf(verdict("x", { value: 510, maximum: 505 })) < 0);
});

test("ticks are round, and lie on the plot", () => {
  assert.deepEqual(ticksOf(0, 1.05, 5), [0, 0.5, 1]);
  assert.deepEqual(ticksOf(0, 10, 5), [0, 2, 4, 6, 8, 10]);
  for (const [low, high] of [
    [0, 1e-6],
    [-3, 5e7],
    [514.5, 515.5],
    [-1, -0.999],
  ] as const) {
    const scale = scaleOf(low, high, 100, 0);
    assert.ok(scale.ticks.length >= 2 && scale.ticks.length <= 12, String(scale.ticks));
    for (const tick of scale.ticks) assert.ok(scale.at(tick) >= -1e-6 && scale.at(tick) <= 100 + 1e-6);
    const said = scale.ticks.map((tick) => tick.toFixed(scale.decimals));
    assert.equal(new Set(said).size, said.length, String(said));
  }
  const alike = scaleOf(5, 5, 0, 100);
  assert.equal(alike.at(5), 50);
});

test("a value has as many decimals as its uncertainty tells", () => {
  assert.equal(sayValue(515.00012, 0.000157, "ppi"), "515.00012 ± 0.00031 ppi");
  assert.equal(sayValue(512.3456, 0.6, "ppi"), "512.3 ± 1.2 ppi");
  assert.equal(sayValue(51234, 600, "1"), "51,234 ± 1,200");
  assert.equal(sayValue(0.123456, undefined, "in"), "0.1235 in");
  assert.equal(sayValue(undefined, 1, "ppi"), "–");
  const bounds = [{ minimum: 495, maximum: 505 }, { minimum: 125 }, { maximum: 0.0007 }, {}];
  assert.deepEqual(
    bounds.map((each) => sayBounds(verdict("x", each))),
    ["495 – 505", "≥ 125", "≤ 0.0007", "–"],
  );
});

test("objections are those of a calibration that was objected to", () => {
  const cause = new ConnectError("x", Code.FailedPrecondition);
  const metadata = { objection_1: "ppi_x", objection_2: "snr", remedy: "ask" };
  const failure = { reason: "CALIBRATION_OBJECTED", words: { id: "", en: "" }, metadata, cause };
  assert.deepEqual(objectionsOf(failure), ["ppi_x", "snr"]);
  assert.deepEqual(objectionsOf({ ...failure, reason: "LEASE_HELD" }), []);
  assert.deepEqual(objectionsOf(undefined), []);
});

test("a run that ended early is remembered with what it was to measure, one that is done is not", () => {
  const run = (state: CalibrationRunState, values: { name: string }[]) =>
    create(CalibrationRunSchema, { runId: "r", deviceId: "d", state, values });
  noteStart(run(CalibrationRunState.PLACING, []), ["dark"]);
  assert.deepEqual(unfinishedOf("d"), { runId: "r", procedures: ["dark"] }); // a power cut would leave this
  noteEnd(run(CalibrationRunState.CANCELLED, [{ name: "v" }]));
  assert.deepEqual(unfinishedOf("d")?.procedures, ["dark"]);
  noteEnd(run(CalibrationRunState.DONE, [{ name: "v" }]));
  assert.equal(unfinishedOf("d"), undefined);
  noteStart(run(CalibrationRunState.PLACING, []), []);
  noteEnd(run(CalibrationRunState.FAILED, []));
  assert.equal(unfinishedOf("d"), undefined); // nothing was measured: there is nothing to go on with
});
