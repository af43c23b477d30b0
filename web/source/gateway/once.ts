/** Deeds that are done once, though their answer may not come. */
import { idempotencyKey } from "./clients";
import { failureOf } from "./failure";

/** Keys of deeds whose answer did not come: the same deed again is the same request, and is done once. */
const unanswered = new Map<string, string>();

/** Do a deed with a key that stays the same until the gateway has answered; `deed` tells one deed from another. */
export async function once<A>(deed: string, call: (idempotencyKey: string) => Promise<A>): Promise<A> {
  const key = unanswered.get(deed) ?? idempotencyKey();
  unanswered.set(deed, key);
  try {
    const answer = await call(key);
    unanswered.delete(deed);
    return answer;
  } catch (thrown) {
    if (failureOf(thrown).reason) unanswered.delete(deed); // the gateway answered: no
    throw thrown;
  }
}
