import { z } from 'zod';
import { federationShape } from './federation.js';
import { identityShape } from './identity.js';
import { networkShape } from './network.js';
import { rateLimitSchema } from './rate-limits.js';
import { serviceShape } from './service-limits.js';

/** Every setting of a gateway; unknown settings are refused. */
export const gatewayConfigSchema = z.strictObject({
  ...networkShape,
  ...identityShape,
  rateLimits: rateLimitSchema,
  ...federationShape,
  ...serviceShape,
});

/** Complete settings, as the gateway uses them. */
export type GatewayConfig = z.output<typeof gatewayConfigSchema>;

/** Settings as a person writes them: everything may be left out. */
export type GatewayConfigInput = z.input<typeof gatewayConfigSchema>;
