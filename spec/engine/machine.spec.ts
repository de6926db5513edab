import { expect, test } from "vitest";
import { BLANK_TEMPLATE_ID } from "../../src/domain/template/blank.ts";
import { describeDatabases } from "../support/database.ts";
import { openWorld, type World } from "../support/nouns.ts";

const GIB = 2 ** 30;
/** Everything of a machine that can be set, other than it is by itself, and other than null. */
const MACHINE = {
  type: "DESKTOP",
  memory: 2 * GIB,
  memoryPolicy: { guaranteed: GIB, ballooning: false },
  cpu: { topology: { sockets: 2, cores: 1, threads: 1 }, mode: "HOST_MODEL", cpuTune: { vcpuPins: [{ vcpu: 1, cpuSet: "0,2-3" }] } },
  cpuPinningPolicy: "MANUAL",
  cpuShares: 512,
  customCpuModel: "EPYC",
  customEmulatedMachine: "pc-q35-7.2",
  bios: { type: "Q35_OVMF", bootMenu: { enabled: true } },
  os: { type: "debian", boot: { devices: ["NETWORK", "HD"] }, kernel: "/k", initrd: "/i", cmdline: "quiet" },
  timeZone: { name: "Europe/Berlin" },
  serialNumber: { policy: "CUSTOM", value: "S-1" },
  display: { type: "VNC", videoType: "VIRTIO", monitors: 2, keyboardLayout: "de" },
  console: { enabled: false },
  usb: { enabled: true, type: "NATIVE" },
  soundcardEnabled: true,
  rngDevice: { source: "HWRNG" },
  watchdog: { model: "I6300ESB", action: "POWEROFF" },
  virtioScsi: { enabled: false },
  virtioScsiMultiQueuesEnabled: true,
  virtioScsiMultiQueues: 3,
  multiQueuesEnabled: true,
  io: { threads: 2 },
  customProperties: [{ name: "colour", value: "red" }],
  highAvailability: { enabled: true, priority: 50 },
  placementPolicy: { affinity: "USER_MIGRATABLE" },
  startPaused: true,
  migration: { autoConverge: true, bandwidth: 100 },
  migrationDowntime: 200,
};
const selectionOf = (value: unknown): string => {
  if (Array.isArray(value)) return selectionOf(value[0]);
  if (typeof value !== "object" || value === null) return "";
  return `{ ${Object.entries(value).map(([name, inner]) => `${name} ${selectionOf(inner)}`).join(" ")} }`; // prettier-ignore
};
const shown = async (world: World, field: string, id: string) =>
  (await world.query(`query ($id: ID!) { it: ${field}(id: $id) ${selectionOf(MACHINE)} }`, { id })).it;

describeDatabases("The machine of a VM", (database) => {
  test("is whole in a template, taken from there by a VM, and changed by an update", async () => {
    const world = await openWorld(database);
    const { template } = await world.act("addTemplate", "template { id }", { input: { name: "t", ...MACHINE } });
    expect(await shown(world, "template", template.id)).toEqual(MACHINE);
    const { clusterId } = world.defaults;
    const { vm } = await world.act("addVm", "vm { id }", { input: { name: "like", clusterId, templateId: template.id } });
    expect(await shown(world, "vm", vm.id)).toEqual(MACHINE);
    const plain = await world.addVm("plain");
    for (const [name, value] of Object.entries(MACHINE))
      expect([name, (await shown(world, "vm", plain) as Record<string, unknown>)[name]]).not.toEqual([name, value]); // prettier-ignore
    await world.act("updateVm", "vm { id }", { id: plain, input: MACHINE });
    expect(await shown(world, "vm", plain)).toEqual(MACHINE);
    const { nodes } = (await world.query("{ vms { nodes { name timeZone { utcOffset } } } }")).vms;
    expect(nodes.map(({ timeZone }: { timeZone: { utcOffset: string } }) => timeZone.utcOffset)).toEqual(
      nodes.map(() => expect.stringMatching(/^\+0[12]:00$/)),
    );
  });

  test.for([
    [{ cpuPinningPolicy: "MANUAL" }, "CPU_PINNING_MISSING"],
    [{ cpu: { ...MACHINE.cpu, cpuTune: { vcpuPins: [{ vcpu: 2, cpuSet: "0" }] } } }, "RANGE"],
    [{ cpu: { ...MACHINE.cpu, cpuTune: { vcpuPins: [{ vcpu: 0, cpuSet: "0" }, { vcpu: 0, cpuSet: "1" }] } } }, "DUPLICATE"], // prettier-ignore
    [{ cpu: { ...MACHINE.cpu, cpuTune: { vcpuPins: [{ vcpu: 0, cpuSet: "0'/>" }] } } }, "INVALID"],
    [{ cpu: { topology: MACHINE.cpu.topology, mode: "HOST_PASSTHROUGH" } }, "HOSTCPU_MUST_BE_PINNED_TO_HOST"],
    [{ highAvailability: { enabled: true, priority: 0 } }, "RANGE"],
    [{ highAvailability: { enabled: true, priority: 101 } }, "RANGE"],
    [{ timeZone: { name: "Mars/Olympus" } }, "INVALID"],
    [{ serialNumber: { policy: "CUSTOM" } }, "INVALID"],
    [{ serialNumber: { policy: "VM", value: "x" } }, "INVALID"],
    [{ serialNumber: { policy: "CUSTOM", value: "a\nb" } }, "INVALID"],
    [{ display: { type: "VNC", monitors: 2 } }, "RANGE"],
    [{ display: { type: "VNC", videoType: "VIRTIO", monitors: 5 } }, "RANGE"],
    [{ display: { type: "VNC", keyboardLayout: "de,password=x" } }, "INVALID"],
    [{ io: { threads: 17 } }, "RANGE"],
    [{ virtioScsiMultiQueues: 0 }, "RANGE"],
    [{ customProperties: [{ name: "a b", value: "" }] }, "INVALID"],
    [{ customProperties: [{ name: "a", value: "" }, { name: "a", value: "" }] }, "DUPLICATE"], // prettier-ignore
    [{ customProperties: [{ name: "viodiskcache", value: "unsafe" }] }, "INVALID"],
    [{ customProperties: [{ name: "hugepages", value: "3" }] }, "INVALID"],
    [{ customProperties: Array.from({ length: 33 }, (_none, at) => ({ name: `p${at}`, value: "" })) }, "RANGE"],
  ] as const)("refuses what no machine can be: %j", async ([input, reason]) => {
    const world = await openWorld(database);
    const id = await world.addVm("web1");
    expect(await world.refusal("updateVm", { id, input })).toBe(`INVALID ${reason}`);
    expect(await world.refusal("addTemplate", { input: { name: "t", ...input } })).toMatch(/^INVALID/);
  });

  test("guarantees what its template does, as far as it has memory", async () => {
    const world = await openWorld(database);
    const add = async (kind: "Vm" | "Template", input: object) => {
      const payload = await world.act(`add${kind}`, `${kind.toLowerCase()} { id memoryPolicy { guaranteed } }`, { input });
      return payload[kind.toLowerCase()];
    };
    const { clusterId } = world.defaults;
    const part = await add("Template", { name: "part", memory: 4 * GIB, memoryPolicy: { guaranteed: 2 * GIB, ballooning: true } });
    const small = await add("Vm", { name: "small", clusterId, templateId: part.id, memory: GIB });
    const large = await add("Vm", { name: "large", clusterId, templateId: part.id, memory: 8 * GIB });
    const blank = await add("Vm", { name: "blank", clusterId, templateId: BLANK_TEMPLATE_ID, memory: 8 * GIB });
    expect([small, large, blank].map(({ memoryPolicy }) => memoryPolicy.guaranteed)).toEqual([GIB, 2 * GIB, 8 * GIB]);
  });

  test("keeps its SCSI controller while a disk needs it, and none is attached to it without one", async () => {
    const world = await openWorld(database);
    const storageDomainId = await world.addDomain();
    const vmId = await world.addVm("web1");
    const addDisk = async (name: string) => {
      const payload = await world.act("addDisk", "disk { id }", { input: { name, storageDomainId, provisionedSize: GIB } });
      await world.ended(payload);
      return payload.disk.id as string;
    };
    const attach = async (name: string) =>
      world.refusal("addDiskAttachment", { input: { vmId, diskId: await addDisk(name), interface: "VIRTIO_SCSI" } });
    const scsi = (enabled: boolean) => world.refusal("updateVm", { id: vmId, input: { virtioScsi: { enabled } } });
    expect(await attach("one")).toBe("done");
    expect(await scsi(false)).toBe("CONFLICT VIRTIO_SCSI_IN_USE");
    const [attachment] = world.snapshot().by("DiskAttachment", "vmId", vmId);
    await world.act("removeDiskAttachment", "__typename", { id: attachment!.id });
    expect(await scsi(false)).toBe("done");
    expect(await attach("two")).toBe("INVALID VIRTIO_SCSI_DISABLED");
  });
});
