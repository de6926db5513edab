import { DataCenter } from "../dataCenter/dataCenter.ts";
import { Big, graphqlEnum, Id, Name, OneOf, Reference, sentences, Value, Version, Whole } from "../noun/columns.ts";
import { both, gibibytes, ids, text, to } from "../inventory/search/table.ts";
import { Noun } from "../noun/declaration.ts";
import { Labels } from "../noun/labels.ts";
import { HostStorage } from "../values.ts";
import { checkStoragePath } from "./path.ts";

/** Each state as the rest of a sentence that begins with the object's name. */
const PHRASES = {
  ACTIVE: "is active",
  INACTIVE: "cannot be reached",
  LOCKED: "is locked by a job",
  UNATTACHED: "is not attached",
  MAINTENANCE: "is in maintenance",
  UNKNOWN: "is in an unknown state",
} as const;
export const StorageDomainStatus = graphqlEnum("StorageDomainStatus", "State of a storage domain.", sentences(PHRASES));
export type StorageDomainStatus = keyof typeof StorageDomainStatus;
export const StorageDomainType = graphqlEnum("StorageDomainType", "What a storage domain holds.", { DATA: "Disks." });
export type StorageDomainType = keyof typeof StorageDomainType;

@Noun<StorageDomain>({
  description: "A place for disks that all hosts of a data center share.",
  unique: [["name"]],
  within: "dataCenterId",
  seenWith: ["CREATE_DISK"],
  shares: [Labels],
  rights: { add: "CREATE_STORAGE_DOMAIN", update: "EDIT_STORAGE_DOMAIN_CONFIGURATION", remove: "DELETE_STORAGE_DOMAIN" },
  events: { update: "USER_UPDATE_STORAGE_DOMAIN" },
  phrases: PHRASES,
  search: {
    prefixes: ["storage"],
    fields: {
      type: text((row) => [row.type, row.storage.type]),
      total_size: gibibytes((row) => (row.available === null || row.used === null ? null : row.available + row.used)),
    },
    references: both(
      "cluster",
      to("Cluster", (row, snapshot) => ids(snapshot.by("Cluster", "dataCenterId", row.dataCenterId))),
    ),
  },
  ovirt: {
    "StorageDomain.dataCenters": { as: "dataCenter", why: "A storage domain belongs to exactly one data center." },
  },
})
export class StorageDomain {
  @Id() id: string;
  @Version() version: number;
  @Name("Unique.") name: string;
  @Reference(() => DataCenter, "What it is a part of.", {
    set: "add",
    back: "storageDomains",
    few: true,
    backDescription: "Its storage domains.",
  })
  dataCenterId: string;
  @OneOf(StorageDomainType, "What it holds.", { set: "add", default: "DATA" }) type: StorageDomainType;
  @OneOf(StorageDomainStatus, "State.", { default: "LOCKED", search: true }) status: StorageDomainStatus;
  @Value(() => HostStorage, "Where its data is.", { set: "add", check: checkStoragePath }) storage: HostStorage;
  @Whole("Percent of it that must be free, or else an event warns.", { set: "always", default: 10, from: 0, to: 100 })
  warningLowSpaceIndicator: number;
  @Whole("GiB that must stay free: new disks, and larger ones, are refused below.", { set: "always", default: 5, from: 0, to: 1_000_000 })
  criticalSpaceActionBlocker: number;
  @Big("Free bytes, as last seen by a host; null before that.", { nullable: true, search: { names: ["free_size"], unit: 2 ** 30 } })
  available: number | null;
  @Big("Used bytes, as last seen by a host; null before that.", { nullable: true, search: { names: ["used_size"], unit: 2 ** 30 } }) used:
    number | null;
}
export interface StorageDomain extends Labels {}
