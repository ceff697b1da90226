import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Command } from './command.js';
import { configCommand } from './config.js';
import { portsCommand } from './ports.js';

/** The whole program, with an engine that has no sockets. */
const program = fileURLToPath(new URL('../testing/fake-server.js', import.meta.url));

function plenum(args: string[], environment: NodeJS.ProcessEnv = {}) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ...args], {
    env: { PATH: process.env.PATH, PLENUM_CONFIG: 'none', ...environment },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { stdout, stderr, status };
}

/** What a command prints and complains of, and its exit code. */
async function run(command: Command, args: string[], environment: NodeJS.ProcessEnv = {}) {
  const lines = { stdout: '', stderr: '' };
  const status = await command.run(args, {
    environment: { PLENUM_CONFIG: 'none', ...environment },
    print: (text) => {
      lines.stdout += `${text}\n`;
    },
    complain: (text) => {
      lines.stderr += `${text}\n`;
    },
  });
  return { ...lines, status };
}

t.test('config check: all that is wrong, and what a start would refuse', async (t) => {
  t.match(await run(configCommand, ['check']), {
    status: 0,
    stdout: /is right: 0 settings said/,
  });
  const file = join(t.testdir(), 'plenum.yaml');
  writeFileSync(file, 'http:\n  prot: 1\n  admin_port: x\n');
  const wrong = await run(configCommand, ['check', '--config', file]);
  t.equal(wrong.status, 1);
  t.match(wrong.stderr, /:2: http.prot is no setting; the nearest is http.port/);
  t.match(wrong.stderr, /:3: http.admin_port: x is not a port/);
  const open = await run(configCommand, ['check', '--host', '0.0.0.0']);
  t.match(open, { status: 1, stderr: /a start is refused: .*keys.secret/ });
});

t.test('config print: what holds, secrets masked', async (t) => {
  const { status, stdout } = await run(configCommand, ['print', '--port', '9000'], {
    DATABASE_URL: 'postgres://me:hunter2@db/plenum',
  });
  t.equal(status, 0);
  t.match(stdout, /port: 9000 {2}# --port/);
  t.match(stdout, /url: postgres:\/\/me:\*{4}@db\/plenum {2}# DATABASE_URL/);
});

t.test('ports', async (t) => {
  const four = await run(portsCommand, ['--shards', '4', '--media-tcp-port', '443']);
  t.equal(four.status, 0);
  const lines = four.stdout.trim().split('\n');
  t.strictSame(
    lines.map((line) => line.split('  ').slice(0, 2).join(' ')),
    ['tcp 127.0.0.1:8080', 'tcp 127.0.0.1:8081', 'udp 127.0.0.1:40000-40003', 'tcp 127.0.0.1:443'],
  );
});

t.test(
  'ports of a role: a control process is also there for its fleet, and has no media',
  async (t) => {
    const environment = { PLENUM_FLEET_HOST: '10.0.0.11', PLENUM_FLEET_PORT: '9443' };
    const portsOfRole = async (role: string) => {
      const { stdout } = await run(portsCommand, [role, '--admin-port', '9081'], environment);
      return stdout.trim().split('\n');
    };
    const metrics = 'tcp  127.0.0.1:9081  /metrics';
    t.strictSame(await portsOfRole('control'), [
      'tcp  127.0.0.1:8080  pages, API, WebSocket (behind a TLS proxy)',
      metrics,
      'tcp  10.0.0.11:9443  media nodes and other control processes (by TLS)',
    ]);
    t.strictSame(await portsOfRole('node'), [
      metrics,
      'udp  127.0.0.1:40000  media, a port for each media thread',
      'tcp  127.0.0.1:40000  media of clients without UDP',
    ]);
    t.strictSame(await portsOfRole('sink'), [metrics]);
    t.strictSame(
      await portsOfRole('recorder'),
      [metrics],
      'any ports for media, unless they are said',
    );
    const said = { ...environment, PLENUM_RECORDER_PORT: '41000', PLENUM_RECORDER_SHARDS: '2' };
    const recorder = await run(portsCommand, ['recorder', '--admin-port', '9081'], said);
    t.strictSame(recorder.stdout.trim().split('\n'), [
      metrics,
      'udp  127.0.0.1:41000-41001  media from the nodes',
    ]);
    t.match(await run(portsCommand, ['nonsense']), {
      status: 1,
      stderr: /there is no role nonsense/,
    });
  },
);

t.test('what is no command, no role', async (t) => {
  t.match(plenum(['nonsense']), { status: 2, stderr: /plenum start/ });
  t.match(await run(configCommand, []), { status: 2, stderr: /check/ });
  t.match(plenum(['start', 'singer']), { status: 1, stderr: /there is no role singer/ });
  t.match(plenum(['start', 'constructor']), { status: 1, stderr: /there is no role constructor/ });
  t.match(plenum(['start', 'node', '--data', join(t.testdir(), 'node')]), {
    ...{ status: 1, stderr: /this machine is no node of a fleet yet: make a token/ },
  });
});

t.test('D-20: a start for others with a weak secret is refused, whatever is allowed', async (t) => {
  for (const insecure of ['false', 'true']) {
    const refused = plenum(['start', '--host', '0.0.0.0', '--data', join(t.testdir(), 'data')], {
      PLENUM_KEYS_SECRET: 'changeme',
      PLENUM_SECURITY_ALLOW_INSECURE: insecure,
    });
    t.match(refused, { status: 1, stdout: '' });
    t.match(refused.stderr, /Plenum cannot start:\s+keys.secret has 8 bytes/);
    t.notMatch(refused.stderr, /changeme/);
  }
});
