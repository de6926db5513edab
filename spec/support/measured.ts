import { startTestEngine, type TestEngine, type TestEngineOptions } from "./engine.ts";
import { addHosts, addVms, sample, seeded } from "./engineRows.ts";
import { bareSocket, type BareSocket } from "./engineSocket.ts";
import type { RowOf } from "../../src/domain/kinds.ts";

/** An engine with a host and VMs of which samples come when the spec says so. */
export interface Measured extends TestEngine {
  cluster: RowOf<"Cluster">;
  host: RowOf<"Host">;
  /** Of the VMs: the first is UP, the others are PAUSED. */
  ids: string[];
  /** Subscribes on a connection of its own. */
  subscribe(query: string, variables?: object): Promise<BareSocket>;
  /** A sample with these values of CPU usage; the host's values begin with `host`. */
  record(cpus: readonly number[], host?: number): void;
}

const row = (cpu: number) => [cpu, 2, 3, 4, 5, 6, 7, 8];

export async function startMeasured(vmCount: number, resolvers?: TestEngineOptions["resolvers"]): Promise<Measured> {
  const engine = await startTestEngine(resolvers && { resolvers });
  const cluster = await seeded(engine);
  const [host] = (await addHosts(engine, cluster.id, [{ name: "h1" }])) as [RowOf<"Host">];
  const vms = await addVms(
    engine,
    cluster.id,
    Array.from({ length: vmCount }, (_, index) => ({ name: `vm${index}`, hostId: host.id, status: index === 0 ? "UP" : "PAUSED" })),
  );
  const ids = vms.map(({ id }) => id);
  const authorization = `Bearer ${await engine.login()}`;
  const subscribe: Measured["subscribe"] = async (query, variables = {}) => {
    const bare = await bareSocket(engine.url, { authorization });
    bare.send({ id: "1", type: "subscribe", payload: { query, variables } });
    return bare;
  };
  const record: Measured["record"] = (cpus, first = 0) =>
    engine.engine.statistics.record(
      host.id,
      sample(cpus.map(row), Date.now(), (index) => first + index),
      ids,
    );
  return { ...engine, cluster, host, ids, subscribe, record };
}

/** The frames of `vmStatistics` that have come so far. */
export const framesOf = ({ payloads }: BareSocket) => payloads.map(({ data }) => data.vmStatistics);
