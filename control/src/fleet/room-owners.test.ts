/** Which process has a room, or is to take it: first come, first served, but for those behind a cut. */
import t from 'tap';
import { Elsewhere } from './elsewhere.js';
import { RoomOwners, type RoomOwnersContext } from './room-owners.js';

const room = { meetingId: 'meeting', nodeId: 'node', controlId: 'owner' };

/** Of a process that is not the heir of anything, and reaches everybody, unless the test says otherwise. */
function ownersWith(but: Partial<RoomOwnersContext> = {}) {
  return new RoomOwners({
    ...{ bus: null, controlId: 'own', activeRoom: async () => room },
    ...{ isAlive: async () => false, heirOf: () => 'heir', isCut: () => false },
    ...{ hasOthers: () => true, isHere: () => false },
    ...but,
  });
}

t.test('a living process has its rooms, also behind a cut', async (t) => {
  const isAlive = async () => true;
  t.equal(await ownersWith({ isAlive }).holderOf(room), 'owner');
  t.equal(await ownersWith({ isAlive, isCut: () => true }).holderOf(room), 'owner');
});

t.test('of a dead one: whoever is asked first, so that nobody waits for the heir', async (t) => {
  t.equal(await ownersWith().holderOf(room), null);
  t.equal(await ownersWith({ heirOf: () => 'own' }).holderOf(room), null);
});

t.test('but not whoever is cut off from the heir', async (t) => {
  const asked: unknown[] = [];
  const owners = ownersWith({
    heirOf: (of) => {
      asked.push(of);
      return 'heir';
    },
    isCut: (controlId) => controlId === 'heir',
  });
  t.equal(await owners.holderOf(room), 'heir');
  t.equal(await owners.holderOf({ ...room, controlId: null }), 'heir', 'nor one that nobody has');
  await t.rejects(owners.check('meeting'), new Elsewhere('heir'));
  t.match(asked, [room, { meetingId: 'meeting', nodeId: 'node' }, room], 'by the node of the room');
});

t.test('what is its own by what is written it takes, whoever would be the heir', async (t) => {
  const owners = ownersWith({ isCut: () => true });
  t.equal(await owners.holderOf({ ...room, controlId: 'own' }), null);
});
