import type { Config } from '../config.js';
import * as nodeTable from '../domains/nodes/repository.js';
import { Fleet } from '../fleet/fleet.js';
import { startControl } from './control.js';
import type { Ready, StartOptions } from './role.js';
import { patienceMs, within } from './stops.js';

/** Everything but media: nodes of other processes dial in. */
export function startFleetControl(config: Config, options: StartOptions): Promise<Ready> {
  const { log, stops } = options;
  return startControl(config, options, async (context) => {
    const fleet = await Fleet.open({
      ...context,
      config,
      log,
      random: Math.random,
      readStandings: () => nodeTable.standings(context.database),
    });
    stops.push(within(patienceMs, () => fleet.close()));
    return {
      nodes: fleet.nodes,
      fleet,
      owners: fleet,
      local: null,
      open: ({ nodes }) => fleet.listen({ enrol: (newcomer) => nodes.enrol(newcomer) }),
    };
  });
}
