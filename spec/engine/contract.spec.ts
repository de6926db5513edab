import { isNonNullType } from "graphql";
import { describe, expect, test } from "vitest";
import { startTestEngine } from "../support/engine.ts";
import { seeded } from "../support/engineRows.ts";
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
      { path: ["second"], extensions: { code: "CONFLICT", reasons: [{ code: "DUPLICATE", path: "input.name" }] } },
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
