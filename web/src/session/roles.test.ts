import t from 'tap';
import { mayModerate, rolesToGive } from './roles.js';

t.test('hosts answer to hosts only', (t) => {
  t.ok(mayModerate('host', 'host'));
  t.ok(mayModerate('co_host', 'co_host'));
  t.notOk(mayModerate('co_host', 'host'));
  t.notOk(mayModerate('participant', 'viewer'));
  t.end();
});

t.test('only a host makes hosts and co-hosts, and takes it back', (t) => {
  t.same(rolesToGive('host', 'participant'), ['host', 'co_host', 'viewer']);
  t.same(rolesToGive('host', 'co_host'), ['host', 'participant', 'viewer']);
  t.same(rolesToGive('co_host', 'participant'), ['viewer']);
  t.same(rolesToGive('co_host', 'co_host'), []);
  t.same(rolesToGive('viewer', 'participant'), []);
  t.end();
});
