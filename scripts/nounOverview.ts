import { searchTables } from "../src/domain/inventory/search/fields.ts";
import type { ListedKind } from "../src/domain/kinds.ts";
import { NOUNS } from "../src/domain/noun/all.ts";
import { isRequired } from "../src/domain/noun/inputs.ts";
import type { Column } from "../src/domain/noun/columns.ts";
import { referrersOf } from "../src/domain/noun/declaration.ts";
import type { AnyNoun } from "../src/domain/noun/noun.ts";

/** What follows from the declarations of the nouns, as a page that a reviewer can read. */
export const nounOverview = (): string =>
  [
    "# Nouns",
    "Written by `npm run schema` from the declarations in `src/domain`; `npm run check` says when it is not current.",
    ...[...NOUNS].sort((a, b) => (a.kind < b.kind ? -1 : 1)).map(overviewOf),
  ].join("\n\n");

const code = (text: string) => `\`${text}\``;
const listOf = (names: readonly string[]) => names.toSorted().map(code).join(" ") || "none";
const table = (heads: readonly string[], rows: readonly (readonly string[])[]) =>
  rows.length === 0
    ? ""
    : [heads, heads.map(() => "---"), ...rows].map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`).join("\n");

function overviewOf(noun: AnyNoun): string {
  const { kind, description, columns, unique, within, events, plural } = noun;
  const facts = [
    `Listed as ${code(plural)}, kept in ${code(noun.table)}.`,
    within ? `A part of what ${code(within)} names.` : "A part of the system.",
    ...(unique ?? []).map((names) => `Unique: ${names.map(code).join(" with ")}.`),
    ...(events
      ? [
          `Events: ${Object.entries(events)
            .map(([verb, name]) => `${verb} ${code(name)}`)
            .join(", ")}.`,
        ]
      : []),
  ];
  return [
    `## ${kind}`,
    description,
    facts.join(" "),
    table(["Column", "Kind", "Set", "Without it", "Searched", "Index"], columns.map(columnRow)),
    table(
      ["Edge", "To", "There", "When that is removed"],
      [...columns.flatMap(edgeRow), ...referrersOf(kind).flatMap(([other, column]) => backRow(other.kind, column))],
    ),
    searchOf(kind as ListedKind),
    table(["Verb", "Permit", "States", "Risk", "Input"], noun.verbs.map(verbRow)),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

const columnRow = (column: Column): string[] => {
  const { name, kind, nullable, hidden, length, set, search, index, xml, from, to } = column;
  const bounds = [
    length && length !== 255 ? `${length} characters` : "",
    from !== undefined || to !== undefined ? `${from ?? 0} to ${to ?? "2^53-1"}` : "",
  ];
  return [
    code(name),
    [kind, nullable && "or null", hidden && "hidden", ...bounds, xml && `in the XML ${code(xml)}`]
      .filter(Boolean)
      .join(", ")
      .replace(", or null", " or null"),
    set ?? "",
    set ? absentOf(column) : "",
    search === undefined ? "" : "yes",
    index ? "yes" : "",
  ];
};

function absentOf(column: Column): string {
  const { default: value, otherwise, inherits } = column;
  if (otherwise !== undefined) return otherwise.replace(/,$/, "");
  if (inherits !== undefined) return `as ${inherits.map(code).join(" or ")} has it`;
  if (isRequired(column)) return "refused";
  return typeof value === "function" ? "made" : code(JSON.stringify(value ?? null));
}

const ON_REMOVE = { refuse: "it cannot be", cascade: "it goes too", release: "it lets go" };
const edgeRow = ({ name, nullable, reference }: Column): string[][] =>
  reference
    ? [[code(reference.as), reference.target().name, `${many(reference, nullable)}, by ${code(name)}`, ON_REMOVE[reference.onRemove]]]
    : [];
const many = ({ most }: NonNullable<Column["reference"]>, nullable = false) =>
  most === undefined ? `one${nullable ? " or null" : ""}` : `list of ${most} at most`;
const backRow = (other: string, { name, reference }: Column): string[][] =>
  reference!.back === undefined ? [] : [[code(reference!.back), other, `${reference!.few ? "list" : "pages"}, by its ${code(name)}`, ""]];

function searchOf(kind: ListedKind): string {
  const { prefixes, fields, references } = searchTables()[kind];
  return `Searched as ${listOf(prefixes)} by ${listOf(Object.keys(fields))}; through ${listOf(Object.keys(references))}.`;
}

const verbRow = ({ name, permit, states, risk, input, inputRequired }: AnyNoun["verbs"][number]): string[] => [
  code(name),
  code(permit),
  states ? states.join(", ") : "all",
  risk,
  input ? `${code(input.name)}${inputRequired ? "" : " or none"}` : "",
];
