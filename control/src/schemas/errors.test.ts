import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { projectRoot } from '../config.js';
import { closeCodes, errorTable, finalCloseCodes } from './errors.js';

t.test('the table and docs/errors.md tell the same', async (t) => {
  const text = readFileSync(join(projectRoot, 'docs/errors.md'), 'utf8');
  const documented = [...text.matchAll(/^## (\w+)\n\n\*\*(\d+)\*\* · (.+)\n\n.+\n/gm)].map(
    ([, code, status, title]) => [code, { status: Number(status), title }],
  );
  t.strictSame(Object.fromEntries(documented), errorTable);
});

t.test('docs/errors.md lists every close code, with those of RFC 6455', async (t) => {
  const text = readFileSync(join(projectRoot, 'docs/errors.md'), 'utf8');
  const rows = [...text.matchAll(/^\| (\d{4}) \| (\*Final\.\*)?/gm)];
  const listed = rows.map(([, code]) => Number(code));
  t.strictSame(listed, [1000, 1009, ...Object.values(closeCodes).sort()]);
  const final = rows.filter(([, , mark]) => mark).map(([, code]) => Number(code));
  t.strictSame(final, finalCloseCodes);
});

t.test('close codes are private ones, and different', async (t) => {
  const codes = Object.values(closeCodes);
  t.equal(new Set(codes).size, codes.length);
  for (const code of codes) t.ok(code >= 4400 && code < 4600);
  for (const code of finalCloseCodes) t.ok(codes.includes(code));
});
