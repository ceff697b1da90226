/**
 * A plain page of another origin publishes by WHIP and another one watches by WHEP, with nothing
 * but RTCPeerConnection and fetch; a person in the meeting sees the publisher among the people.
 */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { hostMeeting } from '../interop/support/meeting.js';
import { joinByLink, participantId, waitForMedia, waitForTiles } from './support/people.js';
import { eventually } from './support/plenum.js';
import { setStage } from './support/stage.js';

interface Endpoint {
  url: string;
  key: string;
}

/** What a page's client says of its session. */
interface Opened {
  status: number;
  session: string;
  etag: string;
}

/** An empty page that is not ours: its requests are cross-origin. */
async function foreignPage(t: Test): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>a page of somebody else</title>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function publish({ url, key }: Endpoint): Promise<Opened> {
  const connection = new RTCPeerConnection();
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  for (const track of stream.getTracks()) {
    connection.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
  }
  await connection.setLocalDescription(await connection.createOffer());
  const headers = { 'content-type': 'application/sdp', authorization: `Bearer ${key}` };
  const body = connection.localDescription?.sdp ?? '';
  const answer = await fetch(url, { method: 'POST', headers, body });
  await connection.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  const header = (name: string) => answer.headers.get(name) ?? '';
  return { status: answer.status, session: header('location'), etag: header('etag') };
}

async function watch({ url, key }: Endpoint): Promise<Opened> {
  const connection = new RTCPeerConnection();
  for (const kind of ['audio', 'video']) {
    connection.addTransceiver(kind, { direction: 'recvonly' });
  }
  connection.ontrack = ({ track, streams }) => {
    const element = document.createElement(track.kind) as HTMLMediaElement;
    element.autoplay = true;
    element.srcObject = streams[0] ?? null;
    document.body.append(element);
  };
  await connection.setLocalDescription(await connection.createOffer());
  const headers = { 'content-type': 'application/sdp', authorization: `Bearer ${key}` };
  const body = connection.localDescription?.sdp ?? '';
  const answer = await fetch(url, { method: 'POST', headers, body });
  await connection.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  const header = (name: string) => answer.headers.get(name) ?? '';
  return { status: answer.status, session: header('location'), etag: header('etag') };
}

/** New credentials by PATCH, as a client does it that cannot offer again; gives its status. */
async function restartIce({ session, key }: { session: string; key: string }): Promise<number> {
  const [connection] = (window as unknown as { recordedConnections: RTCPeerConnection[] })
    .recordedConnections;
  if (!connection) return 0;
  connection.restartIce();
  await connection.setLocalDescription(await connection.createOffer());
  const local = connection.localDescription?.sdp ?? '';
  const lines = /^(?:m=\S+ \d+ \S+ .*|a=(?:group|mid|ice-ufrag|ice-pwd|candidate):.*)$/gm;
  const [head = '', first = ''] = local.split(/(?=^m=)/m);
  const fragment = [...(head.match(lines) ?? []), ...(first.match(lines) ?? []), ''].join('\r\n');
  const answer = await fetch(session, {
    method: 'PATCH',
    headers: {
      'content-type': 'application/trickle-ice-sdpfrag',
      'if-match': '*',
      authorization: `Bearer ${key}`,
    },
    body: fragment,
  });
  if (answer.status !== 200 || !answer.headers.get('etag')) return answer.status;
  const text = await answer.text();
  const attribute = (name: string) => new RegExp(`^a=${name}:.*$`, 'm').exec(text)?.[0] ?? '';
  const before = connection.currentRemoteDescription?.sdp ?? '';
  const sdp = before
    .replace(/^a=ice-ufrag:.*$/gm, attribute('ice-ufrag'))
    .replace(/^a=ice-pwd:.*$/gm, attribute('ice-pwd'));
  await connection.setRemoteDescription({ type: 'answer', sdp });
  return answer.status;
}

async function remove({ session, key }: { session: string; key: string }): Promise<number> {
  const headers = { authorization: `Bearer ${key}` };
  return (await fetch(session, { method: 'DELETE', headers })).status;
}

t.test('pages of another origin publish and watch; people see the publisher', async (t) => {
  const { plenum, open } = await setStage(t);
  const foreign = await foreignPage(t);
  const meeting = await hostMeeting(plenum.url);
  const publishing = await meeting.makeKey('publish', 'Studio');
  const viewing = await meeting.makeKey('view', 'Wall');
  const [studio, wall, ada] = await Promise.all([open('studio'), open('wall'), open('ada')]);

  await studio.goto(foreign);
  const published = await studio.evaluate(publish, publishing);
  t.match(published, { status: 201, session: /^http/, etag: /^".+"$/ });
  await wall.goto(foreign);
  const watched = await wall.evaluate(watch, viewing);
  t.match(watched, { status: 201, session: /^http/ });
  const seen = await waitForMedia(wall, 1);
  t.comment(`the viewer receives ${JSON.stringify(seen)}`);

  await joinByLink(ada, meeting.link, 'Ada');
  const shown = await participantId(ada, 'Studio');
  t.ok(published.session.endsWith(shown));
  await waitForTiles(ada, 2);
  await waitForMedia(ada, 1);
  await ada.screenshot('whip-publisher');
  await ada.clickButton('Participants');
  await ada.screenshot('whip-roster');

  const ends = { session: published.session, key: publishing.key };
  t.equal(await studio.evaluate(restartIce, ends), 200);
  await waitForMedia(wall, 1);
  t.equal(await studio.evaluate(remove, ends), 200);
  await eventually('the publisher is gone from the screen', async () => {
    const found = await ada.evaluate(isShown, shown);
    return found ? undefined : true;
  });
  t.equal(
    await wall.evaluate(remove, { session: watched.session, key: viewing.key }),
    200,
    'the viewer outlived the publisher',
  );
});

function isShown(id: string): boolean {
  return document.querySelector(`[data-participant-id="${id}"]`) !== null;
}
