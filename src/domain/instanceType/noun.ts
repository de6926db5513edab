import { nounOf } from "../noun/noun.ts";
import { checkHardware } from "../vm/checkMachine.ts";
import { InstanceType } from "./instanceType.ts";

export const instanceType = nounOf(InstanceType, {
  says: { update: "VMs that were made with it stay as they are.", remove: "VMs that were made with it stay as they are." },
  check: (_tx, row, { input, before }) => checkHardware(row, { given: input, before }),
});
