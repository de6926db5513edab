import { Flag, graphqlEnum, Id, Name, OneOf, Reference, Text, Version } from "../noun/columns.ts";
import { Noun } from "../noun/declaration.ts";
import { Vm } from "../vm/vm.ts";
import { VnicProfile } from "../vnicProfile/vnicProfile.ts";

export const NicInterface = graphqlEnum("NicInterface", "Device a VM sees.", {
  VIRTIO: "Paravirtual, fast.",
  E1000E: "Emulated Intel 82574, for guests without VirtIO.",
  RTL8139: "Emulated Realtek 8139, for old guests.",
});
export type NicInterface = keyof typeof NicInterface;

@Noun<Nic>({
  description: "A network device of a VM.",
  words: "NIC",
  unique: [["vmId", "name"], ["macAddress"]],
  within: "vmId",
  rights: { add: "CONFIGURE_VM_NETWORK", update: "CONFIGURE_VM_NETWORK", remove: "CONFIGURE_VM_NETWORK" },
  events: { add: "NETWORK_ADD_VM_INTERFACE", update: "NETWORK_UPDATE_VM_INTERFACE", remove: "NETWORK_REMOVE_VM_INTERFACE" },
  search: { prefixes: ["vnic", "vnics"] },
  ovirt: {
    VmNicService: { why: "A NIC is a VM's: the verb need not say so." },
    "VmNicService.activate": { as: "updateNic", why: "Plugging in is `updateNic` with `plugged`." },
    "VmNicService.deactivate": { as: "updateNic" },
    "VmNicService.remove": { as: "removeNic" },
    "VmNicService.update": { as: "updateNic" },
    "VmNicsService.add": { as: "addNic" },
  },
})
export class Nic {
  @Id() id: string;
  @Version() version: number;
  @Name("Unique in its VM, e.g. `nic1`.", { otherwise: "The next free of nic1, nic2 ..." }) name: string;
  @Reference(() => Vm, "What it is a part of.", { set: "add", back: "nics", few: true, backDescription: "Its NICs.", onRemove: "cascade" })
  vmId: string;
  @Reference(() => VnicProfile, "How it connects; null = to nothing.", {
    nullable: true,
    set: "always",
    seen: true,
    needs: "CONFIGURE_VM_NETWORK",
  })
  vnicProfileId: string | null;
  @OneOf(NicInterface, "Device the VM sees.", { set: "always", default: "VIRTIO" }) interface: NicInterface;
  @Text("Unique hardware address: six octets, lower case, colons between.", { hidden: true, length: 17, index: true, search: "mac" })
  macAddress: string;
  @Flag("Whether its cable is in.", { set: "always", default: true, search: true }) linked: boolean;
  @Flag("Whether the VM has the device.", { set: "always", default: true, search: true }) plugged: boolean;
}
