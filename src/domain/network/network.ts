import { invalid, refusedAt } from "../../errors.ts";
import type { Transaction } from "../../db/unitOfWork.ts";
import { DataCenter } from "../dataCenter/dataCenter.ts";
import { Flag, Id, Name, Reference, Text, Version, Whole } from "../noun/columns.ts";
import { Noun } from "../noun/declaration.ts";
import { insertWithDefaults } from "../noun/defaults.ts";
import { Labels } from "../noun/labels.ts";
import { nounOf } from "../noun/noun.ts";

@Noun<Network>({
  description: "A logical network of a data center: a bridge of one name on every host that serves it.",
  words: "logical network",
  unique: [["dataCenterId", "name"]],
  within: "dataCenterId",
  shares: [Labels],
  rights: { add: "CREATE_STORAGE_POOL_NETWORK", update: "CONFIGURE_STORAGE_POOL_NETWORK", remove: "CONFIGURE_STORAGE_POOL_NETWORK" },
  events: { add: "NETWORK_ADD_NETWORK", update: "NETWORK_UPDATE_NETWORK", remove: "NETWORK_REMOVE_NETWORK" },
  ovirt: {
    "DataCenterNetworkService.remove": { as: "removeNetwork" },
    "DataCenterNetworkService.update": { as: "updateNetwork" },
    DataCenterNetworksService: { why: "As for disks: the input names the data center." },
    "DataCenterNetworksService.add": { as: "addNetwork" },
  },
})
export class Network {
  @Id() id: string;
  @Version() version: number;
  @Name("Unique in its data center.") name: string;
  @Reference(() => DataCenter, "What it is a part of.", {
    set: "add",
    back: "networks",
    few: true,
    backDescription: "Its logical networks.",
    onRemove: "cascade",
  })
  dataCenterId: string;
  @Text("Name of the bridge on the hosts.", { length: 15, set: "add", otherwise: "The network's name", check: checkBridge })
  vdsmName: string;
  @Whole("Largest packet in bytes.", { set: "always", default: 1500, from: 68, to: 65_535, search: true }) mtu: number;
  @Flag("Whether a host without it is NON_OPERATIONAL.", { set: "always", default: false, search: true }) required: boolean;
}
export interface Network extends Labels {}

/** As Linux takes the name of an interface, in ASCII; dashes at its beginning would be options to its tools. */
const BRIDGE_NAME = /^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,14}$/;
/** Directories and files beside those of the interfaces, and the interface that every host has. */
const RESERVED_BRIDGES: readonly string[] = [".", "..", "lo", "all", "default", "bonding_masters"];

function checkBridge(name: string, path: string): string {
  const rule = "The bridge needs a name of 1 to 15 ASCII letters, digits, dots, dashes or underscores, no dash first.";
  if (!BRIDGE_NAME.test(name)) throw invalid(path, rule, "BRIDGE_NAME");
  if (RESERVED_BRIDGES.includes(name)) throw invalid(path, `No bridge can be called ${name}.`, "BRIDGE_NAME_RESERVED");
  return name;
}

function refuseTakenBridge({ snapshot }: Transaction, dataCenterId: string, name: string): void {
  const holder = snapshot.by("Network", "dataCenterId", dataCenterId).find(({ vdsmName }) => vdsmName === name);
  if (!holder) return;
  const message = `Network ${holder.name} is on bridge ${name}.`;
  const about = { kind: "Network", id: holder.id };
  throw refusedAt("input.vdsmName", "CONFLICT", { code: "BRIDGE_TAKEN", message, about });
}

export const network = nounOf(Network, {
  says: { add: "Makes a vNIC profile of the same name too.", remove: "With its vNIC profiles.", update: "The bridge keeps its name." },
  check: (tx, { name, vdsmName: given, dataCenterId }, { before }) => {
    if (before) return {};
    // Two at the same time must not take one bridge.
    tx.claim("DataCenter", tx.need("DataCenter", dataCenterId));
    const vdsmName = checkBridge(given ?? name, "input.vdsmName");
    refuseTakenBridge(tx, dataCenterId, vdsmName);
    return { vdsmName };
  },
  added: (tx, { id, name }) => void insertWithDefaults(tx, "VnicProfile", { name, networkId: id }),
});
