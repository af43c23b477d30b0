import { useRef } from "preact/hooks";
import { may } from "../gateway/store";
import { say, type Words } from "../text/language";
import { views } from "../views";
import { text } from "./shell.text";
import { shortcutsOn, useShortcuts } from "./shortcuts";

const KEYS: readonly (readonly [string, Words])[] = [
  ["L", text.keysLanguage],
  ["?", text.keysHelp],
  ["Enter", text.keysStart],
  ["R", text.keysRetake],
  ["M", text.keysMissing],
  ["Esc", text.keysCancel],
  ["← → ↑ ↓", text.keysArrows],
];

/** The button and dialog that say which keys there are, and switch them off. */
export function KeysHelp() {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = () => dialog.current?.showModal();
  useShortcuts({ "?": open });
  const shown = views.filter((view) => may(...view.roles)).length;
  return (
    <>
      <button type="button" class="quiet" onClick={open}>
        {say(text.keys)} <kbd>?</kbd>
      </button>
      <dialog ref={dialog} aria-labelledby="keys-title">
        <h2 id="keys-title">{say(text.keys)}</h2>
        <dl class="keys">
          {[[`1 – ${shown}`, text.keysViews] as const, ...KEYS].map(([key, words]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{say(words, { n: shown })}</dd>
            </div>
          ))}
        </dl>
        <label class="check">
          <input
            type="checkbox"
            checked={shortcutsOn.value}
            onChange={(event) => {
              shortcutsOn.value = event.currentTarget.checked;
            }}
          />
          {say(text.keysOn)}
        </label>
        <form method="dialog">
          <button type="submit">{say(text.close)}</button>
        </form>
      </dialog>
    </>
  );
}
