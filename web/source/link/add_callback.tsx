import type { MessageInitShape } from "@bufbuild/protobuf";
import { useState } from "preact/hooks";
import { clientOf } from "../gateway/clients";
import { useAction } from "../gateway/hooks";
import { once } from "../gateway/once";
import { type AddCallbackRequestSchema, CallbackPurpose, CallbackService } from "../generated/rekam/v1/callback_pb";
import { FailureNote } from "../parts/failure_note";
import { sayMoment } from "../parts/moments";
import { operator } from "../parts/operator_name";
import { language, say } from "../text/language";
import { purposeWords, text } from "./link.text";

const client = clientOf(CallbackService);
const PURPOSES = [CallbackPurpose.SERVICE_BACK, CallbackPurpose.CARD_READY] as const;
const NOBODY = { name: "", phone: "", reference: "", consent: false };

/** Put somebody on the list; the same once more, after an answer that did not come, puts nobody there twice. */
export function add(wish: MessageInitShape<typeof AddCallbackRequestSchema>) {
  return once(`callback/${JSON.stringify(wish)}`, (idempotencyKey) => client.addCallback({ ...wish, idempotencyKey }));
}

/** Puts somebody on the list. Consent is never ticked beforehand: whoever asks the person ticks it. */
export function AddCallback({ onAdded }: { onAdded: () => void }) {
  const [given, setGiven] = useState(NOBODY);
  const [purpose, setPurpose] = useState<CallbackPurpose>(CallbackPurpose.SERVICE_BACK);
  const [spoken, setSpoken] = useState<string>(language.value);
  const [done, setDone] = useState("");
  const addition = useAction(async () => {
    const reference = purpose === CallbackPurpose.CARD_READY ? given.reference : "";
    const { expiresAt } = await add({ ...given, reference, purpose, language: spoken, operator: operator() });
    setDone(say(text.added, { name: given.name, at: sayMoment(expiresAt) }));
    setGiven(NOBODY);
    onAdded();
  });
  const card = purpose === CallbackPurpose.CARD_READY;
  const whole = given.name.trim() && given.phone.trim() && operator() && (!card || given.reference.trim());
  const change = (changed: Partial<typeof NOBODY>) => {
    setDone("");
    setGiven((before) => ({ ...before, ...changed }));
  };
  return (
    <section class="card" aria-labelledby="add-callback">
      <h2 id="add-callback">{say(text.addTitle)}</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (whole) addition.run();
        }}
      >
        <div class="fields">
          <label class="field">
            {say(text.name)}
            <input
              name="callback-name"
              required
              maxLength={100}
              autoComplete="off"
              value={given.name}
              onInput={(event) => change({ name: event.currentTarget.value })}
            />
          </label>
          <label class="field">
            {say(text.phone)}
            <input
              name="callback-phone"
              required
              type="tel"
              maxLength={40}
              autoComplete="off"
              placeholder="0812-3456-7890"
              value={given.phone}
              onInput={(event) => change({ phone: event.currentTarget.value })}
            />
          </label>
          <label class="field">
            {say(text.purpose)}
            <select value={purpose} onChange={(event) => setPurpose(Number(event.currentTarget.value))}>
              {PURPOSES.map((each) => (
                <option key={each} value={each}>
                  {say(purposeWords[each] ?? text.purpose)}
                </option>
              ))}
            </select>
          </label>
          {card && (
            <label class="field">
              {say(text.reference)}
              <input
                name="callback-reference"
                required
                maxLength={40}
                autoComplete="off"
                value={given.reference}
                onInput={(event) => change({ reference: event.currentTarget.value })}
              />
            </label>
          )}
          <label class="field">
            {say(text.messageLanguage)}
            <select value={spoken} onChange={(event) => setSpoken(event.currentTarget.value)}>
              <option value="id" lang="id">
                Bahasa Indonesia
              </option>
              <option value="en" lang="en">
                English
              </option>
            </select>
          </label>
        </div>
        <label class="check">
          <input
            type="checkbox"
            name="callback-consent"
            checked={given.consent}
            onChange={(event) => change({ consent: event.currentTarget.checked })}
          />
          {say(text.askedConsent)}
        </label>
        {!given.consent && <p class="faint">{say(text.withoutConsent)}</p>}
        <FailureNote failure={addition.failure} onClose={addition.clear} />
        {done && (
          <p class="note" role="status">
            {done}
          </p>
        )}
        <button type="submit" class="primary" id="add" disabled={!whole || addition.busy}>
          {say(text.add)}
        </button>
      </form>
    </section>
  );
}
