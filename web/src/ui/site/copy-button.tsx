import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components';
import { text } from '../../strings/index.js';
import { copyText } from '../copy-text.js';
import { Icon } from '../icons.js';

const shownForMs = 3_000;

interface CopyButtonProps {
  /** What is copied; a function is asked when it is needed. */
  value: string | (() => Promise<string>);
  label: string;
  /** Where several copy buttons stand together. */
  accessibleName?: string;
  isPrimary?: boolean;
}

/** Copies and says for a moment whether that worked. */
export function CopyButton(props: CopyButtonProps) {
  const { value, label, accessibleName, isPrimary = false } = props;
  const [told, setTold] = useState('');
  useEffect(() => {
    if (told === '') return;
    const timer = setTimeout(() => setTold(''), shownForMs);
    return () => clearTimeout(timer);
  }, [told]);
  const copy = async () => {
    try {
      await copyText(value);
      setTold(text('form.copied'));
    } catch {
      setTold(text('form.notCopied'));
    }
  };
  return (
    <span className="copy">
      <Button
        className={isPrimary ? 'button primary' : 'button'}
        aria-label={accessibleName ?? label}
        onPress={copy}
      >
        <Icon name="copy" />
        {label}
      </Button>
      <span role="status" className="hint">
        {told}
      </span>
    </span>
  );
}
