import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { language, say, sayDuration, sayNumber } from "../source/text/language";

afterEach(() => {
  language.value = "id";
});

test("words come in the page's language, with their fields put in", () => {
  const words = { id: "{n} jari, {n} mata {x}", en: "{n} fingers" };
  assert.equal(say(words, { n: 3 }), "3 jari, 3 mata {x}");
  language.value = "en";
  assert.equal(say(words, { n: 3 }), "3 fingers");
  assert.equal(say({ id: "hanya ini", en: "" }), "hanya ini");
});

test("numbers and lengths of time are written as the language does", () => {
  assert.equal(sayNumber(1234.5, 1), "1.234,5");
  assert.equal(sayDuration(3 * 86_400 + 5), "3 hari");
  assert.equal(sayDuration(59.6), "1 menit");
  assert.equal(sayDuration(-4), "0 detik");
  language.value = "en";
  assert.equal(sayNumber(1234.5, 1), "1,234.5");
});
