// The purity gate (design §4): the core library holds no clock, socket, thread, random or file
// symbol. Reads the objects of the addon build with nm.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export const name = 'the core library is pure (no clock, socket, thread, random, file)';

const forbidden = new RegExp(
  `^(?:${[
    'clock_gettime|gettimeofday|time|localtime|gmtime|nanosleep|usleep',
    'std::chrono::.*::now\\(\\)|std::random_device.*|rand|srand|random|getrandom|getentropy',
    'socket|bind|connect|send|sendto|sendmsg|sendmmsg|recv|recvfrom|recvmsg|recvmmsg|poll|epoll_.*|eventfd',
    'pthread_.*|std::thread.*|std::condition_variable.*|std::mutex.*|__cxa_guard_acquire',
    'open|openat|read|write|fopen|fopen64|fread|fwrite|std::basic_[io]?f?stream.*|std::basic_filebuf.*',
    'getenv|system|fork|exec.*',
  ].join('|')})(?:\\(|@|$)`,
);

export function check(tree) {
  const library = join(tree.root, 'build', 'addon', 'libplenum_core.a');
  if (!existsSync(library))
    return ['build/addon/libplenum_core.a is missing: build the addon first'];
  const { stdout, status } = spawnSync('nm', ['-uC', library], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) return ['nm failed'];
  const complaints = [];
  let member = '';
  for (const line of stdout.split('\n')) {
    if (line.endsWith(':')) member = line.slice(0, -1);
    const symbol = /^\s+U (.*)$/.exec(line)?.[1];
    if (symbol && forbidden.test(symbol)) complaints.push(`${member}: ${symbol}`);
  }
  return complaints;
}
