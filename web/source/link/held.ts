/** What the office does about packets that do not leave by themselves. */
import { type OutboxPacket, PacketState } from "../generated/rekam/v1/outbox_pb";
import type { Words } from "../text/language";
import { adviceWords } from "./link.text";

export const HELD: readonly PacketState[] = [PacketState.QUARANTINED, PacketState.MISSING, PacketState.RELEASED];

/** By the reasons of the centre's refusals and of the gateway's own looks at its files. */
const BY_REASON: Readonly<Record<string, Words>> = {
  FILE_CHANGED: adviceWords.changed,
  DIGEST_WRONG: adviceWords.changed,
  SEAL_BROKEN: adviceWords.changed,
  CHUNK_WRONG: adviceWords.changed,
  SIZE_WRONG: adviceWords.changed,
  NOT_A_PACKET: adviceWords.changed,
  SIGNER_UNKNOWN: adviceWords.signer,
  SIGNER_REVOKED: adviceWords.signer,
  VERSION_UNKNOWN: adviceWords.version,
};

/** What to do about a held packet. */
export function adviceOn(packet: OutboxPacket): Words {
  if (packet.state === PacketState.RELEASED) return adviceWords.released;
  if (packet.state === PacketState.MISSING) return adviceWords.missing;
  return BY_REASON[packet.reason] ?? adviceWords.refused;
}
