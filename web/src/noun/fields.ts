/** What an input's value is edited by. */
interface Base {
  label: string;
  required?: true;
  /** Only when it is added, or only when it is changed; both when absent. */
  set?: "add" | "update";
  /** Said below it. */
  hint?: string;
  /** Where the object has it, if not under the same path (`clusterId`: under `cluster`). */
  from?: (it: any) => unknown;
  /** What a new one begins with. */
  initial?: FieldValue;
}
export type FormField = Base &
  /** `as`: what the engine is given of what was typed. */
  (
    | { type: "text"; placeholder?: string; nullable?: true; as?: (typed: string) => unknown }
    | { type: "password" }
    | { type: "number"; factor: number; least?: number }
    /** What can be chosen, or how that is found out. */
    | { type: "select"; options: Readonly<Record<string, string>> | (() => Promise<Readonly<Record<string, string>>>) }
    | { type: "choices"; options: Readonly<Record<string, string>> }
    | { type: "check" }
    | { type: "reference"; list: string }
    /** Several of them; the path is such as `tagIds`. */
    | { type: "references"; list: string }
  );
export interface Choice {
  id: string;
  name: string;
}
export type FieldValue = string | boolean | readonly string[] | Choice | readonly Choice[] | null;
/** By path in the input: `storage.path`. */
export type Fields = Readonly<Record<string, FormField>>;
export type Values = Record<string, FieldValue>;

type Typed<T extends FormField["type"]> = Extract<FormField, { type: T }>;
type More<T extends FormField["type"]> = Partial<Omit<Typed<T>, "type" | "label">>;
/** A builder of fields of a type; what is said of one stays in its type, so that a declaration can be checked. */
const builder =
  <T extends FormField["type"]>(type: T, fixed: More<T>) =>
  <const M extends More<T> = object>(label: string, more?: M) =>
    ({ type, label, ...fixed, ...more }) as unknown as Typed<T> & M;

export const text = builder("text", {});
export const password = builder("password", {});
export const check = builder("check", { initial: false });
/** A whole number as the schema has it. */
export const number = builder("number", { factor: 1 });
export const mebibytes = builder("number", { factor: 2 ** 20 });
export const gibibytes = builder("number", { factor: 2 ** 30 });
/** One of an enum's values; `options` says how each is called. */
export const select = builder("select", {});
/** Any of some values. */
export const choices = builder("choices", {});
/** One of the objects of a list, searched by name. */
export const reference = builder("reference", {});
/** Several of the objects of a list. */
export const references = builder("references", {});
/** Where an object has what its input names by ids. */
export const pathOf = (path: string, { type }: Pick<FormField, "type">): string => {
  if (type === "reference") return path.replace(/Id$/, "");
  return type === "references" ? path.replace(/Ids$/, "s") : path;
};
/** What nearly every noun has. */
export const NAMED = { name: text("Name", { required: true }), description: text("Description"), comment: text("Comment") } as const;

export const fieldsFor = (fields: Fields, mode: "add" | "update"): [path: string, field: FormField][] =>
  Object.entries(fields).filter(([, { set }]) => set === undefined || set === mode);

const at = (value: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((inner, name) => (inner as Record<string, unknown> | null | undefined)?.[name], value);

function shown(field: FormField, value: unknown): FieldValue {
  if (field.type === "check") return value === true;
  if (field.type === "references") return ((value as readonly Choice[] | null | undefined) ?? []).map(({ id, name }) => ({ id, name }));
  if (field.type === "choices") return (value as readonly string[] | null | undefined) ?? [];
  if (field.type === "reference") return (value as Choice | null | undefined) ?? null;
  if (value === null || value === undefined) return "";
  return field.type === "number" ? String((value as number) / field.factor) : (value as string);
}

/** What a form begins with: the object's values, or those of a new one. */
export function initialValues(fields: readonly [string, FormField][], it: object | null): Values {
  const valueOf = ([path, field]: [string, FormField]) =>
    it === null ? field.initial : field.from ? field.from(it) : at(it, pathOf(path, field));
  const begin = ([path, field]: [string, FormField]): FieldValue =>
    it === null && typeof field.initial === "string" ? field.initial : shown(field, valueOf([path, field]));
  return Object.fromEntries(fields.map((entry) => [entry[0], begin(entry)]));
}

/** As the engine takes it; undefined = nothing is said, null = it is taken away. */
function given(field: FormField, value: FieldValue | undefined, isNew: boolean): unknown {
  const nothing = isNew ? undefined : null;
  if (field.type === "reference") return (value as Choice | null)?.id ?? nothing;
  if (field.type === "references") return ((value ?? []) as readonly Choice[]).map(({ id }) => id);
  if (field.type === "number") return value === "" || value === null ? nothing : Math.round(Number(value) * field.factor);
  if (field.type === "text" && typeof value === "string") {
    const trimmed = value.trim();
    if (field.as && trimmed !== "") return field.as(trimmed);
    return trimmed !== "" ? trimmed : isNew ? undefined : field.nullable ? null : "";
  }
  return value === "" ? nothing : value;
}

/**
 * The input of a mutation. Of an object that is there only what was changed, with its version; a value object is sent
 * whole, so its other values are taken from `it`.
 */
export function inputOf(fields: readonly [string, FormField][], values: Values, it: object | null): Record<string, unknown> {
  const before = initialValues(fields, it);
  const changed = (path: string) => JSON.stringify(values[path]) !== JSON.stringify(before[path]);
  const input: Record<string, unknown> = {};
  for (const [top = "", some] of Object.entries(Object.groupBy(fields, ([path]) => path.split(".")[0] ?? ""))) {
    if (!some || (it !== null && !some.some(([path]) => changed(path)))) continue;
    for (const [path, field] of some) {
      const value = given(field, values[path], it === null);
      if (value === undefined) continue;
      if (path === top) input[top] = value;
      else put((input[top] ??= copy(it === null ? {} : at(it, top))) as object, path.slice(top.length + 1), value);
    }
  }
  if (it !== null && "version" in it) input["version"] = it.version;
  return input;
}
const copy = (value: unknown) => structuredClone((value ?? {}) as object);

function put(into: object, path: string, value: unknown): void {
  const [first = "", ...rest] = path.split(".");
  const here = into as Record<string, unknown>;
  if (rest.length === 0) here[first] = value;
  else put((here[first] ??= {}) as object, rest.join("."), value);
}
