import { Network } from "../network/network.ts";
import { Id, Name, Reference, Version } from "../noun/columns.ts";
import { Noun } from "../noun/declaration.ts";
import { Labels } from "../noun/labels.ts";
import { nounOf } from "../noun/noun.ts";
import { Qos, requireQos } from "../sla/qos.ts";

@Noun<VnicProfile>({
  description: "How NICs connect to a logical network.",
  words: "vNIC profile",
  unique: [["networkId", "name"]],
  within: "networkId",
  seenWith: ["CONFIGURE_VM_NETWORK"],
  shares: [Labels],
  rights: { add: "CREATE_NETWORK_VNIC_PROFILE", update: "CONFIGURE_NETWORK_VNIC_PROFILE", remove: "DELETE_NETWORK_VNIC_PROFILE" },
  events: { add: "ADD_VNIC_PROFILE", update: "UPDATE_VNIC_PROFILE", remove: "REMOVE_VNIC_PROFILE" },
  ovirt: {
    "AssignedVnicProfileService.remove": { as: "removeVnicProfile" },
    AssignedVnicProfilesService: { why: "As for disks: the input names the network." },
    "AssignedVnicProfilesService.add": { as: "addVnicProfile" },
  },
})
export class VnicProfile {
  @Id() id: string;
  @Version() version: number;
  @Name("Unique in its network.") name: string;
  @Reference(() => Network, "What its NICs are connected to.", {
    set: "add",
    back: "vnicProfiles",
    few: true,
    backDescription: "Ways to connect to it.",
    onRemove: "cascade",
    seen: true,
  })
  networkId: string;
  @Reference(() => Qos, "What its NICs are limited to, of kind NETWORK, from the next start of their VM; null = nothing.", {
    set: "always",
    nullable: true,
    onRemove: "release",
    back: "vnicProfiles",
    few: true,
    backDescription: "vNIC profiles that name it.",
  })
  qosId: string | null;
}
export interface VnicProfile extends Labels {}

export const vnicProfile = nounOf(VnicProfile, {
  check: (tx, { qosId, networkId }) =>
    requireQos(tx, qosId, { type: "NETWORK", dataCenterId: tx.snapshot.need("Network", networkId).dataCenterId }),
});
