import { invalid } from "../../errors.ts";
import { atOnce, graphqlEnum, Id, Instant, Name, OneOf, Version } from "../noun/columns.ts";
import { count, mebibytes, text } from "../inventory/search/table.ts";
import { Noun } from "../noun/declaration.ts";
import { Labels } from "../noun/labels.ts";
import { nounOf } from "../noun/noun.ts";
import { Tagged } from "../tag/tagged.ts";
import { checkMachine } from "../vm/checkMachine.ts";
import { Hardware, Machine } from "../vm/machine.ts";
import { BLANK_TEMPLATE, BLANK_TEMPLATE_ID } from "./blank.ts";

export const TemplateStatus = graphqlEnum("TemplateStatus", "State of a template.", {
  OK: "VMs can be made from it.",
  LOCKED: "A job works on it.",
  ILLEGAL: "Is broken.",
});
export type TemplateStatus = keyof typeof TemplateStatus;

@Noun<Template>({
  seenWith: ["CREATE_VM"],
  open: ({ id }) => id === BLANK_TEMPLATE_ID,
  owner: "TemplateOwner",
  description: "What a new VM is made from. `Blank` is always there.",
  unique: [["name"]],
  shares: [Labels, Tagged, Hardware, Machine],
  rights: { add: "CREATE_TEMPLATE", update: "EDIT_TEMPLATE_PROPERTIES", remove: "DELETE_TEMPLATE" },
  events: { add: "USER_ADD_VM_TEMPLATE_SUCCESS", update: "USER_UPDATE_VM_TEMPLATE", remove: "USER_REMOVE_VM_TEMPLATE_FINISHED" },
  search: {
    fields: {
      os: text((row) => row.os.type),
      mem: mebibytes((row) => row.memory),
      childcount: count((row, snapshot) => snapshot.by("Vm", "templateId", row.id).length),
    },
  },
  ovirt: {
    "Template.version": { as: "templateVersion", why: "`version` counts changes; versions of templates are not declared." },
  },
})
export class Template {
  @Id() id: string;
  @Version() version: number;
  @Name("Unique. Blank keeps its name.") name: string;
  @OneOf(TemplateStatus, "State.", { default: "OK", search: true }) status: TemplateStatus;
  @Instant("When it was made.", { default: atOnce, search: "creationdate" }) creationTime: Date;
}
export interface Template extends Labels, Tagged, Machine {}

export const template = nounOf(Template, {
  says: { add: "What is absent is as in Blank.", update: "VMs that were made from it stay as they are." },
  check: (_tx, row, { input, before }) => {
    if (row.id === BLANK_TEMPLATE_ID && row.name !== BLANK_TEMPLATE.name)
      throw invalid("input.name", "The template Blank keeps its name.", "BLANK_TEMPLATE");
    return checkMachine(row, { given: input, before });
  },
  removing: (_tx, { id }) => {
    if (id === BLANK_TEMPLATE_ID) throw invalid("id", "The template Blank is always there.", "BLANK_TEMPLATE");
  },
});
