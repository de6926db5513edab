import { SvelteMap } from "svelte/reactivity";
import { graphql } from "../graphql/graphql.ts";
import { subscribe } from "./socket.svelte.ts";
import { toastFailure } from "./toasts.svelte.ts";

const VM_STATISTICS = graphql(`
  subscription VmStatistics($ids: [ID!], $intervalMs: Int) {
    frame: vmStatistics(ids: $ids, intervalMs: $intervalMs) {
      complete
      vms {
        id: vmId
        cpuUsage
        memoryUsed
        memoryFree
        networkReceived
        networkSent
        diskRead
        diskWritten
        uptime
      }
    }
  }
`);
const HOST_STATISTICS = graphql(`
  subscription HostStatistics($ids: [ID!], $intervalMs: Int) {
    frame: hostStatistics(ids: $ids, intervalMs: $intervalMs) {
      complete
      hosts {
        id: hostId
        cpuUser
        cpuSystem
        cpuIdle
        load
        memoryUsed
        memoryFree
        swapUsed
        ksmShared
        networkReceived
        networkSent
      }
    }
  }
`);

export interface VmSample {
  cpuUsage: number | null;
  memoryUsed: number | null;
  memoryFree: number | null;
  networkReceived: number | null;
  networkSent: number | null;
  diskRead: number | null;
  diskWritten: number | null;
  uptime: number | null;
}
export interface HostSample {
  cpuUser: number | null;
  cpuSystem: number | null;
  cpuIdle: number | null;
  load: number | null;
  memoryUsed: number | null;
  memoryFree: number | null;
  swapUsed: number | null;
  ksmShared: number | null;
  networkReceived: number | null;
  networkSent: number | null;
}

export interface Watching<Sample> {
  /** Ids to watch; null = all. Read reactively. */
  ids: () => readonly string[] | null;
  intervalMs?: number;
  /** Called with each frame, after `latest` has taken it. */
  onframe?: (latest: ReadonlyMap<string, Sample>) => void;
}

/** Latest values by VM. To be called while a component is made. */
export const watchVms = (watching: Watching<VmSample>): ReadonlyMap<string, VmSample> =>
  watch(watching, (variables, take) =>
    subscribe(VM_STATISTICS, variables, { next: ({ frame }) => take(frame.vms, frame.complete), failed: toastFailure }),
  );

/** Latest values by host. To be called while a component is made. */
export const watchHosts = (watching: Watching<HostSample>): ReadonlyMap<string, HostSample> =>
  watch(watching, (variables, take) =>
    subscribe(HOST_STATISTICS, variables, { next: ({ frame }) => take(frame.hosts, frame.complete), failed: toastFailure }),
  );

type Take<Sample> = (rows: readonly (Sample & { id: string })[], complete: boolean) => void;
interface Variables {
  ids: string[] | null;
  intervalMs: number | null;
}

function watch<Sample>(
  { ids, intervalMs, onframe }: Watching<Sample>,
  begin: (variables: Variables, take: Take<Sample>) => () => void,
): ReadonlyMap<string, Sample> {
  const latest = new SvelteMap<string, Sample>();
  // A string, so that the same ids in a new array are no reason to subscribe anew.
  const wanted = $derived(JSON.stringify(ids()));
  $effect(() => {
    const chosen = JSON.parse(wanted) as string[] | null;
    if (chosen?.length === 0) return undefined;
    return begin({ ids: chosen, intervalMs: intervalMs ?? null }, (rows, complete) => {
      if (complete) {
        const known = new Set(rows.map(({ id }) => id));
        for (const id of latest.keys()) if (!known.has(id)) latest.delete(id);
      }
      for (const row of rows) latest.set(row.id, row);
      onframe?.(latest);
    });
  });
  return latest;
}
