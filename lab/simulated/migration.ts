import { hostError } from "./errors.ts";
import type { AgentParams } from "../../schema/hostlink.ts";
import type { Execution, Handlers } from "./handlers.ts";
import type { Hypervisor, SimulatedVm } from "./hypervisor.ts";

const TICK_MS = 200;
const MIB = 2 ** 20;
/** Share of a VM's memory that has to cross. */
const TOUCHED = 0.5;

/** Live migration between simulated hosts of one world. */
export function createMigrations(source: Hypervisor): Pick<Handlers, "vm.migrate" | "vm.cancelMigration"> {
  const running = new Map<string, { abort: AbortController; done: Promise<void> }>();
  return {
    async "vm.migrate"(params, execution) {
      const vm = source.vms.get(params.vmId);
      if (vm === undefined) throw hostError("NOT_FOUND", `VM ${params.vmId} does not run here.`);
      // An agent that starts anew meets the migration that its predecessor began.
      const joined = running.get(vm.vmId);
      if (joined) {
        execution.signal.addEventListener("abort", () => joined.abort.abort(), { once: true });
        await joined.done;
        return {};
      }
      const abort = new AbortController();
      const done = migrate(source, vm, params, { ...execution, signal: AbortSignal.any([execution.signal, abort.signal]) });
      running.set(vm.vmId, { abort, done });
      try {
        await done;
      } finally {
        running.delete(vm.vmId);
      }
      return {};
    },
    "vm.cancelMigration"({ vmId }) {
      running.get(vmId)?.abort.abort();
      return {};
    },
  };
}

async function migrate(source: Hypervisor, vm: SimulatedVm, params: AgentParams<"vm.migrate">, execution: Execution): Promise<void> {
  const destination = source.world.hosts.get(params.destinationUri);
  if (destination === undefined || destination.power.aborted)
    throw hostError("MIGRATION_FAILED", `${params.destinationUri} does not answer.`);
  if (destination === source) throw hostError("MIGRATION_FAILED", "The VM is there already.");
  if (destination.vms.has(vm.vmId)) throw hostError("MIGRATION_FAILED", "The destination has a domain of that id.");
  const incoming: SimulatedVm = {
    ...vm,
    incoming: true,
    state: "PAUSED",
    pauseReason: "MIGRATION",
    guestAgent: false,
    startedAt: Date.now(),
  };
  const giveUp = () => destination.remove(incoming, "FAILED");
  destination.add(incoming);
  source.power.addEventListener("abort", giveUp, { once: true });
  const failure = await copyMemory([source, destination], [vm, incoming], params.bandwidth, execution);
  source.power.removeEventListener("abort", giveUp);
  if (failure !== null) {
    giveUp();
    throw failure;
  }
  const { state, pauseReason, guestAgent } = vm;
  source.remove(vm, "MIGRATED");
  if (destination.crashesNow("arrival")) return destination.remove(incoming, "CRASHED");
  destination.change(incoming, { incoming: false, state, pauseReason, guestAgent, bootedAt: vm.bootedAt });
  if (!guestAgent) destination.boot(incoming);
}

async function copyMemory(
  [source, destination]: readonly [Hypervisor, Hypervisor],
  [vm, incoming]: readonly [SimulatedVm, SimulatedVm],
  bandwidth: number | null,
  { signal, progress }: Execution,
) {
  const total = Math.max(MIB, Math.round(vm.memory * TOUCHED));
  const perTick = (bandwidth === null ? total / source.model.migrationMs : (bandwidth * MIB) / 1_000) * TICK_MS;
  for (let processed = 0; processed < total;) {
    await source.pause(TICK_MS);
    if (signal.aborted) return hostError("CANCELLED", "The migration was cancelled.");
    if (source.vms.get(vm.vmId) !== vm) return hostError("MIGRATION_FAILED", "The VM ended on its way.");
    if (destination.power.aborted || destination.vms.get(vm.vmId) !== incoming)
      return hostError("MIGRATION_FAILED", "The destination went away.");
    processed = Math.min(total, Math.round(processed + perTick));
    progress({ percent: (100 * processed) / total, processed, remaining: total - processed });
  }
  return null;
}
