// Writes the tables of docs/configuration.md from the table of settings (control/src/config/settings.ts,
// compiled). A test of control compares them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { documentation } from '../out/control/src/config/documentation.js';

const page = join(import.meta.dirname, '..', 'docs', 'configuration.md');
const generated = /(<!-- by tools\/configuration.mjs.*?-->\n).*(<!-- end -->)/s;
const text = readFileSync(page, 'utf8');
writeFileSync(
  page,
  text.replace(generated, (_, begin, end) => `${begin}\n${documentation()}\n\n${end}`),
);
