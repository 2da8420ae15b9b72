import { type Clock, issuerOf, parseExactAid, type RandomBytes } from 'aun-core';
import { hexEncode } from 'aun-crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Authorities } from '../../ca/authorities.js';
import type { TokenVerdict, TokenVerifier } from '../../ports.js';
import type { Database } from '../../store/database.js';
import type { Directory } from '../identity/directory.js';

const audience = 'aun';
const leewaySeconds = 5;

export interface AccessToken {
  readonly token: string;
  /** Seconds. */
  readonly expiresIn: number;
}

export interface AccessTokenDeps {
  readonly db: Database;
  readonly authorities: Authorities;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Seconds. */
  readonly ttl: number;
}

const refuse = (reason: string): TokenVerdict => ({ ok: false, reason });

/** Issues and judges the JWTs of 01 §11.1: ES256 by the auth service's key, `kid` = serial of its certificate. */
export class AccessTokens implements TokenVerifier {
  readonly #deps: AccessTokenDeps;
  readonly #isRevoked: (jti: string) => boolean;
  readonly #dropOld: (before: number) => void;
  readonly #addRevoked: (jti: string, expiresAt: number) => void;

  constructor(deps: AccessTokenDeps) {
    this.#deps = deps;
    const find = deps.db.statement<{ jti: string }, { jti: string }>((q, p) =>
      q.selectFrom('revoked_jti').select('jti').where('jti', '=', p.jti),
    );
    const insert = deps.db.statement<{ jti: string; expires_at: number }>((q, p) =>
      q
        .insertInto('revoked_jti')
        .values({ jti: p.jti, expires_at: p.expires_at })
        .onConflict((conflict) => conflict.doNothing()),
    );
    const dropOld = deps.db.statement<{ before: number }>((q, p) =>
      q.deleteFrom('revoked_jti').where('expires_at', '<', p.before),
    );
    this.#dropOld = (before) => {
      dropOld.run({ before });
    };
    this.#isRevoked = (jti) => find.get({ jti }) !== undefined;
    this.#addRevoked = (jti, expiresAt) => {
      insert.run({ jti, expires_at: expiresAt });
    };
  }

  /** Refuses one token from now on; `expiresAt` in Unix seconds says how long to remember it. */
  revoke(jti: string, expiresAt: number): void {
    this.#addRevoked(jti, expiresAt);
  }

  /** Forgets withdrawn tokens that have expired anyway. */
  dropExpired(): void {
    this.#dropOld(Math.floor(this.#deps.clock.now() / 1000) - leewaySeconds);
  }

  async issue(aid: string): Promise<AccessToken> {
    const { authorities, clock, random, ttl } = this.#deps;
    const signer = authorities.require(issuerOf(aid)).auth;
    const now = Math.floor(clock.now() / 1000);
    const expiresAt = Math.min(now + ttl, Math.floor(signer.cert.notAfter.getTime() / 1000));
    const token = await new SignJWT({ aid })
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: signer.cert.serialHex })
      .setSubject(aid)
      .setIssuer(signer.name)
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(expiresAt)
      .setJti(hexEncode(random(8)))
      .sign(signer.signingKey);
    return { token, expiresIn: expiresAt - now };
  }

  /** Every failure is a verdict with a reason for the caller; nothing of the token is quoted. */
  async verifyAccessToken(token: string, nowMs: number): Promise<TokenVerdict> {
    const { authorities, directory } = this.#deps;
    if (token.length > 4096) return refuse('token malformed');
    try {
      const { payload, protectedHeader } = await jwtVerify(
        token,
        (header) => {
          const key = authorities.verificationKey(header.kid ?? '');
          if (key === undefined) throw new errors.JWKSNoMatchingKey();
          return key.key;
        },
        {
          algorithms: ['ES256'],
          audience,
          clockTolerance: leewaySeconds,
          currentDate: new Date(nowMs),
          requiredClaims: ['exp', 'iat', 'jti', 'aid', 'iss'],
        },
      );
      const aid = parseExactAid(payload.aid);
      if (!aid.ok || payload.sub !== aid.data) return refuse('token malformed');
      const issuer = issuerOf(aid.data);
      if (!authorities.serves(issuer) || payload.iss !== `auth.${issuer}`)
        return refuse('token of another network');
      if (authorities.verificationKey(protectedHeader.kid ?? '')?.issuer !== issuer)
        return refuse('token of another network');
      const jti = payload.jti ?? '';
      if (this.#isRevoked(jti)) return refuse('token withdrawn');
      if (!directory.isActive(aid.data)) return refuse('AID not active');
      return { ok: true, identity: { aid: aid.data, tokenId: jti } };
    } catch (error) {
      if (error instanceof errors.JWTExpired) return refuse('token expired');
      if (error instanceof errors.JWKSNoMatchingKey) return refuse('token signed by an unknown key');
      if (error instanceof errors.JOSEError) return refuse('token invalid');
      if (error instanceof TypeError) return refuse('token malformed');
      throw error;
    }
  }
}
