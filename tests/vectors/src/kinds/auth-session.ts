import { isTokenUsable, readTokens, refreshRequiresRelogin, rememberTokens } from 'aun-client';
import { gatewayHttpUrl, peerCertUrl, peerGatewayUrl } from 'aun-transport';
import { equal } from '../plan.js';
import type { NamedCheck } from './named-check.js';

/** Tokens and URLs: 01 §4, §11, §14. */
export const sessionChecks: Record<string, NamedCheck> = {
  cached_access_token: {
    check({ inputs, expected }) {
      const now = 1_795_240_000;
      const expiresAt = inputs.access_token_expires_at === null ? null : now + inputs.expires_at_minus_now;
      const state = { access_token: inputs.access_token, access_token_expires_at: expiresAt };
      equal('usable', isTokenUsable(readTokens(state), now), expected.usable);
    },
  },
  remember_tokens: {
    check({ inputs, expected }) {
      const { _pending_new_cert, _pending_active_cert, ...tokens } = expected;
      equal('tokens', rememberTokens(inputs.login_or_refresh_result, inputs.now), tokens);
      equal('new certificate', inputs.login_or_refresh_result.new_cert, _pending_new_cert);
      equal('active certificate', inputs.login_or_refresh_result.active_cert, _pending_active_cert);
    },
    note: ({ expected }) =>
      expected._pending_new_cert === undefined
        ? undefined
        : 'ours judges a new certificate at once instead of parking it beside the tokens (01 §9.2)',
  },
  refresh_failure_requires_relogin: {
    check({ inputs, expected }) {
      equal('relogin', refreshRequiresRelogin(inputs.error_message, inputs.error_data), expected.relogin);
    },
  },
  pki_url: {
    check: ({ inputs, expected }) =>
      equal('url', gatewayHttpUrl(inputs.gateway_url, inputs.path), expected.url),
  },
  peer_cert_url: {
    check: ({ inputs, expected }) =>
      equal('url', peerCertUrl(inputs.gateway_url, inputs.aid, inputs.cert_fingerprint), expected.url),
  },
  peer_gateway_url: {
    check: ({ inputs, expected }) =>
      equal('url', peerGatewayUrl(inputs.local_gateway_url, inputs.peer_aid), expected.peer_gateway_url),
  },
};
