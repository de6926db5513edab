import { graphqlEnum, Id, Name, OneOf, Version } from "../noun/columns.ts";
import { ids, to } from "../inventory/search/table.ts";
import { Noun } from "../noun/declaration.ts";
import { Labels } from "../noun/labels.ts";
import { nounOf } from "../noun/noun.ts";

export const DataCenterStatus = graphqlEnum("DataCenterStatus", "State of a data center.", {
  UNINITIALIZED: "Has no storage domain yet.",
  UP: "Its storage serves.",
  MAINTENANCE: "Its storage is in maintenance.",
  NOT_OPERATIONAL: "Its storage cannot be reached.",
});
export type DataCenterStatus = keyof typeof DataCenterStatus;

@Noun<DataCenter>({
  description: "The largest unit: hosts of its clusters share its storage and its logical networks.",
  unique: [["name"]],
  shares: [Labels],
  rights: { add: "CREATE_STORAGE_POOL", update: "EDIT_STORAGE_POOL_CONFIGURATION", remove: "DELETE_STORAGE_POOL" },
  events: { add: "USER_ADD_STORAGE_POOL", update: "USER_UPDATE_STORAGE_POOL", remove: "USER_REMOVE_STORAGE_POOL" },
  search: {
    references: { storage: to("StorageDomain", (row, snapshot) => ids(snapshot.by("StorageDomain", "dataCenterId", row.id))) },
  },
  ovirt: {
    "DataCenter.version": { as: "compatibilityVersion", why: "As Cluster.version: not declared." },
  },
})
export class DataCenter {
  @Id() id: string;
  @Version() version: number;
  @Name("Unique.") name: string;
  @OneOf(DataCenterStatus, "State of its storage.", { default: "UNINITIALIZED", search: true }) status: DataCenterStatus;
}
export interface DataCenter extends Labels {}

export const dataCenter = nounOf(DataCenter, {
  says: { remove: "With its logical networks; refused while it has clusters or storage domains." },
});
