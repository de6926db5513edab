import { OvertError } from "../../errors.ts";
import { mayStillWrite } from "../host/mayWrite.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import type { StepContext } from "../job/definition.ts";
import type { RowOf } from "../kinds.ts";

/** UP hosts of a data center, each once, beginning at a place that `key` chooses: work on different things is spread over them. */
export function upHostsOf(snapshot: Snapshot, dataCenterId: string, key = ""): RowOf<"Host">[] {
  const clusters = snapshot.by("Cluster", "dataCenterId", dataCenterId);
  const up = clusters.flatMap(({ id }) => snapshot.by("Host", "clusterId", id)).filter(({ status }) => status === "UP");
  const first = up.length === 0 ? 0 : hash(key) % up.length;
  return [...up.slice(first), ...up.slice(0, first)];
}

/** For verbs: throws NO_HOST when a job would find none. */
export function requireHostFor(snapshot: Snapshot, dataCenterId: string): void {
  if (upHostsOf(snapshot, dataCenterId).length === 0) throw noHost("NO_HOST", snapshot, dataCenterId);
}

/**
 * For the steps of a job: the host that has begun the step, as long as it may still be at it; else the one of `key`, which is
 * remembered with the step. Throws HOST_UNREACHABLE, so that the step is tried again when one may have come back.
 */
export async function hostForStep<I extends object>(context: StepContext<I>, dataCenterId: string, key: string): Promise<RowOf<"Host">> {
  const now = context.snapshot();
  const begun = context.hostId;
  if (begun !== null && mayStillWrite(now, begun)) return now.need("Host", begun);
  const host = anyHostFor(now, dataCenterId, key);
  await context.doneBy(host.id);
  return host;
}

/** The same host for the same key while the same hosts are UP. Throws HOST_UNREACHABLE. */
export function anyHostFor(snapshot: Snapshot, dataCenterId: string, key: string): RowOf<"Host"> {
  const [host] = upHostsOf(snapshot, dataCenterId, key);
  if (!host) throw noHost("HOST_UNREACHABLE", snapshot, dataCenterId);
  return host;
}

function noHost(code: "NO_HOST" | "HOST_UNREACHABLE", snapshot: Snapshot, dataCenterId: string): OvertError {
  const message = `No host of data center ${snapshot.need("DataCenter", dataCenterId).name} is up.`;
  return new OvertError(code, message, [{ code: "NO_HOST_UP", message }]);
}

const hash = (text: string): number => {
  let value = 0;
  for (const character of text) value = (Math.imul(value, 31) + character.charCodeAt(0)) >>> 0;
  return value;
};
