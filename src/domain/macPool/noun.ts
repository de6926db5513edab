import { invalid } from "../../errors.ts";
import { nounOf } from "../noun/noun.ts";
import { MacPool } from "./macPool.ts";

export const macPool = nounOf(MacPool, {
  says: { update: "NICs keep the addresses that they have.", remove: "Refused for the default pool, and while a cluster has it." },
  removing: (_tx, { defaultPool, name }) => {
    if (defaultPool) throw invalid("id", `MAC pool ${name} is the default one.`, "DEFAULT_MAC_POOL");
  },
});
