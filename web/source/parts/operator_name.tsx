/** Who is at the desk, as they call themselves: it goes with what they do, into the audit trail. */
import { signal } from "@preact/signals";
import { kept } from "../kept";
import { say, type Words } from "../text/language";

const LABEL: Words = { id: "Nama Anda", en: "Your name" };
const WHY: Words = {
  id: "Isi nama Anda dulu: nama itu dicatat bersama tindakan.",
  en: "Give your name first: it is recorded with what you do.",
};
/** As the API bounds it. */
const MOST = 100;

// Of this tab: whoever opens the page next day says anew who they are.
const store = kept<string>(
  "operator",
  "",
  (value) => typeof value === "string",
  () => sessionStorage,
);

export const operatorName = signal(store.read());
operatorName.subscribe((name) => store.write(name));

/** The name as calls take it; empty while nobody has given one. */
export function operator(): string {
  return operatorName.value.trim();
}

/** The field for the name; one of a view is enough. */
export function OperatorName() {
  return (
    <p class="row">
      <label for="operator">{say(LABEL)}</label>
      <input
        id="operator"
        autoComplete="name"
        maxLength={MOST}
        aria-describedby={operator() ? undefined : "operator-why"}
        value={operatorName.value}
        onInput={(event) => {
          operatorName.value = event.currentTarget.value;
        }}
      />
      {!operator() && (
        <span id="operator-why" class="faint">
          {say(WHY)}
        </span>
      )}
    </p>
  );
}
