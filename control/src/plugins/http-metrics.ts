import type { ControlMetrics } from '../metrics.js';
import type { App } from './app-types.js';

/** Measures every answer by the pattern of its route: addresses never become labels. */
export function httpMetricsPlugin(app: App, metrics: ControlMetrics): void {
  app.addHook('onResponse', async (request, reply) => {
    metrics.httpDuration.observe(
      {
        route: request.routeOptions.url ?? 'none',
        method: request.method,
        status: String(reply.statusCode),
      },
      reply.elapsedTime / 1000,
    );
  });
}
