import { GraphQLSafeInt } from "graphql-scalars";
import { Field, InputType, Int } from "type-graphql";
import { invalid } from "../../errors.ts";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { checkName, expectVersion, patchOf, refuseTaken } from "../input.ts";
import { Bios, Cpu, OperatingSystem } from "../values.ts";
import { BLANK_TEMPLATE, BLANK_TEMPLATE_ID } from "./blank.ts";
import { checkTemplate } from "./check.ts";

@InputType()
export class UpdateTemplateInput {
  @Field(() => Int, { nullable: true }) version?: number;
  @Field({ nullable: true, description: "Blank keeps its name." }) name?: string;
  @Field({ nullable: true }) description?: string;
  @Field({ nullable: true }) comment?: string;
  @Field(() => GraphQLSafeInt, { nullable: true, description: "Bytes, a multiple of 1 MiB." }) memory?: number;
  @Field(() => Cpu, { nullable: true }) cpu?: Cpu;
  @Field(() => Bios, { nullable: true }) bios?: Bios;
  @Field(() => OperatingSystem, { nullable: true }) os?: OperatingSystem;
}

/** VMs that were made from it stay as they are. Throws NOT_FOUND, INVALID, CONFLICT (version, name taken). */
export const updateTemplate = (
  engine: Engine,
  caller: Caller,
  { id, input, ...request }: Request & { id: string; input: UpdateTemplateInput },
): Promise<Outcome<"Template">> =>
  command(engine, caller, request, {
    verb: "updateTemplate",
    kind: "Template",
    input: { id, input },
    decide: (tx) => {
      permit(caller, "EDIT_TEMPLATE_PROPERTIES");
      const template = tx.need("Template", id);
      expectVersion(template, input.version);
      const patch = checkTemplate(patchOf(input, ["name", "description", "comment", "memory", "cpu", "bios", "os"]));
      if (patch.name !== undefined) {
        patch.name = checkName(patch.name);
        refuseTaken(tx.snapshot.by("Template", "name", patch.name), "input.name", id);
        if (id === BLANK_TEMPLATE_ID && patch.name !== BLANK_TEMPLATE.name)
          throw invalid("input.name", "The template Blank keeps its name.", "BLANK_TEMPLATE");
      }
      const entity = tx.update("Template", template, patch);
      tx.event(auditEvent("USER_UPDATE_VM_TEMPLATE", `Template ${entity.name} was updated by ${caller.userName}.`, { templateId: id }));
      return { entity };
    },
  });
