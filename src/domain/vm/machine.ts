import { invalid } from "../../errors.ts";
import { checkRange } from "../input.ts";
import { Big, Value, Whole } from "../noun/columns.ts";
import { Bios, Cpu, Display, DisplayInput, OperatingSystem } from "../values.ts";

const TAKEN = { set: "nextRun", inherits: "templateId" } as const;
/** What a VM and a template have in common: the machine itself. A VM takes from its template what its maker does not say. */
export class Machine {
  @Big("Memory in bytes, a multiple of 1 MiB.", {
    ...TAKEN,
    default: 1024 ** 3,
    check: checkMemorySize,
    search: { unit: 2 ** 20 },
  })
  memory: number;
  @Value(() => Cpu, "Virtual processors.", {
    ...TAKEN,
    default: { topology: { sockets: 1, cores: 1, threads: 1 } },
    check: checkTopology,
  })
  cpu: Cpu;
  @Value(() => Bios, "Firmware.", { ...TAKEN, default: { type: "CLUSTER_DEFAULT" } }) bios: Bios;
  @Value(() => OperatingSystem, "What it boots.", {
    ...TAKEN,
    default: { type: "other", boot: { devices: ["HD"] }, kernel: null, initrd: null, cmdline: null },
    check: checkOperatingSystem,
  })
  os: OperatingSystem;
  @Value(() => Display, "Graphical console; address and port while it runs.", {
    ...TAKEN,
    input: () => DisplayInput,
    default: { type: "VNC" },
  })
  display: DisplayInput;
  @Whole("Share of a busy host's CPUs; null = as others.", { ...TAKEN, nullable: true, from: 2, to: 10_000, xml: "cputune.shares" })
  cpuShares: number | null;
}

const MIB = 1024 * 1024;
const TIB = 1024 ** 4;

function checkMemorySize(bytes: number, path: string): number {
  if (bytes < MIB || bytes > 16 * TIB || bytes % MIB !== 0) throw invalid(path, "1 MiB to 16 TiB, a multiple of 1 MiB.", "RANGE");
  return bytes;
}

function checkTopology(cpu: Cpu, path: string): Cpu {
  const { sockets, cores, threads } = cpu.topology;
  for (const [name, value] of Object.entries({ sockets, cores, threads })) checkRange(value, `${path}.topology.${name}`, 1, 512);
  checkRange(sockets * cores * threads, `${path}.topology`, 1, 512);
  return cpu;
}

function checkOperatingSystem(os: OperatingSystem, path: string): OperatingSystem {
  const { kernel, initrd, cmdline } = os;
  for (const [name, file] of Object.entries({ kernel, initrd }))
    if (file !== null && !file.startsWith("/")) throw invalid(`${path}.${name}`, "An absolute path on the host.");
  if (kernel === null && (initrd !== null || (cmdline !== null && cmdline !== "")))
    throw invalid(`${path}.kernel`, "An initial ramdisk or command line needs a kernel.");
  return os;
}

/** As qemu and libvirt name machine types and processors. */
export function checkQemuName(value: string, path: string): string {
  if (!/^[A-Za-z0-9._-]{1,255}$/u.test(value)) throw invalid(path, "1 to 255 letters, digits, dots, dashes or underscores.");
  return value;
}
