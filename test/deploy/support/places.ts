import { join } from 'node:path';
import { projectRoot } from '../../../control/src/config/project-root.js';

/** What operators are given. */
export const deploy = join(projectRoot, 'deploy');
