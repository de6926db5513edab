import { Id, Name, Version } from "../noun/columns.ts";
import { Noun } from "../noun/declaration.ts";
import { Labels } from "../noun/labels.ts";
import { Hardware } from "../vm/machine.ts";

@Noun<InstanceType>({
  description: "A size of VMs: what a VM that is made with it takes before what its template has.",
  unique: [["name"]],
  open: () => true,
  shares: [Labels, Hardware],
  rights: { add: "CREATE_TEMPLATE", update: "EDIT_TEMPLATE_PROPERTIES", remove: "DELETE_TEMPLATE" },
  events: { add: "USER_ADD_VM_TEMPLATE_SUCCESS", update: "USER_UPDATE_VM_TEMPLATE", remove: "USER_REMOVE_VM_TEMPLATE_FINISHED" },
  ovirt: {
    "InstanceTypeWatchdogsService.add": { as: "updateInstanceType", why: "The watchdog is a column." },
    "InstanceTypeWatchdogService.update": { as: "updateInstanceType" },
    "InstanceTypeWatchdogService.remove": { as: "updateInstanceType" },
  },
})
export class InstanceType {
  @Id() id: string;
  @Version() version: number;
  @Name("Unique.") name: string;
}
export interface InstanceType extends Labels, Hardware {}
