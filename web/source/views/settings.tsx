import { NotYet } from "../parts/not_yet";
import { text } from "./settings.text";
import { ALL, type View } from "./view";

function Settings() {
  return <NotYet title={text.title} />;
}

export const settings: View = { name: "settings", title: text.title, roles: ALL, component: Settings };
