import { NotYet } from "../parts/not_yet";
import { text } from "./audit.text";
import { REVIEW, type View } from "./view";

function Audit() {
  return <NotYet title={text.title} />;
}

export const audit: View = { name: "audit", title: text.title, roles: REVIEW, component: Audit };
