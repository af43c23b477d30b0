import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { failureOf, isAborted } from "../source/gateway/failure";
import { waitBefore } from "../source/gateway/watch";
import {
  ErrorInfoSchema,
  LocalizedMessageSchema,
  RetryInfoSchema,
} from "../source/generated/google/rpc/error_details_pb";

test("a refusal is told in the gateway's own words", () => {
  const error = new ConnectError("held", Code.Aborted);
  error.details = [
    {
      type: ErrorInfoSchema.typeName,
      value: toBinary(
        ErrorInfoSchema,
        create(ErrorInfoSchema, { reason: "LEASE_HELD", domain: "rekam", metadata: { holder: "B" } }),
      ),
    },
    {
      type: RetryInfoSchema.typeName,
      value: toBinary(RetryInfoSchema, create(RetryInfoSchema, { retryDelay: { seconds: 2n, nanos: 500_000_000 } })),
    },
    ...(["id-ID", "en"] as const).map((locale) => ({
      type: LocalizedMessageSchema.typeName,
      value: toBinary(LocalizedMessageSchema, create(LocalizedMessageSchema, { locale, message: `in ${locale}` })),
    })),
  ];
  const failure = failureOf(error);
  assert.equal(failure.reason, "LEASE_HELD");
  assert.equal(failure.metadata.holder, "B");
  assert.equal(failure.retryMs, 2500);
  assert.deepEqual(failure.words, { id: "in id-ID", en: "in en" });
});

test("a gateway that nobody reaches, and a call that the page ended", () => {
  assert.match(failureOf(new TypeError("Failed to fetch")).words.id, /tidak menjawab/);
  assert.match(failureOf(new ConnectError("", Code.DeadlineExceeded)).words.en, /in time/);
  assert.equal(isAborted(new DOMException("gone", "AbortError")), true);
  assert.equal(isAborted(new ConnectError("x", Code.Internal)), false);
});

test("tries are further and further apart, within bounds, and not before the gateway said", () => {
  const least = [0, 1, 2, 3, 30].map((tries) => waitBefore(tries, 0, () => 0));
  assert.deepEqual(least, [150, 300, 600, 1200, 5000]);
  assert.equal(
    waitBefore(30, 0, () => 1),
    10_000,
  );
  assert.equal(waitBefore(0, 4000), 4000);
});
