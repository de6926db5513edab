import type { MigrationInterface } from "typeorm";
import { First1763800000000 } from "./0001-first.ts";

/** In order. A migration that has shipped is never changed. */
export const MIGRATIONS: (new () => MigrationInterface)[] = [First1763800000000];
