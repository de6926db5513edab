/**
 * Tests that are skipped on purpose, by what their line in the report begins with (`spec/file.spec.ts > suite > test`), and why.
 * In CI any other skip counts as failed.
 */
export const EXPECTED_SKIPS: Readonly<Record<string, string>> = {};
