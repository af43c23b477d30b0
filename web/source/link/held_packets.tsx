import { clientOf, idempotencyKey } from "../gateway/clients";
import { useAction, useLoaded } from "../gateway/hooks";
import { may } from "../gateway/store";
import { type OutboxPacket, OutboxService, PacketState } from "../generated/rekam/v1/outbox_pb";
import { sayBytes } from "../parts/bytes";
import { ConfirmButton } from "../parts/confirm_button";
import { useEvery } from "../parts/every";
import { WideTable } from "../parts/facts";
import { FailureNote } from "../parts/failure_note";
import { Loading } from "../parts/loading";
import { sayLength } from "../parts/moments";
import { OperatorName, operator } from "../parts/operator_name";
import { say } from "../text/language";
import { DESK } from "../views/view";
import { adviceOn, HELD } from "./held";
import { packetWords, text } from "./link.text";

const client = clientOf(OutboxService);
const REFRESH_S = 30;

/** Packets that do not leave by themselves: why, and what to do. */
export function HeldPackets({ onChange }: { onChange: () => void }) {
  const loaded = useLoaded((signal) => client.listPackets({ states: [...HELD] }, { signal }), []);
  useEvery(REFRESH_S, loaded.reload);
  const deed = useAction(async (act: (packetId: string) => Promise<unknown>, packetId: string) => {
    await act(packetId);
    loaded.reload();
    onChange();
  });
  const request = (packetId: string) => ({ packetId, operator: operator(), idempotencyKey: idempotencyKey() });
  const retry = (packetId: string) => deed.run((id) => client.retryPacket(request(id)), packetId);
  const release = (packetId: string) => deed.run((id) => client.releasePacket(request(id)), packetId);
  const unable = deed.busy || !operator();

  const row = (packet: OutboxPacket) => (
    <tr key={packet.packetId} data-packet={packet.packetId}>
      <td>
        <code>{packet.packetId}</code>
        <br />
        <span class="faint">
          {sayBytes(packet.size)}, {sayLength(packet.age)}
        </span>
      </td>
      <td>{say(packetWords[packet.state])}</td>
      <td>
        {packet.words || "–"} {packet.reason && <code class="reason">{packet.reason}</code>}
      </td>
      <td>
        <p>{say(adviceOn(packet))}</p>
        {may(...DESK) && (
          <div class="row">
            <button type="button" disabled={unable} onClick={() => retry(packet.packetId)}>
              {say(text.retry)}
            </button>
            {may("supervisor") && packet.state !== PacketState.RELEASED && (
              <ConfirmButton
                words={say(text.release)}
                question={say(text.releaseSure)}
                danger
                disabled={unable}
                onConfirm={() => release(packet.packetId)}
              />
            )}
          </div>
        )}
      </td>
    </tr>
  );

  return (
    <section class="card" aria-labelledby="held">
      <h2 id="held">{say(text.heldTitle)}</h2>
      <Loading of={loaded}>
        {({ packets }) =>
          packets.length === 0 ? (
            <p>{say(text.nothingHeld)}</p>
          ) : (
            <>
              {may(...DESK) && <OperatorName />}
              <FailureNote failure={deed.failure} onClose={deed.clear} />
              <WideTable label={say(text.heldTitle)}>
                <thead>
                  <tr>
                    <th scope="col">{say(text.packet)}</th>
                    <th scope="col">{say(text.state)}</th>
                    <th scope="col">{say(text.why)}</th>
                    <th scope="col">{say(text.whatToDo)}</th>
                  </tr>
                </thead>
                <tbody>{packets.map(row)}</tbody>
              </WideTable>
            </>
          )
        }
      </Loading>
    </section>
  );
}
