import type { OperatingSystem } from "../values.ts";
import { checkMachine } from "../vm/inputs.ts";
import type { Template } from "./template.ts";

type Machine = Partial<Pick<Template, "memory" | "cpu" | "bios" | "os">>;

/** The machine a template describes, ready to be stored. Throws INVALID. */
export function checkTemplate<M extends Machine>(machine: M): M {
  checkMachine(machine);
  return machine.os ? { ...machine, os: complete(machine.os) } : machine;
}

/** What a client leaves out is undefined in its input, and null in a row. */
const complete = ({ type, boot, kernel, initrd, cmdline }: OperatingSystem): OperatingSystem => ({
  type,
  boot: { devices: [...boot.devices] },
  kernel: kernel ?? null,
  initrd: initrd ?? null,
  cmdline: cmdline ?? null,
});
