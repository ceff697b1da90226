import { imageSize } from 'image-size';
import { ControlError } from '../../control-error.js';
import type { Ids } from '../../ids.js';
import type { ObjectStore } from '../../store/objects.js';
import type { UsersService, VersionedUser } from './service.js';

export const maxAvatarBytes = 102_400;
const sidePixels = 400;

/** `FF D8 FF`: start of image, and of the next marker (ITU-T T.81 annex B). */
const jpegStart = Buffer.from([0xff, 0xd8, 0xff]);
const keyShape = /^[A-Za-z0-9_-]{43}$/;

export interface AvatarsContext {
  users: UsersService;
  objects: ObjectStore;
  ids: Ids;
}

/** Pictures of accounts. A name is 256 random bits: who was not told it does not find the picture. */
export class Avatars {
  constructor(private readonly context: AvatarsContext) {}

  /** @throws ControlError `bad_request` unless it is a JPEG of 400 × 400. */
  async set(userId: string, bytes: Buffer): Promise<VersionedUser> {
    const { users, objects, ids } = this.context;
    checkPicture(bytes);
    const key = ids.secret();
    await objects.put(pathOf(key), bytes);
    const { formerKey, ...changed } = await users.setAvatar(userId, key);
    await this.discard(formerKey);
    return changed;
  }

  async clear(userId: string): Promise<VersionedUser> {
    const { formerKey, ...changed } = await this.context.users.setAvatar(userId, null);
    await this.discard(formerKey);
    return changed;
  }

  /** @throws ControlError `not_found`. */
  async read(key: string): Promise<Uint8Array> {
    const bytes = keyShape.test(key) ? await this.context.objects.get(pathOf(key)) : null;
    if (bytes === null) throw new ControlError('not_found', 'There is no such picture.');
    return bytes;
  }

  async discard(key: string | null): Promise<void> {
    if (key !== null) await this.context.objects.delete(pathOf(key));
  }
}

function pathOf(key: string): string {
  return `avatars/${key}.jpg`;
}

/** By what is in it: what a client says that it is does not count. */
function checkPicture(bytes: Buffer): void {
  const isRight = bytes.subarray(0, 3).equals(jpegStart) && hasRightSize(bytes);
  if (isRight) return;
  throw new ControlError('bad_request', 'A picture is a JPEG of 400 × 400 pixels.', {
    errors: [{ pointer: '', code: 'picture', detail: 'not a JPEG of 400 × 400 pixels' }],
  });
}

function hasRightSize(bytes: Buffer): boolean {
  try {
    const { type, width, height } = imageSize(bytes);
    return type === 'jpg' && width === sidePixels && height === sidePixels;
  } catch {
    return false;
  }
}
