import { ObjectType } from "type-graphql";
import { Entity, Index } from "typeorm";
import { graphqlEnum, Id, OneOf, Text, Version } from "../columns.ts";

export const DataCenterStatus = graphqlEnum(
  "DataCenterStatus",
  "UP when its storage serves; UNINITIALIZED before the first storage domain.",
  ["UNINITIALIZED", "UP", "MAINTENANCE", "NOT_OPERATIONAL"],
);
export type DataCenterStatus = keyof typeof DataCenterStatus;

@ObjectType({ description: "The largest unit: hosts of its clusters share its storage and its logical networks." })
@Entity({ name: "data_center" })
@Index("uq_data_center_name", ["name"], { unique: true })
export class DataCenter {
  @Id() id: string;
  @Version() version: number;
  @Text("Unique.") name: string;
  @Text("What it is for.") description: string;
  @Text("Remark of the administrator.") comment: string;
  @OneOf(DataCenterStatus, "State of its storage.") status: DataCenterStatus;
}
