/**
 * Under Citus `recordings` lies with its meeting and what belongs to a recording with the recording: each statement names what
 * its table is shared out by, and none joins the two. What cannot is known by name.
 */
import t from 'tap';
import type { Queryable } from '../../store/database.js';
import * as keeping from './keeping-repository.js';
import * as live from './live-repository.js';
import * as renders from './renders-repository.js';
import * as recordings from './repository.js';
import * as shares from './shares-repository.js';

const at = new Date(0);
const key = { meetingId: 'm', recordingId: 'r' };
const page = { after: '', limit: 1, order: 'asc' } as const;
const render = { renderId: 'w', attempt: 1 };
const file = {} as recordings.FileRecord;
const end = { recordedMs: 0, failure: null, refusedTake: null, at };

type Ask = (from: Queryable) => Promise<unknown>;

/** Every statement that there is, by the function that makes it. */
const asks: Record<string, Ask> = {
  addStoredTake: (q) => keeping.addStoredTake(q, key, { take: 1, recordedMs: 0 }),
  countSize: (q) => keeping.countSize(q, key),
  settle: (q) => keeping.settle(q, key, { status: 'ready', reason: null, expiresAt: null }),
  reopen: (q) => keeping.reopen(q, key),
  hasTake: (q) => keeping.hasTake(q, 'r', 1),
  hasTracks: (q) => keeping.hasTracks(q, 'r'),
  endOfClosedRooms: (q) => keeping.endOfClosedRooms(q, at),
  unsettled: (q) => keeping.unsettled(q),
  giveUpTakes: (q) => keeping.giveUpTakes(q, key, [1]),
  removedRecorders: (q) => keeping.removedRecorders(q, ['d']),
  unsettledSeconds: (q) => keeping.unsettledSeconds(q),
  sayReason: (q) => keeping.sayReason(q, key, null),
  markDeleted: (q) => keeping.markDeleted(q, key, at),
  markOfMeeting: (q) => keeping.markOfMeeting(q, 'm', at),
  markOfHost: (q) => keeping.markOfHost(q, 'u', at),
  markExpired: (q) => keeping.markExpired(q, at),
  leaving: (q) => keeping.leaving(q, 1),
  markRemoved: (q) => {
    const meetingId = '00000000-0000-7000-8000-000000000000';
    return keeping.markRemoved(q, { ...key, meetingId, roomId: 'o', recorderId: null }, at);
  },
  insertRecording: (q) => {
    const room = { ...key, roomId: 'o', epoch: 1, title: '', consent: 'inform' } as const;
    return live.insertRecording(q, { ...room, startedBy: null, status: 'starting', at });
  },
  findLive: (q) => live.findLive(q, 'm'),
  wasRecorded: (q) => live.wasRecorded(q, { meetingId: 'm', roomId: 'o' }),
  assignTake: (q) => live.assignTake(q, { ...key, take: 1, recorderId: 'd', refusedTake: null }),
  assignedTake: (q) => live.assignedTake(q, key),
  writeUnused: (q) => live.writeUnused(q, key, 1),
  changeLive: (q) => {
    const shown = { status: 'recording', isPaused: false, reason: null } as const;
    return live.changeLive(q, { ...key, ...shown, recordedMs: 0, startedAt: null });
  },
  keepTime: (q) => live.keepTime(q, { ...key, take: 1, recordedMs: 0 }),
  endLive: (q) => live.endLive(q, { ...key, ...end }),
  endLeft: (q) => live.endLeft(q, 'm', at),
  meetingOf: (q) => live.meetingOf(q, 'r'),
  writeConsent: (q) => {
    const who = { recordingId: 'r', participantId: 'p', name: '', userId: null };
    return live.writeConsent(q, { ...who, accepted: null, textVersion: '1', at });
  },
  consentsOf: (q) => live.consentsOf(q, 'r'),
  insertRenders: (q) =>
    renders.insertRenders(q, [{ recordingId: 'r', renderId: 'w', layout: 'audio' }], at),
  listRenders: (q) => renders.listRenders(q, 'r', page),
  findRender: (q) => renders.findRender(q, 'r', 'w'),
  findRenders: (q) => renders.findRenders(q, ['w']),
  deleteRender: (q) => renders.deleteRender(q, 'r', 'w'),
  claimRenders: (q) => renders.claimRenders(q, { recorderId: 'd', slots: 1, now: at, retryMs: 0 }),
  writeProgress: (q) => renders.writeProgress(q, render, { progress: 0, cpuSeconds: 0 }),
  finishRender: (q) => renders.finishRender(q, render, { fileId: 'f', cpuSeconds: 0, at }),
  giveBack: (q) => renders.giveBack(q, render, { detail: null, maxAttempts: 1, at }),
  cancelRender: (q) => renders.cancelRender(q, 'r', 'w', at),
  runningRenders: (q) => renders.runningRenders(q, at),
  isUnderWay: (q) => renders.isUnderWay(q, 'r', 'audio'),
  findRecording: (q) => recordings.findRecording(q, key),
  lookUpRecording: (q) => recordings.lookUpRecording(q, 'r'),
  findHeld: async (q) => {
    const recordingId = '00000000-0000-7000-8000-000000000000';
    const held = { meetingId: recordingId, recordingId };
    await recordings.findHeld(q, [held, { ...held, meetingId: '' }]);
  },
  lockRecording: (q) => recordings.lockRecording(q, key),
  listRecordings: async (q) => {
    for (const meetingId of ['m', null]) {
      await recordings.listRecordings(q, { ...page, meetingId, hostId: null });
    }
    await recordings.listRecordings(q, { ...page, meetingId: null, hostId: 'u' });
  },
  filesOf: (q) => recordings.filesOf(q, 'r'),
  findFile: (q) => recordings.findFile(q, key, 'f'),
  bytesOfFiles: (q) => recordings.bytesOfFiles(q, 'r'),
  insertFiles: (q) => recordings.insertFiles(q, 'r', [file], at),
  deleteFile: (q) => recordings.deleteFile(q, 'r', 'f'),
  listConsents: (q) => recordings.listConsents(q, 'r', page),
  insertShare: (q) => shares.insertShare(q, {} as shares.ShareRecord, null),
  countShares: (q) => shares.countShares(q, 'r'),
  listShares: (q) => shares.listShares(q, 'r', page),
  findShare: (q) => shares.findShare(q, 's'),
  deleteShare: (q) => shares.deleteShare(q, 'r', 's'),
};

/** No meeting is named: the id alone is known, or all of them are looked through. */
const ofAnyMeeting = [
  ...['lookUpRecording', 'meetingOf', 'findHeld'],
  ...['listRecordings', 'leaving', 'markExpired', 'unsettled', 'unsettledSeconds'],
];
/** No recording is named: whoever has a link says the link's id alone. */
const ofAnyRecording = ['findShare'];

/** What that function asks. */
async function textsOf(ask: Ask): Promise<string[]> {
  const texts: string[] = [];
  const query = async (text: string) => {
    texts.push(text);
    return [];
  };
  await ask({ query } as unknown as Queryable);
  return texts;
}

const names = (text: string, table: string) =>
  new RegExp(`(from|into|update|join) ${table}\\b`).test(text);

t.test('every statement is looked at', async (t) => {
  const modules = [keeping, live, renders, recordings, shares];
  const made = modules.flatMap((module) =>
    Object.entries(module).flatMap(([name, value]) =>
      typeof value === 'function' && name !== 'isPlayable' ? [name] : [],
    ),
  );
  t.strictSame(Object.keys(asks).sort(), made.sort());
});

t.test('who asks for recordings names their meeting, or is known not to', async (t) => {
  const without: string[] = [];
  for (const [name, ask] of Object.entries(asks)) {
    const own = (await textsOf(ask)).filter((text) => names(text, 'recordings'));
    if (own.some((text) => !/\bmeeting_id (=|in)/.test(text))) without.push(name);
  }
  t.strictSame(without.sort(), ofAnyMeeting.toSorted());
});

t.test('who asks for what belongs to a recording names it', async (t) => {
  const without: string[] = [];
  for (const [name, ask] of Object.entries(asks)) {
    const tables = ['recording_files', 'recording_consents', 'recording_shares'];
    const own = (await textsOf(ask)).filter((text) => tables.some((table) => names(text, table)));
    const isNamed = (text: string) => /\brecording_id =|into \w+ \(recording_id/.test(text);
    if (!own.every(isNamed)) without.push(name);
  }
  t.strictSame(without, ofAnyRecording);
});

t.test('no statement joins recordings with what belongs to them', async (t) => {
  const both: string[] = [];
  for (const [name, ask] of Object.entries(asks)) {
    const texts = await textsOf(ask);
    const joins = (text: string) => names(text, 'recordings') && names(text, 'recording_\\w+');
    if (texts.some(joins)) both.push(name);
  }
  t.strictSame(both, []);
});
