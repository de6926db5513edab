import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createOperations, type Operations } from "../../src/resolvers/server/operation.ts";
import { publicSchema } from "../support/schema.ts";

/** Documents that differ, of so many characters each. */
const documents = (count: number, length: number, query: string): string[] =>
  Array.from({ length: count }, (_, index) => `${query} #${index}`.padEnd(length, "x"));
const kept = (operations: Operations, texts: readonly string[]): string[] =>
  texts.filter((text) => operations.known(createHash("sha256").update(text).digest("hex")));

describe("Documents that clients have sent", () => {
  const KEPT_BYTES = 16 * 1024 * 1024;

  test("are kept up to 16 MiB of text and tokens, whatever their number: large ones make room for each other", () => {
    const operations = createOperations(publicSchema);
    const large = documents(500, 100_000, "{ me { id } }");
    for (const query of large) operations.admit({ query }, true);
    // Two bytes a character, and a little for its tokens.
    const most = Math.floor(KEPT_BYTES / 200_000);
    const still = kept(operations, large);
    expect(still).toEqual(large.slice(-still.length));
    expect(still.length).toBeGreaterThan(0.9 * most);
    expect(still.length).toBeLessThanOrEqual(most);
    const small = documents(1_000, 100, "{ me { id } }");
    for (const query of small) operations.admit({ query }, true);
    expect(kept(operations, small)).toEqual(small);
    const aliased = Array.from({ length: 90 }, (_, index) => `a${index}: me { id }`);
    const many = documents(100, 2_000, `{ ${aliased.join(" ")} }`);
    for (const query of many) operations.admit({ query }, true);
    // 500 bytes a token.
    expect(kept(operations, many).length).toBeLessThan(KEPT_BYTES / (90 * 6 * 500));
  });

  test("are not kept for who is not logged in, though he is answered", () => {
    const operations = createOperations(publicSchema);
    const small = documents(10, 100, "{ __typename }");
    for (const query of small) operations.admit({ query }, false);
    expect(kept(operations, small)).toEqual([]);
    expect(() => operations.admit({ query: "{ me { id } }" }, false)).toThrow();
  });
});
