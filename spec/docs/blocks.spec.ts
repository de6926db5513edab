import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { blocksOf, linksOf, pages, route } from "../support/docs/blocks.ts";

const place = ({ file, line }: { file: string; line: number }) => `${file}:${line}`;

describe("the documentation's command blocks", () => {
  it("are each run by spec/system/docs.spec.ts, or say why not", () => {
    const followed = [...route(), "README.md"];
    const stray = pages()
      .flatMap((file) => blocksOf(file))
      .filter(({ notRun }) => notRun === null)
      .filter(
        ({ file, language, machine }) => !followed.includes(file) || !(language === "graphql" || (language === "sh" && machine !== null)),
      );
    expect(stray.map(place)).toEqual([]);
  });

  it("give a reason that says something", () => {
    const marked = pages()
      .flatMap((file) => blocksOf(file))
      .filter(({ notRun }) => notRun !== null);
    expect(marked.length).toBeGreaterThan(0);
    for (const block of marked) expect(block.notRun!.length, place(block)).toBeGreaterThan(15);
  });

  it("are found wherever they stand, with what is written of them", () => {
    const markdown = [
      "<!-- every block here: and for host2 -->",
      "1. In a list:",
      "   ```sh host1",
      "   echo one",
      "     two",
      "   ```",
      "<!-- not run: there is none here -->",
      "",
      "```graphql",
      "{ vms }",
      "```",
      "```json",
      "{}",
      "```",
      "````sh engine",
      "```",
      "````",
      "```",
      "npm start",
      "```",
    ].join("\n");
    expect(blocksOf("page.md", markdown)).toEqual([
      { file: "page.md", line: 3, language: "sh", machine: "host1", notRun: null, also: ["host2"], text: "echo one\n  two" },
      { file: "page.md", line: 9, language: "graphql", machine: null, notRun: "there is none here", also: ["host2"], text: "{ vms }" },
      { file: "page.md", line: 15, language: "sh", machine: "engine", notRun: null, also: ["host2"], text: "```" },
      { file: "page.md", line: 18, language: "", machine: null, notRun: null, also: ["host2"], text: "npm start" },
    ]);
  });
});

it("the documentation's links lead somewhere", () => {
  for (const file of pages()) for (const link of linksOf(file)) expect(existsSync(link), `${file}: ${link}`).toBe(true);
});
