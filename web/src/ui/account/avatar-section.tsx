import { useState } from 'react';
import { Button, FileTrigger } from 'react-aria-components';
import type { User } from '../../../../client/src/index.js';
import { openPicture } from '../../session/picture.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { Avatar } from '../site/avatar.js';
import { Problem } from '../site/problem.js';
import { Section } from '../site/section.js';
import { useAct } from '../site/use-act.js';
import { PictureDialog } from './picture-dialog.js';

export function AvatarSection({ user }: { user: User }) {
  const { account } = useClient();
  const [picture, setPicture] = useState<ImageBitmap>();
  const { isBusy, problem, act } = useAct();
  const choose = (files: FileList | null) => {
    const file = files?.[0];
    if (file) void act(async () => setPicture(await openPicture(file)));
  };
  const close = () => {
    picture?.close();
    setPicture(undefined);
  };
  return (
    <Section title={text('account.picture')} lead={text('account.pictureLead')}>
      <div className="avatar-row">
        <Avatar name={user.username} url={user.avatar_url} />
        <FileTrigger acceptedFileTypes={['image/*']} onSelect={choose}>
          <Button className="button" isDisabled={isBusy}>
            {text('account.choosePicture')}
          </Button>
        </FileTrigger>
        {user.avatar_url && (
          <Button
            className="button quiet"
            isDisabled={isBusy}
            onPress={() => act(() => account.removeAvatar())}
          >
            {text('account.removePicture')}
          </Button>
        )}
      </div>
      <Problem {...problem} />
      {picture && (
        <PictureDialog
          picture={picture}
          onClose={close}
          onCut={(file) => account.setAvatar(file)}
        />
      )}
    </Section>
  );
}
