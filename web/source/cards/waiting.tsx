import { idempotencyKey } from "../gateway/clients";
import { useAction, useLoaded } from "../gateway/hooks";
import { may } from "../gateway/store";
import type { CardJob } from "../generated/rekam/v1/card_pb";
import { ConfirmButton } from "../parts/confirm_button";
import { useEvery } from "../parts/every";
import { WideTable } from "../parts/facts";
import { FailureNote } from "../parts/failure_note";
import { Loading } from "../parts/loading";
import { operator } from "../parts/operator_name";
import { say } from "../text/language";
import { jobWords, text } from "./cards.text";
import { resume } from "./job";
import { cardClient } from "./readers";

const REFRESH_S = 30;

/** Jobs whose card may be half written: gone on with, or given up by a supervisor. */
export function WaitingJobs({ deviceId, running }: { deviceId: string; running: boolean }) {
  const loaded = useLoaded((signal) => cardClient.listCardJobs({ waiting: true }, { signal }), [running]);
  useEvery(REFRESH_S, loaded.reload);
  const deed = useAction(async (act: () => Promise<unknown>) => {
    await act();
    loaded.reload();
  });
  const unable = deed.busy || running || !operator();
  const asked = (job: CardJob) => ({ jobId: job.jobId, operator: operator(), idempotencyKey: idempotencyKey() });
  const row = (job: CardJob) => (
    <tr key={job.jobId} data-job={job.jobId}>
      <td class="breaks">
        <code>{job.jobId}</code>
      </td>
      <td>
        {say(jobWords[job.state])} {job.detail && <code class="reason">{job.detail}</code>}
      </td>
      <td class="breaks">{serialOf(job) || "–"}</td>
      <td>
        <div class="row">
          <button type="button" disabled={unable} onClick={() => deed.run(() => resume(job, deviceId))}>
            {say(text.resume)}
          </button>
          {may("supervisor") && (
            <>
              <ConfirmButton
                id={`invalidate-${job.jobId}`}
                words={say(text.invalidate)}
                question={say(text.invalidateSure)}
                danger
                disabled={unable}
                onConfirm={() =>
                  deed.run(() => cardClient.invalidateCard({ ...asked(job), deviceId, reason: "OPERATOR" }))
                }
              />
              <ConfirmButton
                id={`write-off-${job.jobId}`}
                words={say(text.writeOff)}
                question={say(text.writeOffSure, { serial: serialOf(job) })}
                danger
                disabled={unable}
                onConfirm={() => deed.run(() => cardClient.writeOffCard({ ...asked(job), reason: "CARD_GONE" }))}
              />
            </>
          )}
        </div>
      </td>
    </tr>
  );
  return (
    <section class="card" aria-labelledby="waiting-title">
      <h2 id="waiting-title">{say(text.waitingTitle)}</h2>
      <FailureNote failure={deed.failure} onClose={deed.clear} />
      <Loading of={loaded}>
        {({ jobs }) =>
          jobs.length === 0 ? (
            <p>{say(text.nothingWaits)}</p>
          ) : (
            <WideTable label={say(text.waitingTitle)}>
              <thead>
                <tr>
                  <th scope="col">{say(text.job)}</th>
                  <th scope="col">{say(text.state)}</th>
                  <th scope="col">{say(text.serial)}</th>
                  <th scope="col">{say(text.whatToDo)}</th>
                </tr>
              </thead>
              <tbody>{jobs.map(row)}</tbody>
            </WideTable>
          )
        }
      </Loading>
    </section>
  );
}

/** Of the card that waits: the latest that the job met. */
export function serialOf(job: CardJob): string {
  return job.cards.at(-1)?.serial ?? "";
}
