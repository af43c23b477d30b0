import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { choose, clear, draftOf, LIFELONG, NOTHING, rowsOf, TYPED, trimmed, write } from "../source/cards/biodata";
import {
  comparisonWords,
  genuineWords,
  jobWords,
  outcomeWords,
  presenceWords,
  standingWords,
} from "../source/cards/cards.text";
import { finished, isBusyWithCard, type Making, makeable, shareOf, taken } from "../source/cards/job";
import { fitsPin } from "../source/cards/reader_list";
import { isReplaced, toneOf, usableReaders } from "../source/cards/readers";
import * as reading from "../source/cards/reading";
import { ready } from "../source/cards/ready";
import { serialOf } from "../source/cards/waiting";
import { failureOf, isAborted } from "../source/gateway/failure";
import { listened } from "../source/gateway/listened";
import {
  CardBiodataSchema,
  CardFileOutcome,
  CardFileReadSchema,
  CardGenuineness,
  CardJobSchema,
  CardJobState,
  CardOfJobSchema,
  CardOpenedSchema,
  CardPresence,
  CardProfileSchema,
  CardProgressSchema,
  CardReaderSchema,
  CardReadingRestartedSchema,
  CardReadingSchema,
  CardResultSchema,
  CardService,
  CardStanding,
  HolderComparison,
} from "../source/generated/rekam/v1/card_pb";
import { OutboxService } from "../source/generated/rekam/v1/outbox_pb";
import { language } from "../source/text/language";
import { answering } from "./gateway";

beforeEach(() => {
  language.value = "en";
});

const reader = (deviceId: string, presence: CardPresence, standing = CardStanding.UNSPECIFIED) =>
  create(CardReaderSchema, { deviceId, presence, standing });

test("readers that can be used come with those first that hold a card", () => {
  const all = [
    reader("c", CardPresence.EMPTY),
    reader("lost", CardPresence.NO_READER),
    reader("b", CardPresence.IN_USE),
    reader("d", CardPresence.PRESENT),
    reader("a", CardPresence.EMPTY),
  ];
  assert.deepEqual(
    usableReaders(all).map((each) => each.deviceId),
    ["d", "a", "c", "b"],
  );
});

test("what wants a person stands out, and an empty reader does not", () => {
  const present = (standing: CardStanding) => toneOf(reader("x", CardPresence.PRESENT, standing));
  assert.deepEqual(
    [CardStanding.BLANK, CardStanding.WAITING, CardStanding.PERSONAL, CardStanding.SPOILED, CardStanding.FOREIGN].map(
      present,
    ),
    ["good", "warn", "good", "bad", "warn"],
  );
  // What was said of a card that is gone colours nothing.
  assert.equal(toneOf(reader("x", CardPresence.EMPTY, CardStanding.SPOILED)), "plain");
  assert.equal(toneOf(reader("x", CardPresence.UNREADABLE)), "warn");
  assert.equal(toneOf(reader("x", CardPresence.NO_READER)), "bad");
});

test("every state that the gateway can name has words in both languages", () => {
  const tables = [
    [CardPresence, presenceWords],
    [CardStanding, standingWords],
    [CardJobState, jobWords],
    [CardFileOutcome, outcomeWords],
    [CardGenuineness, genuineWords],
  ] as const;
  for (const [names, words] of tables)
    for (const value of Object.values(names).filter((each) => typeof each === "number")) {
      const said = (words as Record<number, { id: string; en: string }>)[value];
      assert.ok(said?.id && said.en, String(value));
    }
  assert.ok(comparisonWords[HolderComparison.CARD].id);
});

const BEGUN: Making = {
  enrolmentId: "e",
  job: undefined,
  progress: undefined,
  result: undefined,
  failure: undefined,
  running: true,
  joining: false,
};
const job = create(CardJobSchema, { jobId: "j-1", state: CardJobState.CREATED });

test("a job is followed to its end, and joined where its stream broke", () => {
  let made = taken(BEGUN, { case: "job", value: job });
  assert.equal(made.job?.jobId, "j-1");
  assert.equal(isBusyWithCard(made), false);
  const writing = create(CardProgressSchema, { state: CardJobState.WRITING, file: "portrait", step: 3, steps: 12 });
  made = taken({ ...made, joining: true }, { case: "progress", value: writing });
  assert.deepEqual([made.joining, shareOf(made), isBusyWithCard(made)], [false, 0.25, true]);
  made = taken({ ...made, joining: true }, { case: "heartbeat", value: {} as never });
  assert.deepEqual([made.joining, made.progress?.file], [false, "portrait"]);
  const after = create(CardJobSchema, { jobId: "j-1", state: CardJobState.DONE });
  made = taken(made, { case: "result", value: create(CardResultSchema, { job: after, serial: "04AB", done: true }) });
  assert.deepEqual([made.job?.state, made.result?.serial, shareOf(made)], [CardJobState.DONE, "04AB", 1]);
});

test("a share is none before the first step, and never more than all", () => {
  assert.equal(shareOf(BEGUN), 0);
  const progress = (step: number, steps: number) => create(CardProgressSchema, { step, steps });
  assert.equal(shareOf({ ...BEGUN, progress: progress(3, 0) }), 0);
  assert.equal(shareOf({ ...BEGUN, progress: progress(9, 4) }), 1);
});

test("the card that waits is the latest that its job met", () => {
  const cards = ["0A", "0B"].map((serial) => create(CardOfJobSchema, { serial }));
  assert.equal(serialOf(create(CardJobSchema, { cards })), "0B");
  assert.equal(serialOf(job), "");
});

test("cards for which the issuer hands something in are not made from the page", () => {
  const profile = (name: string, holderCheck: boolean, ...handedIn: string[]) =>
    create(CardProfileSchema, { name, holderCheck, handedIn });
  const all = [profile("lds", true, "sod"), profile("demo", false), profile("own", true)];
  assert.deepEqual(
    makeable(all).map((each) => each.name),
    ["own", "demo"],
  );
});

test("who has a finished card is known by the jobs", () => {
  const states = { a: CardJobState.DONE, b: CardJobState.WRITING, c: CardJobState.INVALIDATED };
  const jobs = Object.entries(states).map(([enrolmentId, state]) => create(CardJobSchema, { enrolmentId, state }));
  assert.deepEqual([...finished(jobs)], ["a"]);
});

test("a card that lost contact is forgotten, and read from the start", () => {
  const opened = create(CardOpenedSchema, { profile: "sample-id" });
  let at = reading.taken(reading.NOT_YET, { case: "opened", value: opened });
  const file = create(CardFileReadSchema, { name: "portrait", index: 2, total: 7 });
  at = reading.taken(at, { case: "file", value: file });
  assert.deepEqual([at.opened?.profile, at.file?.name], ["sample-id", "portrait"]);
  at = reading.taken(at, { case: "restarted", value: create(CardReadingRestartedSchema) });
  assert.deepEqual([at.opened, at.file, at.restarted], [undefined, undefined, true]);
  at = reading.taken(at, { case: "reading", value: create(CardReadingSchema, { serial: "04AB" }) });
  assert.equal(at.reading?.serial, "04AB");
});

test("only a verdict that the card is genuine is shown as good", () => {
  assert.deepEqual(
    [
      CardGenuineness.GENUINE,
      CardGenuineness.NOT_GENUINE,
      CardGenuineness.NOT_CHECKED,
      CardGenuineness.UNSPECIFIED,
    ].map(reading.toneOf),
    ["good", "bad", "warn", "warn"],
  );
});

test("words for a card are sent without stray blanks, in one spelling", () => {
  const given = { ...NOTHING, name: "  SITI   CONTOH ", address: "Jl. Cafe\u0301 1" };
  const sent = trimmed(given);
  assert.equal(sent.name, "SITI CONTOH");
  assert.equal(sent.address, "Jl. Caf\u00e9 1");
  assert.deepEqual([sent.validUntil, sent.citizenship, sent.birthDate], [LIFELONG, "WNI", ""]);
  assert.equal(new Set(TYPED).size, TYPED.length);
  assert.deepEqual(draftOf(""), NOTHING);
});

test("biodata are told with the reference first, sex and an endless term in words", () => {
  const biodata = create(CardBiodataSchema, { reference: "APL-17", name: "SITI", sex: "female", validUntil: LIFELONG });
  const rows = new Map(rowsOf(biodata).map(([name, value]) => [name.en, value]));
  assert.equal([...rows.keys()][0], "NIK or application number");
  assert.deepEqual([rows.get("Name"), rows.get("Sex"), rows.get("Valid until")], ["SITI", "Female", "life"]);
  assert.equal(rows.get("Address"), "");
  assert.equal(rows.size, TYPED.length + 1);
  const other = rowsOf(create(CardBiodataSchema, { sex: "of_tomorrow", validUntil: "2031-01-02" }));
  assert.ok(other.some(([, value]) => value === "of_tomorrow") && other.some(([, value]) => value === "2031-01-02"));
});

test("a PIN is four to sixteen letters and digits, or none", () => {
  const wrong = ["123", "12 34", "12345678901234567", "1234-"];
  assert.deepEqual(["", "1234", "abcd1234"].map(fitsPin), [true, true, true]);
  assert.deepEqual(wrong.map(fitsPin), [false, false, false, false]);
});

async function* counting(signal: AbortSignal, until: number): AsyncGenerator<number> {
  for (let n = 1; n <= until; n++) yield n;
  await new Promise((_, reject) => {
    const end = () => reject(new ConnectError("the page did it", Code.Canceled));
    if (signal.aborted) end();
    signal.addEventListener("abort", end);
  });
}

async function heard(stream: AsyncIterable<number>, into: number[]): Promise<unknown> {
  try {
    for await (const each of stream) into.push(each);
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}

test("a stream that falls silent is told as late, one that the page ends is not", async () => {
  const all: number[] = [];
  const silent = await heard(
    listened((signal) => counting(signal, 3), undefined, 20),
    all,
  );
  assert.deepEqual(all, [1, 2, 3]);
  assert.equal(isAborted(silent), false);
  assert.match(failureOf(silent).words.en, /did not answer in time/);
  const gone = new AbortController();
  const ended = heard(
    listened((signal) => counting(signal, 1), gone.signal, 60_000),
    all,
  );
  gone.abort();
  assert.equal(isAborted(await ended), true);
});

test("what was typed for one person never stands on another's card", () => {
  write("", { name: "SITI" });
  choose("siti");
  assert.equal(draftOf("siti").name, "SITI");
  choose("budi");
  assert.deepEqual(draftOf("budi"), NOTHING);
  write("budi", { name: "BUDI" });
  assert.equal(draftOf("siti").name, "SITI"); // chosen again after a refusal, it is all there
  clear("siti");
  assert.deepEqual([draftOf("siti"), draftOf("").name, draftOf("budi").name], [NOTHING, "", "BUDI"]);
  clear("budi");
});

test("who became ready today is listed though thousands were served before; who has a card, to supervisors alone", async () => {
  const everybody = Array.from({ length: 2500 }, (_, index) => ({ enrolmentId: `e${index}` }));
  answering((router) => {
    router.service(OutboxService, {
      listStatuses: ({ pageSize, pageToken }) => {
        const from = Number(pageToken.slice(2));
        const to = from + pageSize;
        return { standings: everybody.slice(from, to), nextPageToken: to < everybody.length ? `0-${to}` : "" };
      },
    });
    router.service(CardService, {
      listCardJobs: () => ({ jobs: [{ enrolmentId: "e2498", state: CardJobState.DONE }] }),
    });
  });
  const gone = new AbortController().signal;
  const { standings, done } = await ready(false, gone);
  assert.deepEqual([...done], ["e2498"]);
  assert.equal(standings.length, 1000);
  assert.deepEqual(
    standings.slice(-2).map((each) => each.enrolmentId),
    ["e2497", "e2499"],
  );
  assert.equal((await ready(true, gone)).standings.at(-2)?.enrolmentId, "e2498");
});

test("what was found of a card goes once another one lies there in its place", () => {
  const holding = (serial: string, presence = CardPresence.PRESENT) => create(CardReaderSchema, { serial, presence });
  assert.equal(isReplaced("A", [holding("A")]), false);
  assert.equal(isReplaced("A", [holding("", CardPresence.EMPTY)]), false); // handed over just now
  assert.equal(isReplaced("A", [holding("")]), false); // not known yet
  assert.equal(isReplaced("A", [holding("B"), holding("A")]), false);
  assert.equal(isReplaced("A", [holding("B"), holding("", CardPresence.EMPTY)]), true);
  assert.equal(isReplaced("", [holding("B")]), false);
});
