import { OvertError } from "../../errors.ts";
import { HostCallError } from "../host/ports.ts";
import type { JobReason } from "./job.ts";

/** CANCELLED is one where the job itself was not: the deadline of an earlier attempt cancelled the call that this one joined. */
const PASSING: readonly string[] = ["UNREACHABLE", "TIMEOUT", "CANCELLED", "LIBVIRT_UNAVAILABLE"];
const MESSAGE_LENGTH = 1_000;

/** Failures of the moment: the same step may succeed a little later. */
export const isPassing = (error: unknown): boolean =>
  error instanceof HostCallError ? PASSING.includes(error.code) : error instanceof OvertError && error.code === "HOST_UNREACHABLE";

/** What a failure tells to people and programs; of a defect only that there is one. */
export function reasonsOf(error: unknown): JobReason[] {
  if (error instanceof HostCallError) return [reason(error.code, error.message)];
  if (!(error instanceof OvertError)) return [reason("INTERNAL", "Internal error.")];
  return error.reasons.length > 0 ? error.reasons.map(({ code, message }) => reason(code, message)) : [reason(error.code, error.message)];
}
const reason = (code: string, message: string): JobReason => ({ code, message: message.slice(0, MESSAGE_LENGTH) });

export const CANCELLED: JobReason = { code: "CANCELLED", message: "Cancelled." };
export const cancelled = () => new OvertError("CONFLICT", CANCELLED.message, [CANCELLED]);
