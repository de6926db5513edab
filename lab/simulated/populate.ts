import { setTimeout as sleep } from "node:timers/promises";
import type { GraphQLClient } from "../graphql.ts";
import { parallel } from "./parallel.ts";

type Execute = GraphQLClient["query"];

const PARALLEL = 8;
const PAGE = 100;
const POLL_MS = 500;
const MIB = 2 ** 20;

export interface Enrollment {
  token: string;
  fingerprint: string;
  url: string;
}

/** The cluster of that name, or the first one there is. */
export async function findCluster(execute: Execute, name?: string): Promise<string> {
  const clusters = await all(execute, "clusters", "id name");
  const cluster = name === undefined ? clusters[0] : clusters.find((candidate) => candidate["name"] === name);
  if (cluster === undefined) throw new Error(name === undefined ? "The engine has no cluster." : `The engine has no cluster ${name}.`);
  return String(cluster["id"]);
}

/** Adds `count` hosts under names that are free. */
export async function addHosts(execute: Execute, clusterId: string, count: number): Promise<{ name: string; enrollment: Enrollment }[]> {
  const taken = new Set((await all(execute, "hosts", "name")).map((host) => host["name"]));
  return parallel(PARALLEL, freeNames("sim", count, taken), async (name) => {
    const { addHost } = await execute<{ addHost: { enrollment: Enrollment } }>(
      "mutation ($input: AddHostInput!) { addHost(input: $input) { host { id } enrollment { token fingerprint url } } }",
      { input: { name, address: `${name}.simulated`, clusterId } },
    );
    return { name, enrollment: addHost.enrollment };
  });
}

/** Waits until these hosts are UP. */
export async function untilUp(execute: Execute, hostIds: readonly string[], timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const up = new Set((await all(execute, "hosts", "id status")).filter((host) => host["status"] === "UP").map((host) => host["id"]));
    const missing = hostIds.filter((id) => !up.has(id));
    if (missing.length === 0) return;
    if (Date.now() > deadline) throw new Error(`${missing.length} hosts are not UP after ${timeoutMs} ms.`);
    await sleep(POLL_MS);
  }
}

/** Sees to it that there are `count` VMs in the cluster and that all of them were started. */
export async function addVms(execute: Execute, clusterId: string, count: number): Promise<void> {
  const vms = await all(execute, "vms", "id name status cluster { id }");
  const ours = vms.filter((vm) => (vm["cluster"] as { id: string } | null)?.id === clusterId);
  const names = freeNames("vm", Math.max(0, count - ours.length), new Set(vms.map((vm) => vm["name"])));
  const added = await parallel(PARALLEL, names, async (name) => {
    const input = { name, clusterId, memory: 256 * MIB };
    const { addVm } = await execute<{ addVm: { vm: { id: string } } }>(
      "mutation ($input: AddVmInput!) { addVm(input: $input) { vm { id } } }",
      { input },
    );
    return addVm.vm.id;
  });
  const down = ours.filter((vm) => vm["status"] === "DOWN").map((vm) => String(vm["id"]));
  await parallel(PARALLEL, [...down, ...added], (id) => execute("mutation ($id: ID!) { startVm(id: $id) { job { id } } }", { id }));
}

function freeNames(prefix: string, count: number, taken: ReadonlySet<unknown>): string[] {
  const names: string[] = [];
  for (let number = 1; names.length < count; number++) if (!taken.has(`${prefix}-${number}`)) names.push(`${prefix}-${number}`);
  return names;
}

/** All nodes of a root connection. */
async function all(execute: Execute, field: string, selection: string): Promise<Record<string, unknown>[]> {
  const query = `query ($after: String) { ${field}(first: ${PAGE}, after: $after) { pageInfo { hasNextPage endCursor } nodes { ${selection} } } }`;
  const nodes: Record<string, unknown>[] = [];
  for (let after: string | null = null; ;) {
    const page: Record<string, { pageInfo: { hasNextPage: boolean; endCursor: string }; nodes: Record<string, unknown>[] }> = await execute(
      query,
      { after },
    );
    const connection = page[field]!;
    nodes.push(...connection.nodes);
    if (!connection.pageInfo.hasNextPage) return nodes;
    after = connection.pageInfo.endCursor;
  }
}
