/** What a view is to the shell. */
import type { ComponentType } from "preact";
import type { Words } from "../text/language";

export interface View {
  /** In the address: `#/NAME`. */
  readonly name: string;
  readonly title: Words;
  /** Roles of which the page needs one to see it in the navigation. */
  readonly roles: readonly string[];
  readonly component: ComponentType;
}

export const DESK = ["operator", "supervisor", "technician"] as const;
export const ALL = [...DESK, "auditor"] as const;
export const REVIEW = ["supervisor", "auditor"] as const;
/** Who deals with people and their cards. */
export const COUNTER = ["operator", "supervisor"] as const;
export const WORKSHOP = ["technician", "supervisor"] as const;
