import type { RowOf } from "../../kinds.ts";
import { declarationOf } from "../../noun/declaration.ts";
import type { Element } from "./input.ts";

/** What stands in the domain XML as it stands in a column: those that say where, by `xml`. */
export function declaredElements(vm: RowOf<"Vm">): Element {
  const elements: Element = {};
  for (const { name, xml } of declarationOf("Vm").columns) {
    const value = vm[name as keyof typeof vm] as string | number | null;
    if (xml === undefined || value === null) continue;
    const path = xml.split(".");
    let at = elements;
    for (const each of path.slice(0, -1)) at = (at[each] ??= {}) as Element;
    at[path.at(-1)!] = value;
  }
  return elements;
}
