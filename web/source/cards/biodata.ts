/** The words on a card, as an operator types them. */
import { signal } from "@preact/signals";
import type { CardBiodata } from "../generated/rekam/v1/card_pb";
import { say, type Words } from "../text/language";
import { fieldWords, sexWords } from "./cards.text";

export const LIFELONG = "lifelong";

/** What is typed; the reference is the enrolment's. */
export type Given = Readonly<Record<TypedField, string>>;
export type TypedField = Exclude<keyof typeof fieldWords, "reference">;

/** The fields of the form, in their order; the name comes first. */
export const TYPED: readonly TypedField[] = [
  "name",
  "birthPlace",
  "birthDate",
  "sex",
  "bloodType",
  "address",
  "rtRw",
  "village",
  "district",
  "regency",
  "province",
  "religion",
  "maritalStatus",
  "occupation",
  "citizenship",
  "validUntil",
  "issuePlace",
  "issueDate",
  "issuer",
  "cardNumber",
];

export const DATES: ReadonlySet<TypedField> = new Set(["birthDate", "validUntil", "issueDate"]);
/** As the API bounds a field. */
export const MOST = 160;

export const NOTHING: Given = Object.fromEntries(
  TYPED.map((name) => [name, name === "validUntil" ? LIFELONG : name === "citizenship" ? "WNI" : ""]),
) as Record<TypedField, string>;

/**
 * What is being typed, by the enrolment whose card it is for: what was typed for one person never stands before another.
 *
 * It outlives a refusal, and goes once the gateway has it; it lies in this tab's memory alone.
 */
const drafts = signal<ReadonlyMap<string, Given>>(new Map());
/** In the place of an enrolment, before one is chosen. */
const NOBODY = "";

export function draftOf(enrolmentId: string): Given {
  return drafts.value.get(enrolmentId) ?? NOTHING;
}

export function write(enrolmentId: string, changed: Partial<Given>): void {
  drafts.value = new Map(drafts.value).set(enrolmentId, { ...draftOf(enrolmentId), ...changed });
}

/** Somebody is chosen: what was typed before that is meant for them, unless words of their own stand there. */
export function choose(enrolmentId: string): void {
  const typed = drafts.value.get(NOBODY);
  if (!typed || !enrolmentId) return;
  const others = new Map(drafts.value);
  others.delete(NOBODY);
  drafts.value = others.has(enrolmentId) ? others : others.set(enrolmentId, typed);
}

/** The gateway has what was typed. */
export function clear(enrolmentId: string): void {
  const others = new Map(drafts.value);
  others.delete(enrolmentId);
  drafts.value = others;
}

/** What was typed without blanks at its ends, as the gateway asks for it, in the one spelling that Unicode calls C. */
export function trimmed(given: Given): Record<TypedField, string> {
  const pairs = TYPED.map((name) => [name, given[name].trim().replace(/\s+/g, " ").normalize("NFC")] as const);
  return Object.fromEntries(pairs) as Record<TypedField, string>;
}

/** The biodata of a card for a list of facts, in their order; empty ones are left out by the list. */
export function rowsOf(biodata: CardBiodata): readonly (readonly [Words, string])[] {
  const valid: Words = { id: "seumur hidup", en: "life" };
  return (["reference", ...TYPED] as const).map((name) => {
    const value = biodata[name];
    if (name === "sex") return [fieldWords[name], value ? say(sexWords[value] ?? { id: value, en: value }) : ""];
    if (name === "validUntil" && value === LIFELONG) return [fieldWords[name], say(valid)];
    return [fieldWords[name], value];
  });
}
