// Writes native/sources.json, the one list of native files that both builds read, from the tree.
//   node tools/sources.mjs          rewrites the file
//   node tools/sources.mjs --check  exits 1 when it is out of date (part of tools/tidy)
// Groups follow from names: *_test.cpp = tests, fuzz/*_fuzz.cpp = one fuzz target each, testing/ =
// support linked into tests, crypto/openssl_* and crypto/ipsec_mb_* = the only users of those libraries.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..', 'native');
const target = join(root, 'sources.json');

function groupOf(file) {
  if (file.endsWith('_test.cpp')) return 'tests';
  if (file.startsWith('fuzz/')) return 'fuzz';
  if (file.startsWith('testing/')) return 'testing';
  if (/^crypto\/(openssl|ipsec_mb)_/.test(file)) return 'crypto';
  if (file.startsWith('io/')) return 'io';
  if (file.startsWith('binding/')) return 'binding';
  return 'core';
}

const groups = { core: [], crypto: [], io: [], binding: [], testing: [], tests: [], fuzz: [] };
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.cpp'))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .sort();
for (const file of files) groups[groupOf(file)].push(file);

const settings = {
  warnings: [
    '-Wall',
    '-Wextra',
    '-Wpedantic',
    '-Wshadow',
    '-Wconversion',
    '-Wno-sign-conversion',
    '-Werror',
  ],
  defines: ['NO_COMPAT_IMB_API_053'],
};
const text = `${JSON.stringify({ ...groups, ...settings }, null, 2)}\n`;
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    console.error('native/sources.json is out of date: run node tools/sources.mjs');
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}
