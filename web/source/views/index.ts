/** The views in the order of the navigation. */
import { audit } from "./audit";
import { capture } from "./capture";
import { cards } from "./cards";
import { devices } from "./devices";
import { enrolment } from "./enrolment";
import { link } from "./link";
import { settings } from "./settings";
import { technician } from "./technician";
import type { View } from "./view";

export const views: readonly View[] = [capture, enrolment, cards, link, devices, technician, audit, settings];
