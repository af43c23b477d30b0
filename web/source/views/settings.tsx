import { About } from "../settings/about";
import { Look } from "../settings/look";
import { Pairings } from "../settings/pairings";
import { say } from "../text/language";
import "./settings.css";
import { text } from "./settings.text";
import { ALL, type View } from "./view";

function Settings() {
  return (
    <>
      <h1 id="view-title">{say(text.title)}</h1>
      <div class="cards cards-two">
        <Look />
        <Pairings />
        <About />
      </div>
    </>
  );
}

export const settings: View = { name: "settings", title: text.title, roles: ALL, component: Settings };
