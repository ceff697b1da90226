/**
 * Random requests made from the OpenAPI document, by everybody, against a real database: no server
 * error, no status and no body that the document does not have. A failure prints seed and request;
 * PLENUM_TEST_SEED repeats it.
 */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import Schema from 'typebox/schema';
import { errorCodes } from './schemas/errors.js';
import { fitting, type JsonSchema, nearly } from './testing/schema-values.js';
import { everybody, testWorld, type Who } from './testing/test-world.js';

const requests = 5000;
const seed = Number(process.env.PLENUM_TEST_SEED ?? Date.now() % 2 ** 31);

interface Operation {
  'x-plenum-auth': string[];
  parameters?: { name: string; in: 'path' | 'query' | 'header'; schema: JsonSchema }[];
  requestBody?: { content: Record<string, { schema: JsonSchema }> };
  responses: Record<string, { content?: Record<string, { schema: JsonSchema }> }>;
}

interface Route {
  method: string;
  path: string;
  operation: Operation;
}

interface Call {
  /** Method and path. */
  to: string;
  who: Who;
  ids: boolean[];
  /** What stands for an id that is none of ours. */
  odd: string;
  query: Record<string, unknown>;
  body: unknown;
  key: boolean;
  etag: string | null;
}

const world = await testWorld(t);
const document = (await (await fetch(`${world.origin}/v1/openapi.json`)).json()) as {
  paths: Record<string, Record<string, Operation>>;
};
const routes = new Map<string, Route>();
for (const [path, operations] of Object.entries(document.paths)) {
  for (const [method, operation] of Object.entries(operations)) {
    routes.set(`${method} ${path}`, { path, method, operation });
  }
}
const routeOf = ({ to }: Call): Route => routes.get(to) as Route;

/** They would end what the rest needs; other tests have them. The last is a WebSocket. */
const apart = ['delete /v1/sessions', 'delete /v1/sessions/{session_id}', 'get /v1/rtc'];
/** These are asked about things that do not exist only. */
const destructive = [
  'delete /v1/meetings/{meeting_id}',
  'post /v1/meetings/{meeting_id}/end',
  'delete /v1/meetings/{meeting_id}/participants/{participant_id}',
  'delete /v1/users/{user_id}',
  'patch /v1/users/{user_id}',
];

const mostly = fc.nat({ max: 9 }).map((n) => n > 0);

function callTo([to, route]: [string, Route]): fc.Arbitrary<Call> {
  const { parameters = [], requestBody } = route.operation;
  const queries = parameters.filter((parameter) => parameter.in === 'query');
  const schema = Object.values(requestBody?.content ?? {})[0]?.schema;
  return fc.record({
    to: fc.constant(to),
    who: fc.constantFrom(...everybody, 'owner', 'owner', 'host', 'admin'),
    ids: fc.array(mostly, { minLength: 3, maxLength: 3 }),
    query: fc.record(
      Object.fromEntries(queries.map(({ name, schema }) => [name, fitting(schema)])),
      { requiredKeys: [] },
    ),
    body: schema === undefined ? fc.constant(undefined) : nearly(schema),
    odd: fc.constantFrom(randomUUID(), 'x', 'x'.repeat(200), '%00', '..%2f..', '%f0%9f%92%a5'),
    key: mostly,
    etag: fc.constantFrom(null, '*', '"1"', '"2"', 'W/"1"', 'x'),
  });
}

const calls = fc.oneof(...[...routes].filter(([to]) => !apart.includes(to)).map(callTo));

function urlOf(call: Call): string {
  const { ids, query } = call;
  let index = 0;
  const path = routeOf(call).path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const isReal = ids[index++ % ids.length] && !destructive.includes(call.to);
    return (isReal && world.ids[name]) || call.odd;
  });
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    search.set(name, String(value));
  }
  return `${world.origin}${path}?${search}`;
}

function send(call: Call): Promise<Response> {
  const { who, body, key, etag } = call;
  const route = routeOf(call);
  const [type = 'application/json'] = Object.keys(route.operation.requestBody?.content ?? {});
  const hasBody = body !== undefined && !['get', 'head'].includes(route.method);
  return fetch(urlOf(call), {
    method: route.method.toUpperCase(),
    redirect: 'manual',
    headers: {
      ...world.who[who],
      ...(key ? { 'idempotency-key': randomUUID() } : {}),
      ...(etag === null ? {} : { 'if-match': etag }),
      ...(hasBody ? { 'content-type': type } : {}),
    },
    ...(hasBody ? { body: JSON.stringify(body) } : {}),
  });
}

/** What was made can be asked about next. */
function learn(answer: unknown): void {
  const [first] = (answer as { items?: object[] }).items ?? [answer as object];
  for (const [name, value] of Object.entries(first ?? {})) {
    if (name in world.ids && ['meeting_id', 'participant_id', 'user_id'].includes(name)) continue;
    if (name.endsWith('_id') && typeof value === 'string') world.ids[name] = value;
  }
}

/** What the document says of a status: exactly, or by its class. */
function documented({ operation }: Route, status: number) {
  return (
    operation.responses[status] ??
    operation.responses[`${Math.floor(status / 100)}XX`] ??
    operation.responses[`${Math.floor(status / 100)}xx`]
  );
}

/** Operations that did something, once at least. */
const succeeded = new Set<string>();

async function check(call: Call): Promise<void> {
  const response = await send(call);
  const { status } = response;
  if (status < 400) succeeded.add(call.to);
  const text = await response.text();
  const what = `${call.to} by ${call.who}: ${status} ${text.slice(0, 300)}`;
  if (status >= 500 && status !== 503) throw new Error(what);
  const described = documented(routeOf(call), status);
  if (described === undefined) throw new Error(`${what} (not in the document)`);
  if (status >= 400) {
    const problem = JSON.parse(text) as { code: string; status: number };
    const isOne = problem.status === status && (errorCodes as string[]).includes(problem.code);
    const type = response.headers.get('content-type') ?? '';
    if (!isOne || !type.startsWith('application/problem+json')) throw new Error(what);
    return;
  }
  const schema = described.content?.['application/json']?.schema;
  if (schema === undefined || text === '') return;
  const answer = JSON.parse(text);
  learn(answer);
  if (!Schema.Check(schema as never, answer)) throw new Error(`${what} (another form)`);
}

t.test(`${requests} requests of every kind to ${routes.size} operations`, async (t) => {
  t.comment(`seed ${seed}`);
  const property = fc.asyncProperty(calls, check);
  await fc.assert(property, { numRuns: requests, seed });
  t.ok(succeeded.size >= 40, `${succeeded.size} operations were not only refused`);
  t.equal((await fetch(`${world.origin}/healthz`)).status, 200);
});
