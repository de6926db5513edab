import { getNamedType, isNonNullType, isObjectType, type GraphQLField } from "graphql";
import { describe, expect, test } from "vitest";
import { describeDatabases } from "../support/database.ts";
import { startTestEngine } from "../support/engine.ts";
import { seeded } from "../support/engineRows.ts";
import { openWorld } from "../support/nouns.ts";
import { publicSchema } from "../support/schema.ts";

describe("A root field that fails leaves its siblings whole", () => {
  test("all of Query and Mutation can be null, but for what asks for a secret: a request is one guess", () => {
    const roots = [publicSchema.getQueryType()!, publicSchema.getMutationType()!];
    const fields = roots.flatMap((type) => Object.values(type.getFields()));
    const whole = fields.filter(({ type }) => isNonNullType(type)).map(({ name }) => name);
    expect(whole.toSorted()).toEqual(["changePassword", "login", "refreshToken"]);
  });

  test("of two additions in one request the first is told although the second is refused", async () => {
    const it = await startTestEngine();
    const { id: clusterId } = await seeded(it);
    const document = `mutation ($input: AddVmInput!) {
      first: addVm(input: $input) { vm { id } }
      second: addVm(input: $input) { vm { id } }
    }`;
    const { data, errors } = await it.post(document, { input: { name: "vm1", clusterId } }, await it.login());
    const { vms } = await it.ask("{ vms { nodes { id name } } }");
    expect(vms.nodes).toEqual([{ id: data!["first"].vm.id, name: "vm1" }]);
    expect(data!["second"]).toBeNull();
    expect(errors).toMatchObject([
      {
        path: ["second"],
        message: "name: vm1 is taken by another VM.",
        extensions: { code: "CONFLICT", reasons: [{ code: "DUPLICATE", path: "input.name" }] },
      },
    ]);
  });

  test("of two lists the one is told although the search of the other cannot be understood", async () => {
    const it = await startTestEngine();
    await seeded(it);
    const { data, errors } = await it.post('{ clusters { nodes { name } } vms(search: "(") { totalCount } }', {}, await it.login());
    expect(data).toEqual({ clusters: { nodes: [{ name: "Default" }] }, vms: null });
    expect(errors).toMatchObject([{ path: ["vms"], extensions: { code: "INVALID" } }]);
  });
});

describe("Every mutation has one shape", () => {
  const mutations = Object.values(publicSchema.getMutationType()!.getFields());
  const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
  const argsOf = ({ args }: GraphQLField<unknown, unknown>) => Object.fromEntries(args.map(({ name, type }) => [name, String(type)]));
  /** What has no plan and no key, and why. */
  const OF_THEIR_OWN: Record<string, Record<string, string>> = {
    // Before log-in there is nobody to keep a key for, a plan would tell whether the password is right, and tokens are handed out once.
    login: { user: "String!", password: "String!", profile: "String" },
    refreshToken: { refreshToken: "String" },
    logout: { refreshToken: "String" },
    // Is about whoever asks; a plan would be a guess at his password that nobody counts.
    changePassword: { input: "ChangePasswordInput!" },
  };
  const usual = mutations.filter(({ name }) => !Object.hasOwn(OF_THEIR_OWN, name));

  test.for(usual.map((field) => [field.name, field] as const))("%s(id, input, mode, idempotencyKey)", ([name, field]) => {
    const { input, ...rest } = argsOf(field);
    const onObject = !name.startsWith("add");
    expect(rest).toEqual({ ...(onObject && { id: "ID!" }), mode: "CommandMode!", idempotencyKey: "String" });
    expect(field.args.find((arg) => arg.name === "mode")!.defaultValue).toBe("APPLY");
    if (/^(add|update)/.test(name)) expect(input).toBe(`${capital(name)}Input!`);
    else expect([undefined, `${capital(name)}Input`, `${capital(name)}Input!`]).toContain(input);
    const payload = getNamedType(field.type);
    const fields = isObjectType(payload) ? payload.getFields() : {};
    expect([String(fields["job"]?.type), String(fields["plan"]?.type)]).toEqual(["Job", "CommandPlan"]);
    expect(Object.values(fields).filter(({ type }) => isNonNullType(type))).toEqual([]);
  });

  test.for(Object.entries(OF_THEIR_OWN))("%s has arguments of its own", ([name, args]) => {
    expect(argsOf(mutations.find((field) => field.name === name)!)).toEqual(args);
  });

  test.for(mutations.map((field) => [field.name, field] as const))("%s has a payload of its own, and says its risk", ([name, field]) => {
    expect(getNamedType(field.type).name).toBe(`${capital(name)}Payload`);
    expect(field.astNode!.directives!.map((directive) => directive.name.value)).toContain("risk");
  });
});

describeDatabases("can.start", (database) => {
  test("says what state and rights say, and so does its description; whether a host can take the VM is the plan's answer", async () => {
    const world = await openWorld(database);
    const id = await world.addVm("vm1");
    const { vm } = await world.query("query ($id: ID!) { vm(id: $id) { can { start { allowed reasons { code } } } } }", { id });
    expect(vm.can.start).toEqual({ allowed: true, reasons: [] });
    expect((await world.act("startVm", "", { id, mode: "PLAN" })).plan.refusals).toEqual([{ code: "NO_HOST", path: null }]);
    const can = publicSchema.getType("VmCan");
    expect(isObjectType(can) && can.getFields()["start"]!.description).toMatch(/`can.start` says what state and rights say/);
  });
});
