/** Every fault that the rig can inject, in the order of reliability's table. */
import type { Fault } from '../fault.js';
import { nodeKilled } from './f01-node-killed.js';
import { recordedNodeKilled } from './f01-node-killed-recorded.js';
import { nodeVanishes } from './f02-node-vanishes.js';
import { nodeFrozen } from './f03-node-frozen.js';
import { drain } from './f04-drain.js';
import { onlyControlKilled } from './f05-control-killed.js';
import { recordedControlKilled } from './f05-control-killed-recorded.js';
import { oneControlKilled } from './f05-one-of-two-killed.js';
import { socketsClosed } from './f06-sockets-closed.js';
import { postgresLost } from './f07-postgres-lost.js';
import { redisLost } from './f08-redis-lost.js';
import { brokerKilled } from './f10-broker-killed.js';
import { sinkKilled } from './f11-sink-killed.js';
import { diskFull } from './f12-disk-full.js';
import { recorderKilled } from './f13-recorder-killed.js';
import { networkChanged } from './f14-network-changed.js';
import { natRebinding } from './f15-nat-rebinding.js';
import { clientOffline } from './f16-client-offline.js';
import { poorLink } from './f17-poor-link.js';
import { regionLost } from './f18-region-lost.js';
import { regionsCut } from './f19-regions-cut.js';
import { clockJump } from './f20-clock-jump.js';
import { recorderClockJump } from './f20-clock-jump-recorded.js';
import { recorderRestarted } from './f21-recorder-restarted.js';
import { restarts } from './f21-restarts.js';
import { poison } from './f22-poison.js';
import { storeLost } from './store-lost.js';

export const faults: readonly Fault[] = [
  nodeKilled,
  recordedNodeKilled,
  nodeVanishes,
  nodeFrozen,
  drain,
  onlyControlKilled,
  recordedControlKilled,
  oneControlKilled,
  socketsClosed,
  postgresLost,
  redisLost,
  brokerKilled,
  sinkKilled,
  diskFull,
  recorderKilled,
  networkChanged,
  natRebinding,
  clientOffline,
  poorLink,
  regionLost,
  regionsCut,
  clockJump,
  recorderClockJump,
  restarts,
  recorderRestarted,
  poison,
  storeLost,
];
