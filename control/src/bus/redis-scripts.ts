import type { Cluster, Redis } from 'ioredis';

/** fence.ts in Lua. A record without an id is of an earlier version, whose keys had none. */
const isLaterHeld = `
    local id, epoch = unpack(redis.call('hmget', KEYS[1], 'id', 'epoch'))
    local isLater = (id or '') > ARGV[1]
      or id == ARGV[1] and tonumber(epoch) > tonumber(ARGV[2])`;

/** Lua, so that each is one step for everybody (EVALSHA; one key each, as a cluster needs it). */
const scripts = {
  plenumCount: `
    local sum = redis.call('incr', KEYS[1])
    if sum == 1 then redis.call('pexpire', KEYS[1], ARGV[1]) end
    return sum`,
  // What lacks in a bucket is the rest of its life: a full one is gone.
  plenumBucket: `
    local held = redis.call('get', KEYS[1])
    if held and held ~= 'bucket' then return redis.error_reply('WRONGTYPE no bucket') end
    local lack = math.max(redis.call('pttl', KEYS[1]), 0)
    local wait = math.max(lack + ARGV[1] - ARGV[2], 0)
    if wait == 0 and ARGV[3] == 'take' then
      redis.call('set', KEYS[1], 'bucket', 'px', lack + ARGV[1])
    end
    return wait`,
  // Of each that was taken: how long before the newest, which has all of its life behind it at the
  // end of the key's. So the server's clock is that of its keys, and nothing else.
  plenumWindow: `
    local held = redis.call('get', KEYS[1])
    if held and held:sub(1, 6) ~= 'window' then return redis.error_reply('WRONGTYPE no window') end
    local left = math.max(redis.call('pttl', KEYS[1]), 0)
    local count, life = tonumber(ARGV[1]), tonumber(ARGV[2])
    local rests = {}
    for before in (held or ''):gmatch('%d+') do
      if left > tonumber(before) then table.insert(rests, left - before) end
    end
    if #rests >= count then return rests[#rests - count + 1] end
    if ARGV[3] == 'take' then
      local taken = 'window'
      for _, rest in ipairs(rests) do taken = taken .. ' ' .. math.max(life - rest, 0) end
      redis.call('set', KEYS[1], taken .. ' 0', 'px', life)
    end
    return 0`,
  plenumSetFenced: `${isLaterHeld}
    if isLater then return 0 end
    redis.call('hset', KEYS[1], 'id', ARGV[1], 'epoch', ARGV[2], 'value', ARGV[3])
    redis.call('pexpire', KEYS[1], ARGV[4])
    return 1`,
  plenumDeleteFenced: `${isLaterHeld}
    if not isLater then redis.call('del', KEYS[1]) end
    return 0`,
  // PUBLISH has no key, and a cluster's client would send it to any node: notices of one sender
  // would overtake each other. As a script it always goes to the node that has the channel's slot.
  plenumPublish: `return redis.call('publish', KEYS[1], ARGV[1])`,
};

export interface Scripted {
  plenumCount(key: string, lifeMs: number): Promise<number>;
  plenumBucket(
    key: string,
    everyMs: number,
    emptyMs: number,
    act: 'take' | 'wait',
  ): Promise<number>;
  plenumWindow(key: string, count: number, windowMs: number, act: 'take' | 'wait'): Promise<number>;
  plenumSetFenced(
    key: string,
    id: string,
    epoch: number,
    ...written: [value: string, lifeMs: number]
  ): Promise<number>;
  plenumDeleteFenced(key: string, id: string, epoch: number): Promise<number>;
  plenumPublish(channel: string, message: string): Promise<number>;
}

export function withScripts<Client extends Redis | Cluster>(client: Client): Client & Scripted {
  for (const [name, lua] of Object.entries(scripts)) {
    client.defineCommand(name, { numberOfKeys: 1, lua });
  }
  return client as Client & Scripted;
}
