import { Id, Name, Reference, Version } from "../noun/columns.ts";
import { Noun } from "../noun/declaration.ts";
import { Labels } from "../noun/labels.ts";
import { StorageDomain } from "../storage/storageDomain.ts";
import { Qos } from "./qos.ts";

@Noun<DiskProfile>({
  description: "How fast disks of a storage domain may be.",
  unique: [["storageDomainId", "name"]],
  within: "storageDomainId",
  seenWith: ["ATTACH_DISK_PROFILE"],
  shares: [Labels],
  rights: { add: "CREATE_STORAGE_DISK_PROFILE", update: "CONFIGURE_STORAGE_DISK_PROFILE", remove: "DELETE_STORAGE_DISK_PROFILE" },
  events: { add: "USER_ADDED_DISK_PROFILE", update: "USER_UPDATED_DISK_PROFILE", remove: "USER_REMOVED_DISK_PROFILE" },
  ovirt: {
    AssignedDiskProfilesService: { why: "The input names the storage domain." },
    "AssignedDiskProfilesService.add": { as: "addDiskProfile" },
    "AssignedDiskProfileService.remove": { as: "removeDiskProfile" },
  },
})
export class DiskProfile {
  @Id() id: string;
  @Version() version: number;
  @Name("Unique in its storage domain.") name: string;
  @Reference(() => StorageDomain, "What it is a part of.", {
    set: "add",
    back: "diskProfiles",
    few: true,
    onRemove: "cascade",
    backDescription: "Its disk profiles.",
  })
  storageDomainId: string;
  @Reference(() => Qos, "What it limits to, of kind STORAGE; null = nothing.", {
    set: "always",
    nullable: true,
    onRemove: "release",
    back: "diskProfiles",
    few: true,
    backDescription: "Disk profiles that name it.",
  })
  qosId: string | null;
}
export interface DiskProfile extends Labels {}
