import { readFileSync } from "node:fs";
import { buildSchema, isInputObjectType, isNonNullType, isRequiredInputField, getNamedType, validate, type DocumentNode } from "graphql";
import { createServer, type ViteDevServer } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** As far as this spec looks: the modules are the dashboard's, which knows a browser that there is not here. */
interface Field {
  set?: "add" | "update";
  list?: string;
}
interface Noun {
  kind: string;
  form?: Record<string, Field>;
  add?: string | null;
  told?: object;
}
interface Deed {
  mutation: string;
  told?: object | undefined;
  onObject: boolean;
  input?: "must" | undefined;
}
type ActionsOf = (noun: Noun) => { mutation: string; verb: string; told?: object; ask?: object; dialog?: unknown }[];
interface Documents {
  listOf: (noun: Noun) => object;
  changesOf: (noun: Noun) => object;
  detailsOf: (noun: Noun) => object;
  mutationOf: (deed: Deed & { kind: string }) => object;
  choicesOf: (list: string) => object;
}

/** What modules of the dashboard ask of a browser while they are loaded. */
const BROWSER = { location: { hash: "", href: "http://localhost/" }, addEventListener: () => undefined };
const GUARDED = ["DISRUPTIVE", "DESTRUCTIVE"];

describe("the dashboard's declarations of nouns", () => {
  const schema = buildSchema(readFileSync("schema/engine.graphql", "utf8"));
  let vite: ViteDevServer;
  let documents: Documents;
  let actionsOf: ActionsOf;
  let nouns: Noun[];
  beforeAll(async () => {
    Object.assign(globalThis, BROWSER);
    vite = await createServer({ configFile: "web/vite.config.ts", server: { middlewareMode: true, ws: false }, logLevel: "error" });
    documents = (await vite.ssrLoadModule("/src/noun/documents.ts")) as Documents;
    ({ actionsOf } = (await vite.ssrLoadModule("/src/noun/actions.ts")) as { actionsOf: ActionsOf });
    const { GROUPS } = (await vite.ssrLoadModule("/src/nouns/index.ts")) as { GROUPS: { pages: object[] }[] };
    nouns = GROUPS.flatMap(({ pages }) => pages.filter((page): page is Noun => "kind" in page));
  });
  afterAll(async () => {
    await vite.close();
    for (const name of Object.keys(BROWSER)) Reflect.deleteProperty(globalThis, name);
  });

  const faults = (document: object) => validate(schema, document as DocumentNode).map(({ message }) => message);
  const mutationsOf = (noun: Noun): Deed[] => [
    ...actionsOf(noun).map(({ mutation, told, verb }) => ({
      mutation,
      told,
      onObject: true,
      input: verb === "update" ? ("must" as const) : undefined,
    })),
    ...(noun.form && noun.add !== null
      ? [{ mutation: noun.add ?? `add${noun.kind}`, told: noun.told, onObject: false, input: "must" as const }]
      : []),
  ];
  const riskOf = (mutation: string) => {
    const fields = schema.getMutationType()?.getFields() ?? {};
    const risk = fields[mutation]?.astNode?.directives?.find(({ name }) => name.value === "risk");
    const value = risk?.arguments?.[0]?.value;
    return value && "value" in value ? String(value.value) : "";
  };
  const inputFields = (name: string) => {
    const type = schema.getType(name);
    return isInputObjectType(type) ? type.getFields() : {};
  };

  it("give documents that the schema takes", () => {
    expect(nouns.length).toBeGreaterThanOrEqual(10);
    for (const noun of nouns) {
      for (const make of [documents.listOf, documents.changesOf, documents.detailsOf]) expect(faults(make(noun)), noun.kind).toEqual([]);
      for (const deed of mutationsOf(noun)) expect(faults(documents.mutationOf({ ...deed, kind: noun.kind })), deed.mutation).toEqual([]);
    }
    for (const list of new Set(nouns.flatMap(({ form }) => Object.values(form ?? {})).flatMap((field) => field.list ?? [])))
      expect(faults(documents.choicesOf(list)), list).toEqual([]);
  });

  it("ask before all that can do harm", () => {
    for (const { kind, noun } of nouns.map((each) => ({ kind: each.kind, noun: each })))
      for (const action of actionsOf(noun))
        if (GUARDED.includes(riskOf(action.mutation))) expect(action.ask ?? action.dialog, `${kind}: ${action.mutation}`).toBeDefined();
  });

  it("have a field for whatever an addition must say, and none that the input has not", () => {
    for (const { kind, form, add } of nouns) {
      if (!form || add === null) continue;
      const paths = Object.entries(form);
      for (const [mode, name] of [
        ["add", `Add${kind}Input`],
        ["update", `Update${kind}Input`],
      ] as const) {
        const own = paths.filter(([, { set = mode }]) => set === mode);
        // What is typed as text and given as values is checked by the specs of its form.
        for (const [path, field] of own)
          expect("as" in field ? path in inputFields(name) : isKnown(name, path), `${name}: ${path}`).toBe(true);
      }
      for (const field of Object.values(inputFields(`Add${kind}Input`)))
        if (isRequiredInputField(field))
          expect(
            paths.some(([path]) => path.split(".")[0] === field.name),
            `${kind}: ${field.name}`,
          ).toBe(true);
    }
  });

  it("send a value object whole", () => {
    for (const { kind, form } of nouns)
      for (const path of Object.keys(form ?? {}).filter((each) => each.includes("."))) {
        const [top = ""] = path.split(".");
        const type = inputFields(`Add${kind}Input`)[top]?.type;
        const inner = type && inputFields(getNamedType(type).name);
        const missing = Object.values(inner ?? {}).filter(
          (field) => isNonNullType(field.type) && !Object.keys(form ?? {}).some((each) => each.startsWith(`${top}.${field.name}`)),
        );
        expect(missing.map(({ name }) => `${kind}: ${top}.${name}`)).toEqual([]);
      }
  });

  function isKnown(input: string, path: string): boolean {
    const [first = "", ...rest] = path.split(".");
    const field = inputFields(input)[first];
    if (!field) return false;
    return rest.length === 0 ? !isInputObjectType(getNamedType(field.type)) : isKnown(getNamedType(field.type).name, rest.join("."));
  }
});
