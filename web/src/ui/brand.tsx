import { text } from '../strings/index.js';
import { LanguagePicker } from './language-picker.js';

/** The head of a page. The mark: rows of seats around one place to speak from. */
export function Brand({ children }: { children?: React.ReactNode }) {
  return (
    <header className="brand">
      <BrandHome />
      <div className="brand-tools">
        {children}
        <LanguagePicker />
      </div>
    </header>
  );
}

export function BrandHome() {
  return (
    <a className="brand-home" href="/">
      <svg className="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="9" />
        <path d="M6.5 21a9.5 9.5 0 0 1 19 0M11.2 21a4.8 4.8 0 0 1 9.6 0" />
        <circle cx="16" cy="21.2" r="1.7" />
      </svg>
      {text('app.name')}
    </a>
  );
}
