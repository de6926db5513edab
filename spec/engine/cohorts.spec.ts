import { isObjectType, isUnionType, type GraphQLObjectType } from "graphql";
import { describe, expect, test, vi } from "vitest";
import { buildAppSchema } from "../../src/resolvers/schema.ts";
import { SPEC_ORIGIN } from "../support/database.ts";
import { startTestEngine, type TestEngine } from "../support/engine.ts";
import { addHosts, addVms, seeded } from "../support/engineRows.ts";
import { bareSocket, type BareSocket } from "../support/engineSocket.ts";

const CAN = `can { start { allowed reasons { code message } } remove { allowed reasons { code message } } }`;
const CHANGES = `subscription { changes(kinds: [Vm, Host]) { id entity {
  ... on Vm { name ${CAN} host { can { activate { allowed reasons { message } } } } } ... on Host { name hostCan: can { remove { reasons { message } } } } } } }`;

async function addUser({ ask }: TestEngine, userName: string, role: string): Promise<void> {
  await ask("mutation ($input: AddUserInput!) { addUser(input: $input) { user { id } } }", {
    input: { userName, password: "another password", roles: [role] },
  });
}
async function subscribe(engine: TestEngine, userName: string, query = CHANGES): Promise<BareSocket> {
  const bare = await bareSocket(engine.url, { authorization: `Bearer ${await engine.login(userName, "another password")}` });
  bare.send({ id: "1", type: "subscribe", payload: { query } });
  return bare;
}

describe("What is rendered once for many", () => {
  test("is rendered for each scope of permits, and names nobody", async () => {
    const engine = await startTestEngine();
    const cluster = await seeded(engine);
    for (const [name, role] of [
      ["reader1", "ReadOnlyAdmin"],
      ["reader2", "ReadOnlyAdmin"],
      ["runner", "UserRole"],
      ["boss", "SuperUser"],
    ] as const)
      await addUser(engine, name, role);
    const sockets: BareSocket[] = [];
    for (const name of ["reader1", "reader2", "runner", "boss"]) sockets.push(await subscribe(engine, name));
    // All are in place once all have been told of a change.
    await vi.waitFor(async () => {
      await addHosts(engine, cluster.id, [{ name: `h${Math.random()}`.replace("0.", "") }]);
      await vi.waitFor(() => sockets.forEach(({ payloads }) => expect(payloads.length).toBeGreaterThan(0)), { timeout: 200 });
    });
    await addVms(engine, cluster.id, [{ name: "web1" }]);
    const told = await vi.waitFor(() =>
      sockets.map(({ payloads }) => {
        const found = payloads.find(({ data }) => data.changes.entity.name === "web1");
        expect(found.errors).toBeUndefined();
        return found.data.changes.entity.can;
      }),
    );
    const lacks = (permit: string) => ({ code: permit, message: `This needs the permit ${permit}.` });
    expect(told[0].start).toEqual({ allowed: false, reasons: [lacks("RUN_VM")] });
    expect(told[1]).toEqual(told[0]);
    expect(told[2]).toEqual({ start: { allowed: true, reasons: [] }, remove: { allowed: false, reasons: [lacks("DELETE_VM")] } });
    expect(told[3].remove).toEqual({ allowed: true, reasons: [] });
    for (const { payloads } of sockets) expect(JSON.stringify(payloads)).not.toMatch(/reader|runner|boss/);
  });

  test.each(["DataCenter", "Cluster", "Host", "Template", "Network", "VnicProfile", "Vm", "User"] as const)(
    "needs no identity in any field of a %s",
    async (kind) => {
      const engine = await startTestEngine();
      const cluster = await seeded(engine);
      await addHosts(engine, cluster.id, [{ name: "h1" }]);
      await addVms(engine, cluster.id, [{ name: "web1" }]);
      const bare = await bareSocket(engine.url, { authorization: `Bearer ${await engine.login()}` });
      const query = `subscription { changes(kinds: [${kind}]) { entity { ... on ${kind} { ${await fieldsOf(kind)} } } } }`;
      bare.send({ id: "1", type: "subscribe", payload: { query } });
      let round = 0;
      await vi.waitFor(async () => {
        const [row] = [...engine.engine.journal.snapshot().all(kind)];
        const patch = kind === "User" ? { email: `${++round}` } : { description: `${++round}` };
        await engine.engine.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.update(kind, row as never, patch as never));
        await vi.waitFor(() => expect(bare.payloads.length + bare.others.length).toBeGreaterThan(1), { timeout: 200 });
      });
      expect(bare.payloads[0]).toMatchObject({ data: { changes: { entity: { id: expect.any(String) } } } });
      expect(bare.payloads[0].errors).toBeUndefined();
    },
  );
});

const SCHEMA = buildAppSchema();
/** All fields of a type, and of the objects in it. */
async function fieldsOf(name: string, depth = 0): Promise<string> {
  const schema = await SCHEMA;
  const type = schema.getType(name) as GraphQLObjectType;
  const fields = Object.values(type.getFields()).filter((field) => !name.endsWith("Connection") || field.name === "totalCount");
  const written = fields.map(async (field) => {
    const inner = schema.getType(String(field.type).replace(/[[\]!]/g, ""));
    if (isUnionType(inner)) return `${field.name} { __typename }`;
    if (!isObjectType(inner)) return field.name;
    return depth === 2 ? "" : `${field.name} { __typename ${await fieldsOf(inner.name, depth + 1)} }`;
  });
  return (await Promise.all(written)).join(" ");
}
