import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs, promisify } from 'node:util';
import { systemClock } from '../clock.js';
import { answersWell } from '../dns/probe.js';
import { type RegionTable, readRegionTable } from '../dns/region-table.js';
import { writeZone, zoneOf } from '../dns/zone.js';
import { ZoneWatch } from '../dns/zone-watch.js';
import { openServiceNotice } from '../roles/service-notice.js';
import type { Command, Terminal } from './command.js';

const reloadPatienceMs = 5000;

const options = {
  regions: { type: 'string' },
  zone: { type: 'string' },
  'pdns-config': { type: 'string', default: '/etc/powerdns' },
} as const;

/** Keeps the zone of PowerDNS' GeoIP backend; without `--zone` prints it, as if all regions were well. */
export const dnsCommand: Command = {
  help: 'dns --regions FILE [--zone FILE [--pdns-config DIR]]   answers by place and health',
  async run(args, terminal) {
    try {
      const { regions, zone, 'pdns-config': config } = parseArgs({ args, options }).values;
      if (regions === undefined) throw new Error('--regions FILE is missing');
      const readTable = () => readRegionTable(regions);
      if (zone === undefined) terminal.print(writeZone(zoneOf(readTable(), () => true)));
      else await watch(readTable, { zoneFile: zone, config }, terminal);
      return 0;
    } catch (error) {
      terminal.complain((error as Error).message);
      return 1;
    }
  },
};

/** Until SIGINT or SIGTERM. */
async function watch(
  readTable: () => RegionTable,
  { zoneFile, config }: { zoneFile: string; config: string },
  { environment, complain }: Terminal,
): Promise<void> {
  const notice = openServiceNotice(environment);
  const reload = async () => {
    const words = [`--config-dir=${config}`, 'reload'];
    await promisify(execFile)('pdns_control', words, { timeout: reloadPatienceMs });
  };
  const watching = new ZoneWatch({
    ...{ clock: systemClock, readTable, zoneFile, reload, look: answersWell, say: complain },
  });
  await watching.start();
  notice.ready();
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  notice.stopping();
  await watching.stop();
}
