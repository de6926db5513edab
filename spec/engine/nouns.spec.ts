import { describe, expect, test } from "vitest";
import { callerOf } from "../../src/domain/access/caller.ts";
import { readEntries } from "../../src/domain/journal/read.ts";
import { BLANK_TEMPLATE } from "../../src/domain/template/blank.ts";
import { describeDatabases } from "../support/database.ts";
import { openWorld, type Request } from "../support/nouns.ts";
import { added, fieldOf, furnished, NAMED_NOUNS } from "../support/nounTable.ts";

const GIB = 1024 ** 3;

describeDatabases("Every noun", (database) => {
  describe.for(NAMED_NOUNS)("%s", (noun) => {
    const field = `${fieldOf(noun)} { id version name }`;

    test("A plan changes nothing and tells what would be done, or why it would not", async () => {
      const { world, add } = await furnished(database);
      const row = await added(world, noun, add[noun]);
      const { cursor } = world.snapshot();
      const calls = world.hosts.calls.length;
      const plan = async (verb: string, request: Request) => {
        const payload = await world.act(`${verb}${noun}`, field, { ...request, mode: "PLAN", idempotencyKey: "planned" });
        expect(payload).toMatchObject({ job: null, [fieldOf(noun)]: null });
        return payload.plan;
      };
      const more = { ...add[noun], name: "y", ...(noun === "StorageDomain" && { storage: { type: "POSIXFS", path: "/srv/y" } }) };
      expect((await plan("add", { input: more })).changes).toContainEqual(
        expect.objectContaining({ kind: noun, operation: "CREATED", name: "y" }),
      );
      expect((await plan("update", { id: row.id, input: { name: "z" } })).changes).toContainEqual(
        expect.objectContaining({ kind: noun, operation: "UPDATED", name: "z", fields: expect.arrayContaining(["name"]) }),
      );
      expect((await plan("remove", { id: row.id })).changes).toContainEqual(expect.objectContaining({ kind: noun }));
      expect((await plan("update", { id: row.id, input: { name: "a b" } })).refusals).toEqual([{ code: "NAME", path: "input.name" }]);
      expect(world.snapshot().cursor).toBe(cursor);
      expect(world.hosts.calls.length).toBe(calls);
    });

    test("A plan tells what the deed then writes, and is refused for the same reasons", async () => {
      const { world, add } = await furnished(database);
      const changesOf = (changes: readonly { kind: string; operation: string; fields: readonly string[] }[]) =>
        changes.map(({ kind, operation, fields }) => `${kind} ${operation} ${fields.toSorted().join(" ")}`).toSorted();
      /** Jobs are told as jobs, and of columns those that are fields. */
      const written = async (cursor: number) => {
        const entries = await readEntries(world.database.reader, cursor, Number.MAX_SAFE_INTEGER);
        const entry = entries.find(({ jobId, userId }) => jobId === null && userId !== null);
        const changes = entry!.changes.filter(({ kind }) => kind !== "Job" && kind !== "Step");
        return changes.filter(({ operation, fields }) => operation !== "UPDATED" || fields.some((name) => name !== "version"));
      };
      const planned = async (verb: string, request: Request) => {
        const { plan } = await world.act(verb, field, { ...request, mode: "PLAN" });
        const { cursor } = world.snapshot();
        const payload = await world.act(verb, field, request);
        const deed = await written(cursor);
        const told = new Set(plan.changes.flatMap(({ fields }: { fields: string[] }) => fields));
        const shown = deed.map((change) => ({ ...change, fields: change.fields.filter((name) => told.has(name)) }));
        expect([verb, ...changesOf(plan.changes)]).toEqual([verb, ...changesOf(shown)]);
        if (payload.job) expect(await world.ended(payload)).toMatchObject({ status: "FINISHED" });
        return payload[fieldOf(noun)].id as string;
      };
      const id = await planned(`add${noun}`, { input: add[noun] });
      await planned(`update${noun}`, { id, input: { name: "y" } });
      for (const [verb, request] of [
        [`add${noun}`, { input: { ...add[noun], name: "y" } }],
        [`update${noun}`, { id, input: { name: "-" } }],
        [`update${noun}`, { id, input: { version: 99 } }],
      ] as const) {
        const { plan } = await world.act(verb, field, { ...request, mode: "PLAN" });
        const deed = await world.refusal(verb, request);
        const reasons: string[] = plan.refusals.map(({ code }: { code: string }) => code);
        expect([verb, deed === "done" ? "" : deed.split(" ").slice(1).join(" ")]).toEqual([verb, [...new Set(reasons)].join(" ")]);
      }
      await planned(`remove${noun}`, { id });
    });

    test("The same idempotency key gives the first answer again, and no second object", async () => {
      const { world, add } = await furnished(database);
      const request = { input: add[noun], idempotencyKey: "once" };
      const first = await world.act(`add${noun}`, field, request);
      const again = await world.act(`add${noun}`, field, request);
      const { id } = first[fieldOf(noun)];
      expect([again[fieldOf(noun)].id, again.job]).toEqual([id, first.job]);
      const other = { ...request, input: { ...add[noun], name: "y" } };
      expect(await world.refusal(`add${noun}`, other)).toBe("CONFLICT KEY_REUSED");
      // It is of this user alone.
      const person = { userName: "boss", password: "long enough", roles: ["SuperUser"] };
      const { user } = await world.act("addUser", "user { id userName }", { input: person });
      const boss = callerOf(world.snapshot(), user);
      expect(await world.refusal(`add${noun}`, other, boss)).not.toBe("CONFLICT KEY_REUSED");
      if (first.job) await world.ended(first);
    });

    test("An update names the version it was made for, leaves out what stays, and sets nothing to null", async () => {
      const { world, add } = await furnished(database);
      const { id, version } = await added(world, noun, add[noun]);
      const update = (input: object) => world.act(`update${noun}`, field, { id, input });
      expect((await update({ version, name: "y" }))[fieldOf(noun)]).toEqual({ id, version: version + 1, name: "y" });
      expect(await world.refusal(`update${noun}`, { id, input: { version, name: "z" } })).toBe("CONFLICT VERSION");
      expect((await update({}))[fieldOf(noun)]).toEqual({ id, version: version + 1, name: "y" });
      expect(await world.refusal(`update${noun}`, { id, input: { name: null } })).toBe("INVALID NULL");
      expect(await world.refusal(`update${noun}`, { id, input: { name: "" } })).toBe("INVALID NAME");
      expect(await world.refusal(`update${noun}`, { id: "none", input: {} })).toBe("NOT_FOUND");
    });

    test("Whoever may only look changes nothing, and nobody does without log-in", async () => {
      const { world, add } = await furnished(database);
      const { id } = await added(world, noun, add[noun]);
      const requests: [string, Request][] = [
        [`add${noun}`, { input: add[noun] }],
        [`update${noun}`, { id, input: {} }],
        [`remove${noun}`, { id }],
      ];
      for (const [verb, request] of requests) {
        expect(await world.refusal(verb, request, "reader")).toMatch(/^FORBIDDEN [A-Z_]+$/);
        expect(await world.refusal(verb, { ...request, mode: "PLAN" }, "reader")).toMatch(/^FORBIDDEN /);
        expect(await world.refusal(verb, request, "nobody")).toBe("UNAUTHENTICATED");
      }
    });
  });
});

describeDatabases("An idempotency key", (database) => {
  test("stands for the verb, and not only for what that is asked about", async () => {
    const world = await openWorld(database);
    const request = { id: await world.addHost("h1", "MAINTENANCE"), idempotencyKey: "once" };
    expect(await world.refusal("enrollCertificateHost", request)).toBe("done");
    expect(await world.refusal("enrollCertificateHost", request)).toBe("done");
    for (const verb of ["activateHost", "revokeCertificateHost", "removeHost"])
      expect([verb, await world.refusal(verb, request)]).toEqual([verb, "CONFLICT KEY_REUSED"]);
  });
});

describeDatabases("Templates", (database) => {
  test("Blank is there from the start, and stays, by its name", async () => {
    const world = await openWorld(database);
    const read = `query ($id: ID!) { template(id: $id) { name status memory cpu { topology { sockets cores threads } } bios { type } os { type boot { devices } kernel } vms { totalCount } } }`;
    expect((await world.query(read, { id: BLANK_TEMPLATE.id })).template).toEqual({
      name: "Blank",
      status: "OK",
      memory: GIB,
      cpu: { topology: { sockets: 1, cores: 1, threads: 1 } },
      bios: { type: "CLUSTER_DEFAULT" },
      os: { type: "other", boot: { devices: ["HD"] }, kernel: null },
      vms: { totalCount: 0 },
    });
    expect(await world.refusal("removeTemplate", { id: BLANK_TEMPLATE.id })).toBe("INVALID BLANK_TEMPLATE");
    expect(await world.refusal("updateTemplate", { id: BLANK_TEMPLATE.id, input: { name: "Empty" } })).toBe("INVALID BLANK_TEMPLATE");
    expect(await world.refusal("updateTemplate", { id: BLANK_TEMPLATE.id, input: { memory: 2 * GIB } })).toBe("done");
  });

  test("VMs take after their template, which stays while there are any", async () => {
    const world = await openWorld(database);
    const cpu = { topology: { sockets: 2, cores: 2, threads: 1 } };
    const input = {
      name: "small",
      description: null,
      memory: 512 * 1024 ** 2,
      cpu,
      os: { type: "other_linux", boot: { devices: ["HD"] } },
    };
    const { template } = await world.act(
      "addTemplate",
      "template { id description os { type kernel cmdline } bios { type } creationTime }",
      { input },
    );
    expect(template).toMatchObject({
      description: "",
      os: { type: "other_linux", kernel: null, cmdline: null },
      bios: { type: "CLUSTER_DEFAULT" },
    });
    const { vm } = await world.act(
      "addVm",
      "vm { memory cpu { topology { sockets cores threads } } template { name vms { nodes { name } } } }",
      {
        input: { name: "web1", clusterId: world.defaults.clusterId, templateId: template.id },
      },
    );
    expect(vm).toEqual({ memory: input.memory, cpu, template: { name: "small", vms: { nodes: [{ name: "web1" }] } } });
    expect(await world.refusal("removeTemplate", { id: template.id })).toBe("CONFLICT IN_USE");
    expect(await world.refusal("addTemplate", { input })).toBe("CONFLICT DUPLICATE");
    expect(await world.refusal("addTemplate", { input: { name: "odd", memory: GIB + 1 } })).toBe("INVALID RANGE");
    const none = { topology: { sockets: 0, cores: 1, threads: 1 } };
    expect(await world.refusal("updateTemplate", { id: template.id, input: { cpu: none } })).toBe("INVALID RANGE");
    const os = { type: "other", boot: { devices: ["HD"] }, initrd: "/boot/initrd" };
    expect(await world.refusal("updateTemplate", { id: template.id, input: { os } })).toBe("INVALID INVALID");
  });
});
