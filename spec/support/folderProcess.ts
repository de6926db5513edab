import { privateFolder } from "../../src/db/folder.ts";

/** Makes folders in folders from a moment on (ms since 1970), as others do at the same time. */
const [base, from] = process.argv.slice(2) as [string, string];
while (Date.now() < Number(from));
for (let number = 0; number < 500; number++) privateFolder(`${base}/${number}/engine`);
