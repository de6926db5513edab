import { getNamedType, isEnumType, isListType, isNonNullType, isObjectType, isScalarType, isUnionType, type GraphQLField } from "graphql";
import { describe, expect, test } from "vitest";
import { PREDEFINED_ROLES, type RoleName } from "../../src/domain/access/roles.ts";
import { buildAppSchema } from "../../src/resolvers/schema.ts";
import { SPEC_ORIGIN } from "../support/database.ts";
import { openSides, type CallerName, type Sides } from "../support/sides.ts";
import { fieldsOf, initialOf, isSeen, kindOf, seenNames, THERE } from "../support/sight.ts";
import { VERB_PERMITS } from "../support/verbPermits.ts";

/** On which of these the callers have a role, or on what they are a part of. Else they are seen only. */
const REACHED: Record<"e" | "c", { role: RoleName; names: readonly string[] }> = {
  e: { role: "UserRole", names: ["VmA", "DiskA", "DiskAttachmentA", "NicA", "eve's permission"] },
  c: {
    role: "ClusterAdmin",
    names: [
      "ClusterA",
      "CpuProfileA",
      "AffinityGroupA",
      "HostA",
      "VmA",
      "OtherVmA",
      "DiskA",
      "DiskAttachmentA",
      "NicA",
      "eve's permission",
      "carol's permission",
    ],
  },
};
/** Of the events of a side, by what they are about: seen with the most particular of it, by a role. */
const EVENTS: Record<string, string> = { "VmA HostA ClusterA": "ec", "HostA ClusterA": "c", ClusterA: "c" };
/** Answered from what is seen, and so not the same for all who see the object: what each is told. Everything else is. */
const OWN: Record<string, Record<string, unknown>> = {
  "Host.summary": { carol: { active: 2, migrating: 0, total: 2 } },
};
/** No noun, and the same for everybody who is logged in. */
/** Made once: it is large, and asked for every verb. */
const SCHEMA = buildAppSchema();
const FOR_ALL = ["permits"];

const lower = (kind: string) => kind[0]!.toLowerCase() + kind.slice(1);
const isNoun = (type: string) => type in THERE;

/** All there is to ask of a type: of a noun in it only which one it is. Throws for what this spec has no rule for. */
function selection(field: GraphQLField<unknown, unknown>): string {
  const type = getNamedType(field.type);
  if (isScalarType(type) || isEnumType(type)) return "";
  if (isUnionType(type)) return `{ __typename ${type.getTypes().map(({ name }) => `... on ${name} { id }`).join(" ")} }`; // prettier-ignore
  if (!isObjectType(type)) throw new Error(`There is no rule for ${field.name}: ${String(field.type)}.`);
  if (isNoun(type.name) || type.name === "Event") return "{ __typename id }";
  const inner = Object.values(type.getFields()).map((each) => `${each.name} ${selection(each)}`);
  return `{ ${inner.join(" ")} }`;
}

/** What somebody is to be told where this is everything: without what he does not see. */
function shownTo(who: CallerName, { names }: Sides, value: any): any {
  if (Array.isArray(value)) return value.map((each) => shownTo(who, { names } as Sides, each)).filter((each) => each !== undefined);
  if (value === null || typeof value !== "object") return value;
  const { __typename: type } = value;
  if (isNoun(type)) return isSeen(who, names.get(value.id)!) ? value : undefined;
  const shown = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shownTo(who, { names } as Sides, each) ?? null]));
  if (!("edges" in shown)) return shown;
  const nodes = (shown["nodes"] as unknown[]) ?? [];
  const edges = (value.edges as any[]).filter(({ node }) => nodes.some((kept: any) => kept.id === node.id));
  const pageInfo = { ...value.pageInfo, startCursor: edges[0]?.cursor ?? null, endCursor: edges.at(-1)?.cursor ?? null };
  return { ...shown, edges, pageInfo, ...("totalCount" in value && { totalCount: nodes.length }) };
}

const ask = (sides: Sides, who: CallerName, query: string, variables = {}) => sides.post(query, variables, sides.tokens[who] ?? undefined);
const codeOf = ({ errors }: Awaited<ReturnType<typeof ask>>) => errors?.[0]?.extensions.code;

describe("What somebody sees", () => {
  test("is a matter of every type with an id, and this spec knows each", async () => {
    const schema = await SCHEMA;
    const nouns = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && "id" in type.getFields());
    const known = [...Object.keys(THERE), "Event", "Change", "Role", "PlannedChange", "JobSubject"];
    expect(nouns.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([]);
  });

  test.each(["eve", "carol", "admin"] as const)("is the same by every way that %s asks: lists, counts, ids, names", async (who) => {
    const sides = await openSides();
    const schema = await SCHEMA;
    const queries = fieldsOf(schema, "Query");
    const covered = new Set<string>([...FOR_ALL, "me", "node", "events", "jobs", "job"]);
    for (const kind of Object.keys(THERE)) {
      const names = seenNames(who, kind);
      for (const name of Object.keys(THERE[kind]!)) {
        const id = sides.ids[name]!;
        const wanted = names.includes(name) ? { id } : null;
        const of = kind === "Step" ? null : lower(kind);
        if (of) covered.add(of);
        const found = await ask(sides, who, `query ($id: ID!) { node(id: $id) { __typename ... on ${kind} { id } } ${of ? `one: ${of}(id: $id) { id }` : ""} }`, { id }); // prettier-ignore
        expect([kind, name, found.errors]).toEqual([kind, name, undefined]);
        if (kind !== "Step") expect([name, found.data!["node"]]).toEqual([name, wanted && { __typename: kind, ...wanted }]);
        if (of) expect([name, found.data!["one"]]).toEqual([name, wanted]);
        covered.add("objectChanges");
        const { data } = await ask(sides, who, `query ($id: ID!) { objectChanges(id: $id) { nodes { at } } }`, { id });
        expect([name, data!["objectChanges"] !== null]).toEqual([name, wanted !== null && kind !== "Job" && kind !== "Step"]);
      }
      if (kind === "Job" || kind === "Step") continue;
      const list = Object.values(queries).find(({ type }) => getNamedType(type).name === `${kind}Connection`)!.name;
      covered.add(list);
      const text = kind === "Permission" ? `(search: "kind = * or kind != x")` : `(search: "id != x sortby id")`;
      const { data, errors } = await ask(sides, who, `{ ${list} { totalCount nodes { id } edges { node { id } } } found: ${list}${text} { totalCount nodes { id } } }`); // prettier-ignore
      expect([kind, errors]).toEqual([kind, undefined]);
      const told = (nodes: { id: string }[]): string[] => nodes.map(({ id }) => sides.names.get(id)!).toSorted();
      expect([kind, told(data![list].nodes)]).toEqual([kind, names.toSorted()]);
      expect([kind, told(data![list].edges.map(({ node }: any) => node))]).toEqual([kind, names.toSorted()]);
      expect([kind, told(data!["found"].nodes)]).toEqual([kind, names.toSorted()]);
      expect([kind, data![list].totalCount, data!["found"].totalCount]).toEqual([kind, names.length, names.length]);
    }
    // A query that nobody thought of here is nobody's.
    expect(Object.keys(queries).filter((name) => !covered.has(name))).toEqual([]);
    const rest = await ask(sides, who, "{ me { userName permissions { id } } permits { name } jobs { nodes { id } } events(first: 100) { nodes { description vm { id } host { id } cluster { id } dataCenter { id } storageDomain { id } } } }"); // prettier-ignore
    expect(rest.errors).toBeUndefined();
    const { me, permits, jobs, events } = rest.data!;
    expect(me).toEqual({ userName: `${who}@internal`, permissions: [{ id: sides.ids[`${who}'s permission`] }] });
    expect(permits).toHaveLength(99);
    expect(jobs.nodes.map(({ id }: any) => sides.names.get(id)).toSorted()).toEqual(seenNames(who, "Job").toSorted());
    const about = ({ description }: { description: string }) => [...description.matchAll(/"([-0-9a-f]{36})"/g)].map(([, id]) => sides.names.get(id!)).join(" "); // prettier-ignore
    const specs = events.nodes.filter(({ description }: any) => description.startsWith("It was "));
    const wanted = Object.keys(EVENTS).filter((each) => EVENTS[each]!.includes(initialOf[who]));
    if (who === "admin") expect(specs).toHaveLength(11);
    else expect(events.nodes.map(about).toSorted()).toEqual(wanted.toSorted());
    for (const event of specs)
      for (const field of ["vm", "host", "cluster", "dataCenter", "storageDomain"])
        if (event[field]) expect([field, isSeen(who, sides.names.get(event[field].id)!)]).toEqual([field, true]);
  });

  test.each(["eve", "carol"] as const)("is in every field what the administrator sees, without what %s does not", async (who) => {
    const sides = await openSides();
    const schema = await SCHEMA;
    let asked = 0;
    for (const kind of Object.keys(THERE))
      for (const name of seenNames(who, kind))
        for (const field of Object.values(fieldsOf(schema, kind))) {
          if (field.name === "can" || kind === "Step") continue;
          const query = `query ($id: ID!) { node(id: $id) { ... on ${kind} { value: ${field.name} ${selection(field)} } } }`;
          const [all, own] = [
            await ask(sides, "admin", query, { id: sides.ids[name] }),
            await ask(sides, who, query, { id: sides.ids[name] }),
          ];
          const place = `${kind}.${field.name}`;
          expect([place, name, all.errors, own.errors]).toEqual([place, name, undefined, undefined]);
          const wanted = OWN[place]?.[who] ?? shownTo(who, sides, all.data!["node"].value) ?? null;
          expect([place, name, own.data!["node"].value]).toEqual([place, name, wanted]);
          if (isNonNullType(field.type) && !isListType(field.type)) expect([place, wanted]).not.toEqual([place, null]);
          asked++;
        }
    expect(asked).toBeGreaterThan(100);
  });

  test.each(["eve", "carol"] as const)("is not guessed by %s through a search or an order", async (who) => {
    const sides = await openSides();
    const found = async (list: string, search: string) => {
      const { data, errors } = await ask(
        sides,
        who,
        `query ($search: String) { list: ${list}(search: $search) { totalCount nodes { id } } }`,
        { search },
      );
      expect([search, errors]).toEqual([search, undefined]);
      return data!["list"].nodes.map(({ id }: any) => sides.names.get(id));
    };
    expect(await found("vms", "name = vm-a")).toEqual(["VmA"]);
    expect(await found("vms", "host = host-a and name = vm-a")).toEqual(who === "carol" ? ["VmA"] : []);
    expect(await found("vms", "storage = storage-a")).toEqual([]);
    expect(await found("disks", "storage = storage-a")).toEqual([]);
    expect(await found("clusters", "host = host-a")).toEqual(who === "carol" ? ["ClusterA"] : []);
    expect(await found("datacenters".replace("datacenters", "dataCenters"), "storage = storage-a")).toEqual([]);
    expect(await found("templates", "vm = vm-b")).toEqual([]);
    expect(await found("clusters", "vm = other-a")).toEqual(who === "carol" ? ["ClusterA"] : []);
    const priced = async (search: string) => (await ask(sides, who, `{ vms(search: "${search}") { totalCount } }`)).extensions!.cost;
    const before = await priced("name = x");
    await sides.engine.unitOfWork.run(SPEC_ORIGIN, (tx) => {
      const { id: _id, version: _version, ...row } = tx.need("Vm", sides.ids["VmB"]!);
      for (let number = 0; number < 300; number++) tx.insert("Vm", { ...row, name: `b${number}` });
    });
    expect(await priced("name = x")).toBe(before);
  });

  test("is nothing before log-in", async () => {
    const sides = await openSides();
    const schema = await SCHEMA;
    for (const [operation, type] of [
      ["query", "Query"],
      ["mutation", "Mutation"],
    ] as const)
      for (const field of Object.values(fieldsOf(schema, type))) {
        if (["login", "refreshToken", "logout"].includes(field.name)) continue;
        const given = field.args.filter(({ type: of, defaultValue }) => isNonNullType(of) && defaultValue === undefined);
        const [declared, passed] = [given.map((arg) => `$${arg.name}: ${String(arg.type)}`), given.map(({ name }) => `${name}: $${name}`)];
        const list = (parts: string[]) => (parts.length > 0 ? `(${parts.join(", ")})` : "");
        const document = `${operation} X${list(declared)} { ${field.name}${list(passed)} { __typename } }`;
        expect([field.name, codeOf(await ask(sides, "nobody", document))]).toEqual([field.name, "UNAUTHENTICATED"]);
      }
  });
});

/** What a verb is asked about on one side: its object, or the input of an addition and the objects that it names. */
function requestsOf({ ids }: Sides, side: string): Record<string, { on: string[]; request: object }> {
  const GIB = 2 ** 30;
  const at = (name: string) => ids[`${name}${side}`]!;
  const adds: Record<string, { on: string[]; input: object }> = {
    addVm: { on: ["Cluster", "Template"], input: { name: "x", clusterId: at("Cluster"), templateId: at("Template") } },
    addNic: { on: ["Vm", "VnicProfile"], input: { vmId: at("Vm"), vnicProfileId: at("VnicProfile") } },
    addDiskAttachment: { on: ["Vm", "LooseDisk"], input: { vmId: at("Vm"), diskId: at("LooseDisk") } },
    addDisk: { on: ["StorageDomain"], input: { name: "x", storageDomainId: at("StorageDomain"), provisionedSize: GIB } },
    addHost: { on: ["Cluster"], input: { name: "x", address: "10.9.9.9", clusterId: at("Cluster") } },
    addCluster: { on: ["DataCenter"], input: { name: "x", dataCenterId: at("DataCenter") } },
    addStorageDomain: {
      on: ["DataCenter"],
      input: { name: "x", dataCenterId: at("DataCenter"), storage: { type: "POSIXFS", path: "/x" } },
    },
    addNetwork: { on: ["DataCenter"], input: { name: "x", dataCenterId: at("DataCenter") } },
    addVnicProfile: { on: ["Network"], input: { name: "x", networkId: at("Network") } },
    addPermission: {
      on: ["Vm"],
      input: { userId: ids["eve"], roleId: PREDEFINED_ROLES.VmCreator.id, objectKind: "Vm", objectId: at("Vm") },
    },
    addTag: { on: [], input: { name: "x" } },
    addBookmark: { on: [], input: { name: "x", value: "Vms:" } },
    addTemplate: { on: [], input: { name: "x" } },
    addAffinityGroup: { on: ["Cluster"], input: { name: "x", clusterId: at("Cluster") } },
    addAffinityLabel: { on: [], input: { name: "x" } },
    addCpuProfile: { on: ["Cluster"], input: { name: "x", clusterId: at("Cluster") } },
    addDiskProfile: { on: ["StorageDomain"], input: { name: "x", storageDomainId: at("StorageDomain") } },
    addGroup: { on: [], input: { name: "x" } },
    addRole: { on: [], input: { name: "x", permitNames: ["LOGIN"] } },
    addSchedulingPolicy: { on: [], input: { name: "x", weights: [{ unit: "OPTIMAL_FOR_EVEN_GUEST_DISTRIBUTION", factor: 1 }] } },
    addInstanceType: { on: [], input: { name: "x" } },
    addMacPool: { on: [], input: { name: "x", ranges: [{ from: "02:00:00:00:01:00", to: "02:00:00:00:01:ff" }] } },
    addQos: { on: ["DataCenter"], input: { name: "x", dataCenterId: at("DataCenter"), type: "CPU" } },
    addDataCenter: { on: [], input: { name: "x" } },
    addUser: { on: [], input: { userName: "x", password: "long enough" } },
  };
  const objects: Record<string, string> = {
    Permission: side === "A" ? "eve's permission" : "bob's permission",
    User: side === "A" ? "eve" : "bob",
  };
  return Object.fromEntries(
    Object.keys(VERB_PERMITS).map((verb) => {
      const add = adds[verb];
      if (add) return [verb, { on: add.on.map((kind) => `${kind}${side}`), request: { input: add.input } }];
      const kind = Object.keys(THERE).toSorted((a, b) => b.length - a.length).find((each) => verb.includes(each))!; // prettier-ignore
      const name = objects[kind] ?? `${kind}${side}`;
      return [verb, { on: [name], request: { id: ids[name], ...(verb.startsWith("update") && { input: {} }) } }];
    }),
  );
}

/** What a caller must meet: NOT_FOUND for what he does not see, FORBIDDEN where he lacks a right on it, else what the administrator meets. */
function wantedOf(who: "eve" | "carol", verb: string, on: readonly string[], asAdmin: string): string {
  const { role, names } = REACHED[initialOf[who] as "e" | "c"];
  const has = (permit: string) => (PREDEFINED_ROLES[role].permits as readonly string[]).includes(permit);
  const reached = (name: string) => names.includes(name);
  const [own, ...others] = VERB_PERMITS[verb]!;
  const [first, second] = on;
  if (first === undefined) return `FORBIDDEN ${own}`;
  const missing = verb.startsWith("add") ? "NOT_FOUND UNKNOWN_ID" : "NOT_FOUND";
  if (!isSeen(who, first)) return missing;
  if (!reached(first) || !has(own!)) return `FORBIDDEN ${own}`;
  if (second === undefined) return asAdmin;
  if (!isSeen(who, second)) return missing;
  return reached(second) && has(others[0] ?? own!) ? asAdmin : `FORBIDDEN ${others[0] ?? own}`;
}

describe("What somebody may do", () => {
  const met = async (sides: Sides, who: CallerName, verb: string, request: object): Promise<string> => {
    const schema = await SCHEMA;
    const { args, type } = fieldsOf(schema, "Mutation")[verb]!;
    const variables: Record<string, unknown> = { ...request, mode: "PLAN" };
    const used = args.filter(({ name }) => name in variables);
    const document = `mutation (${used.map(({ name, type: of }) => `$${name}: ${String(of)}`).join(", ")}) { done: ${verb}(${used.map(({ name }) => `${name}: $${name}`).join(", ")}) { plan { refusals { code message } } } }`; // prettier-ignore
    expect(getNamedType(type).name).toBe(`${verb[0]!.toUpperCase()}${verb.slice(1)}Payload`);
    const { data, errors } = await ask(sides, who, document, variables);
    if (!errors) return `planned ${data!["done"].plan.refusals.map(({ code }: any) => code).join(" ")}`;
    const { code, reasons } = errors[0]!.extensions;
    return [code, ...reasons.map((reason) => reason.code)].join(" ");
  };

  test("is known here for every mutation", async () => {
    const OWN_AFFAIRS = ["login", "logout", "refreshToken", "changePassword", "cancelJob"];
    const mutations = Object.keys(fieldsOf(await SCHEMA, "Mutation"));
    expect(mutations.filter((name) => !OWN_AFFAIRS.includes(name)).toSorted()).toEqual(Object.keys(VERB_PERMITS).toSorted());
  });

  test.each(["A", "B"])("on side %s: what is hidden does not exist, then what is forbidden, then what the state says", async (side) => {
    const sides = await openSides();
    const table = requestsOf(sides, side);
    for (const [verb, { on, request }] of Object.entries(table)) {
      const asAdmin = await met(sides, "admin", verb, request);
      expect([verb, asAdmin]).not.toEqual([verb, expect.stringMatching(/FORBIDDEN|NOT_FOUND|UNAUTHENTICATED/)]);
      for (const who of ["eve", "carol"] as const) {
        const wanted = wantedOf(who, verb, on, asAdmin);
        expect([who, verb, await met(sides, who, verb, request)]).toEqual([who, verb, wanted]);
      }
    }
  });

  test("a job is cancelled by whoever asked for it: of others' he is told nothing", async () => {
    const sides = await openSides();
    const cancel = (who: CallerName, name: string) => ask(sides, who, "mutation ($id: ID!) { cancelJob(id: $id) { job { id } } }", { id: sides.ids[name] }); // prettier-ignore
    expect([codeOf(await cancel("eve", "JobA")), codeOf(await cancel("eve", "JobB"))]).toEqual(["FORBIDDEN", "NOT_FOUND"]);
    expect(codeOf(await cancel("admin", "JobB"))).toBeUndefined();
  });

  test("`can` says the same as the verb, of everything that is seen", async () => {
    const sides = await openSides();
    const schema = await SCHEMA;
    for (const who of ["eve", "carol"] as const)
      for (const [verb, { on, request }] of Object.entries(requestsOf(sides, "A"))) {
        const kind = on[0] && kindOf(on[0]);
        if (!("id" in request) || !kind || !isSeen(who, on[0]!)) continue;
        const name = verb.replace(kind, "");
        const query = `query ($id: ID!) { node(id: $id) { ... on ${kind} { can { it: ${name} { allowed reasons { code } } } } } }`;
        const { data } = await ask(sides, who, query, { id: sides.ids[on[0]!] });
        const wanted = wantedOf(who, verb, on, "");
        const reasons = data!["node"].can.it.reasons.map((reason: { code: string }) => reason.code);
        if (wanted === "") expect([who, verb, reasons]).not.toEqual([who, verb, expect.arrayContaining([VERB_PERMITS[verb]![0]])]);
        else expect([who, verb, reasons[0]]).toEqual([who, verb, wanted.replace("FORBIDDEN ", "")]);
      }
    expect(schema.getType("VmCan")).toBeDefined();
  });
});
