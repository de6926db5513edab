import { serverAudits } from "graphql-http";
import { describe, expect, test } from "vitest";
import { startTestEngine } from "../support/engine.ts";

describe("GraphQL over HTTP", () => {
  test("every audit of graphql-http is passed without log-in", async () => {
    const { url } = await startTestEngine();
    const results = await Promise.all(serverAudits({ url }).map(({ fn }) => fn()));
    expect(results.length).toBeGreaterThan(50);
    expect(results.filter(({ status }) => status !== "ok").map(({ id, name, status }) => `${id} ${status}: ${name}`)).toEqual([]);
  });
});
