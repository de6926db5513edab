import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fieldOf, type Candidate, type Platform } from "../../src/domain/placement/candidate.ts";
import type { Demand } from "../../src/domain/placement/filters.ts";
import { CHIPSETS, newestMachineType } from "../../src/domain/vm/domainXml/platform.ts";
import { place } from "../../src/domain/placement/place.ts";

const MIB = 2 ** 20;
const BRIDGES = ["ovirtmgmt", "br-vm", "br-dmz"];
const MACHINES = ["q35", "pc", "pc-q35-6.2", "pc-q35-7.2", "pc-i440fx-7.2"];
const MODELS = ["Nehalem", "EPYC", "Haswell"];

const machineTypes = fc.subarray(MACHINES).map((names) => ({
  machineTypes: new Set(names),
  chipsets: new Set(CHIPSETS.filter((chipset) => newestMachineType(chipset, names) !== null)),
}));
const others = fc.record({
  clusterId: fc.constantFrom("c1", "c1", "c1", "c2"),
  virtualization: fc.constantFrom("kvm", "qemu", null),
  uefi: fc.boolean(),
  bridges: fc.subarray(BRIDGES).map((names) => new Set(names)),
  cpuModels: fc.subarray(MODELS).map((names) => new Set(names)),
});
const platform: fc.Arbitrary<Platform> = fc.tuple(machineTypes, others).map(([machines, rest]) => Object.assign(rest, machines));
const candidates: fc.Arbitrary<Candidate[]> = fc
  .array(platform, { minLength: 1, maxLength: 4 })
  .chain((platforms) =>
    fc.array(
      fc.record({
        status: fc.constantFrom("UP", "UP", "UP", "MAINTENANCE", "NON_RESPONSIVE"),
        platform: fc.constantFrom(...platforms),
        capacity: fc.integer({ min: -256, max: 8_192 }).map((mib) => mib * MIB),
        threads: fc.integer({ min: 0, max: 16 }),
        load: fc.record({
          memory: fc.integer({ min: 0, max: 4_096 }).map((mib) => mib * MIB),
          vcpus: fc.integer({ min: 0, max: 32 }),
          vms: fc.integer({ min: 0, max: 32 }),
        }),
      }),
      { maxLength: 12 },
    ),
  )
  .map((hosts) => hosts.map((host, at) => ({ ...host, id: `h${String(at).padStart(2, "0")}`, name: `host${at}` }) as Candidate));
const demand: fc.Arbitrary<Demand> = fc.record({
  clusterId: fc.constant("c1"),
  memory: fc.integer({ min: 1, max: 2_048 }).map((mib) => mib * MIB),
  vcpus: fc.integer({ min: 1, max: 8 }),
  bridges: fc.subarray(BRIDGES, { maxLength: 2 }),
  chipset: fc.constantFrom("q35", "i440fx"),
  machineType: fc.option(fc.constantFrom(...MACHINES), { freq: 4 }),
  uefi: fc.boolean(),
  cpuModel: fc.option(fc.constantFrom(...MODELS)),
  virtualization: fc.option(fc.constantFrom("kvm", "qemu"), { freq: 4 }),
});
interface Asked {
  demand: Demand;
  candidates: Candidate[];
  exclude?: string[];
}
const placing = ({ candidates: hosts, ...asked }: Asked) => place({ ...asked, field: fieldOf(hosts) });
const request: fc.Arbitrary<Asked> = fc.record({
  demand,
  candidates,
  exclude: fc.subarray(["h00", "h03", "nobody"]),
});

/** What the words of the filters say, as plainly as can be. */
function complaints(host: Candidate, { demand: vm, exclude = [] }: Asked): string[] {
  const { platform: its } = host;
  if (its.clusterId !== vm.clusterId) return ["OTHER_CLUSTER"];
  if (exclude.includes(host.id)) return ["EXCLUDED"];
  const found: string[] = [];
  if (host.status !== "UP") found.push("HOST_NOT_UP");
  if (host.load.memory + vm.memory > host.capacity) found.push("NOT_ENOUGH_MEMORY");
  if (vm.vcpus > host.threads) found.push("NOT_ENOUGH_CPUS");
  if (vm.bridges.some((bridge) => !its.bridges.has(bridge))) found.push("NETWORK_MISSING");
  const family = vm.chipset === "q35" ? ["q35", "pc-q35-6.2", "pc-q35-7.2"] : ["pc", "pc-i440fx-7.2"];
  const machines = vm.machineType === null ? family : [vm.machineType];
  if (!machines.some((machine) => its.machineTypes.has(machine))) found.push("EMULATED_MACHINE");
  if (vm.uefi && !its.uefi) found.push("FIRMWARE");
  if (vm.virtualization !== null && vm.virtualization !== its.virtualization) found.push("VIRTUALIZATION");
  const model = vm.cpuModel ?? (its.virtualization === "kvm" ? "Nehalem" : null);
  if (model !== null && !its.cpuModels.has(model)) found.push("CPU_MODEL");
  return found;
}
function worth(host: Candidate, { demand: vm }: Asked): number {
  const vcpuRatio = (host.load.vcpus + vm.vcpus) / host.threads;
  const memoryShare = (host.load.memory + vm.memory) / host.capacity;
  return ((2 / (1 + vcpuRatio) + (1 - memoryShare)) / 3) * 100;
}
/** Scores are rounded to a thousandth. */
const EQUAL = 0.001;

test("The choice is that of a plain, slow reference", () => {
  fc.assert(
    fc.property(request, (asked) => {
      const suitable = asked.candidates.filter((host) => complaints(host, asked).length === 0);
      const worths = new Map(suitable.map((host) => [host.id, worth(host, asked)]));
      const { choice, ranked } = placing(asked);
      expect(ranked.map((one) => one.hostId).sort()).toEqual(suitable.map((host) => host.id));
      expect(choice).toEqual(ranked[0] ?? null);
      for (const [at, { hostId, score }] of ranked.entries()) {
        expect(Math.abs(score - worths.get(hostId)!)).toBeLessThan(EQUAL);
        const next = ranked[at + 1];
        if (next) expect(score).toBeGreaterThanOrEqual(next.score);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("No host that fails a filter is ranked, and every other host is explained by all it fails", () => {
  fc.assert(
    fc.property(request, (asked) => {
      const { ranked, refusals } = placing(asked);
      for (const host of asked.candidates) {
        const codes = refusals.filter((refusal) => refusal.hostId === host.id).map((refusal) => refusal.code);
        expect(codes).toEqual(complaints(host, asked));
        expect(ranked.some((one) => one.hostId === host.id)).toBe(codes.length === 0);
      }
      for (const { message } of refusals) expect(message).toMatch(/^Host host\d+ .*\.$/u);
    }),
    { numRuns: 1_000 },
  );
});

test("Scores lie between 0 and 100, and more load never scores higher", () => {
  fc.assert(
    fc.property(request, fc.nat({ max: 8 }), (asked, more) => {
      for (const { hostId, score } of placing(asked).ranked) {
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(100);
        const loaded = asked.candidates.map((host) =>
          host.id === hostId ? { ...host, load: { ...host.load, vcpus: host.load.vcpus + more } } : host,
        );
        const then = placing({ ...asked, candidates: loaded }).ranked.find((one) => one.hostId === hostId)!;
        expect(then.score).toBeLessThanOrEqual(score);
      }
    }),
  );
});

test("Of hosts that are equal the one with the first id is taken", () => {
  const shared: Platform = {
    clusterId: "c1",
    virtualization: "qemu",
    uefi: false,
    bridges: new Set(),
    machineTypes: new Set(["q35"]),
    chipsets: new Set(["q35"]),
    cpuModels: new Set(),
  };
  const equal = ["a", "b", "c"].map((id): Candidate => ({
    id,
    name: id,
    status: "UP",
    platform: shared,
    capacity: 2 ** 33,
    threads: 4,
    load: { memory: 0, vcpus: 0, vms: 0 },
  }));
  const needs: Demand = {
    clusterId: "c1",
    memory: 2 ** 30,
    vcpus: 1,
    bridges: [],
    chipset: "q35",
    machineType: null,
    uefi: false,
    cpuModel: null,
    virtualization: null,
  };
  const result = placing({ demand: needs, candidates: equal });
  expect(result.choice?.hostId).toBe("a");
  expect(result.ranked.map(({ hostId }) => hostId)).toEqual(["a", "b", "c"]);
  expect(placing({ demand: needs, candidates: equal, exclude: ["a"] }).choice?.hostId).toBe("b");
});
