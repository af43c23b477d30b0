import { NotYet } from "../parts/not_yet";
import { text } from "./enrolment.text";
import { DESK, type View } from "./view";

function Enrolment() {
  return <NotYet title={text.title} />;
}

export const enrolment: View = { name: "enrolment", title: text.title, roles: DESK, component: Enrolment };
