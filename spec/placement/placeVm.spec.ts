import fc from "fast-check";
import { expect, test } from "vitest";
import { advance, snapshotOf, type Snapshot } from "../../src/domain/inventory/snapshot.ts";
import type { RowOf } from "../../src/domain/kinds.ts";
import { HOST_RESERVE, hostLoad, hostLoads, hostLoadsSince, VM_OVERHEAD } from "../../src/domain/placement/load.ts";
import { placeVm } from "../../src/domain/placement/placeVm.ts";
import { aCluster, aHost, aNetwork, aNic, aProfile, aVm, capabilities, CLUSTER, GIB, MIB, uuid } from "./rows.ts";

const [H1, H2, H3] = [uuid(0x11), uuid(0x12), uuid(0x13)];
const on = (hostId: string, n: number, patch: Partial<RowOf<"Vm">> = {}) =>
  aVm({ id: uuid(0x1000 + n), name: `vm${n}`, status: "UP", hostId, ...patch });
const codes = (result: ReturnType<typeof placeVm>) => Object.fromEntries(result.refusals.map((refusal) => [refusal.hostId, refusal.code]));
const guaranteed = (bytes: number) => ({ memory: bytes, memoryPolicy: { guaranteed: bytes, ballooning: true } });

test("A VM goes to the host with the least on it", () => {
  const snapshot = snapshotOf(1, {
    Cluster: [aCluster()],
    Host: [aHost({ id: H1 }), aHost({ id: H2 })],
    Vm: [aVm(), on(H1, 1), on(H1, 2), on(H2, 3)],
  });
  expect(placeVm(snapshot, aVm()).choice?.hostId).toBe(H2);
});

test("A VM counts on the host it moves to as on the one it leaves", () => {
  const snapshot = snapshotOf(1, {
    Cluster: [aCluster()],
    Host: [aHost({ id: H1 }), aHost({ id: H2 }), aHost({ id: H3 })],
    Vm: [on(H1, 1, { status: "MIGRATING", migratingToId: H2 }), aVm()],
  });
  const one = { memory: GIB + VM_OVERHEAD, vcpus: 2, vms: 1 };
  expect([H1, H2, H3].map((id) => hostLoad(snapshot, id))).toEqual([one, one, { memory: 0, vcpus: 0, vms: 0 }]);
  expect(Object.fromEntries(hostLoads(snapshot))).toEqual({ [H1]: one, [H2]: one });
  expect(placeVm(snapshot, aVm()).choice?.hostId).toBe(H3);
});

test("Guaranteed memory is promised up to the last byte, and over-commit promises more", () => {
  const rows = (percent: number) => ({
    Cluster: [aCluster({ memoryPolicy: { overCommit: { percent } } })],
    Host: [aHost({ id: H1, capabilities: capabilities({ memory: 4 * GIB }) })],
    Vm: [on(H1, 1, guaranteed(GIB))],
  });
  const left = 4 * GIB - HOST_RESERVE - (GIB + VM_OVERHEAD) - VM_OVERHEAD;
  expect(placeVm(snapshotOf(1, rows(100)), aVm(guaranteed(left))).choice?.hostId).toBe(H1);
  const refused = placeVm(snapshotOf(1, rows(100)), aVm(guaranteed(left + 1)));
  expect(refused).toMatchObject({ choice: null, ranked: [] });
  expect(refused.refusals).toEqual([
    { hostId: H1, code: "NOT_ENOUGH_MEMORY", message: "Host host-11 has 2752 MiB of memory left to promise, and 2752 MiB are needed." },
  ]);
  expect(placeVm(snapshotOf(1, rows(150)), aVm(guaranteed(left + 2 * GIB))).choice?.hostId).toBe(H1);
});

test("A NIC needs its bridge on the host unless it is unplugged or has no profile", () => {
  const rows = (nic: Partial<RowOf<"Nic">>) =>
    snapshotOf(1, {
      Cluster: [aCluster()],
      Host: [aHost({ id: H1, capabilities: capabilities({ bridges: ["ovirtmgmt"] }) }), aHost({ id: H2 })],
      Network: [aNetwork()],
      VnicProfile: [aProfile()],
      Vm: [aVm()],
      Nic: [aNic(nic)],
    });
  expect(codes(placeVm(rows({}), aVm()))).toEqual({ [H1]: "NETWORK_MISSING" });
  expect(codes(placeVm(rows({ plugged: false }), aVm()))).toEqual({});
  expect(codes(placeVm(rows({ vnicProfileId: null }), aVm()))).toEqual({});
});

test("A wish for one host is heard, and refused with the reasons of that host", () => {
  const snapshot = snapshotOf(1, {
    Cluster: [aCluster(), aCluster({ id: uuid(9), name: "Other" })],
    Host: [aHost({ id: H1 }), aHost({ id: H2, status: "MAINTENANCE" }), aHost({ id: H3, clusterId: uuid(9) })],
    Vm: [aVm(), on(H1, 1)],
  });
  expect(placeVm(snapshot, aVm(), { hostId: H1 }).choice?.hostId).toBe(H1);
  expect(placeVm(snapshot, aVm(), { hostId: H2 }).refusals).toEqual([
    { hostId: H2, code: "HOST_NOT_UP", message: "Host host-12 is in maintenance." },
  ]);
  expect(codes(placeVm(snapshot, aVm(), { hostId: H3 }))).toEqual({ [H3]: "OTHER_CLUSTER" });
  expect(placeVm(snapshot, aVm(), { hostId: uuid(0xdead) })).toMatchObject({ choice: null, ranked: [], refusals: [] });
});

test("A running VM is placed anywhere but where it is, on the machine, processor and virtualization it started with", () => {
  const older = capabilities({ machineTypes: ["q35", "pc-q35-6.2"] });
  const snapshot = snapshotOf(1, {
    Cluster: [aCluster()],
    Host: [
      aHost({ id: H1 }),
      aHost({ id: H2, capabilities: older }),
      aHost({ id: H3, capabilities: capabilities({ virtualization: "qemu", cpuModels: ["qemu64"] }) }),
      aHost({ id: uuid(0x14) }),
    ],
    Vm: [on(H1, 1)],
  });
  const result = placeVm(snapshot, on(H1, 1), { exclude: H1 });
  expect(result.choice?.hostId).toBe(uuid(0x14));
  expect(result.refusals.map(({ hostId, code }) => [hostId, code])).toEqual([
    [H1, "EXCLUDED"],
    [H2, "EMULATED_MACHINE"],
    [H3, "VIRTUALIZATION"],
    [H3, "CPU_MODEL"],
  ]);
});

test("Firmware, machine type and CPU model must be known to the host", () => {
  const snapshot = snapshotOf(1, {
    Cluster: [aCluster()],
    Host: [aHost({ id: H1, capabilities: capabilities({ uefi: false, machineTypes: ["pc"], cpuModels: [] }) })],
  });
  const wanted = placeVm(snapshot, aVm({ bios: { type: "Q35_OVMF" } }));
  expect(wanted.refusals.map(({ message }) => message)).toEqual([
    "Host host-11 cannot give the machine type q35.",
    "Host host-11 has no UEFI firmware for VMs.",
    "Host host-11 cannot give the CPU model Nehalem.",
  ]);
  const custom = placeVm(snapshot, aVm({ customEmulatedMachine: "pc", customCpuModel: "EPYC" }));
  expect(custom.refusals.map(({ code }) => code)).toEqual(["CPU_MODEL"]);
});

test("Under emulation the default model needs no mention in the host's list", () => {
  const snapshot = snapshotOf(1, {
    Cluster: [aCluster()],
    Host: [aHost({ id: H1, capabilities: capabilities({ virtualization: "qemu", cpuModels: [] }) })],
  });
  expect(placeVm(snapshot, aVm()).choice?.hostId).toBe(H1);
});

test("A host whose agent never connected is refused, not a defect", () => {
  const snapshot = snapshotOf(1, {
    Cluster: [aCluster()],
    Host: [aHost({ id: H1, status: "INSTALLING", capabilities: null, memory: null })],
  });
  expect(placeVm(snapshot, aVm()).refusals.map(({ code }) => code)).toEqual([
    "HOST_NOT_UP",
    "NOT_ENOUGH_MEMORY",
    "NOT_ENOUGH_CPUS",
    "EMULATED_MACHINE",
  ]);
});

test("A VM of a cluster that is gone, or without hosts, has no place", () => {
  expect(placeVm(snapshotOf(1, {}), aVm())).toMatchObject({ choice: null, ranked: [], refusals: [] });
  expect(placeVm(snapshotOf(1, { Cluster: [aCluster({ id: CLUSTER })] }), aVm({ ...guaranteed(MIB) })).choice).toBeNull();
});

test("What hosts carry is the same, counted anew or from what changed", () => {
  const place = fc.option(fc.constantFrom(H1, H2, H3));
  const step = fc.record({ n: fc.nat(20), hostId: place, migratingToId: place, gone: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(5), (steps, stride) => {
      let snapshot: Snapshot = snapshotOf(0, { Cluster: [aCluster()] });
      let [seen, loads] = [snapshot, hostLoads(snapshot)];
      const present = new Map<string, RowOf<"Vm">>();
      for (const [index, { n, hostId, migratingToId, gone }] of steps.entries()) {
        const row = on(H1, n, { hostId, migratingToId });
        const known = present.get(row.id);
        const change = { kind: "Vm", id: row.id, operation: gone && known ? "DELETED" : "UPDATED", row, fields: [] } as const;
        if (change.operation === "DELETED") present.delete(row.id);
        else present.set(row.id, row);
        snapshot = advance(snapshot, {
          cursor: index + 1,
          at: new Date(),
          correlationId: "",
          userId: null,
          jobId: null,
          changes: [change],
          events: [],
        });
        if (index % (stride + 1) !== 0) continue;
        loads = hostLoadsSince(snapshot, seen, loads);
        seen = snapshot;
        expect(loads).toEqual(hostLoads(snapshot));
      }
    }),
  );
});
