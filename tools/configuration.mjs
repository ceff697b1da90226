// Writes the tables of docs/configuration.md from the table of settings (control/src/config/settings.ts,
// compiled); with --check it only says whether they are the same.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { documentation } from '../out/control/src/config/documentation.js';

const page = join(import.meta.dirname, '..', 'docs', 'configuration.md');
const generated = /(<!-- by tools\/configuration.mjs.*?-->\n).*(<!-- end -->)/s;
const text = readFileSync(page, 'utf8');
const wanted = text.replace(generated, (_, begin, end) => `${begin}\n${documentation()}\n\n${end}`);
if (!process.argv.includes('--check')) {
  writeFileSync(page, wanted);
} else if (wanted !== text) {
  console.error('docs/configuration.md is not what the settings are: node tools/configuration.mjs');
  process.exit(1);
}
