import { Field, Int, ObjectType } from "type-graphql";
import { Entity, Index } from "typeorm";
import type { HostCapabilities } from "../../../schema/hostlink.ts";
import { Big, graphqlEnum, Id, Instant, OneOf, Reference, Text, Value, Version } from "../columns.ts";
import { Cluster } from "../cluster/cluster.ts";
import { HostCpu, HostOperatingSystem, SoftwareVersion } from "../values.ts";
import { Certificate } from "./certificate.ts";

export const HostStatus = graphqlEnum("HostStatus", "Life of a host, in oVirt's words.", [
  "INSTALLING",
  "INSTALL_FAILED",
  "INITIALIZING",
  "UP",
  "CONNECTING",
  "NON_RESPONSIVE",
  "NON_OPERATIONAL",
  "PREPARING_FOR_MAINTENANCE",
  "MAINTENANCE",
  "UNASSIGNED",
]);
export type HostStatus = keyof typeof HostStatus;

export const Virtualization = graphqlEnum("Virtualization", "KVM = hardware virtualization; QEMU = emulation (TCG), slow.", [
  "KVM",
  "QEMU",
]);
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

@ObjectType({ description: "A machine that runs VMs, with an agent of ours on it." })
@Entity({ name: "host" })
@Index("uq_host_name", ["name"], { unique: true })
export class Host {
  @Id() id: string;
  @Version() version: number;
  @Text("Unique.") name: string;
  @Text("What it is for.") description: string;
  @Text("Remark of the administrator.") comment: string;
  @Text("Name or IP address under which people reach it.") address: string;
  @Reference(() => Cluster, "host_clusterId") clusterId: string;
  @OneOf(HostStatus, "State.") status: HostStatus;
  @Text("Why it is in this state, as a code; null when there is nothing to say.", { nullable: true }) statusDetail: string | null;
  @Text("Why an administrator sent it into maintenance.", { nullable: true }) maintenanceReason: string | null;
  @Instant("Since when it is in this state.") statusSince: Date;
  @Value(() => HostCpu, "Processors; null until the agent first connected.", { nullable: true }) cpu: HostCpu | null;
  @Big("Memory in bytes; null until the agent first connected.", { nullable: true }) memory: number | null;
  @Value(() => HostOperatingSystem, "Operating system; null until the agent first connected.", { nullable: true })
  os: HostOperatingSystem | null;
  @Value(() => SoftwareVersion, "Of libvirt; null until the agent first connected.", { nullable: true })
  libvirtVersion: SoftwareVersion | null;
  @Text("Of the agent; null until it first connected.", { nullable: true }) agentVersion: string | null;
  @Text("UUID of the hardware; null until the agent first connected.", { nullable: true }) hardwareUuid: string | null;
  @OneOf(Virtualization, "What runs the guests; null until the agent first connected.", { nullable: true })
  virtualization: Virtualization | null;
  @Value(() => Object, "All the agent reported.", { nullable: true, hidden: true }) capabilities: HostCapabilities | null;
  @Value(() => Certificate, "The one it dialled with last; null before its first, and after a revocation.", { nullable: true })
  certificate: Certificate | null;
  @OneOf(CERTIFICATE_NOTICES, "What was told of the end of this certificate.", { nullable: true, hidden: true })
  certificateNotice: CertificateNotice | null;
}
