import { channel } from "node:diagnostics_channel";
import { onTestFinished } from "vitest";
import { JOB_CHANNEL, type JobTrace } from "../../src/domain/job/trace.ts";
import type { WholeEngine } from "./wholeEngine.ts";

/** For specs of verbs that contradict a job that is under way. */

export const START = `mutation ($id: ID!) { startVm(id: $id) { job { id } } }`;
export const ACTIVATE = `mutation ($id: ID!) { activateHost(id: $id) { host { status } } }`;
export const DEACTIVATE = `mutation ($id: ID!) { deactivateHost(id: $id) { job { id } host { status } } }`;
export const SLOW = { migration: { autoConverge: false, bandwidth: 1 } };

export const effectsOf = (whole: WholeEngine, method: string) =>
  [...whole.hosts.values()].flatMap((host) => host.effects.filter((effect) => effect.method === method));
export const moving = async ({ client }: WholeEngine) =>
  (await client.query<any>(`{ vms(search: "status = migrating") { totalCount } }`)).vms.totalCount as number;

/** Resolves when the first step of the next job of that name has begun. */
export const stepOf = (name: string) =>
  new Promise<void>((resolve) => {
    const seen = (message: unknown) => {
      const { phase, job } = message as JobTrace;
      if (job === name && phase === "stepStarting") resolve();
    };
    channel(JOB_CHANNEL).subscribe(seen);
    onTestFinished(() => {
      channel(JOB_CHANNEL).unsubscribe(seen);
    });
  });

/** The most VMs that were on their way from the host in one and the same moment. */
export function mostMoving({ engine }: WholeEngine, hostId: string): { most: Promise<number>; stop: () => void } {
  const abort = new AbortController();
  const watch = async () => {
    let most = 0;
    for await (const followed of engine.journal.follow(engine.journal.snapshot().cursor, abort.signal))
      if ("snapshot" in followed)
        most = Math.max(most, [...followed.snapshot.all("Vm")].filter((vm) => vm.status === "MIGRATING" && vm.hostId === hostId).length);
    return most;
  };
  return { most: watch(), stop: () => abort.abort() };
}
