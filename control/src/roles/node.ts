import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildNodeAdmin } from '../admin.js';
import { systemClock } from '../clock.js';
import { type Config, projectRoot } from '../config.js';
import { CertificateRenewal } from '../fleet/certificate-renewal.js';
import { dialWith } from '../fleet/dial.js';
import { NodeAgent } from '../fleet/node-agent.js';
import { NodeCredentials } from '../fleet/node-credentials.js';
import { proofPlace } from '../fleet/port-probe.js';
import { systemIds } from '../ids.js';
import { lockFolder } from '../store/folder-lock.js';
import { openLocalNode } from './local-node.js';
import type { Ready, StartOptions } from './role.js';
import { patienceMs, within } from './stops.js';

/** Between two looks whether rooms have moved. */
const lookMs = 100;

/** A media node of a fleet: it dials the control processes and does what they say. */
export async function startNode(config: Config, options: StartOptions): Promise<Ready> {
  const { log, stops } = options;
  const folder = config.data.folder;
  const credentials = await NodeCredentials.open(folder, config, { clock: systemClock });
  stops.push(lockFolder(folder));
  const node = openLocalNode(config, options).client;
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  const agent = new NodeAgent({
    node,
    clock: systemClock,
    ids: systemIds(systemClock),
    log,
    version,
    region: config.fleet.region,
    probe: proofPlace(config.media),
    dial: dialWith('/node', () => credentials.current),
    controls: config.node.controls,
    random: Math.random,
    certified: (certificate) => credentials.renew(certificate),
  });
  stops.push(() => agent.stop());
  const renewal = new CertificateRenewal({
    clock: systemClock,
    log,
    random: Math.random,
    certificate: () => credentials.current.certificate,
    ask: () => agent.askCertificate(credentials.publicKey),
  });
  stops.push(() => renewal.stop());
  const admin = buildNodeAdmin({
    node,
    isInContact: () => agent.isInContact,
    certificateDaysLeft: () => renewal.daysLeft,
  });
  stops.push(within(patienceMs, () => admin.close()));
  await admin.listen({ host: config.http.adminHost, port: config.http.adminPort });
  stops.push(() => empty(agent, config.node.drainSeconds));
  return [`Plenum node is ready: ${credentials.nodeId}`];
}

/** Waits until its rooms have moved, or the time is over. */
async function empty(agent: NodeAgent, seconds: number): Promise<void> {
  agent.leave();
  const until = systemClock.monotonic() + seconds * 1000;
  while (agent.roomCount > 0 && agent.isInContact && systemClock.monotonic() < until) {
    await delay(lookMs);
  }
}
