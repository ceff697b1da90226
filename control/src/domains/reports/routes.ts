import { Type } from 'typebox';
import type { App } from '../../plugins/app-types.js';
import { problems } from '../../plugins/problem.js';
import { Report, ReportName, ReportQuery } from '../../schemas/http.js';
import type { ReportsService } from './service.js';

export function reportRoutes(app: App, reports: ReportsService): void {
  app.get(
    '/v1/reports/:name',
    {
      config: { auth: ['admin'] },
      schema: {
        summary: 'Figures of the installation, by the day',
        params: Type.Object({ name: ReportName }),
        querystring: ReportQuery,
        response: { 200: Report, ...problems },
      },
    },
    async ({ params, query }) => reports.make(params.name, query),
  );
}
