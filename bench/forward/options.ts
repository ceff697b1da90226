/** What `./run bench forward` is told: `--name value` each, or a row of the table of goals. */

export interface ForwardOptions {
  /** Per room. */
  publishers: number;
  subscribers: number;
  rooms: number;
  kind: 'video' | 'audio';
  /** The RTP packet before protection. */
  bytes: number;
  /** Packets that a publisher sends at once. */
  frame: number;
  /** Packets per second and publisher. */
  rate: number;
  /** Audio: so many of the loudest are forwarded; 0: all. */
  loudest: number;
  profile: 'gcm' | 'cm';
  pacing: 'off' | 'gcc';
  transport: 'webrtc' | 'plain';
  path: 'loopback' | 'veth';
  /** Of node and ideal: UDP_SEGMENT. */
  gso: 'on' | 'off';
  /** Of both: ipsec-mb where the processor can, or OpenSSL. */
  crypto: 'auto' | 'openssl';
  /** Of the sinks: UDP_GRO. */
  gro: 'on' | 'off';
  /** Of each measurement. */
  seconds: number;
  /** Measurements of node and ideal in turn. */
  pairs: number;
  shards: number;
  /** Whether perf samples one more measurement of each. */
  perf: 'on' | 'off';
  /** Row 5: so many meetings; 0: as many as fill half of the media threads' cores. */
  meetings: number;
  /** Every n-th subscriber decrypts, verifies and times what it gets. */
  observe: number;
}

const DEFAULTS: ForwardOptions = {
  publishers: 1,
  subscribers: 50,
  rooms: 1,
  kind: 'video',
  bytes: 1200,
  frame: 8,
  rate: 4000,
  loudest: 3,
  profile: 'gcm',
  pacing: 'off',
  transport: 'webrtc',
  path: 'loopback',
  gso: 'on',
  crypto: 'auto',
  gro: 'on',
  seconds: 5,
  pairs: 5,
  shards: 1,
  perf: 'off',
  meetings: 0,
  observe: 50,
};

const CHOICES: Partial<Record<keyof ForwardOptions, readonly string[]>> = {
  kind: ['video', 'audio'],
  profile: ['gcm', 'cm'],
  pacing: ['off', 'gcc'],
  transport: ['webrtc', 'plain'],
  path: ['loopback', 'veth'],
  gso: ['on', 'off'],
  crypto: ['auto', 'openssl'],
  gro: ['on', 'off'],
  perf: ['on', 'off'],
};

/** The row whose work is meetings (meetings.ts), to which most options say nothing. */
export const MEETINGS_ROW = '5';

/** Work of the table of goals, by row; `3b` is row 3 without GSO. */
const ROWS: Record<string, Partial<ForwardOptions>> = {
  '1': { path: 'veth' },
  '2': { path: 'veth', profile: 'cm' },
  '3': {},
  '3b': { gso: 'off', rate: 2000 },
  '4': {
    kind: 'audio',
    publishers: 10,
    subscribers: 200,
    bytes: 120,
    frame: 1,
    rate: 50,
    rooms: 3,
  },
  '5': { pacing: 'gcc', seconds: 10, observe: 100 },
};

export interface CommandLine {
  options: ForwardOptions;
  row: string | null;
  json: string | null;
}

/** @throws Error that says what is wrong. */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const given = new Map<string, string>();
  for (let at = 0; at < argv.length; at += 2) {
    const [name, value] = [argv[at] as string, argv[at + 1]];
    if (!name.startsWith('--') || value === undefined) throw new Error(`no option: ${name}`);
    given.set(name.slice(2), value);
  }
  const take = (name: string) => {
    const value = given.get(name) ?? null;
    given.delete(name);
    return value;
  };
  const row = take('row');
  const json = take('json');
  if (row !== null && !(row in ROWS)) throw new Error(`rows: ${Object.keys(ROWS).join(' ')}`);
  const options = { ...DEFAULTS, ...ROWS[row ?? ''] };
  for (const [name, value] of given) set(options, name, value);
  return { options, row, json };
}

function set(options: ForwardOptions, name: string, value: string): void {
  if (!(name in options)) throw new Error(`options: ${Object.keys(DEFAULTS).join(' ')}`);
  const key = name as keyof ForwardOptions;
  const choices = CHOICES[key];
  if (choices && !choices.includes(value)) throw new Error(`--${name}: ${choices.join(' or ')}`);
  const number = Number(value);
  if (!choices && !(Number.isFinite(number) && number >= 0)) throw new Error(`--${name}: a number`);
  Object.assign(options, { [key]: choices ? value : number });
}
