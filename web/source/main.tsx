/** The operator's page of a Rekam gateway. */
import { render } from "preact";
import { followTabs } from "./gateway/token";
import { App } from "./shell/app";
import { followAddress } from "./shell/route";
import { followKeys } from "./shell/shortcuts";
import "./style.css";

followAddress();
followKeys();
followTabs();
const place = document.getElementById("page");
if (place) render(<App />, place);
