import { say } from "../text/language";
import { DATES, type Given, LIFELONG, MOST, TYPED, type TypedField } from "./biodata";
import { fieldWords, sexWords, text } from "./cards.text";

/** The words on the card, typed from the register; nothing of it is kept in the browser. */
export function BiodataForm({ given, onChange }: { given: Given; onChange: (changed: Partial<Given>) => void }) {
  const lifelong = given.validUntil === LIFELONG;
  return (
    <fieldset class="biodata">
      <legend>{say(text.biodata)}</legend>
      <p class="faint">{say(text.biodataWhy)}</p>
      <div class="fields">
        {TYPED.map((name) => {
          if (name === "sex") return <SexField key={name} value={given.sex} onChange={(sex) => onChange({ sex })} />;
          if (name === "validUntil" && lifelong) return null;
          const common = {
            id: `card-${name}`,
            value: given[name],
            onInput: (event: { currentTarget: HTMLInputElement }) => onChange(changed(name, event.currentTarget.value)),
          };
          return (
            <p key={name} class="field">
              <label for={common.id}>{say(fieldWords[name])}</label>
              {DATES.has(name) ? (
                <input type="date" {...common} />
              ) : (
                <input maxLength={MOST} autoComplete="off" required={name === "name"} {...common} />
              )}
            </p>
          );
        })}
      </div>
      <label class="check">
        <input
          type="checkbox"
          name="card-lifelong"
          checked={lifelong}
          onChange={(event) => onChange({ validUntil: event.currentTarget.checked ? LIFELONG : "" })}
        />
        {say(text.lifelong)}
      </label>
    </fieldset>
  );
}

function changed(name: TypedField, value: string): Partial<Given> {
  return { [name]: value };
}

function SexField({ value, onChange }: { value: string; onChange: (sex: string) => void }) {
  return (
    <label class="field">
      {say(fieldWords.sex)}
      <select name="card-sex" value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">{say(text.sexUnknown)}</option>
        {Object.entries(sexWords).map(([name, words]) => (
          <option key={name} value={name}>
            {say(words)}
          </option>
        ))}
      </select>
    </label>
  );
}
