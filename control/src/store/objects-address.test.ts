import t from 'tap';
import { originOfObjects, readObjectsAddress } from './objects-address.js';

t.test('what objects.url may be', async (t) => {
  t.strictSame(readObjectsAddress('file:'), { kind: 'file' });
  t.strictSame(readObjectsAddress('file:///srv/objects'), { kind: 'file' });
  const plain = { kind: 's3', bucket: 'abc', prefix: '', region: 'us-east-1' };
  const none = { endpoint: null, publicEndpoint: null };
  t.strictSame(readObjectsAddress('s3://abc'), { ...plain, ...none });
  t.strictSame(readObjectsAddress('s3://abc/'), { ...plain, ...none });
  t.strictSame(
    readObjectsAddress(
      's3://a.b-c/x/y/?region=eu-1&endpoint=http://s3:9000&public_endpoint=https://s3.example.org',
    ),
    {
      ...{ kind: 's3', bucket: 'a.b-c', prefix: 'x/y/', region: 'eu-1' },
      ...{ endpoint: 'http://s3:9000', publicEndpoint: 'https://s3.example.org' },
    },
  );
  for (const odd of [
    ...['', 's3:', 's3://', 's3://ab', 's3://ABC', 's3://abc/../x', 's3://abc//x', 'file:x'],
    ...['s3://abc?regio=x', 's3://abc?region=X', 's3://abc?endpoint=s3:9000', 's3://id:key@abc'],
    ...['s3://abc?endpoint=https://s3/path', 's3://abc?endpoint=ftp://s3', 'gs://abc'],
  ]) {
    t.equal(readObjectsAddress(odd), null, odd);
  }
});

t.test('where pages read what is stored', async (t) => {
  t.equal(originOfObjects('file:'), null);
  t.equal(originOfObjects('s3://abc?endpoint=http://s3:9000'), 'http://s3:9000');
  t.equal(
    originOfObjects('s3://abc?endpoint=http://s3:9000&public_endpoint=https://s3.example.org'),
    'https://s3.example.org',
  );
  t.equal(originOfObjects('s3://abc?region=eu-1'), 'https://abc.s3.eu-1.amazonaws.com');
  t.equal(originOfObjects('s3://a.bc?region=eu-1'), 'https://s3.eu-1.amazonaws.com');
});
