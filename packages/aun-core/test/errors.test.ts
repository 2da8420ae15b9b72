import { describe, expect, it } from 'vitest';
import {
  AUNError,
  AuthError,
  ConnectionError,
  GatewayUnreachableError,
  IdentityConflictError,
  InvalidIdentityError,
  mapRemoteError,
  NotReadyError,
  RpcError,
  StateError,
} from '../src/index.js';
import { authVectors } from './vectors.js';

/** Rows in which 07 §2.4 gives a class of its own to what the public SDK leaves as a bare AUNError. */
const ownClass: Record<number, string> = {
  4090: 'IdentityConflictError',
  409: 'IdentityConflictError',
  [-32052]: 'IdentityConflictError',
  [-32050]: 'CertificateRevokedError',
  [-32051]: 'ClientSignatureError',
};

describe('remote errors (07 §2.4)', () => {
  it.each(authVectors('map_remote_error'))('code $inputs.code', ({ inputs, expected }) => {
    const error = mapRemoteError({ code: inputs.code, message: inputs.message });
    const wanted =
      ownClass[Number(inputs.code)] ?? (expected.class === 'AUNError' ? 'RpcError' : expected.class);
    expect(error.name).toBe(wanted);
    expect(error).toBeInstanceOf(AUNError);
    expect(error.code).toBe(inputs.code);
    expect(error.retryable).toBe(expected.retryable);
  });

  it('survives any error object', () => {
    for (const value of [null, 1, 'x', [], {}, { code: 'a', message: 5 }, { code: 1.5 }]) {
      const error = mapRemoteError(value);
      expect(error).toBeInstanceOf(RpcError);
      expect(error.code).toBe(-32603);
      expect(error.message).toBe('remote error');
    }
  });

  it('carries the trace id and the data', () => {
    const error = mapRemoteError({
      code: -32029,
      message: 'slow down',
      data: { retry_after: 1.5, trace_id: 'ab' },
    });
    expect(error).toMatchObject({ traceId: 'ab', stringCode: 'RATE_LIMITED', data: { retry_after: 1.5 } });
  });
});

describe('error classes (07 §2.3)', () => {
  it('NotReadyError is a ConnectionError and a StateError, and only the base class is widened', () => {
    const error = new NotReadyError('client is standby: call connect() first');
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toBeInstanceOf(StateError);
    expect(error).not.toBeInstanceOf(InvalidIdentityError);
    expect(new ConnectionError('x')).not.toBeInstanceOf(StateError);
    expect(new InvalidIdentityError('x')).toBeInstanceOf(StateError);
    expect(null as unknown).not.toBeInstanceOf(StateError);
  });

  it('is named after its class and keeps the cause', () => {
    const cause = new Error('ECONNREFUSED');
    const error = new GatewayUnreachableError('no gateway answered', { cause });
    expect(error).toMatchObject({
      name: 'GatewayUnreachableError',
      stringCode: 'GATEWAY_UNREACHABLE',
      code: -1,
      cause,
    });
    expect(new IdentityConflictError('x')).toBeInstanceOf(AuthError);
  });
});
