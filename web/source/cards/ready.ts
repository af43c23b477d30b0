/** Whose card can be made. */
import { clientOf } from "../gateway/clients";
import { type EnrolmentStanding, EnrolmentStatus, OutboxService } from "../generated/rekam/v1/outbox_pb";
import { finished } from "./job";
import { cardClient } from "./readers";

const outboxClient = clientOf(OutboxService);
/** What the gateway makes cards for: unique by the centre's word, or printed already. */
const READY = [EnrolmentStatus.PRINT_READY_RECORD, EnrolmentStatus.CARD_PRINTED] as const;
const PAGE = 1000;
/** The gateway begins with those that have waited longest: whoever came today stands on the last page. */
const MOST_PAGES = 50;

export interface Ready {
  /** The newest `PAGE`, those first that have waited longest. */
  readonly standings: readonly EnrolmentStanding[];
  /** Enrolments that have a card. */
  readonly done: ReadonlySet<string>;
}

/** Those whom the centre called ready; with `again` also those who have a card. */
export async function ready(again: boolean, signal: AbortSignal): Promise<Ready> {
  const { jobs } = await cardClient.listCardJobs({ limit: PAGE }, { signal });
  const done = finished(jobs);
  let standings: EnrolmentStanding[] = [];
  let pageToken = "";
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await outboxClient.listStatuses({ statuses: [...READY], pageSize: PAGE, pageToken }, { signal });
    standings.push(...answer.standings.filter((each) => again || !done.has(each.enrolmentId)));
    standings = standings.slice(-PAGE);
    pageToken = answer.nextPageToken;
    if (!pageToken) break;
  }
  return { standings, done };
}
