/** The card readers and what is in them, as long as somebody looks. */
import { useEffect, useState } from "preact/hooks";
import { clientOf } from "../gateway/clients";
import { type Failure, failureOf } from "../gateway/failure";
import { listened } from "../gateway/listened";
import { CardPresence, type CardReader, CardService, CardStanding } from "../generated/rekam/v1/card_pb";

export const cardClient = clientOf(CardService);

const PAUSE_MS = 1_000;
/** Reasons after which asking again is in vain. */
const FINAL: ReadonlySet<string> = new Set(["ROLE_DENIED", "PAIRING_REQUIRED"]);

export interface Followed {
  readonly readers: ReadonlyMap<string, CardReader>;
  readonly failure: Failure | undefined;
}

const NOTHING: Followed = { readers: new Map(), failure: undefined };

/** Every reader, followed while the component is shown; a broken stream is opened anew. */
export function useReaders(): Followed {
  const [followed, setFollowed] = useState(NOTHING);
  useEffect(() => {
    const gone = new AbortController();
    void follow(gone.signal, setFollowed);
    return () => gone.abort();
  }, []);
  return followed;
}

async function follow(gone: AbortSignal, show: (followed: Followed) => void): Promise<void> {
  let readers: ReadonlyMap<string, CardReader> = new Map();
  while (!gone.aborted) {
    try {
      // The stream begins with every reader: one that went away meanwhile is not shown any more.
      let fresh: ReadonlyMap<string, CardReader> = new Map();
      for await (const { reader } of listened((signal) => cardClient.watchReaders({}, { signal }), gone)) {
        if (reader) fresh = new Map(fresh).set(reader.deviceId, reader);
        readers = fresh;
        show({ readers, failure: undefined });
      }
    } catch (thrown) {
      if (gone.aborted) return;
      const failure = failureOf(thrown);
      show({ readers, failure });
      if (FINAL.has(failure.reason)) return;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** Those that can be used, the ones with a card first. */
export function usableReaders(readers: Iterable<CardReader>): CardReader[] {
  return [...readers]
    .filter((each) => each.presence !== CardPresence.NO_READER)
    .sort((one, other) => rank(one) - rank(other) || one.deviceId.localeCompare(other.deviceId));
}

/** Whether cards lie on readers, and none of them is the one of this serial: what was found of it is nobody's here any more. */
export function isReplaced(serial: string, readers: Iterable<CardReader>): boolean {
  const here = [...readers].filter((each) => each.presence === CardPresence.PRESENT && each.serial !== "");
  return serial !== "" && here.length > 0 && here.every((each) => each.serial !== serial);
}

const IN_ORDER: readonly CardPresence[] = [CardPresence.PRESENT, CardPresence.EMPTY, CardPresence.UNREADABLE];

function rank(reader: CardReader): number {
  const place = IN_ORDER.indexOf(reader.presence);
  return place < 0 ? IN_ORDER.length : place;
}

/** How a reader is coloured: what wants a person stands out. */
export function toneOf(reader: CardReader): "good" | "warn" | "bad" | "plain" {
  if (reader.presence === CardPresence.NO_READER) return "bad";
  if (reader.presence === CardPresence.UNREADABLE) return "warn";
  if (reader.presence !== CardPresence.PRESENT) return "plain";
  switch (reader.standing) {
    case CardStanding.BLANK:
    case CardStanding.PERSONAL:
      return "good";
    case CardStanding.SPOILED:
      return "bad";
    case CardStanding.WAITING:
    case CardStanding.FOREIGN:
      return "warn";
    default:
      return "plain";
  }
}
