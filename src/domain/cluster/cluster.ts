import { ObjectType } from "type-graphql";
import { Entity, Index } from "typeorm";
import { Flag, Id, OneOf, Reference, Text, Value, Version } from "../columns.ts";
import { DataCenter } from "../dataCenter/dataCenter.ts";
import { BiosType, ClusterCpu, ClusterMemoryPolicy, MigrationOptions } from "../values.ts";

@ObjectType({ description: "Hosts between which VMs move freely: same CPU model, networks and storage." })
@Entity({ name: "cluster" })
@Index("uq_cluster_name", ["name"], { unique: true })
export class Cluster {
  @Id() id: string;
  @Version() version: number;
  @Text("Unique.") name: string;
  @Text("What it is for.") description: string;
  @Text("Remark of the administrator.") comment: string;
  @Reference(() => DataCenter, "cluster_dataCenterId") dataCenterId: string;
  @Value(() => ClusterCpu, "Processor given to VMs.") cpu: ClusterCpu;
  @OneOf(BiosType, "Firmware of VMs that say CLUSTER_DEFAULT.") biosType: BiosType;
  @Flag("Whether VMs get a memory balloon.") ballooningEnabled: boolean;
  @Value(() => ClusterMemoryPolicy, "Memory rules for placement.") memoryPolicy: ClusterMemoryPolicy;
  @Value(() => MigrationOptions, "How VMs are moved unless they say otherwise.") migration: MigrationOptions;
}
