/** Which process has a room, or is to take it: first come, first served, in the region of the room. */
import t from 'tap';
import { Elsewhere } from './elsewhere.js';
import { RoomOwners, type RoomOwnersContext } from './room-owners.js';

const room = { meetingId: 'meeting', nodeId: 'node', controlId: 'owner' };

/** Of the region of the room, or where nobody of that region lives, unless the test says otherwise. */
function ownersWith(but: Partial<RoomOwnersContext> = {}) {
  return new RoomOwners({
    ...{ bus: null, controlId: 'own', activeRoom: async () => room },
    ...{ isAlive: async () => false, farHeirOf: () => null },
    ...{ hasOthers: () => true, isHere: () => false },
    ...but,
  });
}

t.test('a living process has its rooms, wherever it is', async (t) => {
  const isAlive = async () => true;
  t.equal(await ownersWith({ isAlive }).holderOf(room), 'owner');
  t.equal(await ownersWith({ isAlive, farHeirOf: () => 'heir' }).holderOf(room), 'owner');
});

t.test('of a dead one: whoever is asked first, so that nobody waits', async (t) => {
  t.equal(await ownersWith().holderOf(room), null);
  await ownersWith().check('meeting');
});

t.test('but not from another region', async (t) => {
  const asked: unknown[] = [];
  const owners = ownersWith({
    farHeirOf: (of) => {
      asked.push(of);
      return 'heir';
    },
  });
  t.equal(await owners.holderOf(room), 'heir');
  t.equal(await owners.holderOf({ ...room, controlId: null }), 'heir', 'nor one that nobody has');
  await t.rejects(owners.check('meeting'), new Elsewhere('heir'));
  t.match(asked, [room, { meetingId: 'meeting', nodeId: 'node' }, room], 'by the node of the room');
});

t.test('what is its own by what is written it takes, whoever would be the heir', async (t) => {
  const owners = ownersWith({ farHeirOf: () => 'heir' });
  t.equal(await owners.holderOf({ ...room, controlId: 'own' }), null);
});
