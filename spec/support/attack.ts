/** How long the hostile specs attack, in seconds: a whole minute in CI, less at a desk. */
export const ATTACK_S = process.env["CI"] === "true" ? 60 : 15;
