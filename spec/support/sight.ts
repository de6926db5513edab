import type { GraphQLField, GraphQLObjectType, GraphQLSchema } from "graphql";
import { ROLES } from "../../src/domain/access/roles.ts";
import type { CallerName } from "./sides.ts";

/** What exists, by kind, and who sees it: written by hand. `admin` sees everything, `nobody` nothing. */
export const THERE: Record<string, Record<string, string>> = {
  // e: eve (UserRole on VmA), c: carol (ClusterAdmin of ClusterA)
  DataCenter: { DataCenterA: "ec", DataCenterB: "" },
  Cluster: { ClusterA: "ec", ClusterB: "" },
  Host: { HostA: "c", HostB: "" },
  Template: { Blank: "ec", TemplateA: "ec", TemplateB: "" },
  StorageDomain: { StorageDomainA: "", StorageDomainB: "" },
  Network: { NetworkA: "ec", NetworkB: "" },
  VnicProfile: { VnicProfileA: "ec", VnicProfileB: "" },
  Vm: { VmA: "ec", OtherVmA: "c", VmB: "", OtherVmB: "" },
  Disk: { DiskA: "ec", LooseDiskA: "", DiskB: "", LooseDiskB: "" },
  DiskAttachment: { DiskAttachmentA: "ec", OtherAttachmentA: "c", DiskAttachmentB: "", OtherAttachmentB: "" },
  Nic: { NicA: "ec", NicB: "" },
  // Who may give rights must be able to name whom he gives them.
  User: { eve: "ec", carol: "c", bob: "c", admin: "c" },
  Permission: { "eve's permission": "ec", "carol's permission": "c", "bob's permission": "", "admin's permission": "" },
  Tag: { TagA: "ec", TagB: "ec" },
  Bookmark: { BookmarkA: "ec", BookmarkB: "ec" },
  AffinityGroup: { AffinityGroupA: "c", AffinityGroupB: "" },
  AffinityLabel: { AffinityLabelA: "", AffinityLabelB: "" },
  CpuProfile: { CpuProfileA: "c", CpuProfileB: "" },
  DiskProfile: { DiskProfileA: "", DiskProfileB: "" },
  Group: { Everyone: "ec", GroupA: "c", GroupB: "c" },
  Role: { ...Object.fromEntries(ROLES.map(({ name }) => [name, "ec"])), RoleA: "ec", RoleB: "ec" },
  SchedulingPolicy: { SchedulingPolicyA: "ec", SchedulingPolicyB: "ec" },
  InstanceType: { InstanceTypeA: "ec", InstanceTypeB: "ec" },
  MacPool: { MacPoolA: "", MacPoolB: "" },
  Qos: { QosA: "", QosB: "" },
  Job: { JobA: "ec", JobB: "", JobAPart: "ec" },
  Step: { StepA: "ec", StepB: "", StepAPart: "ec" },
};
export const initialOf = { nobody: "n", eve: "e", carol: "c", admin: "a" } as const;
const sees = (who: CallerName, kind: string, name: string) =>
  who === "admin" || (who !== "nobody" && THERE[kind]![name]!.includes(initialOf[who]));
export const kindOf = (name: string) => Object.keys(THERE).find((kind) => name in THERE[kind]!)!;
export const isSeen = (who: CallerName, name: string) => sees(who, kindOf(name), name);
export const seenNames = (who: CallerName, kind: string) => Object.keys(THERE[kind]!).filter((name) => sees(who, kind, name));

type Fields = Record<string, GraphQLField<unknown, unknown>>;
export const fieldsOf = (schema: GraphQLSchema, type: string): Fields => (schema.getType(type) as GraphQLObjectType).getFields();
