import type { RowOf } from "../kinds.ts";
import { requireState } from "../noun/states.ts";

/** Throws NOT_ALLOWED_IN_STATE, reason STORAGE_DOMAIN_STATUS_<status>. */
export const requireActive = (domain: RowOf<"StorageDomain">): void =>
  requireState("StorageDomain", domain, { states: ["ACTIVE"], done: "used" });

/** How hosts are told about a domain. */
export const storageRef = ({ id, storage }: RowOf<"StorageDomain">) => ({ storageDomainId: id, path: storage.path });
