import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef } from 'react';
import { Button } from 'react-aria-components';
import { Icon } from '../icons.js';

interface SidePanelProps {
  title: ReactNode;
  closeLabel: string;
  onClose: () => void;
  /** Beside the close button. */
  tools?: ReactNode;
  children: ReactNode;
}

/** Beside the stage where there is room, over it where there is not. Esc closes it. */
export function SidePanel({ title, closeLabel, onClose, tools, children }: SidePanelProps) {
  const heading = useId();
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!panel.current?.contains(document.activeElement)) panel.current?.focus();
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !event.defaultPrevented) onClose();
  };
  return (
    <aside
      ref={panel}
      className="panel"
      aria-labelledby={heading}
      data-region
      tabIndex={-1}
      onKeyDown={onKeyDown}
    >
      <header className="panel-head">
        <h2 id={heading}>{title}</h2>
        {tools}
        <Button className="icon-button" aria-label={closeLabel} onPress={onClose}>
          <Icon name="close" />
        </Button>
      </header>
      {children}
    </aside>
  );
}
