import type { RpcMethod } from '../../rpc/method.js';
import { createAid } from './create-aid.js';
import type { AuthDeps } from './deps.js';
import { downloadCert } from './download-cert.js';
import { login1 } from './login1.js';
import { login2 } from './login2.js';
import { refresh } from './refresh.js';
import { rekey } from './rekey.js';
import { renewCert } from './renew-cert.js';
import { requestCert } from './request-cert.js';

/** The methods of the auth service; `auth.connect` and `auth.logout` belong to the sessions. */
export const authMethods = (deps: AuthDeps): readonly RpcMethod[] => [
  createAid(deps),
  login1(deps),
  login2(deps),
  refresh(deps),
  renewCert(deps),
  rekey(deps),
  downloadCert(deps),
  requestCert(deps),
];
