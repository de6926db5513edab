import { createHash, randomBytes } from "node:crypto";
import { Field, GraphQLISODateTime, ObjectType } from "type-graphql";
import { EnrollmentToken } from "../../db/tables.ts";
import type { Transaction } from "../../db/unitOfWork.ts";
import type { Reason } from "../../errors.ts";
import { isLoopback, isThisMachine } from "../../machine.ts";
import type { EngineSettings } from "../engine.ts";
import { JobReason } from "../job/job.ts";

const TOKEN_LIFE_MS = 10 * 60_000;

@ObjectType({ description: "What an agent needs to enrol, once, within ten minutes." })
export class HostEnrollment {
  @Field({ description: "Good once; the agent shows it when it enrols." }) token: string;
  @Field(() => GraphQLISODateTime, { description: "End of the token." }) expiresAt: Date;
  @Field({ description: "SHA-256 of the engine's CA certificate, hex: the agent trusts no other." }) fingerprint: string;
  @Field({ description: "Where the agent dials." }) url: string;
  @Field({ description: "To be run on the host." }) command: string;
  @Field(() => [JobReason], { description: "What would keep the host from coming; LOOPBACK_ADDRESS = `url` leads nowhere from there." })
  warnings: Reason[];
}
export interface Enrollment extends HostEnrollment {
  /** Puts it into a transaction; earlier tokens of the host end. */
  store(tx: Transaction, hostId: string): void;
}

export const tokenHash = (token: string): string => createHash("sha256").update(token).digest("hex");

/** `address` is the host's, as people gave it. */
export function newEnrollment({ hostlinkUrl: url, hostlinkFingerprint: fingerprint }: EngineSettings, address: string): Enrollment {
  // Hex: a token that begins with "-" would be taken for an option of the command.
  const token = randomBytes(24).toString("hex");
  const expiresAt = new Date(Date.now() + TOKEN_LIFE_MS);
  const store = (tx: Transaction, hostId: string) =>
    tx.also(async (manager) => {
      await manager.delete(EnrollmentToken, { hostId });
      await manager.insert(EnrollmentToken, { hash: tokenHash(token), hostId, expiresAt, usedAt: null });
    });
  return {
    token,
    expiresAt,
    fingerprint,
    url,
    command: `overt-agent enroll --engine ${url} --token ${token} --fingerprint ${fingerprint}`,
    warnings: isLoopback(new URL(url).hostname) && !isThisMachine(address) ? [leadsNowhere(url, address)] : [],
    store,
  };
}

const leadsNowhere = (url: string, address: string): Reason => ({
  code: "LOOPBACK_ADDRESS",
  message: `On ${address}, ${url} is that host itself, not this engine: set OVERT_HOSTLINK_ADDRESSES to a name or address of the engine that the host can reach, start the engine again, and enrol the host then.`,
});
