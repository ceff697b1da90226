import { type ReactNode, useEffect, useRef } from 'react';
import { Link } from 'react-aria-components';
import { text } from '../../strings/index.js';
import { Brand } from '../brand.js';
import { useClient } from '../client.js';
import { Icon } from '../icons.js';
import { AccountMenu } from './account-menu.js';

interface SitePageProps {
  title: string;
  /** Beside the title. */
  actions?: ReactNode;
  /** Under the title. */
  lead?: ReactNode;
  /** `card`: one form in the middle. `wide`: lists. `theatre`: pictures. */
  shape?: 'card' | 'column' | 'wide' | 'theatre';
  /** Where one came from. */
  back?: { href: string; label: string };
  children?: ReactNode;
}

/** A page outside of a meeting: head, title, content. Going to it moves title and focus (2.4.2, 2.4.3). */
export function SitePage(props: SitePageProps) {
  const { title, actions, lead, shape = 'column', back, children } = props;
  const heading = useTitle(title);
  return (
    <div className="page">
      <Brand>
        <AccountMenu />
      </Brand>
      <main className="site" data-shape={shape}>
        <header className="site-head">
          {back && (
            <Link className="back-link" href={back.href}>
              <Icon name="back" />
              {back.label}
            </Link>
          )}
          <h1 ref={heading} tabIndex={-1}>
            <bdi>{title}</bdi>
          </h1>
          {actions && <div className="site-actions">{actions}</div>}
          {lead && <p className="muted">{lead}</p>}
        </header>
        {children}
      </main>
    </div>
  );
}

/** The document's title, and the focus on the heading when the page was gone to. */
export function useTitle(title: string) {
  const { pages } = useClient();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · ${text('app.name')}`;
  }, [title]);
  useEffect(() => {
    const isLoaded = pages.store.get().moves === 0;
    const hasFocus = document.activeElement && document.activeElement !== document.body;
    if (!isLoaded && !hasFocus) heading.current?.focus();
  }, [pages]);
  return heading;
}
