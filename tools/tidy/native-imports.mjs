// Who may include whom in native/ (design §4). The key may include the rooms of its list.
import { dirname, join } from 'node:path/posix';

export const name = 'native rooms include only what they may';

const machines = ['ice', 'dtls', 'srtp', 'rtp', 'pacing'];
const below = {
  base: [],
  wire: ['base'],
  crypto: ['base'],
  ice: ['base', 'wire', 'crypto'],
  dtls: ['base', 'wire', 'crypto'],
  srtp: ['base', 'wire', 'crypto'],
  rtp: ['base', 'wire'],
  pacing: ['base', 'wire', 'rtp'],
  forward: ['base', 'wire', 'rtp', 'pacing'],
  transport: ['base', 'wire', 'crypto', ...machines],
  engine: ['base', 'wire', 'crypto', ...machines, 'forward', 'transport'],
};
const core = Object.keys(below);
below.io = [...core];
below.sim = [...core];
below.binding = [...core, 'io', 'sim'];
const everything = [...core, 'io', 'sim', 'binding', 'testing'];
below.testing = everything;
below.conformance = everything;
below.fuzz = everything;

export function check(tree) {
  const complaints = [];
  for (const file of tree.files.filter((path) => /^native\/.*\.(h|cpp)$/.test(path))) {
    const room = file.split('/')[1];
    const allowed = new Set([room, ...(below[room] ?? [])]);
    if (file.endsWith('_test.cpp')) for (const other of everything) allowed.add(other);
    for (const [, target] of tree.text(file).matchAll(/^#include "([^"]+)"/gm)) {
      const path = join('native', target);
      if (!tree.files.includes(path)) {
        complaints.push(`${file}: includes "${target}", which is not under native/`);
      } else if (!allowed.has(dirname(target).split('/')[0])) {
        complaints.push(`${file}: ${room}/ may not include "${target}"`);
      }
    }
  }
  return complaints;
}
