/** Which links of an earlier process go on, and when the others end. */
import t from 'tap';
import { TestClock } from '../../testing/test-clock.js';
import { type LinkedCopy, Links } from './links.js';

const settled = () => new Promise(setImmediate);

/** A node, or a recorder, that has the room with these links. */
class Place {
  readonly links: Set<string>;
  readonly copy: LinkedCopy;

  constructor(
    nodeId: string,
    left: readonly string[],
    opened: Promise<unknown> = Promise.resolve(),
  ) {
    this.links = new Set(left);
    const client = {
      openLink: async ({ linkId }: { linkId: string }) => {
        this.links.add(linkId);
      },
      closeLink: async ({ linkId }: { linkId: string }) => {
        this.links.delete(linkId);
      },
      hearLink: async () => {},
      repeatLink: async () => {},
    };
    const linkAddresses = [{ address: '127.0.0.1', port: 1 }];
    const held = opened.then(() => ({ linkAddresses, links: [...this.links] }));
    this.copy = { placed: { nodeId, client }, epoch: 2, opened: held };
  }
}

function linksOf() {
  let count = 0;
  const ids = { next: () => `new ${++count}` };
  const links = new Links('room', { clock: new TestClock(), ids, report: () => {} });
  const join = async (places: readonly Place[], isComplete = true) => {
    links.join(
      places.map(({ copy }) => [copy]),
      isComplete,
    );
    await settled();
  };
  return { links, join };
}

t.test('what both ends have goes on, once; all else ends', async (t) => {
  const { links, join } = linksOf();
  const [one, other] = [new Place('one', ['a', 'b', 'c']), new Place('other', ['d', 'b', 'a'])];
  links.begin();
  await join([one, other]);
  t.same([...one.links], ['a']);
  t.same([...other.links], ['a']);
});

t.test('one that comes later, and was expected, goes on with its link', async (t) => {
  const { links, join } = linksOf();
  const node = new Place('node', ['a', 'b']);
  links.begin();
  await join([node], false);
  t.same([...node.links], ['a', 'b'], 'nothing ends before it is certain');
  let open = () => {};
  const opening = new Promise<void>((resolve) => {
    open = resolve;
  });
  const recorder = new Place('recorder', ['b', 'c'], opening);
  await join([node, recorder]);
  t.same([...node.links], ['a', 'b'], 'nor before it has answered');
  open();
  await settled();
  t.same([...node.links], ['b']);
  t.same([...recorder.links], ['b']);
});

t.test('one that was expected does not come', async (t) => {
  const { links, join } = linksOf();
  const node = new Place('node', ['a']);
  links.begin();
  await join([node], false);
  await join([node]);
  t.same([...node.links], []);
});

t.test('another one comes: nothing is shared, and a new link is opened', async (t) => {
  const { links, join } = linksOf();
  const [node, recorder] = [new Place('node', ['a']), new Place('recorder', ['b'])];
  links.begin();
  await join([node, recorder]);
  t.same([...node.links], [...recorder.links]);
  t.match([...node.links], [/^new/]);
  t.equal(node.links.size, 1);
});

t.test('its opening fails: what led there ends', async (t) => {
  const { links, join } = linksOf();
  const node = new Place('node', ['a']);
  const failing = Promise.reject(new Error('as the test wants it'));
  const recorder = new Place('recorder', ['a'], failing);
  links.begin();
  await join([node, recorder]);
  t.same([...node.links], []);
});

t.test('the same copy, once its leftovers are known, is not looked at again', async (t) => {
  const { links, join } = linksOf();
  const [node, recorder] = [new Place('node', ['a']), new Place('recorder', ['a'])];
  links.begin();
  await join([node, recorder]);
  await join([node]);
  t.same([...node.links], [], 'it is dropped with the other end');
  await join([node, recorder]);
  t.match([...node.links], [/^new/]);
});
