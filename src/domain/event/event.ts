import { ObjectType } from "type-graphql";
import { Entity, Index } from "typeorm";
import { Big, graphqlEnum, Id, Instant, OneOf, Text, Whole } from "../noun/columns.ts";

export const LogSeverity = graphqlEnum("LogSeverity", "Weight of an event.", ["NORMAL", "WARNING", "ERROR", "ALERT"]);
export type LogSeverity = keyof typeof LogSeverity;

const link = { nullable: true, hidden: true, length: 36 };

@ObjectType({ description: "Something that happened, for people: oVirt's audit log." })
@Entity({ name: "event" })
@Index("uq_event_cursor", ["cursor", "number"], { unique: true })
export class Event {
  @Id() id: string;
  @Big("Journal number of the change it was part of.", { hidden: true }) cursor: number;
  @Whole("Order within that change.", { hidden: true }) number: number;
  @Whole("oVirt's number for this kind of event.") code: number;
  @Text("oVirt's name for this kind of event, e.g. `USER_RUN_VM`.", { length: 80 }) name: string;
  @OneOf(LogSeverity, "Weight.") severity: LogSeverity;
  @Instant("When it happened.") time: Date;
  @Text("In words.", { length: 1024 }) description: string;
  @Text("Links the events of one request.", { length: 64 }) correlationId: string;
  @Text("Who.", link) userId: string | null;
  @Text("Which VM.", link) vmId: string | null;
  @Text("Which host.", link) hostId: string | null;
  @Text("Which cluster.", link) clusterId: string | null;
  @Text("Which data center.", link) dataCenterId: string | null;
  @Text("Which storage domain.", link) storageDomainId: string | null;
  @Text("Which template.", link) templateId: string | null;
  @Text("Which job.", link) jobId: string | null;
}
