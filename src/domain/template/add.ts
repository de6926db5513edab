import { GraphQLSafeInt } from "graphql-scalars";
import { Field, InputType } from "type-graphql";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { checkName, refuseTaken } from "../input.ts";
import { Bios, Cpu, OperatingSystem } from "../values.ts";
import { BLANK_TEMPLATE } from "./blank.ts";
import { checkTemplate } from "./check.ts";

@InputType({ description: "What is absent is as in Blank." })
export class AddTemplateInput {
  @Field() name: string;
  @Field({ nullable: true }) description?: string;
  @Field({ nullable: true }) comment?: string;
  @Field(() => GraphQLSafeInt, { nullable: true, description: "Bytes, a multiple of 1 MiB." }) memory?: number;
  @Field(() => Cpu, { nullable: true }) cpu?: Cpu;
  @Field(() => Bios, { nullable: true }) bios?: Bios;
  @Field(() => OperatingSystem, { nullable: true }) os?: OperatingSystem;
}

/** Configuration for VMs to be made from, without disks. Throws INVALID, CONFLICT (name taken). */
export const addTemplate = (
  engine: Engine,
  caller: Caller,
  { input, ...request }: Request & { input: AddTemplateInput },
): Promise<Outcome<"Template">> =>
  command(engine, caller, request, {
    verb: "addTemplate",
    kind: "Template",
    input,
    decide: (tx) => {
      permit(caller, "CREATE_TEMPLATE");
      const name = checkName(input.name);
      refuseTaken(tx.snapshot.by("Template", "name", name), "input.name");
      const machine = {
        memory: input.memory ?? BLANK_TEMPLATE.memory,
        cpu: input.cpu ?? BLANK_TEMPLATE.cpu,
        bios: input.bios ?? BLANK_TEMPLATE.bios,
        os: input.os ?? BLANK_TEMPLATE.os,
      };
      const entity = tx.insert("Template", {
        ...checkTemplate(machine),
        name,
        description: input.description ?? "",
        comment: input.comment ?? "",
        status: "OK",
        creationTime: tx.now,
      });
      tx.event(
        auditEvent("USER_ADD_VM_TEMPLATE_SUCCESS", `Template ${entity.name} was added by ${caller.userName}.`, { templateId: entity.id }),
      );
      return { entity };
    },
  });
