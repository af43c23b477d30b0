import { clientOf } from "../gateway/clients";
import { useLoaded } from "../gateway/hooks";
import { may, link as told } from "../gateway/store";
import { LinkService } from "../generated/rekam/v1/link_pb";
import { OutboxService } from "../generated/rekam/v1/outbox_pb";
import { Announcements } from "../link/announcements";
import { BacklogCard } from "../link/backlog";
import { Callbacks } from "../link/callbacks";
import { HeldPackets } from "../link/held_packets";
import { History } from "../link/history";
import { LinkStateCard } from "../link/link_state";
import { StuckEnrolments } from "../link/stuck";
import { useEvery } from "../parts/every";
import { SectionLinks, sectionOf } from "../parts/sections";
import { say } from "../text/language";
import "./link.css";
import { text } from "./link.text";
import { ALL, DESK, type View } from "./view";

const linkClient = clientOf(LinkService);
const outboxClient = clientOf(OutboxService);
/** The stream tells of each change of the link's state; what waits, and for how long, is asked for. */
const REFRESH_S = 10;

const NOW = { name: "now", title: text.now };
const HISTORY = { name: "history", title: text.history };
const PEOPLE = { name: "people", title: text.people };
const ANNOUNCEMENTS = { name: "announcements", title: text.announcements };

function Link() {
  const loaded = useLoaded((signal) => linkClient.getLink({}, { signal }), [told.value]);
  const sections = [NOW, HISTORY, ...(may(...DESK) ? [PEOPLE] : []), ANNOUNCEMENTS];
  const shown = sectionOf(sections);
  useEvery(REFRESH_S, loaded.reload);
  return (
    <>
      <h1 id="view-title">{say(text.title)}</h1>
      <SectionLinks view="link" label={text.sections} sections={sections} />
      {shown === NOW && <Now of={loaded} />}
      {shown === HISTORY && <History />}
      {shown === PEOPLE && <Callbacks />}
      {shown === ANNOUNCEMENTS && <Announcements of={loaded} />}
    </>
  );
}

function Now({ of }: { of: Parameters<typeof LinkStateCard>[0]["of"] }) {
  const outbox = useLoaded((signal) => outboxClient.getOutbox({}, { signal }), [told.value]);
  useEvery(REFRESH_S, outbox.reload);
  return (
    <div class="cards">
      <div class="cards cards-two">
        <LinkStateCard of={of} />
        <BacklogCard of={outbox} />
      </div>
      <HeldPackets onChange={outbox.reload} />
      <StuckEnrolments />
    </div>
  );
}

export const link: View = { name: "link", title: text.title, roles: ALL, component: Link };
