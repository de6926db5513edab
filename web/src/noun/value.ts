import { links } from "../lib/router.svelte.ts";

/** Another object, or any place. */
export interface Link {
  text: string;
  href: string;
  /** Word before it: `on`. */
  before?: string;
}
export interface State {
  status: string;
  /** Code of why it is so. */
  detail?: string | null;
}
interface Words {
  text: string;
  title?: string;
  /** Less important, behind it. */
  note?: string;
}
/** What a cell or a fact shows; nothing is a dash. Times are ISO texts. */
export type Value = string | number | null | undefined | Link | State | { time: string } | Words;

/** The page of an object that something refers to; null where there is none, or none that the caller may see. */
export const linkTo = (
  list: string,
  object: { id: string; name: string } | null | undefined,
  more: Pick<Link, "before"> = {},
): Link | null => (object ? { text: object.name, href: links.object(list, object.id), ...more } : null);

/** As plain text. */
export function textOf(value: Value): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "object") return String(value);
  return "text" in value ? value.text : "status" in value ? value.status : value.time;
}

export const capital = (words: string): string => (/^.[A-Z]/.test(words) ? words : words.charAt(0).toUpperCase() + words.slice(1));
