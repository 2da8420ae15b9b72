import { RpcCode } from 'aun-core';
import { login2ProofText } from 'aun-pki';
import { z } from 'zod';
import { rateLimited } from '../../limits/identity-limits.js';
import { RpcFailure } from '../../rpc/failure.js';
import { sliceMember } from '../../rpc/json-slice.js';
import { type CallContext, defineMethod } from '../../rpc/method.js';
import { requireUsable } from './client-certificate.js';
import type { AuthDeps } from './deps.js';
import { currentRow, matchLogin, readPhaseTwo, signatureFailed, signedByClient } from './phase-two.js';
import { adoptMembers, certificateToAdopt } from './renewal.js';
import { retryableLogin } from './store-trouble.js';
import { issueTokens } from './tokens-result.js';

const phaseTwo = z.object({
  aid: z.string().min(1).max(512),
  request_id: z.string().min(1).max(128),
  nonce: z.string().min(1).max(256),
  client_time: z.union([z.string().min(1).max(64), z.number()]),
  signature: z.string().min(1).max(512),
});

/** The text that was signed: as sent, or of a JSON number its spelling on the wire. */
const timeText = (time: string | number, ctx: CallContext): string =>
  typeof time === 'string' ? time : (sliceMember(ctx.rawParamsText(), 'client_time') ?? `${time}`);

/** `auth.aid_login2`: the agent proves its key and gets tokens (01 §9.2). */
export const login2 = (deps: AuthDeps) =>
  defineMethod({
    name: 'auth.aid_login2',
    aliases: ['auth.login2'],
    session: false,
    params: z.looseObject({}),
    handler: (_params, ctx) =>
      retryableLogin('aid_login2_failed', async () => {
        const { input, entry } = readPhaseTwo(deps, phaseTwo, ctx.rawParams);
        const gate = `${input.aid.trim().toLowerCase()} ${ctx.remoteAddress}`;
        const wait = deps.limits.failedLogin.waitSeconds(gate);
        if (wait > 0) throw rateLimited(wait);
        const login = matchLogin(deps, input, entry);
        const row = currentRow(deps, login);
        requireUsable(deps, row);
        const proof = login2ProofText(login.nonce, timeText(input.client_time, ctx));
        if (!signedByClient(deps, login, proof, input.signature)) {
          deps.limits.failedLogin.fail(gate);
          deps.audit.record('login', 'refused', {
            aid: login.aid,
            address: ctx.remoteAddress,
            reason: 'signature',
          });
          throw signatureFailed();
        }
        if (login.expired) throw new RpcFailure(RpcCode.authenticationRequired, 'certificate expired');
        deps.limits.failedLogin.succeed(gate);
        const adopt = await certificateToAdopt(deps, login.aid, row);
        const tokens = await issueTokens(deps, login.aid);
        deps.audit.record('login', 'ok', { aid: login.aid, address: ctx.remoteAddress, serial: row.serial });
        return { status: 'ok', aid: login.aid, ...tokens, ...adoptMembers(adopt) };
      }),
  });
