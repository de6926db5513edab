import { create } from "xmlbuilder2";
import { channelElements } from "./channels.ts";
import { controllerElements } from "./controllers.ts";
import { declaredElements } from "./declared.ts";
import { diskElements } from "./disks.ts";
import { displayElements } from "./display.ts";
import { isKvm, type DomainXmlInput, type Element } from "./input.ts";
import { nicElements } from "./nics.ts";
import { clockElement, cpuElement, featuresElement, osElement } from "./system.ts";

/** Of the element that tells whose domain it is. */
const NAMESPACE = "urn:overt:vm:1";
const KIB = 1024;

/**
 * The libvirt domain of a VM on the host it starts on: the same input gives the same text. Every host of a cluster with
 * the same machine types can take it over by live migration.
 */
export function buildDomainXml(input: DomainXmlInput): string {
  return create({ invalidCharReplacement: "" }, { domain: domainElement(input) }).end({ prettyPrint: true, headless: true });
}

/** libvirt refuses a title of more than one line. */
const titleOf = (name: string) => name.replaceAll(/[\r\n]+/gu, " ");

function domainElement(input: DomainXmlInput): Element {
  const { vm } = input;
  const { sockets, cores, threads } = vm.cpu.topology;
  const memory = { "@unit": "KiB", "#": Math.floor(vm.memory / KIB) };
  return {
    "@type": isKvm(input) ? "kvm" : "qemu",
    // What libvirt makes files and sockets of must be short, and the same however the VM is called.
    name: vm.id,
    uuid: vm.id,
    title: titleOf(vm.name),
    metadata: { "overt:vm": { "@xmlns:overt": NAMESPACE, "@id": vm.id, "@clusterId": vm.clusterId } },
    memory,
    currentMemory: memory,
    vcpu: { "@placement": "static", "#": sockets * cores * threads },
    ...declaredElements(vm),
    os: osElement(input),
    features: featuresElement(input),
    cpu: cpuElement(input),
    clock: clockElement(input),
    on_poweroff: "destroy",
    on_reboot: "restart",
    on_crash: "destroy",
    devices: {
      controller: controllerElements(input),
      disk: diskElements(input),
      interface: nicElements(input),
      ...displayElements(input),
      ...channelElements(input),
    },
  };
}
