import type { App } from '../../plugins/app-types.js';
import { problems } from '../../plugins/problem.js';
import { NoContent } from '../../schemas/http/common.js';
import { NewPasswordReset, PasswordResetConfirmation } from '../../schemas/http.js';
import type { PasswordResetsService } from './service.js';

const config = { auth: ['none'] as const };

export function passwordResetRoutes(app: App, resets: PasswordResetsService): void {
  app.post(
    '/v1/password-resets',
    {
      config,
      schema: {
        summary: 'Sends a link for a new password, if there is such an account; never says so',
        body: NewPasswordReset,
        response: { 202: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      await resets.request(request.body.email, request.ip);
      return reply.code(202).send(undefined);
    },
  );

  app.post(
    '/v1/password-resets/confirm',
    {
      config,
      schema: {
        summary: 'Sets the password by the token of the link; logs out everywhere',
        body: PasswordResetConfirmation,
        response: { 204: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      await resets.confirm(request.body);
      return reply.code(204).send(undefined);
    },
  );
}
