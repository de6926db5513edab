import { expect, test } from "vitest";
import { HostCallError } from "../../src/domain/host/ports.ts";
import { describeDatabases, SPEC_ORIGIN } from "../support/database.ts";
import { openWorld, type World } from "../support/nouns.ts";

const GIB = 1024 ** 3;
/** 255 letters of four bytes each. */
const LONGEST = "𐌰".repeat(255);

const addVm = (world: World, more: object) =>
  world.refusal("addVm", { input: { name: "vm", clusterId: world.defaults.clusterId, ...more } });

describeDatabases("What is accepted works, what cannot work is refused:", (database) => {
  test("a name is 1 to 255 letters of whatever length, digits, dots, dashes and underscores, with a letter or digit among them", async () => {
    const world = await openWorld(database);
    for (const name of [LONGEST, "-rf", "..a", "ünï-1", "名前", "0"]) expect([name, await addVm(world, { name })]).toEqual([name, "done"]);
    for (const name of [`${LONGEST}𐌰`, "", "..", "-", "_", "a b", "a\nb", `a"b`, "a'b", "a<b", "a/b", "a\0b", "\ud800"])
      expect([name, await addVm(world, { name })]).toEqual([name, "INVALID NAME"]);
    const [vm] = world.snapshot().by("Vm", "name", LONGEST);
    expect(await world.refusal("updateVm", { id: vm!.id, input: { name: `${LONGEST.slice(2)}x` } })).toBe("done");
  });

  test("zero is a number: a limit, a stand-still or a size of nothing is out of range", async () => {
    const world = await openWorld(database);
    const id = await world.addVm("web1");
    const odd = [
      [{ migrationDowntime: 0 }, "INVALID RANGE"],
      [{ migrationDowntime: -1 }, "INVALID RANGE"],
      [{ migrationDowntime: 1 }, "done"],
      [{ migrationDowntime: null }, "done"],
      [{ migration: { autoConverge: true, bandwidth: 0 } }, "INVALID RANGE"],
      [{ migration: { autoConverge: true, bandwidth: null } }, "done"],
      [{ migration: { autoConverge: true } }, "done"],
      [{ memory: 0 }, "INVALID RANGE"],
      [{ memoryPolicy: { guaranteed: 0, ballooning: true } }, "done"],
    ] as const;
    for (const [at, [input, expected]] of odd.entries()) {
      expect([input, await world.refusal("updateVm", { id, input })]).toEqual([input, expected]);
      expect([input, await addVm(world, { name: `vm${at}`, ...input })]).toEqual([input, expected]);
    }
    const { clusterId } = world.defaults;
    const nothing = { migration: { autoConverge: true, bandwidth: 0 } };
    expect(await world.refusal("updateCluster", { id: clusterId, input: nothing })).toBe("INVALID RANGE");
  });

  test("an empty text is none where it names something on a host, and null is refused where there is no null", async () => {
    const world = await openWorld(database);
    const id = await world.addVm("web1");
    const os = { type: "other_linux", boot: { devices: ["HD"] } };
    for (const [input, expected] of [
      [{ customEmulatedMachine: "" }, "INVALID INVALID"],
      [{ customEmulatedMachine: "pc q35" }, "INVALID INVALID"],
      [{ customEmulatedMachine: null }, "done"],
      [{ customCpuModel: "" }, "INVALID INVALID"],
      [{ customCpuModel: "EPYC" }, "done"],
      [{ os: { ...os, kernel: "" } }, "INVALID INVALID"],
      [{ os: { ...os, kernel: "/k", initrd: "" } }, "INVALID INVALID"],
      [{ os: { ...os, cmdline: "quiet" } }, "INVALID INVALID"],
      [{ os: { ...os, kernel: "/k", initrd: "/i", cmdline: "" } }, "done"],
      [{ os: { ...os, kernel: null, cmdline: "" } }, "done"],
      [{ display: null }, "INVALID NULL"],
      [{ memory: null }, "INVALID NULL"],
    ] as const)
      expect([input, await world.refusal("updateVm", { id, input })]).toEqual([input, expected]);
  });

  test("a host that is named by an empty text is not any host", async () => {
    const world = await openWorld(database);
    await world.addHost("h1");
    const id = await world.addVm("web1");
    expect(await world.refusal("startVm", { id, input: { hostId: "" } })).toBe("NOT_FOUND");
  });

  test("memory goes to a domain that has room for it, and to none where no domain has", async () => {
    const world = await openWorld(database);
    const hostId = await world.addHost("h1");
    const id = await world.addVm("web1", "UP");
    const memory = 4 * GIB;
    await world.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.update("Vm", tx.need("Vm", id), { memory, hostId }));
    const small = await world.addDomain("small", memory);
    expect(await world.refusal("suspendVm", { id })).toBe("STORAGE NO_SPACE");
    expect(world.snapshot().need("Vm", id)).toMatchObject({ status: "UP", memoryDomainId: null });
    const large = await world.addDomain("large", memory + 1);
    const { vm } = await world.act("suspendVm", "vm { memoryDomain { id } }", { id });
    expect(vm.memoryDomain.id).toBe(large);
    expect(small).not.toBe(large);
  });
});

describeDatabases("A job", (database) => {
  test("is cancelled by whoever asked for it and not by somebody else; once it has ended it is too late", async () => {
    const world = await openWorld(database);
    const storageDomainId = await world.addDomain();
    const gate = Promise.withResolvers<void>();
    const { call } = world.hosts;
    world.hosts.call = async (hostId, method, params, options) => {
      if (method === "disk.create") await Promise.race([gate.promise, aborted(options?.signal)]);
      if (options?.signal?.aborted) throw new HostCallError("CANCELLED", "Given up.");
      return call(hostId, method, params, options);
    };
    const input = { name: "d", storageDomainId, provisionedSize: GIB };
    const payload = await world.act("addDisk", "disk { id }", { input });
    const cancel = (as?: string) =>
      world.query(`mutation ($id: ID!) { cancelJob(id: $id) { job { id status } } }`, { id: payload.job.id }, as);
    await expect(cancel("reader")).rejects.toMatchObject({ code: "FORBIDDEN" });
    // Nor is one that nobody asked for everybody's: the engine's own.
    await world.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.update("Job", tx.need("Job", payload.job.id), { ownerId: null }));
    await expect(cancel("operator")).rejects.toMatchObject({ code: "FORBIDDEN", reasons: [{ code: "MANIPULATE_USERS" }] });
    expect((await cancel()).cancelJob.job).toEqual({ id: payload.job.id, status: "STARTED" });
    expect(await world.ended(payload)).toMatchObject({ status: "ABORTED", reasons: [{ code: "CANCELLED" }] });
    gate.resolve();
    expect(world.snapshot().count("Disk")).toBe(0);
    await expect(cancel()).rejects.toMatchObject({ code: "NOT_ALLOWED_IN_STATE", reasons: [{ code: "JOB_ABORTED" }] });
    await expect(world.query(`mutation { cancelJob(id: "none") { job { id } } }`)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

const aborted = (signal?: AbortSignal) => new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));

describeDatabases("A host", (database) => {
  test("is updated under its version, with a name of its own and an address that can be one", async () => {
    const world = await openWorld(database);
    const [id] = [await world.addHost("h1"), await world.addHost("h2")];
    const refusal = (input: object) => world.refusal("updateHost", { id, input });
    expect(await refusal({ name: "h2" })).toBe("CONFLICT DUPLICATE");
    const { plan } = await world.act("updateHost", "__typename", { id, input: { name: "h2" }, mode: "PLAN" });
    expect(plan.refusals).toEqual([{ code: "DUPLICATE", path: "input.name" }]);
    expect(await refusal({ name: "h 1" })).toBe("INVALID NAME");
    for (const address of ["", "a b", "host;rm"]) expect([address, await refusal({ address })]).toEqual([address, "INVALID INVALID"]);
    expect(await refusal({ version: 99, comment: "x" })).toBe("CONFLICT VERSION");
    expect(await refusal({ description: null })).toBe("INVALID NULL");
    expect(await world.refusal("updateHost", { id, input: { comment: "x" } }, "reader")).toBe("FORBIDDEN EDIT_HOST_CONFIGURATION");
    expect(await world.refusal("updateHost", { id: "none", input: {} })).toBe("NOT_FOUND");
    const { host } = await world.act("updateHost", "host { name description comment address status version }", {
      id,
      input: { name: "h1", description: "new", comment: "c", address: "10.0.0.7", version: 1 },
    });
    expect(host).toEqual({ name: "h1", description: "new", comment: "c", address: "10.0.0.7", status: "UP", version: 2 });
    expect(await world.events()).toContain("USER_UPDATE_VDS");
  });
});
