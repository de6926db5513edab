import { Disk, DiskAttachment, Network, Nic, StorageDomain, VnicProfile } from "./searchDevices.ts";
import { EventTable, Permission, User } from "./searchEvents.ts";
import { Cluster, DataCenter, Host, Template, Vm } from "./searchMachines.ts";
import type { SearchKind, SearchRow, SearchTable } from "./searchTable.ts";

/** What can be searched, and by what. */
export const SEARCH_TABLES: { [K in SearchKind]: SearchTable<SearchRow<K>> } = {
  User,
  Permission,
  DataCenter,
  Cluster,
  Host,
  Template,
  StorageDomain,
  Network,
  VnicProfile,
  Vm,
  Disk,
  DiskAttachment,
  Nic,
  Event: EventTable,
};
