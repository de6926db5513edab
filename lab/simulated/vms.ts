import type { VmReport } from "../../schema/hostlink.ts";
import { readDomain } from "./domainXml.ts";
import { hostError } from "./errors.ts";
import type { Handlers } from "./handlers.ts";
import { newVm, type Hypervisor, type SimulatedVm } from "./hypervisor.ts";
import { createMigrations } from "./migration.ts";
import { diskIsThere } from "./storage.ts";

type VmMethod = Extract<keyof Handlers, `vm.${string}`>;

/** What an agent does with domains. */
export function vmHandlers(hypervisor: Hypervisor): Pick<Handlers, VmMethod> {
  const { vms, model } = hypervisor;
  const migrations = createMigrations(hypervisor);
  const find = (vmId: string): SimulatedVm => {
    const vm = vms.get(vmId);
    if (vm === undefined) throw hostError("NOT_FOUND", `VM ${vmId} does not run here.`);
    return vm;
  };
  return {
    ...migrations,
    "vm.start": ({ vmId, xml }, { signal }) => start(hypervisor, { vmId, xml, signal }),
    "vm.restore": ({ vmId, memoryPath }) => restore(hypervisor, vmId, memoryPath),
    "vm.discardMemory": ({ memoryPath }) => (hypervisor.world.memoryImages.delete(memoryPath), Promise.resolve({})),
    "vm.memoryImage": ({ memoryPath }) => Promise.resolve({ complete: hypervisor.world.memoryImages.has(memoryPath) }),
    "vm.suspend": ({ vmId, memoryPath }) => suspend(hypervisor, find(vmId), memoryPath),
    async "vm.shutdown"({ vmId }) {
      const vm = find(vmId);
      // The guest is asked, and runs until it has done what it does before it goes.
      void hypervisor.pause(model.shutdownMs).then(() => hypervisor.remove(vm, "SHUTDOWN"));
      return {};
    },
    "vm.reboot"({ vmId }) {
      hypervisor.reboot(find(vmId));
      return {};
    },
    async "vm.reset"({ vmId }) {
      hypervisor.reboot(find(vmId));
      return {};
    },
    "vm.destroy"({ vmId }) {
      const vm = vms.get(vmId);
      if (vm !== undefined) hypervisor.remove(vm, "DESTROYED");
      return {};
    },
    "vm.resume"({ vmId }) {
      const vm = find(vmId);
      if (vm.state === "PAUSED") hypervisor.change(vm, { state: "RUNNING", pauseReason: null });
      return {};
    },
  };
}

async function start(hypervisor: Hypervisor, { vmId, xml, signal }: { vmId: string; xml: string; signal: AbortSignal }): Promise<VmReport> {
  const { vms, world, model, report } = hypervisor;
  const domain = readDomain(xml);
  if (domain.uuid !== "" && domain.uuid !== vmId) throw hostError("INVALID", `The domain's UUID is ${domain.uuid}, not ${vmId}.`);
  const missing = domain.diskPaths.find((path) => !diskIsThere(world, path));
  if (missing !== undefined) throw hostError("STORAGE", `There is no disk ${missing}.`);
  await hypervisor.pause(model.startMs);
  const running = vms.get(vmId);
  if (running !== undefined) return report(running);
  const vm = newVm(vmId, domain, freePort(vms));
  if (hypervisor.crashesNow("start")) {
    vms.set(vmId, vm);
    hypervisor.remove(vm, "CRASHED");
    return report(vm);
  }
  hypervisor.add(vm);
  if (signal.aborted) {
    hypervisor.remove(vm, "DESTROYED");
    throw hostError("CANCELLED", "The start was cancelled.");
  }
  hypervisor.boot(vm);
  return report(vm);
}

async function suspend(hypervisor: Hypervisor, vm: SimulatedVm, memoryPath: string): Promise<Record<string, never>> {
  hypervisor.change(vm, { state: "PAUSED", pauseReason: "SAVING" });
  await hypervisor.pause(hypervisor.model.imageMs);
  if (hypervisor.vms.get(vm.vmId) !== vm) throw hostError("LIBVIRT", "The VM ended while its memory was written.");
  hypervisor.world.memoryImages.set(memoryPath, { vm: { ...vm }, savedAt: Date.now() });
  hypervisor.remove(vm, "SAVED");
  return {};
}

async function restore(hypervisor: Hypervisor, vmId: string, memoryPath: string): Promise<VmReport> {
  const { vms, world, model, report } = hypervisor;
  await hypervisor.pause(model.imageMs);
  const running = vms.get(vmId);
  if (running !== undefined) return report(running);
  const image = world.memoryImages.get(memoryPath);
  if (image === undefined) throw hostError("NOT_FOUND", `There is no memory image ${memoryPath}.`);
  const now = Date.now();
  const vm: SimulatedVm = {
    ...image.vm,
    state: "RUNNING",
    pauseReason: null,
    startedAt: now,
    bootedAt: image.vm.bootedAt + (now - image.savedAt),
    displayPort: freePort(vms),
  };
  hypervisor.add(vm);
  world.memoryImages.delete(memoryPath);
  if (!vm.guestAgent) hypervisor.boot(vm);
  return report(vm);
}

/** The lowest VNC port that no VM here has. */
function freePort(vms: ReadonlyMap<string, SimulatedVm>): number {
  const taken = new Set([...vms.values()].map((vm) => vm.displayPort));
  let port = 5_900;
  while (taken.has(port)) port += 1;
  return port;
}
