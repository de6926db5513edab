import type { Connection } from "./connection.ts";
import { EventId, LIST_ACTIVE, Procedure, Program, QEMU_DOMAIN_AGENT_COMMAND, START_PAUSED } from "./constants.ts";
import { type Domain, type TypedParameter, uuidToBytes, XdrWriter } from "./xdr.ts";

export type Parameters = Map<string, number | boolean | string>;
export interface DomainRecord {
  domain: Domain;
  parameters: Parameters;
}
interface Migration {
  /** libvirt URI of the destination's daemon. */
  destinationUri: string;
  parameters: readonly TypedParameter[];
  flags: number;
}

/** The calls the agent makes of libvirt. Each rejects with VirError or ConnectionLost. */
export type Libvirt = ReturnType<typeof createLibvirt>;

/** The protocol's own limit. */
const MAX_DISK_ERRORS = 256;

const ofDomain = (domain: Domain) => new XdrWriter().domain(domain);

export function createLibvirt(connection: Connection) {
  return { ...hostCalls(connection), ...domainCalls(connection), ...jobCalls(connection) };
}

function hostCalls({ call }: Connection) {
  return {
    capabilities: async () => (await call(Procedure.CONNECT_GET_CAPABILITIES, new XdrWriter())).string(),
    /** `virtualization` is `kvm`, `qemu` or `test`; libvirt refuses what it cannot run here. */
    async domainCapabilities(architecture: string, virtualization: string): Promise<string> {
      const args = new XdrWriter()
        .optionalString(null)
        .optionalString(architecture)
        .optionalString(null)
        .optionalString(virtualization)
        .uint(0);
      return (await call(Procedure.CONNECT_GET_DOMAIN_CAPABILITIES, args)).string();
    },
    /** major * 1,000,000 + minor * 1,000 + release */
    libraryVersion: async () => Number((await call(Procedure.CONNECT_GET_LIB_VERSION, new XdrWriter())).unsignedHyper()),
    /** Of the hypervisor, in the same form. */
    hypervisorVersion: async () => Number((await call(Procedure.CONNECT_GET_VERSION, new XdrWriter())).unsignedHyper()),
    /** Asks for the events of this kind, of all domains. */
    registerEvent: async (event: (typeof EventId)[keyof typeof EventId]) => {
      await call(Procedure.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY, new XdrWriter().int(event).uint(0));
    },
    async activeDomains(): Promise<Domain[]> {
      const body = await call(Procedure.CONNECT_LIST_ALL_DOMAINS, new XdrWriter().int(1).uint(LIST_ACTIVE));
      return body.array(() => body.domain());
    },
    /** Statistics of all active domains at once; `groups` and `flags` as in virConnectGetAllDomainStats. */
    async allDomainStats(groups: number, flags: number): Promise<DomainRecord[]> {
      const body = await call(
        Procedure.CONNECT_GET_ALL_DOMAIN_STATS,
        new XdrWriter()
          .uint(0)
          .uint(groups)
          .uint(flags | LIST_ACTIVE),
      );
      return body.array(() => ({ domain: body.domain(), parameters: body.typedParameters() }));
    },
  };
}

function domainCalls({ call }: Connection) {
  return {
    /** VirError NO_DOMAIN when there is none. */
    lookup: async (uuid: string) => (await call(Procedure.DOMAIN_LOOKUP_BY_UUID, new XdrWriter().opaque(uuidToBytes(uuid)))).domain(),
    /** Starts a transient domain. */
    create: async (xml: string, paused = false) =>
      (await call(Procedure.DOMAIN_CREATE_XML, new XdrWriter().string(xml).uint(paused ? START_PAUSED : 0))).domain(),
    xml: async (domain: Domain) => (await call(Procedure.DOMAIN_GET_XML_DESC, ofDomain(domain).uint(0))).string(),
    async state(domain: Domain): Promise<{ state: number; reason: number }> {
      const body = await call(Procedure.DOMAIN_GET_STATE, ofDomain(domain).uint(0));
      return { state: body.int(), reason: body.int() };
    },
    /** virDomainDiskErrorCode of each disk that has an error. */
    async diskErrors(domain: Domain): Promise<number[]> {
      const body = await call(Procedure.DOMAIN_GET_DISK_ERRORS, ofDomain(domain).uint(MAX_DISK_ERRORS).uint(0));
      return body.array(() => (body.string(), body.int()));
    },
    destroy: async (domain: Domain) => void (await call(Procedure.DOMAIN_DESTROY_FLAGS, ofDomain(domain).uint(0))),
    /** `mode` is one of PowerMode. */
    shutdown: async (domain: Domain, mode: number) => void (await call(Procedure.DOMAIN_SHUTDOWN_FLAGS, ofDomain(domain).uint(mode))),
    reboot: async (domain: Domain, mode: number) => void (await call(Procedure.DOMAIN_REBOOT, ofDomain(domain).uint(mode))),
    /** The reset button. */
    reset: async (domain: Domain) => void (await call(Procedure.DOMAIN_RESET, ofDomain(domain).uint(0))),
    /** Wakes a guest that suspended itself to memory. */
    wakeUp: async (domain: Domain) => void (await call(Procedure.DOMAIN_PM_WAKEUP, ofDomain(domain).uint(0))),
    resume: async (domain: Domain) => void (await call(Procedure.DOMAIN_RESUME, ofDomain(domain))),
    /** One command to the guest agent, as JSON; seconds until libvirt gives up on an answer. */
    async agentCommand(domain: Domain, command: string, timeout: number): Promise<string> {
      const args = ofDomain(domain).string(command).int(timeout).uint(0);
      return (await call(QEMU_DOMAIN_AGENT_COMMAND, args, Program.QEMU)).optionalString() ?? "{}";
    },
  };
}

function jobCalls({ call }: Connection) {
  return {
    save: async (domain: Domain, path: string, flags: number) =>
      void (await call(Procedure.DOMAIN_SAVE_FLAGS, ofDomain(domain).string(path).optionalString(null).uint(flags))),
    /** The domain XML kept in a memory image. */
    savedXml: async (path: string) => (await call(Procedure.DOMAIN_SAVE_IMAGE_GET_XML_DESC, new XdrWriter().string(path).uint(0))).string(),
    /** Starts a domain from a memory image, with `xml` in place of the one saved in it. */
    restore: async (path: string, xml: string, flags: number) =>
      void (await call(Procedure.DOMAIN_RESTORE_FLAGS, new XdrWriter().string(path).optionalString(xml).uint(flags))),
    /** Peer to peer; answered when the domain runs there. */
    async migrate(domain: Domain, { destinationUri, parameters, flags }: Migration): Promise<void> {
      const args = ofDomain(domain).optionalString(destinationUri).typedParameters(parameters).uint(0).uint(flags);
      await call(Procedure.DOMAIN_MIGRATE_PERFORM3_PARAMS, args);
    },
    /** ms */
    setMaximumDowntime: async (domain: Domain, downtime: number) =>
      void (await call(Procedure.DOMAIN_MIGRATE_SET_MAX_DOWNTIME, ofDomain(domain).hyper(BigInt(downtime)).uint(0))),
    /** Empty but for `type` 0 when the domain has no job. VirError OPERATION_UNSUPPORTED at a migration's destination. */
    async jobStats(domain: Domain): Promise<Parameters> {
      const body = await call(Procedure.DOMAIN_GET_JOB_STATS, ofDomain(domain).uint(0));
      const type = body.int();
      return new Map([...body.typedParameters(), ["type", type]]);
    },
    abortJob: async (domain: Domain) => void (await call(Procedure.DOMAIN_ABORT_JOB, ofDomain(domain))),
  };
}
