import { GraphQLScalarType, Kind, type ValueNode } from "graphql";
import { invalid } from "../../errors.ts";

/** A place in the journal: after all of entry `entry`, and after the first `index` changes of the next one. */
export interface Position {
  readonly entry: number;
  readonly index: number;
}

/** `42` = after entry 42. `42.000003` = after entry 42 and three changes of entry 43: a reader was cut off in the middle of one. */
const PATTERN = /^(\d{1,15})(?:\.(\d{6}))?$/;

const formatCursor = ({ entry, index }: Position): string => (index === 0 ? String(entry) : `${entry}.${String(index).padStart(6, "0")}`);

function parseCursor(value: unknown): Position {
  const match = typeof value === "string" || typeof value === "number" ? PATTERN.exec(String(value)) : null;
  if (!match) throw invalid("after", "Not a cursor that this engine gave out.", "CURSOR");
  return { entry: Number(match[1]), index: Number(match[2] ?? 0) };
}

export const Cursor = new GraphQLScalarType<Position, string>({
  name: "Cursor",
  description: "Place in the journal. Opaque; give it back as `after` to go on from there.",
  specifiedByURL: "https://relay.dev/graphql/connections.htm#sec-Cursor",
  serialize: (value) => (typeof value === "number" ? String(value) : formatCursor(value as Position)),
  parseValue: parseCursor,
  parseLiteral: (node: ValueNode) => parseCursor(node.kind === Kind.STRING || node.kind === Kind.INT ? node.value : null),
});
