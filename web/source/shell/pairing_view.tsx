import { useEffect, useRef, useState } from "preact/hooks";
import { gatewayClient } from "../gateway/clients";
import { useAction } from "../gateway/hooks";
import { token } from "../gateway/token";
import { FailureNote } from "../parts/failure_note";
import { useSecondsLeft } from "../parts/seconds_left";
import { say, sayDuration } from "../text/language";
import { text } from "./pairing_view.text";

const DIGITS = 8;

/** Trades the code on the gateway's terminal for the token of this page. */
export function PairingView() {
  const [until, setUntil] = useState<number | undefined>(undefined);
  const [code, setCode] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const left = useSecondsLeft(until);
  const origin = location.origin;

  const ask = useAction(async () => {
    const asked = Date.now();
    const answer = await gatewayClient.pair({ origin, name: text.name.id });
    const { now } = await gatewayClient.getInfo({});
    // The gateway's clock says when: the browser's may differ.
    const term = Number((answer.codeExpiresAt?.seconds ?? 0n) - (now?.wall?.seconds ?? 0n)) * 1000;
    setUntil(asked + Math.max(term, 0));
    setCode("");
    trade.clear(); // what was said of the code before
  });
  const trade = useAction(async (digits: string) => {
    try {
      token.value = (await gatewayClient.pair({ origin, code: digits })).token;
    } catch (thrown) {
      setCode(""); // after five wrong codes the origin waits: one code counts once
      throw thrown;
    }
  });

  useEffect(() => {
    if (until !== undefined) field.current?.focus();
  }, [until]);

  const typed = (value: string) => {
    const digits = value.replace(/\D/g, "").slice(0, DIGITS);
    setCode(digits);
    if (digits.length === DIGITS) trade.run(digits);
  };

  return (
    <main class="pairing card">
      <h1>{say(text.title)}</h1>
      <p>{say(text.why)}</p>
      {until === undefined ? (
        <button type="button" class="primary" id="ask-code" disabled={ask.busy} onClick={() => ask.run()}>
          {say(text.ask)}
        </button>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (code.length === DIGITS) trade.run(code);
          }}
        >
          <label for="code">{say(text.code)}</label>
          <input
            id="code"
            ref={field}
            class="code"
            inputMode="numeric"
            autoComplete="one-time-code"
            placeholder="0000 0000"
            aria-describedby="code-left"
            value={code.length > 4 ? `${code.slice(0, 4)} ${code.slice(4)}` : code}
            onInput={(event) => typed(event.currentTarget.value)}
          />
          <p id="code-left" class="faint">
            {left > 0 ? say(text.left, { time: sayDuration(left) }) : say(text.old)}
          </p>
          <div class="row">
            <button type="submit" class="primary" disabled={code.length !== DIGITS || trade.busy}>
              {say(text.pair)}
            </button>
            <button type="button" disabled={ask.busy} onClick={() => ask.run()}>
              {say(text.again)}
            </button>
          </div>
        </form>
      )}
      <FailureNote failure={ask.failure ?? trade.failure} />
    </main>
  );
}
