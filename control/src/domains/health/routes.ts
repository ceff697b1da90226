import type { App } from '../../plugins/app-types.js';
import { Health, Readiness } from '../../schemas/http.js';
import type { HealthService } from './service.js';

const open = { auth: ['none'], limited: false } as const;

export function healthRoutes(app: App, health: HealthService): void {
  app.get(
    '/healthz',
    { config: open, schema: { summary: 'The process turns', response: { 200: Health } } },
    async () => ({ status: 'ok' as const }),
  );
  app.get(
    '/startupz',
    {
      config: open,
      schema: { summary: 'Migrations and keys are ready', response: { 200: Health } },
    },
    async () => ({ status: 'ok' as const }),
  );
  app.get(
    '/readyz',
    {
      config: open,
      schema: { summary: 'Can serve a join', response: { 200: Readiness, 503: Readiness } },
    },
    async (_request, reply) => {
      const dependencies = await health.dependencies();
      const ready = health.isReady(dependencies);
      if (!ready) reply.code(503).header('retry-after', 1);
      return { status: ready ? ('ok' as const) : ('unavailable' as const), dependencies };
    },
  );
}
