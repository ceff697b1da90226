import { isoTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import { cleanName, cleanText } from '../../names.js';
import type { User, UserChange } from '../../schemas/http.js';
import type { UserRecord } from './repository.js';

/** In characters (code points). */
const usernameLength = 20;
const aboutLength = 500;

/** @throws ControlError `bad_request`. */
export function cleanUsername(typed: string): string {
  return cleanName(typed, '/username', usernameLength);
}

/** @throws ControlError `bad_request`. */
export function cleanAbout(typed: string): string {
  return cleanText(typed, '/about', aboutLength);
}

/** The account after the change. @throws ControlError `bad_request`. */
export function changedUser(user: UserRecord, change: UserChange, now: number): UserRecord {
  const { username, about, time_zone: zone, is_admin: isAdmin, is_disabled: isDisabled } = change;
  const disabledAt = isDisabled === true ? (user.disabledAt ?? new Date(now)) : null;
  return {
    ...user,
    ...(username === undefined ? {} : { username: cleanUsername(username) }),
    ...(about === undefined ? {} : { about: cleanAbout(about ?? '') }),
    ...(zone === undefined ? {} : { timeZone: zone === null ? null : timeZoneOf(zone) }),
    ...(isAdmin === undefined ? {} : { isAdmin }),
    ...(isDisabled === undefined ? {} : { disabledAt }),
  };
}

export function presentUser(user: UserRecord): User {
  return {
    user_id: user.userId,
    email: user.email,
    username: user.username,
    about: user.about,
    avatar_url: avatarUrlOf(user.avatarKey),
    time_zone: user.timeZone,
    is_admin: user.isAdmin,
    is_disabled: user.disabledAt !== null,
    has_second_factor: user.hasSecondFactor,
    created_at: isoTime(user.createdAt.getTime()),
  };
}

/** Where a picture is; null for who has none. */
export function avatarUrlOf(avatarKey: string | null): string | null {
  return avatarKey === null ? null : `/v1/avatars/${avatarKey}`;
}

/** The name as the IANA database writes it. */
function timeZoneOf(typed: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: typed }).resolvedOptions().timeZone;
  } catch {
    throw new ControlError('bad_request', 'The time zone is not known.', {
      errors: [{ pointer: '/time_zone', code: 'time_zone', detail: 'a name like Europe/Berlin' }],
    });
  }
}
