import type { AgentMethod, HostErrorCode } from "../../schema/hostlink.ts";
import { createAgent, type Agent } from "./agent.ts";
import type { Effect } from "./dispatch.ts";
import type { Gate, GateStage } from "./gates.ts";
import { createHypervisor, type Coming, type Hypervisor, type SimulatedVm } from "./hypervisor.ts";
import type { Identity, LinkEnd } from "./wire.ts";
import { capabilitiesOf, DEFAULT_MODEL, type Model } from "./model.ts";
import { createWorld, type World } from "./world.ts";

export interface SimulatedHostOptions {
  /** `https://address:port` of the engine's host link. */
  engineUrl: string;
  identity: Identity;
  /** Whose storage and other hosts it can reach; alone in a new one when absent. */
  world?: World;
  model?: Partial<Model>;
  /** Told of each renewed certificate. */
  onIdentity?: (identity: Identity) => void;
}

/** A hypervisor host with its agent, made of nothing but memory, that speaks the real wire. */
export interface SimulatedHost {
  readonly hostId: string;
  readonly migrationUri: string;
  readonly connected: boolean;
  /** How the last dial or link ended; null when none did yet. */
  readonly lastEnd: LinkEnd | null;
  /** What calls really did here, in order. */
  readonly effects: readonly Effect[];
  /** The domains that are here now. */
  vms(): readonly SimulatedVm[];
  /** Resolves when a link is up and the engine took its hello. */
  whenConnected(): Promise<void>;
  /** Holds the calls of a method `before` they do anything, or (default) `after` they are done and before they are answered. */
  holdCalls(method: AgentMethod, stage?: GateStage): Gate;
  /** The next call of the method fails with this code and does nothing. */
  failNext(method: AgentMethod, code: HostErrorCode): void;
  /** All VMs die. The engine sees the connection end at once, or with `silent` is never told. */
  powerCut(options?: { silent?: boolean }): void;
  powerOn(): void;
  /** The connection breaks and is dialled anew. VMs run on. */
  breakLink(): void;
  /** Another agent process takes over: a new incarnation that remembers no calls. VMs run on. */
  restartAgent(): void;
  /** libvirtd goes away or comes back. VMs run on. */
  setLibvirt(available: boolean): void;
  crashVm(vmId: string): void;
  /** The VM is gone, its memory all in the file when one is named, and no event tells of it. */
  loseVm(vmId: string, memoryPath?: string): void;
  /** The next VM that is started here, or has come in by migration, ends at once. */
  crashNext(how: Coming): void;
  /** The VM pauses with an I/O error. */
  ioError(vmId: string): void;
  /** The VM pauses as by `virsh suspend`. */
  pauseVm(vmId: string): void;
  /** The guest suspends itself to memory. */
  sleepVm(vmId: string): void;
  /** The guest ends by itself. */
  guestShutdown(vmId: string): void;
  /** Asks for a new certificate now, as it does by itself at two thirds of the life of the one in use, and dials anew with it. */
  renewCertificate(): Promise<void>;
  /** Hangs up for good. */
  stop(): void;
}

/** Starts a host and dials the engine. */
export function startSimulatedHost(options: SimulatedHostOptions): SimulatedHost {
  const { engineUrl, identity, world = createWorld(), onIdentity = () => {} } = options;
  const model: Model = { hostname: `sim-${identity.hostId.slice(0, 8)}`, ...DEFAULT_MODEL, ...options.model };
  const capabilities = capabilitiesOf(model, identity.hostId, world.newPort());
  const hypervisor = createHypervisor(model, capabilities, world, (event) => agent.emit(event));
  const agent = createAgent({ engineUrl, identity, onIdentity, capabilities, hypervisor });
  agent.link.dial();
  return {
    hostId: identity.hostId,
    migrationUri: capabilities.migrationUri,
    get connected() {
      return agent.link.connected;
    },
    get lastEnd() {
      return agent.link.lastEnd;
    },
    effects: agent.dispatcher.effects,
    vms: () => [...hypervisor.vms.values()],
    whenConnected: () => agent.link.whenConnected(),
    holdCalls: agent.dispatcher.holdCalls,
    failNext: agent.dispatcher.failNext,
    setLibvirt: agent.setLibvirt,
    renewCertificate: agent.renewCertificate,
    ...faults(hypervisor, agent),
    stop() {
      agent.kill(false);
      hypervisor.powerCut();
      world.hosts.delete(capabilities.migrationUri);
    },
  };
}

function faults(hypervisor: Hypervisor, agent: Agent) {
  const find = (vmId: string): SimulatedVm => {
    const vm = hypervisor.vms.get(vmId);
    if (vm === undefined) throw new Error(`VM ${vmId} does not run on this simulated host.`);
    return vm;
  };
  return {
    powerCut({ silent = false } = {}) {
      hypervisor.powerCut();
      agent.kill(silent);
    },
    powerOn() {
      hypervisor.powerOn();
      agent.link.dial();
    },
    breakLink() {
      agent.link.hangUp(false);
      agent.link.dial();
    },
    restartAgent() {
      agent.kill(false);
      agent.link.dial();
    },
    loseVm(vmId: string, memoryPath?: string) {
      const vm = find(vmId);
      if (memoryPath !== undefined) hypervisor.world.memoryImages.set(memoryPath, { vm: { ...vm }, savedAt: Date.now() });
      hypervisor.vms.delete(vmId);
    },
    crashNext: hypervisor.crashNext,
    crashVm: (vmId: string) => hypervisor.remove(find(vmId), "CRASHED"),
    ioError: (vmId: string) => hypervisor.change(find(vmId), { state: "PAUSED", pauseReason: "IO_ERROR" }),
    pauseVm: (vmId: string) => hypervisor.change(find(vmId), { state: "PAUSED", pauseReason: "USER" }),
    sleepVm: (vmId: string) => hypervisor.change(find(vmId), { state: "PAUSED", pauseReason: "SLEEPING" }),
    guestShutdown: (vmId: string) => hypervisor.remove(find(vmId), "SHUTDOWN"),
  };
}
