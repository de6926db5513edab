import { encodeSample, HOST_METRICS, VM_METRICS } from "../../schema/hostlinkStatistics.ts";
import type { NotificationParams } from "../../schema/hostlink.ts";
import type { Hypervisor, SimulatedVm } from "./hypervisor.ts";

const MIB = 2 ** 20;

/** Makes an agent's samples: a slot table whenever the set of VMs changed, and a binary frame each time. */
export interface Sampler {
  sample(now: number): { slots: NotificationParams<"slots"> | null; frame: Uint8Array };
  /** The next sample brings its slot table again, as the first one on a new link must. */
  renew(): void;
}

export function createSampler(hypervisor: Hypervisor): Sampler {
  let generation = 0;
  let vmIds: string[] | null = null;
  return {
    sample(now) {
      const vms = [...hypervisor.vms.values()].filter((vm) => !vm.incoming);
      const same = vmIds !== null && vmIds.length === vms.length && vms.every((vm, index) => vm.vmId === vmIds![index]);
      if (!same) {
        generation += 1;
        vmIds = vms.map((vm) => vm.vmId);
      }
      const { host, columns } = measure(hypervisor, vms, now);
      const frame = encodeSample({ generation, at: now, host, vms: columns, vmCount: vms.length });
      return { slots: same ? null : { generation, vmIds: vmIds! }, frame };
    },
    renew() {
      vmIds = null;
    },
  };
}

function measure({ model }: Hypervisor, vms: readonly SimulatedVm[], now: number): { host: Float32Array; columns: Float32Array } {
  const count = vms.length;
  const columns = new Float32Array(VM_METRICS.length * count);
  const sums = { cpus: 0, memory: 0, received: 0, sent: 0 };
  for (let index = 0; index < count; index++) {
    const vm = vms[index]!;
    const values = measureVm(vm, now);
    for (let metric = 0; metric < values.length; metric++) columns[metric * count + index] = values[metric]!;
    sums.cpus += (values[0]! / 100) * vm.vcpus;
    sums.memory += values[1]!;
    sums.received += values[3]!;
    sums.sent += values[4]!;
  }
  return { host: Float32Array.from(measureHost(model, sums)), columns };
}

/** In the order of VM_METRICS. */
function measureVm(vm: SimulatedVm, now: number): number[] {
  const phase = vm.startedAt % 10_000;
  const busy = vm.state === "RUNNING" ? wave(now, 60_000, phase) * 0.7 + wave(now, 7_000, phase) * 0.3 : 0;
  const memoryUsed = vm.memory * (0.3 + 0.3 * wave(now, 300_000, phase));
  const traffic = busy * 20 * MIB;
  const uptime = Math.max(0, (now - vm.bootedAt) / 1_000);
  return [busy * 100, memoryUsed, vm.memory - memoryUsed, traffic, traffic / 3, busy * 8 * MIB, busy * 3 * MIB, uptime];
}

/** In the order of HOST_METRICS. */
function measureHost(
  model: { sockets: number; cores: number; threads: number; memory: number },
  sums: Record<"cpus" | "memory" | "received" | "sent", number>,
) {
  const cpus = model.sockets * model.cores * model.threads;
  const user = Math.min(97, (100 * sums.cpus) / cpus + 0.5);
  const system = Math.min(100 - user, user / 10 + 0.5);
  const memoryUsed = Math.min(model.memory, sums.memory + model.memory * 0.01);
  const values: Record<(typeof HOST_METRICS)[number], number> = {
    cpuUser: user,
    cpuSystem: system,
    cpuIdle: 100 - user - system,
    load: sums.cpus,
    memoryUsed,
    memoryFree: model.memory - memoryUsed,
    swapUsed: 0,
    ksmShared: sums.memory * 0.05,
    networkReceived: sums.received,
    networkSent: sums.sent,
  };
  return HOST_METRICS.map((metric) => values[metric]);
}

/** Between 0 and 1, once up and down per `period` ms. */
const wave = (now: number, period: number, phase: number) => 0.5 + 0.5 * Math.sin((2 * Math.PI * (now + phase * 7)) / period);
