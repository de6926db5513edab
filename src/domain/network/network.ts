import { ObjectType } from "type-graphql";
import { Entity, Index } from "typeorm";
import { DataCenter } from "../dataCenter/dataCenter.ts";
import { Flag, graphqlEnum, Id, OneOf, Reference, Text, Version, Whole } from "../columns.ts";
import { Vm } from "../vm/vm.ts";

export const NicInterface = graphqlEnum("NicInterface", "Device a VM sees.", ["VIRTIO", "E1000E", "RTL8139"]);
export type NicInterface = keyof typeof NicInterface;

@ObjectType({ description: "A logical network of a data center: a bridge of one name on every host that serves it." })
@Entity({ name: "network" })
@Index("uq_network_name", ["dataCenterId", "name"], { unique: true })
export class Network {
  @Id() id: string;
  @Version() version: number;
  @Text("Unique in its data center.") name: string;
  @Text("What it is for.") description: string;
  @Text("Remark of the administrator.") comment: string;
  @Reference(() => DataCenter, "network_dataCenterId") dataCenterId: string;
  @Text("Name of the bridge on the hosts.", { length: 15 }) vdsmName: string;
  @Whole("Largest packet in bytes.") mtu: number;
  @Flag("Whether a host without it is NON_OPERATIONAL.") required: boolean;
}

@ObjectType({ description: "How NICs connect to a logical network." })
@Entity({ name: "vnic_profile" })
@Index("uq_vnic_profile_name", ["networkId", "name"], { unique: true })
export class VnicProfile {
  @Id() id: string;
  @Version() version: number;
  @Text("Unique in its network.") name: string;
  @Text("What it is for.") description: string;
  @Text("Remark of the administrator.") comment: string;
  @Reference(() => Network, "vnic_profile_networkId") networkId: string;
}

@ObjectType({ description: "A network device of a VM." })
@Entity({ name: "nic" })
@Index("uq_nic_name", ["vmId", "name"], { unique: true })
@Index("uq_nic_macAddress", ["macAddress"], { unique: true })
export class Nic {
  @Id() id: string;
  @Version() version: number;
  @Text("Unique in its VM, e.g. `nic1`.") name: string;
  @Reference(() => Vm, "nic_vmId") vmId: string;
  @Reference(() => VnicProfile, "nic_vnicProfileId", { nullable: true }) vnicProfileId: string | null;
  @OneOf(NicInterface, "Device the VM sees.") interface: NicInterface;
  @Text("Unique hardware address: six octets, lower case, colons between.", { hidden: true, length: 17 }) macAddress: string;
  @Flag("Whether its cable is in.") linked: boolean;
  @Flag("Whether the VM has the device.") plugged: boolean;
}
