import type { HostErrorCode } from "../schema/hostlink.ts";
import { ConnectionLost, VirError } from "./libvirt/connection.ts";
import { VirErrorCode } from "./libvirt/constants.ts";
import { reasonOf } from "./log.ts";

/** The only failure of a call that crosses the host link; the engine decides by `code` alone. */
export class HostError extends Error {
  constructor(
    readonly code: HostErrorCode,
    message: string,
    readonly libvirt?: { code: number; domain: number },
  ) {
    super(message);
    this.name = "HostError";
  }
}

const CODES = new Map<number, HostErrorCode>([
  [VirErrorCode.NO_DOMAIN, "NOT_FOUND"],
  [VirErrorCode.DOM_EXIST, "ALREADY_EXISTS"],
  [VirErrorCode.INVALID_ARG, "INVALID"],
  [VirErrorCode.OS_TYPE, "INVALID"],
  [VirErrorCode.NO_NAME, "INVALID"],
  [VirErrorCode.NO_OS, "INVALID"],
  [VirErrorCode.XML_ERROR, "INVALID"],
  [VirErrorCode.XML_DETAIL, "INVALID"],
  [VirErrorCode.XML_INVALID_SCHEMA, "INVALID"],
  [VirErrorCode.NO_SUPPORT, "UNSUPPORTED"],
  [VirErrorCode.CONFIG_UNSUPPORTED, "UNSUPPORTED"],
  [VirErrorCode.ARGUMENT_UNSUPPORTED, "UNSUPPORTED"],
  [VirErrorCode.OPERATION_UNSUPPORTED, "UNSUPPORTED"],
  [VirErrorCode.OPERATION_ABORTED, "CANCELLED"],
  [VirErrorCode.OPERATION_TIMEOUT, "TIMEOUT"],
  [VirErrorCode.AGENT_UNRESPONSIVE, "GUEST_AGENT"],
  [VirErrorCode.AGENT_UNSYNCED, "GUEST_AGENT"],
]);

/** The one mapping of whatever a handler threw. */
export function toHostError(error: unknown): HostError {
  if (error instanceof HostError) return error;
  if (error instanceof ConnectionLost) return new HostError("LIBVIRT_UNAVAILABLE", error.message);
  if (error instanceof VirError) {
    return new HostError(CODES.get(error.code) ?? "LIBVIRT", error.message, { code: error.code, domain: error.domain });
  }
  return new HostError("INTERNAL", reasonOf(error));
}
export const isVirError = (error: unknown, ...codes: number[]) => error instanceof VirError && codes.includes(error.code);
