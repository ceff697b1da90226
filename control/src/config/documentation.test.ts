import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { projectRoot } from '../config.js';
import { documentation } from './documentation.js';
import { places } from './settings.js';

t.test('docs/configuration.md has the table of settings', async (t) => {
  const page = readFileSync(join(projectRoot, 'docs/configuration.md'), 'utf8');
  const [, tables] = /<!-- by tools.*?-->\n(.*)<!-- end -->/s.exec(page) ?? [];
  t.equal(tables?.trim(), documentation(), 'if not: node tools/configuration.mjs');
});

t.test('no secret is an option; names are those of the contract, each once', async (t) => {
  for (const { setting, path, variable } of places) {
    t.notOk(setting.isSecret && setting.option, path);
    t.match(path, /^[a-z]+\.[a-z_]+$/);
    t.match(variable, /^PLENUM_[A-Z]+_[A-Z_]+$/);
    t.notMatch(setting.help, /[|\n]/);
  }
  t.equal(new Set(places.map(({ path }) => path)).size, places.length);
  t.equal(new Set(places.map(({ variable }) => variable)).size, places.length);
});
