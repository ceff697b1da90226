import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import { isAlive } from '../store/processes.js';
import { testFolder } from '../testing/test-database.js';
import { childrenOf, endProcess, startProcess } from '../testing/test-process.js';
import { eventually } from '../testing/test-redis.js';

/** What systemd does with its end of the socket. The descriptors that come are closed: that says «taken». */
const receiver = `
import os, socket, sys
ours = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
ours.bind(sys.argv[1])
print('bound', flush=True)
while True:
    said, descriptors, _, _ = socket.recv_fds(ours, 4096, 4)
    for one in descriptors:
        os.close(one)
    print(said.decode(), flush=True)
`;

/** Where a process is to report, and what has come. */
async function listen(t: Test) {
  const socket = join(testFolder(t), 'notify');
  const child = spawn('python3', ['-c', receiver, socket], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout });
  const said: string[] = [];
  await once(lines, 'line');
  lines.on('line', (line) => said.push(...line.split('\n')));
  return { socket, said };
}

t.test('systemd hears that it is ready, that it lives, and that it ends', async (t) => {
  const { socket, said } = await listen(t);
  const { child } = await startProcess(t, testFolder(t), {
    NOTIFY_SOCKET: socket,
    WATCHDOG_USEC: '150000',
  });
  const pid = child.pid as number;
  const words = () => said.filter((line) => /^(READY|WATCHDOG|STOPPING)=1$/.test(line));
  await eventually('three pings', async () => (words().length > 3 ? true : undefined));
  t.equal(words()[0], 'READY=1');
  t.ok(
    words()
      .slice(1)
      .every((word) => word === 'WATCHDOG=1'),
  );
  const helpers = childrenOf(pid);
  t.equal(await endProcess(child, 'SIGTERM'), 0);
  await eventually('its end', async () => (words().includes('STOPPING=1') ? true : undefined));
  t.equal(words().filter((word) => word === 'READY=1').length, 1);
  await eventually('nothing of it is left', async () => (helpers.some(isAlive) ? undefined : true));
});
