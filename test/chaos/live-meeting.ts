/** What a live meeting has to go on with while something is away: its door, its lobby, a host's word. */
import { eventually } from '../e2e/support/plenum.js';
import type { FaultContext } from './fault.js';
import { Person } from './people/person.js';

/** Their sockets alone; numbers that nobody of the rooms has. */
let number = 1_000_000;

export class LiveMeeting {
  private readonly guests: Person[] = [];

  private constructor(
    private readonly context: FaultContext,
    readonly meetingId: string,
    private readonly link: string,
    private readonly host: Person,
  ) {}

  static async open(context: FaultContext): Promise<LiveMeeting> {
    const { fleet } = context;
    const made = await fleet.admin.newMeeting();
    const host = someone(made.host_invite.url, fleet.origin());
    const { meeting_id: meetingId } = made.meeting;
    const meeting = new LiveMeeting(context, meetingId, made.participant_link, host);
    context.teardown(() => meeting.leave());
    await host.join();
    return meeting;
  }

  /** By each control process somebody joins and waits for a host, who lets them in, and mutes all. */
  async use(): Promise<void> {
    const { fleet } = this.context;
    await this.host.command('mod.policy', { lobby: 'off' });
    await this.come(fleet.origin(0));
    await this.host.command('mod.policy', { lobby: 'all' });
    const waiting = this.come(fleet.origin(1));
    await eventually('a host lets them in', async () => {
      await this.host.command('mod.admit', { all: true });
      return this.guests.at(-1)?.state === 'online' || undefined;
    });
    await waiting;
    await this.host.command('mod.mute_all', { source: 'microphone', self_unmute: false });
    await this.host.command('mod.lock', { locked: true });
  }

  /** Everything that was answered is in the log once, and all are there still. */
  async check(): Promise<void> {
    const { fleet, expect } = this.context;
    const log = await fleet.admin.log(this.meetingId);
    const count = (wanted: string, id?: string) =>
      log.filter(
        ({ type, participant_id }) => type === wanted && (id ?? participant_id) === participant_id,
      ).length;
    for (const { seat } of this.guests) {
      expect(count('participant.joined', seat.id) === 1, `${seat.id} joined not once`);
    }
    expect(count('participant.admitted') === 1, 'one was let in');
    expect(count('meeting.policy') === 3, 'the policy was changed three times');
    const seqs = log.map(({ seq }) => seq);
    expect(
      seqs.every((seq, n) => seq === n + 1),
      `gaps in its log: ${seqs.join(' ')}`,
    );
    const lost = [this.host, ...this.guests].filter(({ state }) => state !== 'online');
    expect(lost.length === 0, `${lost.length} people are not there any more`);
  }

  private async leave(): Promise<void> {
    await Promise.all([this.host, ...this.guests].map((person) => person.leave()));
  }

  private async come(origin: string): Promise<void> {
    const guest = someone(this.link, origin);
    this.guests.push(guest);
    await guest.join();
  }
}

function someone(link: string, origin: string): Person {
  number += 1;
  const nothing = { crowd: null, isPicture: false, isLoud: false };
  return new Person({ ...nothing, index: number, link, origin });
}
