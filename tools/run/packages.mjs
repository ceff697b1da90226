// Debian packages by purpose. Installed when root; otherwise the one command is printed.
import { execFileSync } from 'node:child_process';
import { command } from './steps.mjs';

const addon = ['g++', 'make', 'cmake', 'libssl-dev', 'libipsec-mb-dev'];
const nativeChecks = [
  'binutils',
  // Four builds of the same sources, which the next clone on a machine finds.
  'ccache',
  'ninja-build',
  'python3',
  'clang',
  'clang-format',
  'clang-tidy',
  'libclang-rt-14-dev',
  'libgtest-dev',
  'libbenchmark-dev',
];
const browsers = ['chromium', 'firefox-esr', 'fonts-dejavu-core'];

/** WebRTC clients that nobody here wrote. */
const clients = [
  'gstreamer1.0-plugins-base',
  'gstreamer1.0-plugins-good',
  'gstreamer1.0-plugins-bad',
  'gstreamer1.0-nice',
  'gir1.2-gst-plugins-bad-1.0',
  'python3-gi',
  'python3-aiortc',
];

/** Judges of what we forward. */
const decoders = ['ffmpeg'];

/** The recorder's compositions, and the names in them. */
const composing = ['ffmpeg', 'fonts-dejavu-core'];

/** What production stands on, and the checks start themselves. */
const servers = [
  ...['redis-server', 'redis-sentinel', 'pgbouncer'],
  // A primary with its standby; clocks that can be set.
  ...['postgresql-15', 'faketime'],
];

/** For Kafka, which Debian has not (test-servers.mjs), and the wire of ClickHouse. */
const eventServers = ['clickhouse-server', 'maven', 'default-jre-headless'];

/** What stands around the processes (deploy/), and what judges its files. */
const operations = [
  ...['systemd', 'nginx', 'haproxy', 'openssl', 'prometheus'],
  ...['pdns-server', 'pdns-backend-geoip'],
  ...['postgresql-15', 'pgbackrest'],
];

/** Another SFU, for ./run bench peers alone. */
const peers = ['janus'];

export const packagesFor = {
  start: [...addon, ...composing],
  'native-checks': [...addon, ...nativeChecks],
  replay: [...addon, ...decoders],
  peers,
  deploy: operations,
  test: [
    ...addon,
    ...nativeChecks,
    ...browsers,
    ...decoders,
    ...composing,
    ...clients,
    ...servers,
    ...eventServers,
  ],
};

function isInstalled(name) {
  try {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholder
    const status = execFileSync('dpkg-query', ['-W', '-f', '${Status}', name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return status.startsWith('install ok installed');
  } catch {
    return false;
  }
}

/** Makes sure that every package for `purpose` is there, or throws with the command to run. */
export async function ensurePackages(purpose) {
  const missing = packagesFor[purpose].filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing];
  if (process.getuid() !== 0) {
    throw new Error(
      `Debian packages are missing. Run this and try again:\n\n  sudo ${install.join(' ')}\n`,
    );
  }
  console.error(`run: installing ${missing.join(' ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await command('apt-get update', ['apt-get', 'update'], { show: false, env });
  await command('apt-get install', install, { show: false, env });
}
