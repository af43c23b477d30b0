/** A card that is read, event by event. */
import type { CardFileRead, CardOpened, CardReading, ReadCardResponse } from "../generated/rekam/v1/card_pb";
import { CardGenuineness } from "../generated/rekam/v1/card_pb";

export interface Progress {
  readonly opened: CardOpened | undefined;
  readonly file: CardFileRead | undefined;
  readonly restarted: boolean;
  readonly reading: CardReading | undefined;
}

export const NOT_YET: Progress = { opened: undefined, file: undefined, restarted: false, reading: undefined };

/** The state after one event; a card that lost contact is read from the start. */
export function taken(before: Progress, event: ReadCardResponse["event"]): Progress {
  switch (event.case) {
    case "opened":
      return { ...before, opened: event.value };
    case "file":
      return { ...before, file: event.value };
    case "restarted":
      return { ...NOT_YET, restarted: true };
    case "reading":
      return { ...before, reading: event.value };
    default:
      return before;
  }
}

/** How a verdict is coloured. */
export function toneOf(genuineness: CardGenuineness): "good" | "warn" | "bad" {
  if (genuineness === CardGenuineness.GENUINE) return "good";
  return genuineness === CardGenuineness.NOT_GENUINE ? "bad" : "warn";
}
