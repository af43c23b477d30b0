import { NotYet } from "../parts/not_yet";
import { text } from "./devices.text";
import { ALL, type View } from "./view";

function Devices() {
  return <NotYet title={text.title} />;
}

export const devices: View = { name: "devices", title: text.title, roles: ALL, component: Devices };
