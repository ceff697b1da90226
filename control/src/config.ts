/** The configuration: config/settings.ts is the table of it, config/read.ts reads it. */
export { hostInUrl, isLoopback } from './config/hosts.js';
export { projectRoot } from './config/project-root.js';
export { readConfig } from './config/read.js';
export type { Config, OidcProvider } from './config/settings.js';
