import type { DocumentDecoration } from "gql.tada";
import { bytes } from "../lib/units.ts";
import { name, number, text, type NounColumn } from "./columns.ts";
import { pathOf, type Fields, type FormField } from "./fields.ts";
import { noun, type Fact, type FormOf, type Noun, type Section } from "./noun.ts";
import type { InputNamed, Kind, ListOf } from "./schema.ts";
import { linkTo, type Value } from "./value.ts";

/** What a noun says that has nothing but what its form sets: columns and facts follow from the fields, in their order. */
interface Plain<K extends Kind, It> extends Pick<Partial<Noun<K, It, It>>, "example" | "events" | "list" | "many" | "short" | "told"> {
  /** As in a sentence, where it is not the kind in words. */
  one?: string;
  form: FormOf<InputNamed<`Add${K}Input`>, InputNamed<`Update${K}Input`>>;
  /** Paths of the fields that are columns of the list too; all when absent. */
  listed?: readonly string[];
  /** What is said before it is removed. */
  remove: string;
  /** Below the facts. */
  sections?: readonly Section<It>[];
}
type Row = Readonly<Record<string, unknown> & { id: string; comment?: string }>;

/** The pages of such a noun, from one fragment; its fields have the names of the inputs' (`clusterId`: `cluster { id name }`). */
export function plain<K extends Kind, It>(
  kind: K,
  fragment: DocumentDecoration<It, any>,
  { form, listed, remove, sections = [], ...more }: Plain<K, It>,
) {
  const one = more.one ?? kind.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
  const fields = Object.entries(form as Fields).filter(([path]) => path !== "name" && path !== "comment");
  const columns = fields.filter(([path]) => listed?.includes(path) ?? true);
  return noun(kind, fragment, null, {
    list: `${kind.charAt(0).toLowerCase()}${kind.slice(1)}s` as ListOf<K> & string,
    many: `${one}s`,
    example: "name = a*",
    ...more,
    one,
    form,
    columns: [name(), ...columns.map(([path, field], at) => columnOf(path, field, at + 1))] as unknown as NounColumn<It>[],
    remove: { text: () => remove },
    sections: [{ facts: "General", of: (it) => factsOf(fields, it as Row) }, ...sections],
  });
}

function columnOf(path: string, field: FormField, rank: number): NounColumn<Row> {
  const draw = (row: Row) => shown(path, field, row);
  if (field.type === "number") return number(field.label, rank, draw);
  return text(field.label, rank, draw, path === "description" ? { grow: 2, sort: path } : {});
}

const factsOf = (fields: readonly [string, FormField][], it: Row): Fact[] => [
  ...fields.map(([path, field]): Fact => [field.label, shown(path, field, it) || undefined]),
  ...("comment" in it ? [["Comment", it.comment || undefined] as const] : []),
  ["ID", it.id],
];

function shown(path: string, field: FormField, row: Row): Value {
  if (field.type === "reference") return linkTo(field.list, row[pathOf(path, field)] as { id: string; name: string } | null);
  if (field.type === "references") return (row[pathOf(path, field)] as { name: string }[]).map(({ name: each }) => each).join(", ");
  if (field.type === "text" && field.from) return field.from(row) as Value;
  const value = path.split(".").reduce<unknown>((inner, part) => (inner as Record<string, unknown> | null | undefined)?.[part], row);
  if (field.type === "number" && field.factor > 1 && typeof value === "number") return bytes(value);
  return field.type === "check" ? (value ? "Yes" : "No") : (value as Value);
}
