import { ObjectType } from "type-graphql";
import { Entity, Index } from "typeorm";
import { Id, Instant, Text, Value, Version } from "../columns.ts";

@ObjectType({ description: "A person or a program that logs in." })
@Entity({ name: "user" })
@Index("uq_user_name", ["userName"], { unique: true })
@Index("uq_user_nameKey", ["nameKey"], { unique: true })
export class User {
  @Id() id: string;
  @Version() version: number;
  @Text("With its directory: `admin@internal`.") userName: string;
  @Text("What it has in common with names that people take for the same.", { hidden: true }) nameKey: string;
  @Text("Directory that knows the password.", { hidden: true }) profile: string;
  @Text("Given name.") name: string;
  @Text("Family name.") lastName: string;
  @Text("Mail address.") email: string;
  @Value(() => [String], "oVirt's predefined roles this user has on the whole system.") roles: string[];
  @Instant("When the user was made.", { hidden: true }) createdAt: Date;
}
