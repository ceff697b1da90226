import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ERRORS, PlenumError } from './errors.js';

t.test('docs/library.md lists exactly the codes of the table', async (t) => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'library.md'), 'utf8');
  const [, section = ''] = text.split('## Errors\n');
  const rows = [...section.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)];
  t.same(Object.fromEntries(rows.map(([, code, meaning]) => [code, meaning])), ERRORS);
});

t.test('code, detail and cause', async (t) => {
  const cause = new Error('why');
  const error = new PlenumError('sdp_rejected', 'no mid', { cause });
  t.match(error, { name: 'PlenumError', code: 'sdp_rejected', detail: 'no mid', cause });
  t.equal(error.message, 'sdp_rejected: no mid');
  t.equal(new PlenumError('closed').detail, ERRORS.closed);
});
