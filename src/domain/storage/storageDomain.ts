import { ObjectType } from "type-graphql";
import { Entity, Index } from "typeorm";
import { Big, graphqlEnum, Id, OneOf, Reference, Text, Value, Version } from "../columns.ts";
import { DataCenter } from "../dataCenter/dataCenter.ts";
import { HostStorage } from "../values.ts";

export const StorageDomainStatus = graphqlEnum("StorageDomainStatus", "ACTIVE = hosts can use it; LOCKED = being made or removed.", [
  "ACTIVE",
  "INACTIVE",
  "LOCKED",
  "UNATTACHED",
  "MAINTENANCE",
  "UNKNOWN",
]);
export type StorageDomainStatus = keyof typeof StorageDomainStatus;
export const StorageDomainType = graphqlEnum("StorageDomainType", "What a storage domain holds.", ["DATA"]);
export type StorageDomainType = keyof typeof StorageDomainType;

@ObjectType({ description: "A place for disks that all hosts of a data center share." })
@Entity({ name: "storage_domain" })
@Index("uq_storage_domain_name", ["name"], { unique: true })
export class StorageDomain {
  @Id() id: string;
  @Version() version: number;
  @Text("Unique.") name: string;
  @Text("What it is for.") description: string;
  @Text("Remark of the administrator.") comment: string;
  @Reference(() => DataCenter, "storage_domain_dataCenterId") dataCenterId: string;
  @OneOf(StorageDomainType, "What it holds.") type: StorageDomainType;
  @OneOf(StorageDomainStatus, "State.") status: StorageDomainStatus;
  @Value(() => HostStorage, "Where its data is.") storage: HostStorage;
  @Big("Free bytes, as last seen by a host; null before that.", { nullable: true }) available: number | null;
  @Big("Used bytes, as last seen by a host; null before that.", { nullable: true }) used: number | null;
}
