import { Kind, type DocumentNode, type FieldNode, type FragmentDefinitionNode, type SelectionSetNode } from "graphql";

/** Arguments are compared as text: so much of it takes as long as to compare two fields. */
const CHARACTERS = 32;

/** How often the fields of a document would be compared with each other by validation, and how many fields that concerns. */
export interface Overlaps {
  comparisons: number;
  /** Fragments written out. */
  fields: number;
}

/**
 * Fields of one response name are merged, which validation checks pair by pair: it takes time with their square. Here they
 * are only counted, as an execution would merge them; in vain beyond `most` fields, so counting ends there.
 */
export function overlapsOf(document: DocumentNode, most: number): Overlaps {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const roots: SelectionSetNode[] = [];
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
    if (node.kind === Kind.OPERATION_DEFINITION) roots.push(node.selectionSet);
  }
  const counted: Counting = { fragments, reached: new Set(), comparisons: 0, fields: 0, most };
  for (const root of roots) count(counted, [root], new Set());
  for (const [name, { selectionSet }] of fragments) if (!counted.reached.has(name)) count(counted, [selectionSet], new Set([name]));
  return counted;
}

interface Counting extends Overlaps {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly reached: Set<string>;
  readonly most: number;
}

/** `within` are the fragments that hold these sets: one that holds itself is another rule's affair. */
function count(counting: Counting, sets: readonly SelectionSetNode[], within: ReadonlySet<string>): void {
  const groups = new Map<string, FieldNode[]>();
  const inside = new Set(within);
  for (const set of sets) collect(counting, set, { groups, inside });
  for (const group of groups.values()) {
    if (counting.fields > counting.most) return;
    const weight = group.reduce((sum, field) => sum + weightOf(field), 0);
    counting.comparisons += ((group.length - 1) * weight) / 2;
    const inner = group.flatMap(({ selectionSet }) => selectionSet ?? []);
    if (inner.length > 0) count(counting, inner, inside);
  }
}

interface Level {
  readonly groups: Map<string, FieldNode[]>;
  /** Fragments that hold it or are spread on it. */
  readonly inside: Set<string>;
}

function collect(counting: Counting, { selections }: SelectionSetNode, level: Level): void {
  for (const selection of selections) {
    counting.fields += 1;
    if (counting.fields > counting.most) return;
    if (selection.kind === Kind.FIELD) {
      const name = (selection.alias ?? selection.name).value;
      const group = level.groups.get(name);
      if (group) group.push(selection);
      else level.groups.set(name, [selection]);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) collect(counting, selection.selectionSet, level);
    else {
      const name = selection.name.value;
      const fragment = counting.fragments.get(name);
      counting.reached.add(name);
      if (!fragment || level.inside.has(name)) continue;
      level.inside.add(name);
      collect(counting, fragment.selectionSet, level);
    }
  }
}

function weightOf({ arguments: given = [] }: FieldNode): number {
  const [first, last] = [given[0]?.loc, given.at(-1)?.loc];
  return first && last ? 1 + Math.ceil((last.end - first.start) / CHARACTERS) : 1;
}
