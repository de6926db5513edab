import { describe, expect, test } from "vitest";
import { undescribed } from "../../scripts/schemaRules.ts";

describe("What has no description", () => {
  test("is found in every corner of a schema", () => {
    const sdl = `
      directive @risk(level: Int) on FIELD_DEFINITION
      scalar Time
      enum Color { RED }
      input Wish { color: Color }
      interface Node { id: ID }
      type Thing implements Node { id: ID }
      union Any = Thing
      type Query { thing(wish: Wish): Any }`;
    expect(undescribed(sdl).toSorted()).toEqual(
      [
        "@risk",
        "@risk(level:)",
        "Any",
        "Color",
        "Color.RED",
        "Node",
        "Node.id",
        "Query",
        "Query.thing",
        "Query.thing(wish:)",
        "Thing",
        "Thing.id",
        "Time",
        "Time @specifiedBy",
        "Wish",
        "Wish.color",
      ].toSorted(),
    );
  });

  test("is not what says a word about itself", () => {
    expect(undescribed('"Of all." type Query { "Now." time: Time } "When." scalar Time @specifiedBy(url: "https://example.org")')).toEqual(
      [],
    );
  });
});
