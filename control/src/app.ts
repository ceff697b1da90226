import { join } from 'node:path';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import type { Clock } from './clock.js';
import { type Config, projectRoot } from './config.js';
import { ControlError } from './control-error.js';
import { aboutRoutes } from './domains/about/routes.js';
import { apiKeyRoutes } from './domains/api-keys/routes.js';
import { chatRoutes } from './domains/chat/routes.js';
import { endpointRoutes } from './domains/endpoints/routes.js';
import { eventRoutes } from './domains/events/routes.js';
import { factorRoutes } from './domains/factors/routes.js';
import { healthRoutes } from './domains/health/routes.js';
import { ingestKeyRoutes } from './domains/ingest-keys/routes.js';
import { joinRoutes } from './domains/join/routes.js';
import { meetingRoutes } from './domains/meetings/routes.js';
import { moderationRoutes } from './domains/moderation/routes.js';
import { nodeRoutes } from './domains/nodes/routes.js';
import { oidcRoutes } from './domains/oidc/routes.js';
import { participantRoutes } from './domains/participants/routes.js';
import { passwordResetRoutes } from './domains/password-resets/routes.js';
import { liveRecordingRoutes } from './domains/recordings/live-routes.js';
import { recordingRoutes } from './domains/recordings/routes.js';
import { reportRoutes } from './domains/reports/routes.js';
import { protocolVersion } from './domains/rooms/service.js';
import { sessionRoutes } from './domains/sessions/routes.js';
import { signalingRoutes } from './domains/signaling/routes.js';
import { maxMessageBytes } from './domains/signaling/service.js';
import { avatarRoutes } from './domains/users/avatar-routes.js';
import { userRoutes } from './domains/users/routes.js';
import { webhookRoutes } from './domains/webhooks/routes.js';
import type { Ids } from './ids.js';
import type { KeyRing } from './keys/key-ring.js';
import { generalLimits } from './limits.js';
import type { App, OriginOf } from './plugins/app-types.js';
import { causesPlugin, requestLogger } from './plugins/causes.js';
import { checkWhenNeeded, writeWhenNeeded } from './plugins/compilers.js';
import { corsPlugin } from './plugins/cors.js';
import { arrivalPlugin, elsewherePlugin, type Pass } from './plugins/elsewhere.js';
import { errorPagesPlugin } from './plugins/error-pages.js';
import { httpMetricsPlugin } from './plugins/http-metrics.js';
import { openapiPlugin } from './plugins/openapi.js';
import { principalsPlugin } from './plugins/principals.js';
import { answerBrokenUrl, brokenHttpAnswer, problemPlugin } from './plugins/problem.js';
import { rateLimit } from './plugins/rate-limit.js';
import { maxHeaderFields, securityHeadersPlugin } from './plugins/security-headers.js';
import { webClientPlugin } from './plugins/web-client.js';
import type { IceServer } from './schemas/values.js';
import type { Services } from './services.js';
import { originOfObjects } from './store/objects-address.js';

const bodyLimitBytes = 1024 * 1024;
const headerLimitBytes = 16 * 1024;
/** For all of a request: a body of the limit at 140 kbit/s. A WebSocket is none any more. */
const requestTimeoutMs = 60_000;

export interface AppContext {
  config: Config;
  services: Services;
  keys: KeyRing;
  clock: Clock;
  ids: Ids;
  log: FastifyBaseLogger;
  version: string;
  /** To another control process. */
  pass: Pass;
  iceServers: readonly IceServer[];
}

/** The public HTTP server: what a request passes, in this order, and every route there is. */
export async function buildApp(context: AppContext): Promise<App> {
  const { config, services, clock } = context;
  const app = createApp(context);
  const originOf: OriginOf = ({ protocol, host }) => config.http.origin ?? named(protocol, host);

  problemPlugin(app, context.pass, () => services.owners.answering());
  await openapiPlugin(app, context.version);
  securityHeadersPlugin(app, config.http.allowedOrigins, originOfObjects(config.objects.url));
  httpMetricsPlugin(app, services.metrics);
  corsPlugin(app, config.http.allowedOrigins);
  arrivalPlugin(app, config.fleet.region);
  const count = rateLimit(generalLimits(config), clock);
  principalsPlugin(app, services.authenticator, config.http.allowedOrigins, count);
  causesPlugin(app);
  elsewherePlugin(app, services.owners);

  healthRoutes(app, services.health);
  aboutRoutes(app, {
    version: context.version,
    protocol: [protocolVersion],
    anonymousMeetings: config.meetings.anonymous,
    signUp: config.accounts.signUp,
    oidc: config.oidc.map(({ id, name }) => ({ id, name })),
    iceServers: context.iceServers,
    maxMessageBytes,
    keys: context.keys,
  });
  userRoutes(app, services.users, services.avatars);
  avatarRoutes(app, services.avatars);
  sessionRoutes(app, { ...services, originOf });
  factorRoutes(app, services.factors, originOf);
  passwordResetRoutes(app, services.passwordResets);
  oidcRoutes(app, services.oidc, originOf);
  apiKeyRoutes(app, services.apiKeys);
  meetingRoutes(app, { ...services, originOf });
  eventRoutes(app, services.access, services.events);
  joinRoutes(app, services.joins, {
    ...{ originOf, region: config.fleet.region },
    alternates: () => services.owners.alternates(),
  });
  participantRoutes(app, services.access, services.moderation);
  moderationRoutes(app, services.access, services.moderation);
  chatRoutes(app, services.access, services.chat, services.nameOf);
  ingestKeyRoutes(app, services.ingestKeys, services.hosts, originOf);
  endpointRoutes(app, services.endpoints, { originOf, iceServers: context.iceServers });
  const kept = { ...services.kept, hosts: services.hosts, originOf };
  recordingRoutes(app, kept);
  const { access, liveRecordings: live } = services;
  liveRecordingRoutes(app, { ...kept, access, live });
  nodeRoutes(app, services.nodes);
  webhookRoutes(app, services.webhooks.service, services.webhooks.history);
  reportRoutes(app, services.reports);
  await signalingRoutes(app, services.signaling, config.http.allowedOrigins);
  errorPagesPlugin(app, join(projectRoot, 'docs/errors.md'));
  await webClientPlugin(app, join(projectRoot, 'web/dist'));
  return app;
}

/** What the request says that this is. @throws ControlError `bad_request` when it is no address. */
function named(protocol: string, host: string): string {
  const origin = `${protocol}://${host}`;
  if (URL.canParse(origin)) return origin;
  throw new ControlError('bad_request', 'The Host header is none.');
}

function createApp({ config, log, ids }: AppContext): App {
  const { trustedProxies } = config.http;
  const app = fastify({
    loggerInstance: log,
    childLoggerFactory: requestLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    http: { maxHeaderSize: headerLimitBytes },
    genReqId: () => ids.next(),
    trustProxy: trustedProxies.length > 0 ? trustedProxies : false,
    clientErrorHandler: brokenHttpAnswer(ids),
    frameworkErrors: answerBrokenUrl,
    forceCloseConnections: true,
    schemaController: writeWhenNeeded,
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(checkWhenNeeded);
  app.removeContentTypeParser('text/plain');
  // One more than is allowed: without a bound of its own Node would drop some in silence.
  app.server.maxHeadersCount = maxHeaderFields + 1;
  return app;
}
