import type { Action } from "../gateway/hooks";

/** Whatever the operator does to the enrolment: one thing at a time, and what went wrong is shown in one place. */
export type Deed = Action<[act: () => Promise<unknown>]>;
