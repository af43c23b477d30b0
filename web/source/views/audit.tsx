import { Trail } from "../audit/trail";
import { Verification } from "../audit/verification";
import { say } from "../text/language";
import { text } from "./audit.text";
import { REVIEW, type View } from "./view";

function Audit() {
  return (
    <>
      <h1 id="view-title">{say(text.title)}</h1>
      <div class="cards">
        <Trail />
        <Verification />
      </div>
    </>
  );
}

export const audit: View = { name: "audit", title: text.title, roles: REVIEW, component: Audit };
