import { spawn } from 'node:child_process';

/** What systemd is told of this process (sd_notify(3), `Type=notify`). */
export interface ServiceNotice {
  /** It serves. From now on systemd is pinged, where it asked for that, as often as the loop turns. */
  ready(): void;
  /** It was asked to end, and does so; the pings go on until it has. */
  stopping(): void;
}

/** Between pings, as part of what systemd waits: one that comes late, or not at all, is no end. */
const pingsPerWatch = 3;

/**
 * Node has no datagram sockets of AF_UNIX, so a shell beside this process passes our words on, one a
 * line, by systemd's own program. It is begun once and costs a pipe: this process is not copied for
 * each word, which would stop its media threads, and the event loop waits for nothing. It ends with
 * the pipe, however this process ends. The unit has `NotifyAccess=all`.
 */
const passOn = 'while read -r word; do systemd-notify "$word"; done';

/** Without `NOTIFY_SOCKET` nobody listens, and nothing is said. */
export function openServiceNotice(environment: NodeJS.ProcessEnv): ServiceNotice {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: watched, PATH } = environment;
  // What we start, a database for one, would speak for us.
  delete environment.NOTIFY_SOCKET;
  delete environment.WATCHDOG_USEC;
  delete environment.WATCHDOG_PID;
  if (!socket) return { ready() {}, stopping() {} };
  const shell = spawn('/bin/sh', ['-c', passOn], {
    stdio: ['pipe', 'ignore', 'inherit'],
    env: { PATH, NOTIFY_SOCKET: socket },
  });
  shell.unref();
  shell.on('error', () => {});
  shell.stdin.on('error', () => {});
  const say = (word: string) => void shell.stdin.write(`${word}\n`);
  return {
    ready() {
      say('READY=1');
      if (watched) setInterval(() => say('WATCHDOG=1'), pingMs(watched)).unref();
    },
    stopping: () => say('STOPPING=1'),
  };
}

function pingMs(watchedUs: string): number {
  return Math.max(1, Math.floor(Number(watchedUs) / 1000 / pingsPerWatch));
}
