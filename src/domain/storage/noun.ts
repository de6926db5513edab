import { nounOf } from "../noun/noun.ts";
import { addStorageDomain } from "./add.ts";
import { removeStorageDomain } from "./remove.ts";
import { StorageDomain } from "./storageDomain.ts";

export const storageDomain = nounOf(StorageDomain, { add: addStorageDomain, remove: removeStorageDomain });
