import { randomUUID } from "node:crypto";
import {
  Capability,
  EngineMethods,
  PROTOCOL,
  type EngineParams,
  type HostCapabilities,
  type HostEvent,
  type Welcome,
} from "../../schema/hostlink.ts";
import { createDispatcher, type Dispatcher } from "./dispatch.ts";
import { hostError } from "./errors.ts";
import type { Handlers } from "./handlers.ts";
import type { Hypervisor } from "./hypervisor.ts";
import { createLink, type Link } from "./link.ts";
import { createOutbox } from "./outbox.ts";
import { createRenewal } from "./renewal.ts";
import { storageHandlers } from "./storage.ts";
import { createTicker, type Ticker } from "./ticker.ts";
import { vmHandlers } from "./vms.ts";
import type { Identity } from "./wire.ts";

export interface AgentOptions {
  engineUrl: string;
  identity: Identity;
  onIdentity: (identity: Identity) => void;
  capabilities: HostCapabilities;
  hypervisor: Hypervisor;
}
/** The agent process of a simulated host. */
export interface Agent {
  readonly link: Link;
  readonly dispatcher: Dispatcher;
  emit(event: HostEvent): void;
  /** Ends the process; `silent` as `Link.hangUp`. It is another incarnation that dials next. */
  kill(silent: boolean): void;
  setLibvirt(available: boolean): void;
  renewCertificate(): Promise<void>;
}

export function createAgent({ engineUrl, identity, onIdentity, capabilities, hypervisor }: AgentOptions): Agent {
  let incarnation = randomUUID();
  let libvirt = true;
  const outbox = createOutbox();
  const ticker = createTicker(() => link, hypervisor);
  const renewal = createRenewal(identity, () => link, onIdentity);
  const handlers = handlersOf(hypervisor, capabilities, ticker);
  const dispatcher = createDispatcher(handlers, (progress) => link.notify("progress", progress));

  const emit = (event: HostEvent) => {
    if (libvirt && !hypervisor.power.aborted) outbox.emit(event);
  };
  const hello = (): EngineParams<"hello"> => ({
    protocol: PROTOCOL,
    hostId: identity.hostId,
    incarnation,
    capabilities: Capability.options,
    host: capabilities,
    unacknowledged: [...outbox.unacknowledged],
    libvirtAvailable: libvirt,
    vms: libvirt ? reportsOf(hypervisor) : null,
  });
  const up = (welcome: Welcome) => {
    outbox.acknowledged(welcome.acknowledged);
    outbox.sendBy(async (events) => EngineMethods.events.result.parse(await link.request("events", { events })));
    ticker.start(welcome.statisticsIntervalMs);
    renewal.schedule(welcome.certificateExpiresAt);
  };
  const down = () => {
    outbox.sendBy(null);
    ticker.stop();
    renewal.stop();
  };
  const answer = async (method: string, params: unknown, cancelled: AbortSignal): Promise<unknown> => {
    if (!libvirt && (method.startsWith("vm.") || method === "host.vms"))
      throw hostError("LIBVIRT_UNAVAILABLE", "libvirtd does not answer.");
    return dispatcher.run(method, params, cancelled);
  };
  const link: Link = createLink({ engineUrl, identity: renewal.identity, hello, up, down, answer });

  return {
    link,
    dispatcher,
    emit,
    kill(silent) {
      link.hangUp(silent);
      outbox.reset();
      dispatcher.forget();
      incarnation = randomUUID();
    },
    setLibvirt(available) {
      if (available === libvirt) return;
      libvirt = available;
      outbox.emit({ type: "host.libvirt", available });
      if (available) emit({ type: "host.truth", vms: reportsOf(hypervisor) });
    },
    renewCertificate: renewal.renewNow,
  };
}

const reportsOf = ({ vms, report }: Hypervisor) => [...vms.values()].map(report);

function handlersOf(hypervisor: Hypervisor, capabilities: HostCapabilities, ticker: Ticker): Handlers {
  return {
    ...storageHandlers(hypervisor.world),
    ...vmHandlers(hypervisor),
    "host.capabilities": () => capabilities,
    "host.vms": () => ({ vms: reportsOf(hypervisor) }),
    "host.configure"({ statisticsIntervalMs }) {
      ticker.start(statisticsIntervalMs);
      return {};
    },
  };
}
