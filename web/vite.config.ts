import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/**
 * One page, no inline script or style (the server's CSP refuses them), assets named by content.
 * `light-dark()` and nesting are left to the browser: every supported one has them.
 */
export default defineConfig({
  plugins: [react()],
  // Other workspaces bring an older React to the root; everything bundled here shares this one.
  resolve: { dedupe: ['react', 'react-dom'] },
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox128', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // One chunk: what the pre-join page loads (≤ 250 kB gzip) is ready for the meeting.
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: { '/v1': { target: 'http://127.0.0.1:8080', ws: true } },
  },
});
