/** The operator's page of a Rekam gateway. */
import { render } from "preact";
import { App } from "./shell/app";
import { followAddress } from "./shell/route";
import { followKeys } from "./shell/shortcuts";
import "./style.css";

followAddress();
followKeys();
const place = document.getElementById("page");
if (place) render(<App />, place);
