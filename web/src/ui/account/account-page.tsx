import type { User } from '../../../../client/src/index.js';
import { text } from '../../strings/index.js';
import { SitePage } from '../site/site-page.js';
import { ApiKeysSection } from './api-keys-section.js';
import { AvatarSection } from './avatar-section.js';
import { PasswordSection } from './password-section.js';
import { ProfileSection } from './profile-section.js';
import { SecondFactorSection } from './second-factor-section.js';
import { SessionsSection } from './sessions-section.js';

/** Everything a person can change of their account. */
export function AccountPage({ user }: { user: User }) {
  return (
    <SitePage title={text('account.title')} lead={<bdi dir="ltr">{user.email}</bdi>}>
      <AvatarSection user={user} />
      <ProfileSection user={user} />
      <PasswordSection user={user} />
      <SecondFactorSection user={user} />
      <SessionsSection />
      <ApiKeysSection />
    </SitePage>
  );
}
