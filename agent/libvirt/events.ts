import { EventId, EventProcedure } from "./constants.ts";
import type { Domain, XdrReader } from "./xdr.ts";

/** What the daemon tells by itself about a domain. */
export type DomainEvent =
  /** `event` is one of Lifecycle, `detail` depends on it. */
  | { kind: "lifecycle"; domain: Domain; event: number; detail: number }
  | { kind: "reboot"; domain: Domain }
  /** What kind of error it is the disks tell. */
  | { kind: "ioError"; domain: Domain }
  /** The guest agent's channel was opened or closed in the guest. */
  | { kind: "agent"; domain: Domain }
  /** A migration, save or other job of the domain ended, well or not. */
  | { kind: "jobCompleted"; domain: Domain };

/** The kinds to register for, so that `decodeEvent` has something to decode. */
export const EVENTS = [EventId.LIFECYCLE, EventId.REBOOT, EventId.IO_ERROR_REASON, EventId.AGENT_LIFECYCLE, EventId.JOB_COMPLETED] as const;

/** Null for an event nobody asked for. */
export function decodeEvent(procedure: number, body: XdrReader): DomainEvent | null {
  body.int(); // callback id: one registration per kind, so the procedure says it all
  switch (procedure) {
    case EventProcedure.LIFECYCLE:
      return { kind: "lifecycle", domain: body.domain(), event: body.int(), detail: body.int() };
    case EventProcedure.REBOOT:
      return { kind: "reboot", domain: body.domain() };
    case EventProcedure.IO_ERROR_REASON:
      return { kind: "ioError", domain: body.domain() };
    case EventProcedure.AGENT_LIFECYCLE:
      return { kind: "agent", domain: body.domain() };
    case EventProcedure.JOB_COMPLETED:
      return { kind: "jobCompleted", domain: body.domain() };
    default:
      return null;
  }
}
