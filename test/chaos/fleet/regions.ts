/** Two regions of a fleet, a control process and a media node in each, and the way between them. */
import type { Lifetime } from '../../../control/src/testing/test-database.js';
import { type LinkRelay, startLinkRelay } from '../../e2e/support/link-relay.js';
import { startTcpRelay, type TcpRelay } from '../../e2e/support/tcp-relay.js';
import { RegionWay } from './region-way.js';

const regionNames = ['east', 'west'] as const;

export class Regions {
  /** To each control process, for the fleet. */
  private readonly ways: RegionWay[] = [];
  /** The same for people of the other region. */
  private readonly doors: { origin: string; relay: TcpRelay }[] = [];

  private constructor(
    private readonly t: Lifetime,
    private readonly relay: LinkRelay,
    /** Of the processes of a region, those that run. */
    private readonly pidsOf: (n: number) => readonly number[],
  ) {}

  static async open(t: Lifetime, pidsOf: (n: number) => readonly number[]): Promise<Regions> {
    return new Regions(t, await startLinkRelay(t), pidsOf);
  }

  /** What the control process of a region is told. */
  async controlSettings(n: number, at: { fleetPort: number; origin: string }) {
    const way = await RegionWay.open(at.fleetPort, () => this.pidsOf(n));
    this.t.teardown(() => way.close());
    this.ways.push(way);
    const relay = await startTcpRelay(at.origin);
    this.t.teardown(() => relay.close());
    this.doors.push({ origin: at.origin, relay });
    const fleetAddress = `127.0.0.1:${way.port}`;
    const environment = {
      PLENUM_FLEET_REGION: regionNames[n] as string,
      PLENUM_FLEET_ADVERTISE: fleetAddress,
    };
    return { fleetAddress, environment };
  }

  /** What its node is told. */
  nodeSettings(n: number): Record<string, string> {
    return {
      PLENUM_FLEET_REGION: regionNames[n] as string,
      PLENUM_MEDIA_LINK_ANNOUNCE: this.relay.announced[n] as string,
    };
  }

  /** The media ports that the two nodes have. */
  connect(one: number, other: number): void {
    this.relay.connect(one, other);
  }

  /** The addresses of a join as somebody in this region reaches them. */
  reroute(n: number): (url: string) => string {
    return (url) => {
      const at = this.doors.findIndex(({ origin }) => new URL(origin).host === new URL(url).host);
      return at === n ? url : (this.doors[at]?.relay.address(url) ?? url);
    };
  }

  setCut(isCut: boolean): void {
    this.relay.setCut(isCut);
    for (const way of this.ways) way.setCut(isCut);
    for (const { relay } of this.doors) relay.setPassing(!isCut);
  }
}
