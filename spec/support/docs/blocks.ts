import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** Fences in these languages show what something looks like; all others, and those that name none, are to be typed by somebody. */
const SHOWN = ["json", "xml", "ini", "text"];
const FENCE = /^( *)(`{3,}|~{3,}) *(\S*) *(.*)$/;

/** A fenced block of commands in a Markdown file. */
export interface Block {
  /** Path from the project's root. */
  file: string;
  /** From 1; of the fence. */
  line: number;
  language: string;
  /** Where it is to be typed, from the fence's second word: `sh host1`. */
  machine: string | null;
  /** Why it is not run: `<!-- not run: … -->` before the fence. */
  notRun: string | null;
  /** Machines of which the text says that the same is to be done there: `<!-- and for host2 -->`, of a block or of the whole file. */
  also: string[];
  text: string;
}

/** README.md and all of docs/, from the project's root. */
export function pages(): string[] {
  const docs = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"));
  return ["README.md", ...docs.toSorted().map((name) => `docs/${name}`)];
}

const readPage = (file: string): string => readFileSync(join(ROOT, file), "utf8");

/** The pages a reader is led through, in the order of the list in docs/running.md. */
export function route(): string[] {
  const links = readPage("docs/running.md").matchAll(/^\d+\. \[[^\]]+\]\(([^)]+)\)$/gm);
  return [...links].map(([, link = ""]) => `docs/${link}`);
}

/** The blocks of commands of a page, in order. */
export function blocksOf(file: string, markdown = readPage(file)): Block[] {
  const lines = markdown.split("\n");
  const everywhere = alsoIn(/^<!-- every block here: and for (.+?) -->$/m.exec(markdown)?.[1]);
  const blocks: Block[] = [];
  for (let index = 0; index < lines.length; index++) {
    const opening = FENCE.exec(lines[index] ?? "");
    if (!opening) continue;
    const [, indent = "", fence = "", language = "", rest = ""] = opening;
    const end = lines.findIndex((line, at) => at > index && line.trim().startsWith(fence) && line.trim().replaceAll(fence[0]!, "") === "");
    if (end < 0) throw new Error(`${file}:${index + 1}: the block has no end.`);
    const note = commentBefore(lines, index);
    if (!SHOWN.includes(language))
      blocks.push({
        file,
        line: index + 1,
        language,
        machine: rest.trim() || null,
        notRun: /^not run: (.+)$/.exec(note)?.[1] ?? null,
        also: [...everywhere, ...alsoIn(/^and for (.+)$/.exec(note)?.[1])],
        text: lines
          .slice(index + 1, end)
          .map((line) => line.slice(indent.length))
          .join("\n"),
      });
    index = end;
  }
  return blocks;
}

const alsoIn = (words: string | undefined): string[] => words?.split(/, | and /) ?? [];

/** The HTML comment on the last line with text before the fence; empty when there is none. */
function commentBefore(lines: readonly string[], fence: number): string {
  const last = lines.slice(0, fence).findLast((line) => line.trim() !== "");
  return /^\s*<!-- (.+) -->$/.exec(last ?? "")?.[1] ?? "";
}

/** What a page links to that is in this repository, as paths from its root. */
export function linksOf(file: string): string[] {
  const links = readPage(file).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g);
  return [...links].map(([, link = ""]) => relative(ROOT, join(ROOT, file, "..", link)));
}
