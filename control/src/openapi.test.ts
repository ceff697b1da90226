/**
 * The contract: control/openapi.json is what the routes say, and adds only to what was released
 * (control/openapi.released.json, replaced at each release). PLENUM_UPDATE_OPENAPI=1 writes the first.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { projectRoot } from './config.js';
import { breakingChanges, type ContractDocument } from './testing/contract-changes.js';
import { testControl } from './testing/test-control.js';
import { testDatabase, testServer } from './testing/test-database.js';

const server = await testServer(t);
const { app } = await testControl(t, await testDatabase(t, server));
const document = (await app.inject('/v1/openapi.json')).json() as ContractDocument;
const file = join(projectRoot, 'control/openapi.json');
const text = `${JSON.stringify(document, null, 1)}\n`;
if (process.env.PLENUM_UPDATE_OPENAPI === '1') writeFileSync(file, text);

t.test('the file is what the routes say', async (t) => {
  t.ok(readFileSync(file, 'utf8') === text, 'PLENUM_UPDATE_OPENAPI=1 brings it up to date');
});

t.test('what was released still holds', async (t) => {
  const released = readFileSync(join(projectRoot, 'control/openapi.released.json'), 'utf8');
  t.strictSame(breakingChanges(JSON.parse(released) as ContractDocument, document), []);
});

t.test('changes that break a client are found', async (t) => {
  const schema = {
    type: 'object',
    required: ['a'],
    properties: {
      a: { type: 'string' },
      b: { enum: ['x', 'y'] },
      c: { type: 'boolean', enum: [true] },
    },
  };
  const operation = {
    'x-plenum-auth': ['user', 'key'],
    requestBody: { content: { 'application/json': { schema } } },
    responses: { 200: { content: { 'application/json': { schema: structuredClone(schema) } } } },
  };
  const former = { paths: { '/v1/x': { get: operation, post: operation } } };
  const changed = structuredClone(former) as ContractDocument;
  const get = changed.paths['/v1/x']?.get as typeof operation;
  delete (changed.paths['/v1/x'] as Record<string, unknown>).post;
  get['x-plenum-auth'] = ['user'];
  Object.assign(get.requestBody.content['application/json'].schema, {
    required: ['a', 'b'],
    properties: { b: { enum: ['x'] }, c: { type: 'boolean' } },
  });
  Object.assign(get.responses[200].content['application/json'].schema, { required: [] });
  t.strictSame(breakingChanges(former, changed), [
    'get /v1/x refuses key',
    'get /v1/x request requires b',
    'get /v1/x request has no a any more',
    'get /v1/x request b does not take y any more',
    'get /v1/x 200 may lack a',
    'post /v1/x is gone',
  ]);
  const more = structuredClone(former) as ContractDocument;
  more.paths['/v1/y'] = { get: operation };
  t.strictSame(breakingChanges(former, more), []);
});
