import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { createNode, FakeEngine } from '../../../lib/index.js';
import { projectRoot } from '../config.js';
import { InProcessNode } from '../nodes/in-process-node.js';
import type { CreatedIngestKey } from '../schemas/http.js';
import type { Database } from '../store/database.js';
import { post, type TestMeeting } from './test-client.js';
import { type TestControlOptions, testControl } from './test-control.js';

/** A captured description, for example `obs-whip-offer`. */
export function sdpFixture(name: string): string {
  return readFileSync(join(projectRoot, 'test/fixtures/sdp', `${name}.sdp`), 'utf8');
}

/** Control over a real node on an engine without packets. */
export async function controlWithNode(
  t: Test,
  database: Database,
  options: TestControlOptions = {},
) {
  const engine = new FakeEngine();
  const media = createNode({ engine });
  const { client } = new InProcessNode(media);
  t.teardown(() => client.close());
  const control = await testControl(t, database, { ...options, node: client });
  return { ...control, nodeClient: client, engine, media };
}

export async function makeKey(
  origin: string,
  meeting: TestMeeting,
  body: { scope: 'publish' | 'view'; name?: string; expires_at?: string },
): Promise<CreatedIngestKey> {
  const url = `${origin}/v1/meetings/${meeting.meeting.meeting_id}/ingest-keys`;
  const response = await post(url, body, { authorization: `Bearer ${meeting.hostSecret}` });
  if (response.status !== 201) throw new Error(`ingest key: ${await response.text()}`);
  return (await response.json()) as CreatedIngestKey;
}

/** POSTs an offer as a WHIP or WHEP client does. */
export function postOffer(
  { url, key }: { url: string; key: string },
  sdp: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp', authorization: `Bearer ${key}`, ...headers },
    body: sdp,
  });
}
