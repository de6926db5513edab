import { user } from "./access/noun.ts";
import { permission } from "./access/permissions.ts";
import { cluster } from "./cluster/cluster.ts";
import { dataCenter } from "./dataCenter/dataCenter.ts";
import { disk } from "./disk/noun.ts";
import { diskAttachment } from "./diskAttachment/noun.ts";
import { host } from "./host/noun.ts";
import { network } from "./network/network.ts";
import { nic } from "./nic/noun.ts";
import type { AnyNoun } from "./noun/noun.ts";
import { storageDomain } from "./storage/noun.ts";
import { template } from "./template/template.ts";
import { vm } from "./vm/noun.ts";
import { vnicProfile } from "./vnicProfile/vnicProfile.ts";

/** Every noun with all that can be asked of it: what the schema is made of. */
export const NOUNS: readonly AnyNoun[] = [
  cluster,
  dataCenter,
  disk,
  diskAttachment,
  host,
  network,
  nic,
  permission,
  storageDomain,
  template,
  user,
  vm,
  vnicProfile,
];
