import { Code } from "@connectrpc/connect";
import { text as cardText } from "../cards/cards.text";
import { Holder } from "../cards/holder";
import { Make } from "../cards/make";
import { Read } from "../cards/read";
import { Readers } from "../cards/reader_list";
import { useReaders } from "../cards/readers";
import { Stock } from "../cards/stock";
import { SectionLinks, sectionOf } from "../parts/sections";
import { say } from "../text/language";
import "./capture.css";
import "./cards.css";
import { text } from "./cards.text";
import { COUNTER, type View } from "./view";

const MAKE = { name: "make", title: text.make };
const READ = { name: "read", title: text.read };
const HOLDER = { name: "holder", title: text.holder };
const STOCK = { name: "stock", title: text.stock };
const SECTIONS = [MAKE, READ, HOLDER, STOCK];

function Cards() {
  const followed = useReaders();
  const shown = sectionOf(SECTIONS);
  if (followed.failure?.cause.code === Code.Unimplemented)
    return (
      <section class="card" aria-labelledby="view-title">
        <h1 id="view-title">{say(text.title)}</h1>
        <p class="note">{say(cardText.notHere)}</p>
      </section>
    );
  return (
    <>
      <h1 id="view-title">{say(text.title)}</h1>
      <SectionLinks view="cards" label={text.sections} sections={SECTIONS} />
      <div class="cards">
        {shown !== STOCK && <Readers followed={followed} />}
        {shown === MAKE && <Make followed={followed} />}
        {shown === READ && <Read followed={followed} />}
        {shown === HOLDER && <Holder followed={followed} />}
        {shown === STOCK && <Stock />}
      </div>
    </>
  );
}

export const cards: View = { name: "cards", title: text.title, roles: COUNTER, component: Cards };
