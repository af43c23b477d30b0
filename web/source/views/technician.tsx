import { NotYet } from "../parts/not_yet";
import { text } from "./technician.text";
import { type View, WORKSHOP } from "./view";

function Technician() {
  return <NotYet title={text.title} />;
}

export const technician: View = { name: "technician", title: text.title, roles: WORKSHOP, component: Technician };
