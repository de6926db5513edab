import { ObjectType } from "type-graphql";
import { Entity, Index } from "typeorm";
import { Big, graphqlEnum, Id, Instant, OneOf, Text, Value, Version } from "../columns.ts";
import { Bios, Cpu, OperatingSystem } from "../values.ts";

export const TemplateStatus = graphqlEnum("TemplateStatus", "OK = VMs can be made from it.", ["OK", "LOCKED", "ILLEGAL"]);
export type TemplateStatus = keyof typeof TemplateStatus;

@ObjectType({ description: "What a new VM is made from. `Blank` is always there." })
@Entity({ name: "template" })
@Index("uq_template_name", ["name"], { unique: true })
export class Template {
  @Id() id: string;
  @Version() version: number;
  @Text("Unique.") name: string;
  @Text("What it is for.") description: string;
  @Text("Remark of the administrator.") comment: string;
  @OneOf(TemplateStatus, "State.") status: TemplateStatus;
  @Big("Memory of VMs made from it, in bytes.") memory: number;
  @Value(() => Cpu, "Virtual processors.") cpu: Cpu;
  @Value(() => Bios, "Firmware.") bios: Bios;
  @Value(() => OperatingSystem, "What its VMs boot.") os: OperatingSystem;
  @Instant("When it was made.") creationTime: Date;
}
