/** Every noun with all that can be asked of it: what the schema is made of. */
export { affinityGroup, affinityLabel, cpuProfile, diskProfile, qos } from "./sla/noun.ts";
export { bookmark } from "./bookmark/bookmark.ts";
export { cluster } from "./cluster/cluster.ts";
export { dataCenter } from "./dataCenter/dataCenter.ts";
export { disk } from "./disk/noun.ts";
export { diskAttachment } from "./diskAttachment/noun.ts";
export { host } from "./host/noun.ts";
export { instanceType } from "./instanceType/noun.ts";
export { macPool } from "./macPool/noun.ts";
export { network } from "./network/network.ts";
export { nic } from "./nic/noun.ts";
export { permission } from "./access/permissions.ts";
export { storageDomain } from "./storage/noun.ts";
export { tag } from "./tag/noun.ts";
export { template } from "./template/template.ts";
export { user } from "./access/noun.ts";
export { vm } from "./vm/noun.ts";
export { vnicProfile } from "./vnicProfile/vnicProfile.ts";
