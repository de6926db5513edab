import type { Noun, Plain } from "../noun/noun.ts";
import { affinityGroup } from "./affinityGroup.ts";
import { affinityLabel } from "./affinityLabel.ts";
import { bookmark } from "./bookmark.ts";
import { cluster } from "./cluster.ts";
import { cpuProfile } from "./cpuProfile.ts";
import { dataCenter } from "./dataCenter.ts";
import { disk } from "./disk.ts";
import { diskProfile } from "./diskProfile.ts";
import { event } from "./event.ts";
import { group } from "./group.ts";
import { host } from "./host.ts";
import { instanceType } from "./instanceType.ts";
import { macPool } from "./macPool.ts";
import { network } from "./network.ts";
import { permission } from "./permission.ts";
import { qos } from "./qos.ts";
import { role } from "./role.ts";
import { schedulingPolicy } from "./schedulingPolicy.ts";
import { storageDomain } from "./storageDomain.ts";
import { tag } from "./tag.ts";
import { template } from "./template.ts";
import { user } from "./user.ts";
import { vm } from "./vm.ts";
import { vnicProfile } from "./vnicProfile.ts";

type Listed = Noun | Plain;
/** All pages of the navigation, in its order. */
export const GROUPS: readonly { title: string; pages: readonly Listed[] }[] = [
  { title: "Compute", pages: [host, vm, template, instanceType, cluster, dataCenter] },
  { title: "Storage", pages: [storageDomain, disk, diskProfile] },
  { title: "Network", pages: [network, vnicProfile, macPool] },
  { title: "Service level", pages: [schedulingPolicy, qos, cpuProfile, affinityGroup, affinityLabel] },
  { title: "Administration", pages: [user, group, role, permission, tag, bookmark, event] },
];
const BY_LIST = new Map(GROUPS.flatMap(({ pages }) => pages.map((page) => [page.list, page])));

/** What has its pages under that name. */
export const pageAt = (list: string): Listed | undefined => BY_LIST.get(list);
/** The noun whose objects have pages there. */
export function nounAt(list: string): Noun | undefined {
  const page = pageAt(list);
  return page && "kind" in page ? page : undefined;
}
