import { expect, test } from "vitest";
import { HostStatus } from "../../src/domain/host/host.ts";
import { VmStatus } from "../../src/domain/vm/vm.ts";
import { describeDatabases, SPEC_ORIGIN, type DatabaseKind } from "../support/database.ts";
import { openWorld, type World } from "../support/nouns.ts";

/**
 * Every verb of a VM and of a host in every state, as a client meets them: `.` = its state does not forbid it, else the
 * state is the reason. Written by hand from oVirt's matrix: a change of the table is seen here by whoever makes it.
 */
const VM_TABLE = `
                    start shutdown stop discard reboot reset suspend migrate cancel update remove addNic updateNic removeNic attach detach
  UNASSIGNED          x      x      x      x      x     x       x       x      x      .      x      x       x         x       x      x
  DOWN                .      x      x      x      x     x       x       x      x      .      .      .       .         .       .      .
  UP                  x      .      .      x      .     .       .       .      x      .      x      h       h         h       h      h
  POWERING_UP         x      .      .      x      .     .       x       .      x      .      x      x       x         x       x      x
  PAUSED              .      .      .      x      x     x       x       .      x      .      x      x       x         x       h      h
  MIGRATING           x      .      .      x      x     x       x       x      .      .      x      x       x         x       x      x
  UNKNOWN             x      x      x      x      x     x       x       x      x      .      x      x       x         x       x      x
  NOT_RESPONDING      x      .      .      x      x     x       x       x      x      .      x      x       x         x       x      x
  WAIT_FOR_LAUNCH     x      .      .      x      x     x       x       x      x      .      x      x       x         x       x      x
  REBOOT_IN_PROGRESS  x      .      .      x      x     .       x       .      x      .      x      x       x         x       x      x
  SAVING_STATE        x      x      x      x      x     x       x       x      x      .      x      x       x         x       x      x
  RESTORING_STATE     x      x      x      x      x     x       x       x      x      .      x      x       x         x       x      x
  SUSPENDED           .      x      x      .      x     x       x       x      x      .      x      x       x         x       x      x
  IMAGE_LOCKED        x      x      x      x      x     x       x       x      x      .      x      x       x         x       x      x
  POWERING_DOWN       x      .      .      x      x     x       x       x      x      .      x      x       x         x       x      x`;
const HOST_TABLE = `
                            activate deactivate remove enrollCertificate update
  INSTALLING                   x         x        .            .           .
  INSTALL_FAILED               .         .        .            .           .
  INITIALIZING                 x         x        x            .           .
  UP                           x         .        x            .           .
  CONNECTING                   x         x        x            .           .
  NON_RESPONSIVE               x         .        x            .           .
  NON_OPERATIONAL              .         .        x            .           .
  PREPARING_FOR_MAINTENANCE    .         x        x            .           .
  MAINTENANCE                  .         x        .            .           .
  UNASSIGNED                   x         x        x            .           .`;

const read = (table: string) => {
  const [verbs = [], ...rows] = table
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/u));
  return rows.map(([state = "", ...cells]) => ({ state, cells: verbs.map((verb, at) => ({ verb, cell: cells[at] })) }));
};

interface Ids {
  vm: string;
  nic: string;
  attachment: string;
  disk: string;
}
/** What to call for a verb of the table; PLAN, so that nothing changes in between. */
const VM_CALLS: Record<string, (ids: Ids) => [string, object]> = {
  start: ({ vm }) => ["startVm", { id: vm }],
  shutdown: ({ vm }) => ["shutdownVm", { id: vm }],
  stop: ({ vm }) => ["stopVm", { id: vm }],
  discard: ({ vm }) => ["discardVmMemory", { id: vm }],
  reboot: ({ vm }) => ["rebootVm", { id: vm }],
  reset: ({ vm }) => ["resetVm", { id: vm }],
  suspend: ({ vm }) => ["suspendVm", { id: vm }],
  migrate: ({ vm }) => ["migrateVm", { id: vm }],
  cancel: ({ vm }) => ["cancelVmMigration", { id: vm }],
  update: ({ vm }) => ["updateVm", { id: vm, input: { comment: "x" } }],
  remove: ({ vm }) => ["removeVm", { id: vm }],
  addNic: ({ vm }) => ["addNic", { input: { vmId: vm } }],
  updateNic: ({ nic }) => ["updateNic", { id: nic, input: { linked: false } }],
  removeNic: ({ nic }) => ["removeNic", { id: nic }],
  attach: ({ vm, disk }) => ["addDiskAttachment", { input: { vmId: vm, diskId: disk } }],
  detach: ({ attachment }) => ["removeDiskAttachment", { id: attachment }],
};

async function worldWithVm(database: DatabaseKind): Promise<{ world: World; ids: Ids }> {
  const world = await openWorld(database);
  const storageDomainId = await world.addDomain();
  const vm = await world.addVm("web1");
  const { nic } = await world.act("addNic", "nic { id }", { input: { vmId: vm } });
  const disk = async (name: string, more: object) => {
    const payload = await world.act("addDisk", "disk { id }", { input: { name, storageDomainId, provisionedSize: 2 ** 30, ...more } });
    await world.ended(payload);
    return payload.disk.id as string;
  };
  await disk("in", { attachment: { vmId: vm } });
  const attachment = world.snapshot().by("DiskAttachment", "vmId", vm)[0]!.id;
  return { world, ids: { vm, nic: nic.id, attachment, disk: await disk("out", {}) } };
}

/** Of the codes with which the verb is refused in a plan, the one that names the state: x, the devices': h, or neither. */
async function cellOf(world: World, [verb, request]: [string, object], prefix: string): Promise<string> {
  const { plan } = await world.act(verb, "__typename", { ...request, mode: "PLAN" });
  const codes: string[] = plan.refusals.map(({ code }: { code: string }) => code);
  if (codes.some((code) => code === prefix)) return "x";
  return codes.includes("HOT_PLUG_UNSUPPORTED") ? "h" : ".";
}

describeDatabases("A verb is refused in a state, with the state as its reason,", (database) => {
  test("for every verb of a VM as the table says", async () => {
    const { world, ids } = await worldWithVm(database);
    expect(read(VM_TABLE).map(({ state }) => state)).toEqual(Object.keys(VmStatus));
    for (const { state, cells } of read(VM_TABLE)) {
      await world.setVmStatus(ids.vm, state as VmStatus);
      const met = [];
      for (const { verb } of cells) met.push({ verb, cell: await cellOf(world, VM_CALLS[verb]!(ids), `VM_STATUS_${state}`) });
      expect({ state, cells: met }).toEqual({ state, cells });
    }
  });

  test("for every verb of a host as the table says", async () => {
    const world = await openWorld(database);
    const id = await world.addHost("h1");
    expect(read(HOST_TABLE).map(({ state }) => state)).toEqual(Object.keys(HostStatus));
    for (const { state, cells } of read(HOST_TABLE)) {
      await world.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.update("Host", tx.need("Host", id), { status: state as HostStatus }));
      const met = [];
      for (const { verb } of cells) {
        const request = verb === "update" ? { id, input: { comment: "x" } } : { id };
        met.push({ verb, cell: await cellOf(world, [`${verb}Host`, request], `HOST_STATUS_${state}`) });
      }
      expect({ state, cells: met }).toEqual({ state, cells });
    }
  });

  test("and `can` says of each what the verb says", async () => {
    const { world, ids } = await worldWithVm(database);
    const verbs = { start: "start", shutdown: "shutdown", stop: "stop", discardMemory: "discard", reboot: "reboot", reset: "reset", suspend: "suspend", migrate: "migrate", cancelMigration: "cancel", update: "update", remove: "remove" }; // prettier-ignore
    const fields = Object.keys(verbs).map((verb) => `${verb} { allowed reasons { code } }`);
    for (const { state, cells } of read(VM_TABLE)) {
      await world.setVmStatus(ids.vm, state as VmStatus);
      const { vm } = await world.query(`query ($id: ID!) { vm(id: $id) { can { ${fields.join(" ")} } } }`, { id: ids.vm });
      for (const [verb, name] of Object.entries(verbs)) {
        const allowed = cells.find((cell) => cell.verb === name)!.cell === ".";
        const reasons = allowed ? [] : [{ code: `VM_STATUS_${state}` }];
        expect([state, verb, vm.can[verb]]).toEqual([state, verb, { allowed, reasons }]);
      }
    }
  });
});
