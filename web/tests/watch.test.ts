import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import type { ConnectRouter } from "@connectrpc/connect";
import { connection, forget, info, place } from "../source/gateway/store";
import { token } from "../source/gateway/token";
import { follow, refreshInfo } from "../source/gateway/watch";
import { GatewayService } from "../source/generated/rekam/v1/gateway_pb";
import { answering, refused } from "./gateway";

const inStore = new Map<string, string>();
Object.defineProperty(globalThis, "localStorage", {
  value: {
    getItem: (key: string) => inStore.get(key) ?? null,
    setItem: (key: string, value: string) => inStore.set(key, value),
  },
});
Object.assign(globalThis, { document: new EventTarget(), window: new EventTarget() });

const warning = () => info.value?.warnings[0]?.en;

beforeEach(() => {
  forget();
  info.value = undefined;
  token.value = "first";
});

/** A gateway that answers GetInfo, and refuses the stream once `meanwhile` has happened. */
const unpairing = (meanwhile: () => void) => (router: ConnectRouter) =>
  router.service(GatewayService, {
    getInfo: () => ({ gatewayId: "g" }),
    // biome-ignore lint/correctness/useYield: it is refused before anything is told
    async *watch() {
      meanwhile();
      throw refused("PAIRING_REQUIRED");
    },
  });

test("a page whose token was taken back pairs again", async () => {
  answering(unpairing(() => {}));
  await follow(new AbortController().signal);
  assert.equal(token.value, "");
});

test("a token that another tab was given meanwhile is neither lost nor written over", async () => {
  answering(unpairing(() => inStore.set("rekam.token", '"second"')));
  await follow(new AbortController().signal);
  assert.equal(token.value, "second");
  assert.equal(inStore.get("rekam.token"), '"second"');
});

test("a gateway that says nothing any more is told as one that is late, not as one that refused", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const gone = new AbortController();
  try {
    answering((router) =>
      router.service(GatewayService, {
        getInfo: () => ({ gatewayId: "g" }),
        async *watch(_, context) {
          yield { runId: "r", seq: 1n, event: { case: "heartbeat", value: {} } };
          await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
        },
      }),
    );
    const followed = follow(gone.signal);
    while (connection.value.state !== "live") await new Promise(setImmediate);
    mock.timers.tick(13_001);
    for (let each = 0; each < 1000 && connection.value.state === "live"; each++) await new Promise(setImmediate);
    gone.abort();
    await followed;
    assert.match(
      JSON.stringify(connection.value, (name, value) => (name === "cause" ? "" : value)),
      /lost.*tepat waktu/,
    );
  } finally {
    mock.timers.reset();
  }
});

test("warnings are asked for anew while the stream lives; an answer of another run of the gateway is none", async () => {
  let runId = "r";
  answering((router) =>
    router.service(GatewayService, { getInfo: () => ({ runId, warnings: [{ id: "penuh", en: "full" }] }) }),
  );
  place.runId = "r";
  connection.value = { state: "connecting" };
  await refreshInfo();
  assert.equal(info.value, undefined);
  connection.value = { state: "live" };
  await refreshInfo();
  assert.equal(warning(), "full");
  info.value = undefined;
  runId = "other";
  await refreshInfo();
  assert.equal(info.value, undefined);
});
