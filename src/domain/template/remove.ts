import { invalid } from "../../errors.ts";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { refuseWhileUsed } from "../input.ts";
import { BLANK_TEMPLATE_ID } from "./blank.ts";

/** Throws NOT_FOUND, INVALID for Blank, CONFLICT while VMs say they were made from it. */
export const removeTemplate = (
  engine: Engine,
  caller: Caller,
  { id, ...request }: Request & { id: string },
): Promise<Outcome<"Template">> =>
  command(engine, caller, request, {
    verb: "removeTemplate",
    kind: "Template",
    input: id,
    decide: (tx) => {
      permit(caller, "DELETE_TEMPLATE");
      const template = tx.need("Template", id);
      if (id === BLANK_TEMPLATE_ID) throw invalid("id", "The template Blank is always there.", "BLANK_TEMPLATE");
      refuseWhileUsed("VM", tx.snapshot.by("Vm", "templateId", id));
      tx.remove("Template", template);
      tx.event(auditEvent("USER_REMOVE_VM_TEMPLATE_FINISHED", `Template ${template.name} was removed by ${caller.userName}.`));
      return { entity: template };
    },
  });
