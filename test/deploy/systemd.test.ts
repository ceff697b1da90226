import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { deploy } from './support/places.js';

const shipped = join(deploy, 'systemd');
const program = join(deploy, 'bin', 'plenum');
const services = readdirSync(shipped).filter((name) => name.endsWith('.service'));
/** What systemd-analyze may find at most, of 10 (security.md §6). */
const mostExposed = new Map([
  ['plenum-control.service', 3.5],
  ['plenum-sink.service', 3.5],
  ['plenum-dns.service', 3.5],
  ['plenum-node.service', 3],
  ['plenum-recorder.service', 3],
]);

/** As on a machine, but that programs are this checkout's, and with an instance of each template. */
function installed(folder: string): string {
  cpSync(shipped, folder, { recursive: true });
  for (const name of services) {
    const unit = readFileSync(join(folder, name), 'utf8')
      .replaceAll('/usr/local/bin/plenum', program)
      .replaceAll('/opt/plenum/deploy', deploy);
    rmSync(join(folder, name));
    writeFileSync(join(folder, name.replace('@.', '@1.')), unit);
  }
  return folder;
}

t.test('systemd understands every unit', (t) => {
  const folder = installed(t.testdir());
  const units = readdirSync(folder).filter((name) => /\.(service|timer)$/.test(name));
  const { status, stdout, stderr } = spawnSync(
    'systemd-analyze',
    ['verify', '--man=no', ...units.map((name) => join(folder, name))],
    { encoding: 'utf8' },
  );
  t.equal(`${stdout}${stderr}`, '');
  t.equal(status, 0);
  t.end();
});

for (const [name, most] of mostExposed) {
  t.test(`${name} is shut in`, (t) => {
    const { status, stdout } = spawnSync(
      'systemd-analyze',
      ['security', '--offline=true', `--threshold=${most * 10}`, '--no-pager', join(shipped, name)],
      { encoding: 'utf8' },
    );
    const [, exposure] = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
    t.comment(`threshold=${most} got=${exposure}`);
    t.equal(status, 0);
    t.ok(Number(exposure) <= most);
    t.end();
  });
}

t.test(
  'a Plenum process that stands still or ends is started again, one that stops has time',
  (t) => {
    for (const name of services.filter((one) => /^plenum-(control|node|recorder|sink)/.test(one))) {
      const unit = readFileSync(join(shipped, name), 'utf8');
      for (const line of ['Type=notify', 'WatchdogSec=10', 'Restart=always', 'LimitNOFILE=1048576'])
        t.match(unit, new RegExp(`^${line}$`, 'm'), `${name}: ${line}`);
      const [, seconds] = /^TimeoutStopSec=(\d+)$/m.exec(unit) ?? [];
      // A node waits 600 s for its rooms to move; other roles end within 3 s.
      t.ok(Number(seconds) >= (name.includes('node') ? 630 : 33), `${name}: ${seconds} s to stop`);
    }
    t.end();
  },
);

t.test('a recorder keeps what people send away from all that it does not need', (t) => {
  const unit = readFileSync(join(shipped, 'plenum-recorder.service'), 'utf8');
  for (const line of ['TasksMax=\\d+', 'MemoryMax=80%', 'StateDirectory=plenum/recorder']) {
    t.match(unit, new RegExp(`^${line}$`, 'm'));
  }
  t.notMatch(unit, /^LoadCredential=(keys|store|bus)/m, 'no secret of control');
  t.end();
});

t.test('the installed command is found through a link, from anywhere', (t) => {
  const link = join(t.testdir(), 'plenum');
  symlinkSync(program, link);
  const ports = execFileSync(link, ['ports'], {
    cwd: '/',
    encoding: 'utf8',
    env: { ...process.env, PLENUM_CONFIG: 'none' },
  });
  t.match(ports, /^tcp +127\.0\.0\.1:8080/);
  t.end();
});
