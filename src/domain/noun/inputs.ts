import { Field, InputType, Int } from "type-graphql";
import { snakeCase, type Column } from "./columns.ts";
import type { Declaration } from "./declaration.ts";

/** What a client gives, by column. */
export type AnyInput = Record<string, unknown>;
type InputClass = new () => AnyInput;
type MoreFields = new () => object;

/** Columns that a client may give when it adds one, and those that it may change. */
export const addable = ({ columns }: Pick<Declaration, "columns">): Column[] => columns.filter(({ set }) => set !== undefined);
export const updatable = (declaration: Pick<Declaration, "columns">): Column[] => addable(declaration).filter(({ set }) => set !== "add");

/** Whether a new object cannot do without it. */
export const isRequired = ({ nullable, default: value, otherwise, inherits }: Column): boolean =>
  !nullable && value === undefined && otherwise === undefined && inherits === undefined;

/** The input of `add<Noun>`; `extra` is a class whose fields it has too. */
export function addInputOf(declaration: Declaration, extra?: MoreFields): InputClass {
  const input = inputType(`Add${declaration.kind}Input`, `A new ${declaration.words}.`, extra);
  for (const column of addable(declaration)) inputField(input, column, !isRequired(column), otherwiseOf(column));
  return input;
}

/** The input of `update<Noun>`. */
export function updateInputOf(declaration: Declaration, extra?: MoreFields): InputClass {
  const input = inputType(`Update${declaration.kind}Input`, "What is absent stays as it is.", extra);
  const description = "Refuses with CONFLICT when it is not at this version.";
  Field(() => Int, { nullable: true, description })(input.prototype as object, "version");
  for (const column of updatable(declaration))
    inputField(input, column, true, column.set === "nextRun" ? "While it runs, from the next run on." : "");
  return input;
}

function inputType(name: string, description: string, extra: MoreFields = Object): InputClass {
  const input = { [name]: class extends extra {} }[name] as unknown as InputClass;
  InputType(name, { description })(input);
  return input;
}

function inputField(input: InputClass, column: Column, nullable: boolean, more: string): void {
  const type = column.input ?? column.type;
  const description = [column.description, more].filter((part) => part !== "").join(" ");
  Field(type as () => typeof String, { nullable, description, deprecationReason: column.deprecated })(
    input.prototype as object,
    column.name,
  );
}

const wordsOf = (references: readonly string[]) => references.map((name) => snakeCase(name.replace(/Id$/, "")).replaceAll("_", " "));

function otherwiseOf({ otherwise, inherits, default: value, nullable }: Column): string {
  if (otherwise !== undefined) return `${otherwise} when absent.`;
  if (inherits !== undefined) return `As its ${wordsOf(inherits).join(", or else its ")} has it when absent.`;
  if (value === undefined) return nullable ? "Null when absent." : "";
  return value === "" || typeof value === "object" || typeof value === "function" ? "" : `${String(value)} when absent.`;
}
