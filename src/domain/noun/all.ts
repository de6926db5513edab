import * as nouns from "../nouns.ts";
import type { AnyNoun } from "./noun.ts";

/** In the order of their names. */
export const NOUNS: readonly AnyNoun[] = Object.values(nouns);
