import { Component, type ReactNode } from 'react';
import { text } from '../strings/index.js';
import { BrandHome } from './brand.js';
import { ReloadButton } from './reload-button.js';

interface CrashGuardProps {
  children: ReactNode;
  /** Ends what the page can no longer show, and nobody switch off. */
  onCrash: () => void;
}

/**
 * Shown in place of a page that broke, or whose script could not be loaded (the server was updated
 * meanwhile): a blank window would say nothing.
 */
export class CrashGuard extends Component<CrashGuardProps, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError() {
    return { isBroken: true };
  }

  override componentDidCatch(): void {
    this.props.onCrash();
  }

  override render(): ReactNode {
    if (!this.state.isBroken) return this.props.children;
    return (
      <div className="page">
        <header className="brand">
          <BrandHome />
        </header>
        <main className="notice-page">
          <div role="alert">
            <h1>{text('error.other')}</h1>
          </div>
          <ReloadButton />
        </main>
      </div>
    );
  }
}
