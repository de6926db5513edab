import { graphql as fragment } from "../graphql/graphql.ts";
import * as field from "../noun/fields.ts";
import { plain } from "../noun/plain.ts";

const GROUP = fragment(`
  fragment AffinityGroupRow on AffinityGroup {
    id version name description comment cluster { id name } priority
    vmsRule { enabled enforcing positive } hostsRule { enabled enforcing positive }
    vms { id name } hosts { id name }
  }
`);
export const affinityGroup = plain("AffinityGroup", GROUP, {
  example: "cluster = Default",
  listed: ["clusterId", "vmIds", "hostIds", "description"],
  form: {
    name: field.NAMED.name,
    clusterId: field.reference("Cluster", { list: "clusters", set: "add", required: true }),
    vmIds: field.references("Virtual machines", { list: "vms" }),
    "vmsRule.enabled": field.check("There is a rule for virtual machines"),
    "vmsRule.positive": field.check("They run together, rather than apart", { initial: true }),
    "vmsRule.enforcing": field.check("They rather stay down than break it", { initial: true }),
    hostIds: field.references("Hosts", { list: "hosts" }),
    "hostsRule.enabled": field.check("There is a rule for hosts"),
    "hostsRule.positive": field.check("VMs run on these hosts, rather than on others", { initial: true }),
    "hostsRule.enforcing": field.check("VMs rather stay down than break that", { initial: true }),
    priority: field.number("Priority", { initial: "1", required: true }),
    description: field.NAMED.description,
    comment: field.NAMED.comment,
  },
  remove: "The affinity group is removed. Its virtual machines stay where they run.",
});
