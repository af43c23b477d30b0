import type { Loaded } from "../gateway/hooks";
import { type GetOutboxResponse, PacketState } from "../generated/rekam/v1/outbox_pb";
import { sayBytes } from "../parts/bytes";
import { Facts } from "../parts/facts";
import { Loading } from "../parts/loading";
import { sayLength, sayMoment } from "../parts/moments";
import { say, sayNumber } from "../text/language";
import { sayForecast } from "./forecast";
import { packetWords, text } from "./link.text";

const TO_LEAVE: ReadonlySet<PacketState> = new Set([PacketState.WAITING, PacketState.PARTIAL]);

/** What waits, how old it is, and when it will be gone. */
export function BacklogCard({ of }: { of: Loaded<GetOutboxResponse> }) {
  return (
    <section class="card" aria-labelledby="backlog">
      <h2 id="backlog">{say(text.backlogTitle)}</h2>
      <Loading of={of}>{(outbox) => <Backlog outbox={outbox} />}</Loading>
    </section>
  );
}

function Backlog({ outbox }: { outbox: GetOutboxResponse }) {
  const { quota } = outbox;
  const waiting = outbox.depths.filter((each) => TO_LEAVE.has(each.state));
  const packets = waiting.reduce((sum, each) => sum + Number(each.packets), 0);
  const spent = (used: bigint, of: bigint) =>
    of > 0n && say(text.heldOf, { held: sayBytes(used), limit: sayBytes(of) });
  return (
    <>
      {packets === 0 && <p>{say(text.nothingWaits)}</p>}
      {!outbox.hasWay && <p class="note">{say(text.noWay)}</p>}
      <Facts
        rows={[
          [
            text.toLeave,
            packets > 0 && (
              <strong id="backlog-now">
                {say(text.waits, { n: sayNumber(packets), size: sayBytes(outbox.backlogBytes) })}
              </strong>
            ),
          ],
          [text.oldest, outbox.oldest && sayLength(outbox.oldest)],
          [text.forecast, packets > 0 && <span id="forecast">{sayForecast(outbox.forecast)}</span>],
          [text.carried, outbox.carriedWithoutReceipt > 0n && sayNumber(Number(outbox.carriedWithoutReceipt))],
          [text.speed, outbox.goodput !== undefined && say(text.perSecond, { size: sayBytes(outbox.goodput) })],
          [text.nextCall, outbox.nextCall && sayLength(outbox.nextCall)],
          [text.lastProblem, outbox.problem],
          [text.held, spent(outbox.heldBytes, outbox.limitBytes) || sayBytes(outbox.heldBytes)],
          [text.quotaHour, quota && spent(quota.spentHour, quota.perHour)],
          [text.quotaDay, quota && spent(quota.spentDay, quota.perDay)],
          ...outbox.depths
            .filter((each) => !TO_LEAVE.has(each.state))
            .map(
              (each) =>
                [
                  packetWords[each.state],
                  say(text.waits, { n: sayNumber(Number(each.packets)), size: sayBytes(each.bytes) }),
                ] as const,
            ),
        ]}
      />
      {outbox.incidents.length > 0 && (
        <details>
          <summary>{say(text.incidents, { n: outbox.incidents.length })}</summary>
          <ul>
            {outbox.incidents.map((each) => (
              <li key={`${each.code}${each.packetId}${each.at?.seconds}`}>
                {sayMoment(each.at)}: {each.words ? say(each.words) : each.code} <code class="reason">{each.code}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
