import { NotYet } from "../parts/not_yet";
import { text } from "./link.text";
import { ALL, type View } from "./view";

function Link() {
  return <NotYet title={text.title} />;
}

export const link: View = { name: "link", title: text.title, roles: ALL, component: Link };
