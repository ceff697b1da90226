/** A meeting and its keys, as its host makes them over HTTP. */

import { randomUUID } from 'node:crypto';

export interface Key {
  url: string;
  key: string;
}

export interface HostedMeeting {
  /** The link for people. */
  link: string;
  makeKey(scope: 'publish' | 'view', name?: string): Promise<Key>;
}

/** @param url the address that Plenum printed when it was ready. */
export async function hostMeeting(url: string): Promise<HostedMeeting> {
  const created = (await post(`${url}v1/meetings`, {})) as {
    meeting: { meeting_id: string };
    host_invite: { url: string };
    participant_link: string;
  };
  const secret = created.host_invite.url.split('#k=')[1];
  const keys = `${url}v1/meetings/${created.meeting.meeting_id}/ingest-keys`;
  return {
    link: created.participant_link,
    async makeKey(scope, name) {
      const headers = { authorization: `Bearer ${secret}` };
      return (await post(keys, name === undefined ? { scope } : { scope, name }, headers)) as Key;
    },
  };
}

async function post(url: string, body: object, headers: Record<string, string> = {}) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...headers },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
