import { rm } from "node:fs/promises";

/** Removes it with all in it, also while an engine that is going down writes its last words there. */
export const removeFolder = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
