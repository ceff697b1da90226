import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** This file is out/control/src/config/project-root.js, four folders below the root. */
export const projectRoot = resolve(fileURLToPath(import.meta.url), '../../../../..');
