import type { VolumeRef } from "../../../schema/hostlink.ts";
import type { RowOf } from "../kinds.ts";
import { storageRef } from "../storage/check.ts";

/** File of a disk's image, on every host of the data center. */
export const volumePath = (domain: RowOf<"StorageDomain">, disk: RowOf<"Disk">): string =>
  `${domain.storage.path}/${domain.id}/images/${disk.id}/${disk.imageId}`;

/** How hosts are told about a disk's image. */
export const volumeRef = (domain: RowOf<"StorageDomain">, { id, imageId }: RowOf<"Disk">): VolumeRef => ({
  ...storageRef(domain),
  diskId: id,
  imageId,
});
