/** What a verification found, in sentences. */
import type { AuditFinding, VerifyRangeResponse } from "../generated/rekam/v1/audit_pb";
import { say, sayNumber } from "../text/language";
import { faultWords, text } from "./audit.text";

/** The sentences about a range, the verdict first. */
export function sayVerdict(found: VerifyRangeResponse): string[] {
  const n = sayNumber(Number(found.entries));
  if (found.entries === 0n && found.ok) return [say(text.nothing)];
  const said = [
    found.ok ? say(text.whole, { n }) : say(text.broken, { n, faults: sayNumber(found.findings.length) }),
    found.heads > 0n
      ? say(text.sealed, { sealed: sayNumber(Number(found.sealedSequence)), heads: sayNumber(Number(found.heads)) })
      : say(text.noHeads),
  ];
  const after = found.lastSequence - found.sealedSequence;
  if (found.heads > 0n && after > 0n) said.push(say(text.unsealed, { n: sayNumber(Number(after)) }));
  if (found.missing > 0n) said.push(say(text.missing, { n: sayNumber(Number(found.missing)) }));
  return said;
}

/** One fault: where, what, and the gateway's own detail. */
export function sayFinding(finding: AuditFinding): string {
  const where = finding.sequence > 0n ? say(text.at, { n: sayNumber(Number(finding.sequence)) }) : say(text.nowhere);
  const what = faultWords[finding.fault];
  return `${where}${what ? say(what) : finding.fault}${finding.detail ? ` (${finding.detail})` : ""}`;
}
