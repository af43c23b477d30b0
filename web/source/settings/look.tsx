import type { Signal } from "@preact/signals";
import { shortcutsOn } from "../shell/shortcuts";
import { language, say, type Words } from "../text/language";
import { keyHints, largeText } from "./appearance";
import { text } from "./settings.text";

const LANGUAGES = [
  ["id", "Bahasa Indonesia"],
  ["en", "English"],
] as const;

/** What the person before the page chooses for this browser. */
export function Look() {
  return (
    <section class="card" aria-labelledby="look">
      <h2 id="look">{say(text.pageTitle)}</h2>
      <fieldset class="choice">
        <legend>{say(text.language)}</legend>
        {LANGUAGES.map(([code, name]) => (
          <label class="check" key={code} lang={code}>
            <input
              type="radio"
              name="language"
              value={code}
              checked={language.value === code}
              onChange={() => {
                language.value = code;
              }}
            />
            {name}
          </label>
        ))}
      </fieldset>
      <Switch id="large-text" words={text.largeText} of={largeText} />
      <Switch id="shortcuts" words={text.shortcuts} of={shortcutsOn} />
      <Switch id="key-hints" words={text.hints} of={keyHints} />
      <p class="faint">{say(text.ofBrowser)}</p>
    </section>
  );
}

function Switch({ id, words, of }: { id: string; words: Words; of: Signal<boolean> }) {
  return (
    <label class="check">
      <input
        type="checkbox"
        id={id}
        checked={of.value}
        onChange={(event) => {
          of.value = event.currentTarget.checked;
        }}
      />
      {say(words)}
    </label>
  );
}
