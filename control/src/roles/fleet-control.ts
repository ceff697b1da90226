import { sharedOrNull } from '../bus/bus.js';
import type { Config } from '../config.js';
import * as nodeTable from '../domains/nodes/repository.js';
import { activeRoom } from '../domains/rooms/service.js';
import { controlsTable } from '../fleet/controls-table.js';
import { Fleet } from '../fleet/fleet.js';
import { serveHere } from '../plugins/elsewhere.js';
import { type Media, startControl } from './control.js';
import type { Ready, StartOptions } from './role.js';
import { patienceMs, type Stop, within } from './stops.js';

/** Everything but media: nodes of other processes dial in, and other control processes. */
export function startFleetControl(config: Config, options: StartOptions): Promise<Ready> {
  const { log, stops } = options;
  return startControl(config, options, async (context) => {
    const { database, bus } = context;
    const fleet = await Fleet.open({
      ...context,
      config,
      log,
      random: Math.random,
      bus: sharedOrNull(bus),
      readStandings: () => nodeTable.standings(database),
      markSeen: (nodes, at) => nodeTable.markSeen(database, nodes, at),
      controls: controlsTable(database),
      activeRoom: (meetingId) => activeRoom(database, meetingId),
    });
    stops.push(within(patienceMs, () => fleet.close()));
    return mediaOf(fleet, stops);
  });
}

function mediaOf(fleet: Fleet, stops: Stop[]): Media {
  return {
    nodes: fleet.nodes,
    fleet,
    owners: fleet,
    second: fleet.second,
    local: null,
    recorders: fleet.recorders,
    recorder: null,
    pass: (controlId, request) => fleet.pass(controlId, request),
    passSocket: (controlId, about) => fleet.passSocket(controlId, JSON.stringify(about)),
    open: async ({ services, app, keep }) => {
      stops.push(within(patienceMs, services.accountNews.watch()));
      await fleet.listen({
        enrol: (newcomer) => services.nodes.enrol(newcomer),
        isHere: (meetingId) => services.rooms.find(meetingId) !== undefined,
        serve: (passed) => serveHere(app, passed),
        copies: keep,
        seat: (socket, about) => services.signaling.take(socket, JSON.parse(about)),
      });
      services.nodeNews.start();
      stops.push(within(patienceMs, () => services.nodeNews.stop()));
    },
    leave: () => fleet.leave(),
  };
}
