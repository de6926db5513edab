import { nounOf } from "../noun/noun.ts";
import { addDisk } from "./add.ts";
import { Disk } from "./disk.ts";
import { removeDisk } from "./remove.ts";
import { updateDisk } from "./update.ts";

export const disk = nounOf(Disk, { add: addDisk, update: updateDisk, remove: removeDisk });
