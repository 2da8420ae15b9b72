import { base64UrlEncode, PrivateKey, randomBytes } from 'aun-crypto';
import { type Certificate, signProof } from 'aun-pki';
import { createIntermediateCa, createRootCa, issueCertificate } from 'aun-pki/issue';
import { helloText } from '../../src/federation/hello.js';
import { type Json, TestClient } from '../edge/support/client.js';

export interface Credentials {
  readonly cert: Certificate;
  readonly chain: readonly Certificate[];
  readonly key: PrivateKey;
}

/** A gateway of another issuer that exists only as keys: it says on a socket what a test wants it to say. */
export class ForeignGateway {
  readonly issuer: string;
  readonly rootPem: string;
  readonly credentials: Credentials;
  readonly #issue: (commonName: string, validityDays?: number) => Promise<Credentials>;

  private constructor(
    issuer: string,
    rootPem: string,
    credentials: Credentials,
    issue: (commonName: string, validityDays?: number) => Promise<Credentials>,
  ) {
    this.issuer = issuer;
    this.rootPem = rootPem;
    this.credentials = credentials;
    this.#issue = issue;
  }

  static async create(issuer: string, caName = issuer): Promise<ForeignGateway> {
    const root = await createRootCa({
      commonName: `${issuer} Root`,
      privateKey: PrivateKey.generate(),
    });
    const ca = await createIntermediateCa(root, {
      commonName: caName,
      role: 'issuer',
      privateKey: PrivateKey.generate(),
    });
    const issue = async (commonName: string): Promise<Credentials> => {
      const key = PrivateKey.generate();
      const cert = await issueCertificate(ca, {
        profile: 'auth',
        commonName,
        publicKey: key.publicKey,
        dnsNames: [],
      });
      return { cert, chain: [ca.certificate, root.certificate], key };
    };
    return new ForeignGateway(issuer, root.certificate.pem, await issue(`gateway.${issuer}`), issue);
  }

  issue(commonName: string): Promise<Credentials> {
    return this.#issue(commonName);
  }

  /** Params of a hello; `change` is applied before the signature is made, `forge` after it. */
  hello(
    client: TestClient,
    toIssuer: string,
    change: Readonly<Record<string, unknown>> = {},
    credentials = this.credentials,
    forge: Readonly<Record<string, unknown>> = {},
  ): Json {
    const base = {
      protocol: { min: '1.0', max: '1.0' },
      from_issuer: this.issuer,
      to_issuer: toIssuer,
      gateway_aid: `gateway.${this.issuer}`,
      nonce: client.nonce,
      client_nonce: base64UrlEncode(randomBytes(32)),
      timestamp_ms: Date.now(),
      cert: credentials.cert.pem,
      cert_chain: credentials.chain.map(({ pem }) => pem),
      ...change,
    };
    const text = helloText({
      fromIssuer: String(base.from_issuer),
      toIssuer: String(base.to_issuer),
      nonce: String(base.nonce),
      clientNonce: base.client_nonce,
      timestampMs: Number(base.timestamp_ms),
    });
    return { ...base, signature: signProof(text, credentials.key), ...forge };
  }

  /** A socket on which it is accepted. */
  async connect(url: string, toIssuer: string): Promise<TestClient> {
    const client = await TestClient.open(url);
    await client.call('federation.hello', this.hello(client, toIssuer));
    return client;
  }
}
