interface TrustedTypes {
  createPolicy(name: string, rules: { createHTML(html: string): string | null }): unknown;
}

/**
 * The server's CSP lets no string become HTML. react-aria's announcer empties its live region by
 * `innerHTML = ''`, so the default policy lets that one string pass, and nothing else.
 */
export function allowEmptyHtml(page: Window): void {
  const { trustedTypes } = page as Window & { trustedTypes?: TrustedTypes };
  trustedTypes?.createPolicy('default', { createHTML: (html) => (html === '' ? html : null) });
}
