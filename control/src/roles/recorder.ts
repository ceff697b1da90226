import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildNodeAdmin } from '../admin.js';
import { systemClock } from '../clock.js';
import { type Config, projectRoot } from '../config.js';
import { CertificateRenewal } from '../fleet/certificate-renewal.js';
import { dialWith } from '../fleet/dial.js';
import { NodeCredentials } from '../fleet/node-credentials.js';
import { systemIds } from '../ids.js';
import { RecorderAgent } from '../recorders/recorder-agent.js';
import type { LocalRecorder } from '../recorders/recorder-client.js';
import { lockFolder } from '../store/folder-lock.js';
import { openLocalRecorder } from './local-recorder.js';
import type { Ready, StartOptions } from './role.js';
import { within } from './stops.js';

/** For files to be completed: a kill loses a second, an end in order nothing. */
const closeMs = 1500;
/** For what is recorded here to go on elsewhere, where there is another recorder. */
const leaveMs = 700;
const lookMs = 50;

/** A recorder of a fleet: it dials the control processes and records what they say. */
export async function startRecorder(config: Config, { log, stops }: StartOptions): Promise<Ready> {
  const folder = config.data.folder;
  const open = { clock: systemClock, role: 'recorder' } as const;
  const credentials = await NodeCredentials.open(folder, config, open);
  stops.push(lockFolder(folder));
  const recorder = await openLocalRecorder(config, credentials.nodeId, log);
  stops.push(within(closeMs, () => recorder.close()));
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  const agent = new RecorderAgent({
    ...{ recorder, clock: systemClock, ids: systemIds(systemClock), log, version },
    region: config.fleet.region,
    probe: null,
    dial: dialWith('/recorder', () => credentials.current),
    controls: config.node.controls,
    random: Math.random,
    certified: (certificate) => credentials.renew(certificate),
  });
  stops.push(() => agent.stop());
  const renewal = new CertificateRenewal({
    ...{ clock: systemClock, log, random: Math.random },
    certificate: () => credentials.current.certificate,
    ask: () => agent.askCertificate(credentials.publicKey),
  });
  stops.push(() => renewal.stop());
  const admin = buildNodeAdmin({
    node: recorder,
    isInContact: () => agent.isInContact,
    certificateDaysLeft: () => renewal.daysLeft,
  });
  stops.push(within(lookMs, () => admin.close()));
  await admin.listen({ host: config.http.adminHost, port: config.http.adminPort });
  stops.push(() => handOver(agent, recorder));
  return [`Plenum recorder is ready: ${credentials.nodeId}`];
}

/** What has no other recorder to go to stays here until the end. */
async function handOver(agent: RecorderAgent, recorder: LocalRecorder): Promise<void> {
  agent.leave();
  const until = systemClock.monotonic() + leaveMs;
  const isRecording = () => recorder.description().load.recordings > 0;
  while (isRecording() && agent.isInContact && systemClock.monotonic() < until) {
    await delay(lookMs);
  }
}
