import { gatewayClient } from "../gateway/clients";
import { useAction, useLoaded } from "../gateway/hooks";
import { forget, may, roles } from "../gateway/store";
import { token } from "../gateway/token";
import { ConfirmButton } from "../parts/confirm_button";
import { Facts, WideTable } from "../parts/facts";
import { FailureNote } from "../parts/failure_note";
import { Loading } from "../parts/loading";
import { sayMoment } from "../parts/moments";
import { say } from "../text/language";
import { roleWords, text } from "./settings.text";

/** This page's pairing, and those of others; who may takes them back. */
export function Pairings() {
  const loaded = useLoaded((signal) => gatewayClient.listPairings({}, { signal }), []);
  const revocation = useAction(async (pairingId: string) => {
    await gatewayClient.revokePairing({ pairingId });
    loaded.reload(); // refused where it was this page's own: then the page pairs anew
  });
  const mayRevoke = may("supervisor", "technician");
  return (
    <section class="card" aria-labelledby="pairing">
      <h2 id="pairing">{say(text.pairingTitle)}</h2>
      <Facts
        rows={[
          [text.thisPage, <code key="origin">{location.origin}</code>],
          [text.roles, [...roles.value].map((each) => (roleWords[each] ? say(roleWords[each]) : each)).join(", ")],
        ]}
      />
      <ConfirmButton
        id="forget"
        words={say(text.forget)}
        question={say(text.forgetSure)}
        danger
        onConfirm={() => {
          forget();
          token.value = "";
        }}
      />
      <p class="faint forget-note">{say(text.forgetNote)}</p>
      <h2>{say(text.pairedTitle)}</h2>
      <FailureNote failure={revocation.failure} onClose={revocation.clear} />
      <Loading of={loaded}>
        {({ pairings }) =>
          pairings.length === 0 ? (
            <p>{say(text.nonePaired)}</p>
          ) : (
            <WideTable label={say(text.pairedTitle)}>
              <thead>
                <tr>
                  <th scope="col">{say(text.name)}</th>
                  <th scope="col">{say(text.origin)}</th>
                  <th scope="col">{say(text.pairedAt)}</th>
                  {mayRevoke && <th scope="col">{say(text.deed)}</th>}
                </tr>
              </thead>
              <tbody>
                {pairings.map((each) => (
                  <tr key={each.pairingId} data-pairing={each.origin}>
                    <td>{each.name || "–"}</td>
                    <td class="breaks">{each.origin}</td>
                    <td>{sayMoment(each.pairedAt)}</td>
                    {mayRevoke && (
                      <td>
                        <ConfirmButton
                          id={`revoke-${each.pairingId}`}
                          words={say(text.revoke)}
                          question={say(text.revokeSure, { origin: each.origin })}
                          danger
                          disabled={revocation.busy}
                          onConfirm={() => revocation.run(each.pairingId)}
                        />
                      </td>
                    )}
                  </tr>
                ))}
              </tbody>
            </WideTable>
          )
        }
      </Loading>
    </section>
  );
}
