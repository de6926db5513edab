/** Every class whose rows are journaled, under the name of its kind. */
export { Bookmark } from "./bookmark/bookmark.ts";
export { Cluster } from "./cluster/cluster.ts";
export { DataCenter } from "./dataCenter/dataCenter.ts";
export { Disk } from "./disk/disk.ts";
export { DiskAttachment } from "./diskAttachment/diskAttachment.ts";
export { Host } from "./host/host.ts";
export { Job, Step } from "./job/job.ts";
export { Network } from "./network/network.ts";
export { Nic } from "./nic/nic.ts";
export { Permission } from "./access/permission.ts";
export { Session } from "./access/session.ts";
export { StorageDomain } from "./storage/storageDomain.ts";
export { Tag } from "./tag/tag.ts";
export { Template } from "./template/template.ts";
export { User } from "./access/user.ts";
export { Vm } from "./vm/vm.ts";
export { VnicProfile } from "./vnicProfile/vnicProfile.ts";
