import { Field, Int, ObjectType } from "type-graphql";
import type { HostCapabilities } from "../../../schema/hostlink.ts";
import { Cluster } from "../cluster/cluster.ts";
import { atOnce, Big, graphqlEnum, Id, Instant, Name, OneOf, Reference, sentences, Text, Value, Version } from "../noun/columns.ts";
import { Noun } from "../noun/declaration.ts";
import { Labels } from "../noun/labels.ts";
import { Tagged } from "../tag/tagged.ts";
import { HostCpu, HostOperatingSystem, SoftwareVersion } from "../values.ts";
import { checkAddress } from "./address.ts";
import { HOST_SEARCH } from "./search.ts";
import { Certificate } from "./certificate.ts";

/** Each state as the rest of a sentence that begins with the object's name. */
export const HOST_PHRASES = {
  INSTALLING: "waits for its agent to enrol",
  INSTALL_FAILED: "could not be installed",
  INITIALIZING: "is being initialized",
  UP: "is up",
  CONNECTING: "has lost its link and may come back",
  NON_RESPONSIVE: "does not respond",
  NON_OPERATIONAL: "is not operational",
  PREPARING_FOR_MAINTENANCE: "is preparing for maintenance",
  MAINTENANCE: "is in maintenance",
  UNASSIGNED: "has no state yet",
} as const;
export const HostStatus = graphqlEnum("HostStatus", "Life of a host, in oVirt's words.", sentences(HOST_PHRASES));
export type HostStatus = keyof typeof HostStatus;

export const Virtualization = graphqlEnum("Virtualization", "How a host runs guests.", {
  KVM: "By the hardware.",
  QEMU: "By emulation (TCG), slow.",
});
export type Virtualization = keyof typeof Virtualization;

/** How near the end of a certificate is, as far as people were told. */
export const CERTIFICATE_NOTICES = ["SOON", "VERY_SOON", "EXPIRED"] as const;
export type CertificateNotice = (typeof CERTIFICATE_NOTICES)[number];

@ObjectType({ description: "VMs on a host, counted." })
export class VmSummary {
  @Field(() => Int, { description: "Running or paused here." }) active: number;
  @Field(() => Int, { description: "On their way to or from here." }) migrating: number;
  @Field(() => Int, { description: "All that are placed here." }) total: number;
}

@Noun<Host>({
  description: "A machine that runs VMs, with an agent of ours on it.",
  unique: [["name"]],
  within: "clusterId",
  shares: [Labels, Tagged],
  rights: { add: "CREATE_HOST", update: "EDIT_HOST_CONFIGURATION", remove: "DELETE_HOST" },
  events: { add: "USER_ADD_VDS", update: "USER_UPDATE_VDS", remove: "USER_REMOVE_VDS" },
  phrases: HOST_PHRASES,
  // oVirt refuses removal while INSTALLING, which ends by itself there. Here it lasts until somebody runs the agent: a
  // host that nobody ever enrols must be removable, as oVirt's PENDING_APPROVAL is.
  states: { remove: ["INSTALLING", "INSTALL_FAILED", "MAINTENANCE"] },
  search: HOST_SEARCH,
  ovirt: {
    "Host.version": { as: "agentVersion", why: "`version` counts changes; oVirt's is that of VDSM, whose place the agent has." },
    "HostNic.bridged": { as: "bridge", why: "The bridge's name says more than that there is one." },
    "HostNic.ip": { as: "ips", why: "A NIC has any number of addresses." },
    "HostNic.status": { as: "up", why: "It is up or it is not." },
    "NumaNode.cpu": { as: "cpus", why: "The numbers of its processors are all there is to say." },
    Version: { as: "SoftwareVersion", why: "A version is a text: nothing here compares its parts." },
  },
})
export class Host {
  @Id() id: string;
  @Version() version: number;
  @Name("Unique.") name: string;
  @Text("Name or IP address under which people reach it.", { set: "always", check: checkAddress, search: true }) address: string;
  @Reference(() => Cluster, "What it is a part of.", { set: "add", back: "hosts", backDescription: "Its hosts." }) clusterId: string;
  @OneOf(HostStatus, "State.", { default: "INSTALLING", search: true }) status: HostStatus;
  @Text("Why it is in this state, as a code; null when there is nothing to say.", { nullable: true, default: "WAITING_FOR_ENROLLMENT" })
  statusDetail: string | null;
  @Text("Why an administrator sent it into maintenance.", { nullable: true }) maintenanceReason: string | null;
  @Instant("Since when it is in this state.", { default: atOnce }) statusSince: Date;
  @Value(() => HostCpu, "Processors; null until the agent first connected.", { nullable: true }) cpu: HostCpu | null;
  @Big("Memory in bytes; null until the agent first connected.", { nullable: true, search: { unit: 2 ** 20 } }) memory: number | null;
  @Value(() => HostOperatingSystem, "Operating system; null until the agent first connected.", { nullable: true })
  os: HostOperatingSystem | null;
  @Value(() => SoftwareVersion, "Of libvirt; null until the agent first connected.", { nullable: true })
  libvirtVersion: SoftwareVersion | null;
  @Text("Of the agent; null until it first connected.", { nullable: true, search: "version" }) agentVersion: string | null;
  @Text("UUID of the hardware; null until the agent first connected.", { nullable: true, search: "hw_id" }) hardwareUuid: string | null;
  @OneOf(Virtualization, "What runs the guests; null until the agent first connected.", { nullable: true })
  virtualization: Virtualization | null;
  @Value(() => Object, "All the agent reported.", { nullable: true, hidden: true }) capabilities: HostCapabilities | null;
  @Value(() => Certificate, "The one it dialled with last; null before its first, and after a revocation.", { nullable: true })
  certificate: Certificate | null;
  @OneOf(CERTIFICATE_NOTICES, "What was told of the end of this certificate.", { nullable: true, hidden: true })
  certificateNotice: CertificateNotice | null;
}
export interface Host extends Labels, Tagged {}
