import t from 'tap';
import { FileUrls } from './file-urls.js';

function signer() {
  let nowMs = 0;
  let asked = 0;
  let isDown = false;
  const urls = new FileUrls(
    async (fileId) => {
      asked += 1;
      if (isDown) throw new Error('down');
      return { url: `/${fileId}/${asked}`, expires_at: '' };
    },
    () => nowMs,
  );
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return {
    urls,
    pass,
    setDown: (on: boolean) => {
      isDown = on;
    },
    asked: () => asked,
  };
}

t.test('one address serves until shortly before its end', async (t) => {
  const { urls, pass, asked } = signer();
  t.same(await Promise.all([urls.of('a'), urls.of('a')]), ['/a/1', '/a/1']);
  pass(239_000);
  t.ok(urls.isFresh('a'));
  t.equal(await urls.of('a'), '/a/1');
  pass(2_000);
  t.notOk(urls.isFresh('a'));
  t.equal(await urls.of('a'), '/a/2');
  urls.forget('a');
  t.equal(await urls.of('a'), '/a/3');
  t.equal(asked(), 3);
});

t.test('a refusal is not remembered', async (t) => {
  const { urls, setDown } = signer();
  setDown(true);
  await t.rejects(urls.of('a'), { message: 'down' });
  t.notOk(urls.isFresh('a'));
  setDown(false);
  t.equal(await urls.of('a'), '/a/2');
});
