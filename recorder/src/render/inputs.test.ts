/** Inputs that come slowly, are missing, or do not fit. */
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import type { RenderInput, RenderStatus } from '../contract.js';
import { Renderer } from './renderer.js';
import { linesOf, makeSampleFile, type SampleFile, writeManifest } from './sample.js';

const folder = mkdtempSync(join(tmpdir(), 'plenum-inputs-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const voice: SampleFile = {
  ...{ fileId: 'voice', participantId: 'anna', source: 'microphone', codec: 'opus' },
  ...{ spans: [{ from: 0, to: 3000 }], drawing: 'sine=400' },
};
const nothingKept = { minBytes: 0, share: 0 };
const joined = { type: 'joined', t: 0, participant_id: 'anna', name: 'Anna' } as const;
const ready = makeSampleFile(folder, voice);

async function serve(t: Test, listener: RequestListener): Promise<RenderInput> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  return { fileId: 'voice', url: `http://127.0.0.1:${port}/voice` };
}

/** How the sound of `files` ends, whose voice has so many bytes by its manifest. */
async function ended(
  t: Test,
  files: RenderInput[],
  { bytes = 0, hangsAfterMs = 60_000, reserve = nothingKept } = {},
) {
  const lines = linesOf(voice).map((line) => {
    return line.type === 'file_end' ? { ...line, bytes } : line;
  });
  const manifest = await writeManifest(folder, [joined, ...lines]);
  let resolve: (status: RenderStatus) => void = () => {};
  const over = new Promise<RenderStatus>((given) => {
    resolve = given;
  });
  const store = {
    putFile: async (_key: string, file: { path: string }) =>
      copyFileSync(file.path, join(folder, 'sound.m4a')),
    delete: async () => {},
  };
  const renderer = new Renderer({
    ...{ folder: mkdtempSync(join(folder, 'work-')), store, slots: 1, coresPerJob: 1 },
    ...{ hangsAfterMs, reserve },
    onStatus: (status) => {
      if (status.state !== 'running') resolve(status);
    },
  });
  t.teardown(() => renderer.close());
  await renderer.render({
    ...{ renderId: 'render', attempt: 1, recordingId: 'recording', layout: 'audio' },
    ...{ manifests: [manifest], files },
  });
  return over;
}

t.test('an input that comes slowly is a sign of life', async (t) => {
  const bytes = readFileSync(await ready);
  // Twice as long as a job may show no sign of life.
  const steps = 24;
  const input = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    let step = 0;
    const size = Math.ceil(bytes.length / steps);
    const timer = setInterval(() => {
      response.write(bytes.subarray(step * size, (step + 1) * size));
      if (++step < steps) return;
      clearInterval(timer);
      response.end();
    }, 500);
  });
  const status = await ended(t, [input], { hangsAfterMs: 6000 });
  t.match(status, { state: 'stored', file: { endMs: 3000 } }, status.detail ?? '');
});

t.test('an input that is missing is left out', async (t) => {
  const away = await serve(t, (_, response) => response.writeHead(404).end());
  const lost = { fileId: 'voice', url: pathToFileURL(join(folder, 'lost.webm')).href };
  for (const input of [away, lost]) {
    const status = await ended(t, [input]);
    t.match(status, { state: 'stored', file: { endMs: 3000 } }, status.detail ?? '');
  }
});

t.test('nothing is brought that does not fit', async (t) => {
  let asked = 0;
  const input = await serve(t, (_, response) => {
    asked++;
    response.end(readFileSync(join(folder, 'voice.webm')));
  });
  const detail = /^no space to compose: \d+ MiB are needed, \d+ are/;
  for (const more of [{ bytes: 1e15 }, { reserve: { minBytes: 1e15, share: 0 } }]) {
    t.match(await ended(t, [input], more), { state: 'failed', detail });
  }
  t.equal(asked, 0);
});
